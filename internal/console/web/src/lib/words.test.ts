import { describe, expect, test } from 'vitest';
import { ago, bytes, Clock, clockError, day, dayShort, duration, rate, sentence, visible } from './words';

const utc = (text: string) => Date.parse(text) * 1000;

describe('a clock', () => {
  for (const [zone, at, want, offset] of [
    ['UTC', '2026-11-22T14:30:01.208Z', '2026-11-22 14:30:01.208', 'UTC'],
    ['Asia/Dhaka', '2026-11-22T20:30:00Z', '2026-11-23 02:30:00.000', 'UTC+06:00'],
    ['Asia/Kathmandu', '2026-11-22T20:30:00Z', '2026-11-23 02:15:00.000', 'UTC+05:45'],
    ['America/St_Johns', '2026-11-22T01:00:00Z', '2026-11-21 21:30:00.000', 'UTC−03:30'],
    ['Europe/Berlin', '2026-10-25T00:59:59Z', '2026-10-25 02:59:59.000', 'UTC+02:00'],
    ['Europe/Berlin', '2026-10-25T01:00:00Z', '2026-10-25 02:00:00.000', 'UTC+01:00'],
    ['Africa/Monrovia', '1970-01-01T00:00:00Z', '1969-12-31 23:15:30.000', 'UTC−00:45'],
  ] as const) test(`of ${zone} at ${at}`, () => {
    const c = new Clock(zone, 0);
    expect(c.full(utc(at))).toBe(want);
    if (!zone.includes('Monrovia')) expect(c.zone(utc(at))).toBe(offset);
  });
  test('of a zone that the browser does not know goes by its offset', () => expect(new Clock('Local', 7200).time(utc('2026-11-22T12:00:00Z'))).toBe('14:00:00'));
  test('says the day where it is not today', () => {
    const c = new Clock('UTC'), now = utc('2026-11-22T12:00:00Z');
    expect([c.short(utc('2026-11-22T03:05:00Z'), now), c.short(utc('2026-11-21T23:12:00Z'), now)]).toEqual(['03:05', '21 Nov 23:12']);
  });
});

test('numbers for people', () => {
  expect([rate(0), rate(0.44), rate(9.96), rate(1284.4)]).toEqual(['0', '0.4', '10.0', '1,284']);
  expect([bytes(-1), bytes(0), bytes(999), bytes(2 ** 30), bytes(41.2 * 2 ** 30), bytes(1_048_300)]).toEqual(['unknown', '0 bytes', '999 bytes', '1.0 GB', '41.2 GB', '1.0 MB']);
  expect([duration(-5), duration(59e6), duration(61e6), duration(3.4 * 3600e6), duration(50 * 3600e6)]).toEqual(['0 s', '59 s', '1 min', '3 h 24 min', '2 days']);
  expect([day(20261102), dayShort(20261102)]).toEqual(['2026-11-02', '2 Nov']);
  expect([ago(-5), ago(4.9e6), ago(61e6)]).toEqual(['just now', 'just now', '1 min ago']);
});

test('how the clock of a device stands', () => {
  const now = utc('2026-11-22T12:00:00Z');
  expect(clockError(now - 1e6, now)).toBe('');
  expect(clockError(utc('2000-02-09T00:00:00Z'), now)).toBe('26 years behind: its clock is not set');
  expect(clockError(now + 6 * 3600e6, now)).toBe('6 h 0 min ahead: its clock or its time zone is not set');
  expect(clockError(now - 166 * 86400e6, now)).toBe('166 days behind: its clock is not set');
});

test('texts of the server become sentences', () => {
  for (const [text, want] of [
    ['', ''], ['the disk is full', 'The disk is full.'], ['Nothing works.', 'Nothing works.'], ['who is it?', 'Who is it?'], ['sudo timedatectl set-ntp true', 'sudo timedatectl set-ntp true'],
    ['forgot it? on the server: logboom console password', 'Forgot it? on the server: logboom console password'], ['listen.udp has no port', 'listen.udp has no port.'], ['udp :514 is in use', 'udp :514 is in use.'],
    ['severity:err is that one', 'severity:err is that one.'], ['disk: full', 'Disk: full.'],
    ['"hot" is no severity', '"hot" is no severity.'],
  ] as const) expect(sentence(text)).toBe(want);
});

test('what hides or reorders text is shown', () => {
  expect(visible('a\x1b[2J\u202eb\r\nc\td\x00\u200b é 漢')).toBe('a\\x1b[2J\\u202eb\\r\\nc\td\\x00\\u200b é 漢');
});

test('a limit of a range is said in the zone of the server', () => {
  const clock = new Clock('Asia/Dhaka', 21600);
  expect(clock.limit('1795713450000000')).toBe('2026-11-26 23:17:30');
  expect(clock.limit('-1h')).toBe('-1h');
  expect(clock.limit('')).toBe('');
});

test('a time range in words', () => {
  const c = new Clock('UTC');
  expect([c.span('-1h', ''), c.span('-7d', ''), c.span('', ''), c.span('-1h', '-30m'), c.span('1795334401000000', '')]).toEqual(
    ['the last hour', 'the last 7 days', 'from the beginning to now', 'from -1h to -30m', 'from 2026-11-22 08:00:01 to now']);
});

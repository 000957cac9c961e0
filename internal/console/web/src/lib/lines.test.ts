import { describe, expect, test } from 'vitest';
import { drawn, Lines, type Row } from './lines';

const row = (n: number): Row => ({ id: `20261122:${n}`, at: n, device: '10.0.0.1', severity: 6, app: '', text: `line ${n}` });
const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => row(from + i));

describe('which rows have to exist', () => {
  for (const [what, top, height, total, want] of [
    ['none, of none', 0, 600, 0, { first: 0, last: 0 }],
    ['all, of a few', 0, 600, 3, { first: 0, last: 3 }],
    ['at the top', 0, 260, 1000, { first: 0, last: 18 }],
    ['in the middle', 2600, 260, 1000, { first: 92, last: 118 }],
    ['at the end', 25_740, 260, 1000, { first: 982, last: 1000 }],
    ['scrolled beyond the end, after the list was made shorter', 1e9, 600, 100, { first: 100, last: 100 }],
    ['pulled beyond the top, as telephones do', -80, 260, 1000, { first: 0, last: 15 }],
  ] as const) test(what, () => expect(drawn(top, height, 26, total)).toEqual(want));
});

describe('lines', () => {
  test('keep the newest, and lose the oldest once a tenth more is there', () => {
    const l = new Lines(100);
    expect(l.append(rows(0, 110))).toBe(0);
    expect(l.append(rows(110, 111))).toBe(11);
    expect([l.size, l.oldest(), l.newest()]).toEqual([100, '20261122:11', '20261122:110']);
  });
  test('lose the newest when older ones are put before them', () => {
    const l = new Lines(100);
    l.append(rows(50, 130));
    expect(l.prepend(rows(0, 50))).toBe(30);
    expect([l.size, l.oldest(), l.newest()]).toEqual([100, '20261122:0', '20261122:99']);
  });
  test('a gap is no message', () => {
    const l = new Lines(100);
    l.append([{ ...row(5), gap: 7 }, row(5), { ...row(9), gap: 3 }]);
    expect([l.oldest(), l.newest(), l.indexOf('20261122:5'), l.indexOf('20261122:9')]).toEqual(['20261122:5', '20261122:5', 1, -1]);
  });
  test('of nothing have no ends', () => expect([new Lines(5).oldest(), new Lines(5).newest()]).toEqual(['', '']));
});

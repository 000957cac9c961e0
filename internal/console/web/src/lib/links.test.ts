import { describe, expect, test } from 'vitest';
import { atLeast, HOME, leastOf, linkTo, narrow, parseView, queryLike, term, words, type View } from './links';

describe('an address', () => {
  for (const [what, view, want] of [
    ['of the newest', {}, '/messages'],
    ['of a search', { query: '"link down" a&b=c' }, '/messages?q=%22link+down%22+a%26b%3Dc'],
    ['of all that is kept', { from: '' }, '/messages?from='],
    ['that is not live', { live: false }, '/messages?live=0'],
    ['of a time', { from: 'yesterday', to: 'today', live: false }, '/messages?from=yesterday&to=today'],
    ['of a message', { at: '20261122:17', live: false }, '/messages?at=20261122%3A17'],
  ] as [string, Partial<View>, string][]) {
    test(what, () => {
      const link = linkTo(view);
      expect(link).toBe(want);
      const read = parseView(link.slice('/messages'.length));
      expect(read).toEqual({ ...HOME, ...(view.at ? { from: '' } : {}), ...view });
      expect(linkTo(read)).toBe(link);
    });
  }
  test('that somebody has written has no effect beyond its words', () => {
    expect(parseView('?q=%3Cscript%3E&unknown=1&live=2')).toEqual({ ...HOME, query: '<script>' });
  });
});

describe('a term', () => {
  for (const [field, value, want] of [['device', '10.0.0.1', 'device:10.0.0.1'], ['device', '2001:db8::1', 'device:2001:db8::1'], ['site', 'North Hall', 'site:"North Hall"'], ['app', 'a(b)', 'app:"a(b)"'], ['app', 'say "x"', ''], ['app', '', '']] as const)
    test(`${field} ${value}`, () => expect(term(field, value)).toBe(want));
});

describe('a query is narrowed', () => {
  for (const [have, more, want] of [
    ['', 'app:x', 'app:x'],
    ['link down', 'app:x', 'link down app:x'],
    ['link app:x', 'app:x', 'link app:x'],
    ['app:x link', '-app:x', 'link -app:x'],
    ['-app:x', 'app:x', 'app:x'],
    ['a OR b', 'app:x', '(a OR b) app:x'],
    ['"a OR b" c', 'app:x', '"a OR b" c app:x'],
    ['(a OR b) c', 'app:x', '(a OR b) c app:x'],
    ['/a b/ c', 'app:x', '/a b/ c app:x'],
    ['app:"a b" c', '-app:"a b"', 'c -app:"a b"'],
    ['port:0/1/2 x', 'app:y', 'port:0/1/2 x app:y'],
    [' a ', '', 'a'],
  ] as const) test(`${have} + ${more}`, () => expect(narrow(have, more)).toBe(want));
});

describe('a severity', () => {
  test('replaces the one before', () => expect(atLeast('a severity:err+ b', 'warning')).toBe('a b severity:warning+'));
  test('goes', () => expect(atLeast('a severity:err', '')).toBe('a'));
  test('holds for all of an OR', () => expect(atLeast('a OR b', 'err')).toBe('(a OR b) severity:err+'));
  test('is found again', () => expect([leastOf('a severity:ERR+'), leastOf('severity:err'), leastOf('-severity:err+'), leastOf('')]).toEqual(['err', '', '', '']));
});

test('words that can be marked', () => {
  expect(words('link -down "no carrier" OR (flap) app:x /re/ -"a b"')).toEqual(['link', 'no carrier', 'flap']);
});

describe('a query for messages like one', () => {
  test.each([
    ['ONU 0/4:9 deregistered, reason: power off', 'EPON', 'app:EPON ONU deregistered reason power off'],
    ['loop or Loop (detected) on Gi0/3 OR "port" 7', '', 'loop detected on port'],
    ['one two three four five six seven', 'a "b"', 'one two three four five six'],
    ['0/1 10.0.0.1 severity:err /x/ -not <b>', 'my app', 'app:"my app"'],
    ['', '', ''],
  ])('%s', (text, app, want) => expect(queryLike(text, app)).toBe(want));
});

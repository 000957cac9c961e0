import { describe, expect, test } from 'vitest';
import { complete, wordOf } from './complete';

const devices = [
  { address: '10.20.0.11', name: 'OLT North', site: 'North', today: 5 },
  { address: '10.20.0.12', name: '', site: 'North', today: 900 },
  { address: '10.30.0.1', name: 'core-1', site: '', today: 50 },
];

describe('the word that is being written', () => {
  for (const [text, want] of [['', ''], ['link do', 'do'], ['link ', ''], ['device:"OLT No', 'device:"OLT No'], ['device:"OLT North" x', 'x'], ['(app:ss', 'app:ss'], ['-dev', '-dev']] as const)
    test(JSON.stringify(text), () => expect(wordOf(text)).toBe(want));
});

describe('it may become', () => {
  for (const [word, want] of [
    ['sev', ['severity:']],
    ['-a', ['-app:']],
    ['device:', ['device:10.20.0.12', 'device:core-1', 'device:"OLT North"']],
    ['device:10.20', ['device:10.20.0.12', 'device:"OLT North"']],
    ['-device:"olt n', ['-device:"OLT North"']],
    ['device:"OLT North"', []],
    ['site:', ['site:North']],
    ['severity:cri', ['severity:crit+', 'severity:crit']],
    ['facility:local7', []],
    ['app:x', []],
    ['Reason:', []],
  ] as const) test(word, () => expect(complete(word, devices).map((o) => o[0])).toEqual(want));
  test('a field, of nothing', () => expect(complete('', devices)[0]?.[0]).toBe('device:'));
});

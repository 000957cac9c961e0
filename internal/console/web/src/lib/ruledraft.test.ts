import { describe, expect, it } from 'vitest';
import { draftOf, EXAMPLES, fieldOf, keysOf, quote, rehearsed, toml } from './ruledraft';

describe('a rule', () => {
  it('comes back from the form as it went in', () => {
    for (const { keys } of EXAMPLES) expect(keysOf(draftOf(keys))).toEqual({ threshold: 1, within: '1m', ...keys });
    const all = { name: 'a', enabled: false, query: 'b', device: ['10.0.0.0/8', '10.1.0.1'], threshold: 3, within: '2m', cooldown: '5m', clear: 'c', key: ['port'], hold: '30s', schedule: 'mon-fri 08:00-18:00', severity: 'crit', text: '{device}', examples: ['hit: x', 'miss: y'], notify: ['telegram'] };
    expect(keysOf(draftOf(all))).toEqual(all);
  });
  it('leaves out what says nothing', () => expect(keysOf({ ...draftOf(), name: ' x ', query: ' ' })).toEqual({ name: 'x', threshold: 1, within: '1m' }));
  it('leaves a number that is none for the server to refuse', () => {
    expect(keysOf({ ...draftOf(), threshold: 'many' }).threshold).toBe('many');
    expect(keysOf({ ...draftOf(), threshold: '' }).threshold).toBe('');
  });
  it('is written as lines of config.toml', () => {
    expect(toml({ query: '/a\\d "b"/', name: 'x', threshold: 2, device: ['10.0.0.1'], enabled: false })).toBe(`[[alerts.rule]]\nname = "x"\nenabled = false\nquery = '/a\\d "b"/'\ndevice = ["10.0.0.1"]\nthreshold = 2\n`);
  });
  it('is rehearsed as if it were on, whatever it is called', () => {
    expect(rehearsed({ ...draftOf({ name: 'x', query: 'y', enabled: false }) })).toBe('[[alerts.rule]]\nname = "x"\nquery = "y"\nthreshold = 1\nwithin = "1m"\n');
    expect(rehearsed(draftOf({ query: 'y' }))).toContain('name = "new rule"');
  });
  it('cannot break out of its line', () => {
    for (const s of ["it's \"x\"\n[listen]", "'\\", '\x7f', 'a\tb']) {
      expect(quote(s)).not.toMatch(/[\n\x7f]/);
      expect(JSON.parse(quote(s))).toBe(s);
    }
  });
  it('knows which field a problem is about', () => {
    expect(fieldOf('alerts.rule "a, b", query')).toBe('query');
    expect(fieldOf('alerts.rule "x", notify #2')).toBe('notify');
    expect(fieldOf('alerts.rule[0].threshold')).toBe('threshold');
    expect(fieldOf('listen.udp')).toBe('');
  });
});

import { differenceCiede2000, filterDeficiencyDeuter, filterDeficiencyProt, parse, type Color } from 'culori';
import { describe, expect, test } from 'vitest';
import css from '../app.css?raw';

// What WCAG 2.2 wants of colours, for the tokens of app.css in both themes: text 4.5, what only has to be seen 3.
const tokens = new Map([...css.matchAll(/--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map((m) => [m[1]!, [m[2]!, m[3]!] as const]));

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => { const c = parseInt(hex.slice(at, at + 2), 16) / 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
}
function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
  return (x! + 0.05) / (y! + 0.05);
}
const TEXT: [string, string[]][] = [
  ['text', ['bg', 'surface', 'hover', 'selected', 'mark']], ['muted', ['bg', 'surface', 'hover', 'selected']], ['faint', ['bg', 'surface']], ['accent', ['bg', 'surface', 'hover']], ['on-accent', ['accent']],
  ['ok', ['bg', 'surface']], ['error', ['bg', 'surface']], ['warn-text', ['bg', 'surface']], ['on-error', ['error']], ['on-crit', ['crit']], ['on-warn', ['warn']],
];
const SEEN: [string, string[]][] = [['control', ['bg', 'surface']], ['crit', ['bg']], ['error', ['bg']], ['notice', ['bg']], ['info', ['bg']], ['accent', ['bg']]];

describe.each([['light', 0], ['dark', 1]] as const)('in the %s theme', (_, theme) => {
  const colour = (name: string) => { const t = tokens.get(name); if (!t) throw new Error(`there is no --${name}`); return t[theme]; };
  test.each(TEXT.flatMap(([of, on]) => on.map((o) => [of, o] as const)))('%s can be read on %s', (of, on) => expect(contrast(colour(of), colour(on))).toBeGreaterThanOrEqual(4.5));
  test.each(SEEN.flatMap(([of, on]) => on.map((o) => [of, o] as const)))('%s can be seen on %s', (of, on) => expect(contrast(colour(of), colour(on))).toBeGreaterThanOrEqual(3));
});
test('the measure', () => expect([contrast('#000000', '#ffffff'), contrast('#777777', '#ffffff').toFixed(2)]).toEqual([21, '4.48']));

// The bars of the severities stand on one another: they have to differ for everybody. 15 is our limit; who sees no blue, or prints in grey, has the words.
const BARS = ['crit', 'error', 'warn', 'notice', 'info'];
const EYES: [string, (c: Color) => Color][] = [['normal', (c) => c], ['protanopia', filterDeficiencyProt(1)], ['deuteranopia', filterDeficiencyDeuter(1)]];
const difference = differenceCiede2000();
describe.each([['light', 0], ['dark', 1]] as const)('bars in the %s theme', (_, theme) => {
  test.each(EYES)('differ with %s eyes', (_, see) => {
    const seen = BARS.map((name) => see(parse(tokens.get(name)![theme])!));
    for (const [i, a] of seen.entries()) for (let k = i + 1; k < seen.length; k++) expect(difference(a, seen[k]!), `${BARS[i]} and ${BARS[k]}`).toBeGreaterThanOrEqual(15);
  });
});

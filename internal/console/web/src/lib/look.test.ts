import { describe, expect, test } from 'vitest';
import { Marker, MOST_MARKS, readLook } from './look.svelte';

describe('what was stored', () => {
  test.each([
    ['nothing', null, { columns: ['device', 'app'], marks: [] }],
    ['no JSON', '{', { columns: ['device', 'app'], marks: [] }],
    ['null', 'null', { columns: ['device', 'app'], marks: [] }],
    ['columns in their order, and those that exist', '{"columns":["facility","device","x",3]}', { columns: ['device', 'facility'], marks: [] }],
    ['no columns at all', '{"columns":[]}', { columns: [], marks: [] }],
    ['marks that can be used', '{"marks":[{"text":"a","colour":3,"line":true},{"text":" "},{"text":7},null,{"text":"b","colour":9}]}', { columns: ['device', 'app'], marks: [{ text: 'a', colour: 3, line: true }, { text: 'b', colour: 0, line: false }] }],
  ])('%s', (_, text, want) => expect(readLook(text)).toEqual(want));
  test('is bounded', () => {
    const many = { marks: Array.from({ length: 99 }, () => ({ text: 'x'.repeat(999), colour: 1, line: false })) };
    const got = readLook(JSON.stringify(many)).marks;
    expect([got.length, got[0]!.text.length]).toEqual([MOST_MARKS, 100]);
  });
});

describe('marks', () => {
  const m = new Marker(['link', '.*'], [{ text: 'DOWN', colour: 0, line: false }, { text: 'a|b', colour: 2, line: false }, { text: 'olt-7', colour: 4, line: true }]);
  test.each([
    ['Link is down', ['', 'Link', ' is ', 'down', ''], [-1, 0]],
    ['a|b .* ab', ['', 'a|b', ' ', '.*', ' ab'], [2, -1]],
    ['nothing', ['nothing'], []],
  ])('%s', (text, parts, colours) => {
    expect(m.parts(text)).toEqual(parts);
    expect(m.parts(text).filter((_, i) => i % 2).map((p) => m.colour(p))).toEqual(colours);
  });
  test('of a whole line', () => expect([m.line('x', 'OLT-7 lost'), m.line('x', 'y')]).toEqual([4, -1]));
  test('none', () => expect(new Marker([], []).parts('x')).toEqual(['x']));
  test('with signs that mean something in expressions', () => expect(new Marker(['a-b', '(c)', '{2}'], [{ text: 'x/y-z', colour: 1, line: true }]).parts('a-b(c){2}')).toEqual(['', 'a-b', '', '(c)', '', '{2}', '']));
});

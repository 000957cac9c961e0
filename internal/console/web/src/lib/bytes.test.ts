import { describe, expect, test } from 'vitest';
import { bytesOf, hex, odd } from './bytes';

describe('odd are', () => {
  test.each([
    ['plain text', 'link down', false], ['umlauts', 'größe', false], ['a tab', 'a\tb', false], ['a line break at the end', 'a\r\n', false], ['a NUL at the end', 'a\0', false],
    ['a line break inside', 'a\nb', true], ['an escape', '\x1b[2J', true], ['nothing', '', false],
  ])('%s', (_, text, want) => expect(odd(bytesOf(text, undefined))).toBe(want));
  test('bytes that are no UTF-8', () => expect(odd(bytesOf(undefined, btoa('caf\xe9')))).toBe(true));
});

test('bytes in hexadecimal', () => {
  expect(hex(bytesOf('<13>caf\u00e9 0123456789\x1b', undefined))).toBe(
    '0000  3c 31 33 3e 63 61 66 c3  <13>caf.\n' +
    '0008  a9 20 30 31 32 33 34 35  . 012345\n' +
    '0010  36 37 38 39 1b           6789.');
  expect(hex(new Uint8Array(100), 12).split('\n').map((l) => l.length)).toEqual([39, 35]);
});

import { expect, test } from 'vitest';

// Svelte drops blanks at the start and at the end of a block: "{#if x} and more{/if}" is glued to what stands before it. What
// must stay is written {' '}.
const INSIDE = '(?:[^{}]|\\{[^{}]*\\})*';
const LOST = new RegExp(`\\{(?:#|:)(?:if|else|each|await|then|key)\\b${INSIDE}\\} +\\S.*|[^\\s>}] +\\{(?:/(?:if|each|await|key)|:else)\\b.*`, 'g');
const sources = import.meta.glob<string>('../**/*.svelte', { query: '?raw', import: 'default', eager: true });

test('the check finds what is lost', () => {
  const found = (text: string) => [...text.matchAll(LOST)].length;
  expect(['a{#if x} b{/if}', "a{#if f({ a: 1 })} · {b}{/if}", 'a{#if x}b{:else} c{/if}', 'a{#if x}b {/if}c'].map(found)).toEqual([1, 1, 1, 1]);
  expect(["a{#if x}{' '}b{/if}", 'a {#if x}b{/if} c', '{#if x}\n  b\n{/if}'].map(found)).toEqual([0, 0, 0]);
});

test('no page loses a blank', () => {
  expect(Object.keys(sources).length).toBeGreaterThan(20);
  expect(Object.entries(sources).flatMap(([file, text]) => [...text.matchAll(LOST)].map((m) => `${file}: ${m[0].slice(0, 80)}`))).toEqual([]);
});

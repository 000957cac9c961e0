import { describe, expect, test, vi } from 'vitest';

vi.stubGlobal('location', { pathname: '/', search: '', origin: 'https://logs.example' });
vi.stubGlobal('addEventListener', () => {});
vi.stubGlobal('document', { addEventListener: () => {} });
const { wayBack } = await import('./session.svelte');

describe('where a login leads', () => {
  const tests: [search: string, to: string][] = [
    ['', '/'],
    ['?to=%2Fmessages%3Fquery%3Dlink%2520down%26live%3D0', '/messages?query=link%20down&live=0'],
    ['?to=%2Fincidents%2F7', '/incidents/7'],
    ['?to=%2Flogin%3Fto%3D%2F', '/'],
    ['?to=https%3A%2F%2Fevil.example%2Fmessages', '/'],
    ['?to=%2F%2Fevil.example%2Fmessages', '/'],
    ['?to=%2F%5Cevil.example%2Fmessages', '/'],
    ['?to=javascript%3Aalert(1)', '/'],
    ['?to=https%3A%2F%2F', '/'],
    ['?to=%2Fapi%2Fv1%2Fexport', '/'],
  ];
  for (const [search, to] of tests) test(search || 'nothing', () => expect(wayBack(search, 'https://logs.example')).toBe(to));
});

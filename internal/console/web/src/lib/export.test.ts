import { afterEach, expect, test, vi } from 'vitest';
import { fetchFile, type Came } from './export';

afterEach(() => vi.unstubAllGlobals());

/** A server whose answer comes in pieces; fails in the end if it is to. */
function serve(pieces: string[], o: { fails?: boolean; status?: number } = {}) {
  const text = new TextEncoder();
  let i = 0;
  const body = new ReadableStream({ pull(c) { if (i < pieces.length) c.enqueue(text.encode(pieces[i++])); else if (o.fails) c.error(new Error('cut')); else c.close(); } });
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, { status: o.status ?? 200, headers: { 'Content-Disposition': 'attachment; filename="logboom-1.csv"', 'Content-Type': 'text/csv' } })));
}
const never = new AbortController().signal;

test('a file comes in pieces', async () => {
  serve(['a\nb', '\nc\n']);
  const said: Came[] = [];
  const { name, file } = await fetchFile('/x', (c) => said.push(c), never);
  expect([name, file.type, await file.text(), said.at(-1)]).toEqual(['logboom-1.csv', 'text/csv', 'a\nb\nc\n', { bytes: 6, rows: 3 }]);
});
test('half a file is none', async () => {
  serve(['a\n'], { fails: true });
  await expect(fetchFile('/x', () => {}, never)).rejects.toMatchObject({ message: expect.stringContaining('broke off') });
});
test('a refusal says why', async () => {
  serve(['{"error":{"message":"busy","hint":"later"}}'], { status: 429 });
  await expect(fetchFile('/x', () => {}, never)).rejects.toMatchObject({ message: 'busy', hint: 'later', status: 429 });
});

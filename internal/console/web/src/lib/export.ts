import { Failure } from './api';

/** How far an export has come. Rows of a CSV whose cells have line breaks count as several. */
export interface Came { bytes: number; rows: number }

/** How much is kept for saving; more is for the command line. */
export const MOST_EXPORT = 1_000_000_000;

/**
 * Reads a file that the server writes while it searches, and says now and then
 * how far it is. What is half is no file: if the way breaks, nothing is given.
 */
export async function fetchFile(url: string, came: (c: Came) => void, signal: AbortSignal): Promise<{ name: string; file: Blob }> {
  const answer = await fetch(url, { signal });
  if (!answer.ok || !answer.body) {
    const body = (await answer.json().catch(() => ({}))) as { error?: { message: string; hint?: string } };
    throw new Failure(body.error?.message ?? `Logboom answered with status ${answer.status}.`, body.error?.hint, answer.status);
  }
  const name = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? 'logboom';
  const type = answer.headers.get('Content-Type') ?? '';
  const done: Blob[] = []; // browsers put these on disk
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let c: Came = { bytes: 0, rows: 0 };
  let waiting = 0;
  const reader = answer.body.getReader();
  for (;;) {
    let next;
    try { next = await reader.read(); } catch (e) {
      if (signal.aborted) throw e;
      throw new Failure('The export broke off: it is not whole, and was not saved.', 'Try again. If it happens again, the log of Logboom says why.');
    }
    if (next.done) break;
    const value = next.value;
    let rows = c.rows;
    for (let i = value.indexOf(10); i >= 0; i = value.indexOf(10, i + 1)) rows++;
    c = { bytes: c.bytes + value.length, rows };
    if (c.bytes > MOST_EXPORT) {
      void reader.cancel();
      throw new Failure('This is more than 1 GB, too much for a browser.', 'Choose a shorter time, or export it on the server: logboom export --help');
    }
    parts.push(value);
    if ((waiting += value.length) > 8_000_000) { done.push(new Blob(parts)); parts = []; waiting = 0; }
    came(c);
  }
  return { name, file: new Blob([...done, ...parts], { type }) };
}

/** Has the browser save a file. */
export function save(name: string, file: Blob): void {
  const a = document.createElement('a');
  a.href = URL.createObjectURL(file);
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
}

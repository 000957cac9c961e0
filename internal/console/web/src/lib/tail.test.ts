import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { rowsOf, Tail, TailBuffer } from './tail';
import type { Row } from './lines';

const row = (n: number, day = '20261122'): Row => ({ id: `${day}:${n}`, at: n, device: '10.0.0.1', severity: 6, app: '', text: '' });
const fields = ['id', 'received_at', 'device', 'severity', 'app_name', 'message'];

describe('an event of the tail', () => {
  test('gives rows with the day of its id', () => {
    const got = rowsOf({ fields, rows: [[7, 1795334401208000, '10.0.0.1', 3, 'EPON', '<b>x</b>']], matched: 1, skipped: 0, received: 1 }, '20261122:7');
    expect(got).toEqual([{ id: '20261122:7', at: 1795334401208000, device: '10.0.0.1', severity: 3, app: 'EPON', text: '<b>x</b>' }]);
  });
  test('may have its columns in another order', () => {
    const got = rowsOf({ fields: [...fields].reverse(), rows: [['text', 'app', 4, '10.0.0.2', 1, 9]], matched: 1, skipped: 0, received: 1 }, '20261122:9');
    expect(got[0]).toMatchObject({ id: '20261122:9', severity: 4, text: 'text' });
  });
  test('has a gap before its rows for what was left out', () => {
    const got = rowsOf({ fields, rows: [[80, 1, '10.0.0.1', 6, '', 'x']], matched: 79, skipped: 78, received: 90 }, '20261122:80');
    expect(got.map((r) => r.gap)).toEqual([78, undefined]);
  });
  test('may have nothing but a gap', () => {
    expect(rowsOf({ fields, rows: [], matched: 5, skipped: 5, received: 5 }, '')).toMatchObject([{ gap: 5 }]);
  });
});

describe('between tail and list', () => {
  test('what a search has found already is let through once', () => {
    const b = new TailBuffer();
    b.push([row(8), row(9), row(10)]);
    b.saw([row(7), row(8), row(9)]);
    expect(b.take().map((r) => r.id)).toEqual(['20261122:10']);
    b.push([row(10), row(11)]); // the stream came back
    expect(b.take().map((r) => r.id)).toEqual(['20261122:11']);
    expect(b.take()).toEqual([]);
  });
  test('ids begin anew with a day, also with an older one after the clock was set back', () => {
    const b = new TailBuffer();
    b.push([row(500, '20261122'), row(1, '20261123'), row(501, '20261122')]);
    expect(b.take()).toHaveLength(3);
  });
  test('while held, all that comes is counted, with what the server left out', () => {
    const b = new TailBuffer();
    b.held = true;
    b.push([{ ...row(80), gap: 78 }, row(80), row(81)]);
    expect([b.waiting, b.take()]).toEqual([80, []]);
  });
  test('what nobody draws, as in a tab behind others, is bounded and counted', () => {
    const b = new TailBuffer(100);
    for (let i = 1; i <= 1000; i++) b.push([row(i)]);
    const out = b.take();
    const left = out.reduce((n, r) => n + (r.gap ?? 0), 0), messages = out.filter((r) => r.gap === undefined);
    expect(out.length).toBeLessThanOrEqual(201);
    expect(left + messages.length).toBe(1000);
    expect([out[0]?.gap !== undefined, out.at(-1)?.id]).toEqual([true, '20261122:1000']);
  });
  test('after a reset nothing is remembered', () => {
    const b = new TailBuffer();
    b.push([row(5)]);
    b.take();
    b.push([row(6)]);
    b.reset();
    b.push([row(5)]);
    expect(b.take().map((r) => r.id)).toEqual(['20261122:5']);
  });
});

describe('a stream that breaks', () => {
  class Source {
    static all: Source[] = [];
    static CLOSED = 2;
    readyState = 0;
    onopen = () => {};
    onerror = () => {};
    closed = false;
    constructor(readonly url: string) { Source.all.push(this); }
    addEventListener() {}
    close() { this.closed = true; }
  }
  beforeEach(() => { Source.all = []; vi.useFakeTimers(); vi.stubGlobal('EventSource', Source); });
  afterEach(() => { vi.useRealTimers(); vi.unstubAllGlobals(); });

  test.each([['comes back after 2 s', 0, 2000], ['that was refused comes back after 5 s', 2, 5000]])('%s, with what is newest by then', (_, readyState, wait) => {
    let newest = '';
    const said: boolean[] = [];
    const tail = new Tail('link', 'facility', () => newest, { rows: () => {}, notice: () => {}, state: (on) => said.push(on) });
    expect(Source.all[0]!.url).toBe('/api/v1/tail?query=link&fields=facility');
    newest = '20261122:7';
    Source.all[0]!.readyState = readyState;
    Source.all[0]!.onerror();
    vi.advanceTimersByTime(wait - 1);
    expect([Source.all.length, Source.all[0]!.closed]).toEqual([1, true]);
    vi.advanceTimersByTime(1);
    expect(Source.all[1]!.url).toBe('/api/v1/tail?query=link&fields=facility&after=20261122%3A7');
    Source.all[1]!.onopen();
    expect(said).toEqual([false, true]);
    Source.all[1]!.onerror();
    tail.close();
    vi.advanceTimersByTime(10_000);
    expect(Source.all.length).toBe(2);
  });
});

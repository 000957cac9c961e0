import { describe, expect, it } from 'vitest';
import type { Histogram } from './api';
import { bucket, ceiling, heights, joined, snapped, sums, tailOf, total } from './stack';

const h: Histogram = {
  edges: [0, 10, 20, 30, 40], partial: false, reached: 0, notes: [], took_ms: 1,
  counts: { crit: [0, 1, 0, 0], error: [0, 0, 2, 0], warning: [0, 0, 0, 0], notice: [0, 0, 0, 0], info: [100_000, 5, 0, 0] },
};

it('the top of an axis is even', () => expect([0, 1, 1.2, 3, 5, 8, 9, 10, 11, 128, 1000].map(ceiling)).toEqual([1, 1, 2, 4, 6, 8, 10, 10, 20, 200, 1000]));

describe('the bars', () => {
  it('show one critical message among very many', () => {
    expect(heights({ crit: 1, error: 0, warning: 0, notice: 0, info: 100_000 }, 0.001, 100)).toEqual({ crit: 3, error: 0, warning: 0, notice: 0, info: 97 });
  });
  it('never grow beyond the chart', () => {
    const got = heights({ crit: 9, error: 9, warning: 9, notice: 9, info: 9 }, 1, 10);
    expect(Object.values(got).reduce((a, b) => a + b)).toBe(10);
    expect(got.crit).toBe(9);
  });
  it('are nothing where there is nothing', () => {
    expect(total(heights(bucket(h, 3), 1, 100))).toBe(0);
  });
  it('add up', () => {
    expect(sums(h)).toEqual({ crit: 1, error: 2, warning: 0, notice: 0, info: 100_005 });
    expect(total(bucket(h, 1))).toBe(6);
  });
});

describe('a brush', () => {
  it.each([
    ['within a bucket', 12, 14, { from: 10, to: 20 }],
    ['over several', 12, 31, { from: 10, to: 40 }],
    ['on the edges', 10, 30, { from: 10, to: 30 }],
    ['backwards', 31, 12, { from: 10, to: 40 }],
    ['beyond the last bar', 35, 99, { from: 30, to: 40 }],
    ['before the first', -5, 5, { from: 0, to: 10 }],
  ])('%s takes whole buckets', (_name, a, b, want) => expect(snapped(h, a, b)).toEqual(want));
  it('is none where nothing was drawn', () => expect(snapped(h, 12, 12)).toBeUndefined());
});

describe('a chart that goes on', () => {
  const part = (n: number, from: number): Histogram => ({
    edges: Array.from({ length: n + 1 }, (_, i) => (from + i) * 60e6), partial: true, reached: from * 60e6, notes: [], took_ms: 1,
    counts: { crit: Array(n).fill(0), error: Array(n).fill(from), warning: Array(n).fill(0), notice: Array(n).fill(0), info: Array(n).fill(0) },
  });
  it('asks for its last buckets', () => expect(tailOf(part(10, 0))).toEqual({ from: 8 * 60e6, width: 60 }));
  it('asks for all where the time was up', () => expect(tailOf({ ...part(10, 0), reached: 9 * 60e6 })).toBeUndefined());
  it('asks for all where buckets are days', () => expect(tailOf({ ...part(10, 0), edges: part(10, 0).edges.map((e) => e * 1440) })).toBeUndefined());
  it('takes what was counted anew in place of what was there, and stays as long', () => {
    const got = joined(part(10, 0), part(3, 8));
    expect(got.edges).toEqual(part(10, 1).edges);
    expect(got.counts.error).toEqual([0, 0, 0, 0, 0, 0, 0, 8, 8, 8]);
    expect(got.reached).toBe(60e6);
  });
  it('is as before where nothing is over since', () => expect(joined(part(10, 0), part(2, 8)).edges).toEqual(part(10, 0).edges));
});

import type { Histogram } from './api';

/** The classes of a bar from below: the bad ones stand on the base line, where they are seen. */
export const STACK = ['crit', 'error', 'warning', 'notice', 'info'] as const;
export type Part = (typeof STACK)[number];

/** The least height of a part that is not nothing, in pixels: one in 100,000 is seen. */
const LEAST: Record<Part, number> = { crit: 3, error: 2, warning: 1, notice: 1, info: 1 };

/** The heights of the parts of a bar in pixels, as n messages would have `unit` pixels each; they never add up to more than `most`. */
export function heights(counts: Record<Part, number>, unit: number, most: number): Record<Part, number> {
  const out = { crit: 0, error: 0, warning: 0, notice: 0, info: 0 };
  let left = most;
  for (const part of STACK) {
    if (counts[part] === 0) continue;
    out[part] = Math.min(left, Math.max(LEAST[part], counts[part] * unit));
    left -= out[part];
  }
  return out;
}

/** The top of an axis on which n is the most: 1, 2, 4, 6 or 8 times a power of ten, so that half of it is a whole number too, from 2 on. */
export function ceiling(n: number): number {
  if (!(n > 1)) return 1;
  const power = 10 ** Math.floor(Math.log10(n));
  return power * ([1, 2, 4, 6, 8].find((m) => n <= m * power) ?? 10);
}

/** The messages of bucket i by class. */
export const bucket = (h: Histogram, i: number): Record<Part, number> => ({ crit: h.counts.crit[i] ?? 0, error: h.counts.error[i] ?? 0, warning: h.counts.warning[i] ?? 0, notice: h.counts.notice[i] ?? 0, info: h.counts.info[i] ?? 0 });

export const total = (c: Record<Part, number>): number => STACK.reduce((n, part) => n + c[part], 0);

/** The messages of all buckets by class. */
export function sums(h: Histogram): Record<Part, number> {
  const out = { crit: 0, error: 0, warning: 0, notice: 0, info: 0 };
  for (const part of STACK) for (const n of h.counts[part]) out[part] += n;
  return out;
}

/** The time from one place of the chart to another, in either order, widened to whole buckets; undefined if it is a click. */
export function snapped(h: Histogram, a: number, b: number): { from: number; to: number } | undefined {
  const last = h.edges.length - 1;
  if (a === b || last < 1) return undefined;
  const [low, high] = a < b ? [a, b] : [b, a];
  let i = 0;
  while (i < last - 1 && h.edges[i + 1]! <= low) i++;
  let k = last;
  while (k > i + 1 && h.edges[k - 1]! >= high) k--;
  return { from: h.edges[i]!, to: h.edges[k]! };
}

/** From where on news of a chart are to be counted, in µs, and how wide its buckets are, in s; undefined if only all of it can be counted. */
export function tailOf(h: Histogram): { from: number; width: number } | undefined {
  const n = h.edges.length;
  const width = (h.edges[1] ?? 0) - (h.edges[0] ?? 0);
  if (n < 4 || width < 1e6 || width > 12 * 3600e6 || h.reached > h.edges[n - 3]!) return undefined;
  return { from: h.edges[n - 3]!, width: width / 1e6 };
}

/** A chart with its end counted anew; it stays as long as it was. */
export function joined(h: Histogram, end: Histogram): Histogram {
  const keep = h.edges.findIndex((e) => e >= end.edges[0]!);
  const drop = Math.max(0, keep + end.edges.length - h.edges.length);
  const counts = {} as Histogram['counts'];
  for (const part of STACK) counts[part] = [...h.counts[part].slice(drop, keep), ...end.counts[part]];
  const edges = [...h.edges.slice(drop, keep), ...end.edges];
  return { ...end, edges, counts, reached: Math.max(h.reached, edges[0]!) };
}

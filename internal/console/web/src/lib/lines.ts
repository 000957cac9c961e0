/** The lines of a list of messages, and which of them have to be drawn. */

export interface Row {
  id: string; // "20261122:17"; of a gap that of the message behind it
  at: number; // received, µs since 1970 UTC
  device: string;
  severity: number;
  app: string;
  text: string;
  host?: string; // what there is of columns that not everybody looks at
  facility?: number;
  sent?: number | null;
  gap?: number; // this is no message: so many are left out here; -1 = an unknown number
}

/** Which of total rows of one height have to exist, with some beyond both edges. */
export function drawn(scrollTop: number, height: number, row: number, total: number, over = 8): { first: number; last: number } {
  const last = Math.min(total, Math.max(0, Math.ceil((scrollTop + height) / row) + over));
  const first = Math.min(last, Math.max(0, Math.floor(scrollTop / row) - over));
  return { first, last };
}

/**
 * A bounded list that grows at both ends, and loses at the other what is too
 * much. Adding copies nothing in the mean: a tenth more than the bound is let
 * in before the surplus is cut.
 */
export class Lines {
  rows: Row[] = [];

  constructor(readonly most: number) {}

  get size(): number {
    return this.rows.length;
  }
  clear(): void {
    this.rows = [];
  }
  /** Adds newer rows; returns how many were cut from the top. */
  append(rows: readonly Row[]): number {
    for (const r of rows) this.rows.push(r);
    if (this.rows.length <= this.most * 1.1) return 0;
    const cut = this.rows.length - this.most;
    this.rows.splice(0, cut);
    return cut;
  }
  /** Adds older rows; returns how many were cut from the bottom. */
  prepend(rows: readonly Row[]): number {
    this.rows = [...rows, ...this.rows];
    const cut = Math.max(0, this.rows.length - this.most);
    if (cut) this.rows.length = this.most;
    return cut;
  }
  /** The place of a message, -1 if it is not here. */
  indexOf(id: string): number {
    return this.rows.findIndex((r) => r.id === id && r.gap === undefined);
  }
  /** The id of the newest message, "" if there is none. */
  newest(): string {
    return this.rows.findLast((r) => r.gap === undefined)?.id ?? '';
  }
  /** The id of the oldest message, "" if there is none. */
  oldest(): string {
    return this.rows.find((r) => r.gap === undefined)?.id ?? '';
  }
}

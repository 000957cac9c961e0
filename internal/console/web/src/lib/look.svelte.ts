/** How this browser shows the list of messages: columns, and words that are marked. Kept in its storage. */

export const COLUMNS = [['sent', 'Device time', '106px'], ['device', 'Device', '142px'], ['address', 'Address', '122px'], ['host', 'Host name', '122px'], ['app', 'App', '86px'], ['facility', 'Facility', '74px']] as const;
export type Column = (typeof COLUMNS)[number][0];

/** Words that are marked wherever they stand, in one of COLOURS; or the whole line in which they do. */
export interface Mark { text: string; colour: number; line: boolean }
export const COLOURS = ['Red', 'Amber', 'Green', 'Blue', 'Violet'] as const;
export const MOST_MARKS = 20, MOST_TEXT = 100;

const USUAL: Column[] = ['device', 'app'];
/** The columns of a live tail that its rows do not have by themselves. */
const ASKED: Partial<Record<Column, string>> = { sent: 'sent_at', host: 'hostname', facility: 'facility' };

/** What was stored, as far as it can be used. */
export function readLook(text: string | null): { columns: Column[]; marks: Mark[] } {
  let v: { columns?: unknown; marks?: unknown } = {};
  try { v = (JSON.parse(text ?? '{}') ?? {}) as typeof v; } catch { /* somebody else wrote it */ }
  const chosen = v.columns;
  const marks = Array.isArray(v.marks) ? (v.marks as Partial<Mark>[]) : [];
  return {
    columns: Array.isArray(chosen) ? COLUMNS.map((c) => c[0]).filter((c) => chosen.includes(c)) : USUAL,
    marks: marks.filter((m) => typeof m?.text === 'string' && m.text.trim() !== '').slice(0, MOST_MARKS)
      .map((m) => ({ text: m.text!.slice(0, MOST_TEXT), colour: Number.isInteger(m.colour) && m.colour! >= 0 && m.colour! < COLOURS.length ? m.colour! : 0, line: m.line === true })),
  };
}

const escaped = (s: string) => s.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

/** Finds what is marked in lines: words of the search, and those of the reader, which come first. */
export class Marker {
  readonly #all: RegExp | undefined;
  readonly #own: Map<string, number>; // in small letters
  readonly #lines: { words: RegExp; colour: number }[];

  constructor(searched: readonly string[], marks: readonly Mark[]) {
    const own = marks.filter((m) => !m.line);
    this.#own = new Map(own.map((m) => [m.text.toLowerCase(), m.colour]));
    const words = [...own.map((m) => m.text), ...searched].filter((w) => w !== '');
    this.#all = words.length ? new RegExp('(' + words.map(escaped).join('|') + ')', 'giu') : undefined;
    this.#lines = marks.filter((m) => m.line).map((m) => ({ words: new RegExp(escaped(m.text), 'iu'), colour: m.colour }));
  }
  /** The text in parts: each second one is marked. */
  parts(text: string): string[] {
    return this.#all ? text.split(this.#all) : [text];
  }
  /** The colour of a marked part; -1 = that of the search. */
  colour(part: string): number {
    return this.#own.get(part.toLowerCase()) ?? -1;
  }
  /** The colour of a whole line that holds these texts; -1 = it has none. */
  line(...texts: string[]): number {
    return this.#lines.find((l) => texts.some((t) => l.words.test(t)))?.colour ?? -1;
  }
}

class Look {
  columns = $state.raw<Column[]>(USUAL);
  marks = $state.raw<Mark[]>([]);
  /** What a live tail has to be asked for besides. */
  readonly fields = $derived(this.columns.map((c) => ASKED[c]).filter(Boolean).join(','));

  constructor() {
    try { ({ columns: this.columns, marks: this.marks } = readLook(localStorage.getItem('look'))); } catch { /* a private window has no storage */ }
  }
  set(change: { columns?: Column[]; marks?: Mark[] }): void {
    ({ columns: this.columns, marks: this.marks } = readLook(JSON.stringify({ columns: this.columns, marks: this.marks, ...change })));
    try { localStorage.setItem('look', JSON.stringify({ columns: this.columns, marks: this.marks })); } catch { /* it holds until the page is left */ }
  }
}
export const look = new Look();

import { params } from './api';
import type { Row } from './lines';

/** What one event of the live tail holds; see GET tail. */
export interface Batch {
  fields: string[];
  rows: unknown[][];
  matched: number;
  skipped: number;
  received: number;
}

/** The rows of a batch, in front of them a gap for what was left out. id is that of the event: the day of all its rows. */
export function rowsOf(batch: Batch, id: string): Row[] {
  const day = id.slice(0, id.indexOf(':'));
  const at = (name: string) => batch.fields.indexOf(name);
  const [n, received, device, severity, app, text] = [at('id'), at('received_at'), at('device'), at('severity'), at('app_name'), at('message')];
  const [host, facility, sent] = [at('hostname'), at('facility'), at('sent_at')];
  const rows = batch.rows.map((cells): Row => ({
    id: `${day}:${cells[n]}`, at: Number(cells[received]), device: String(cells[device]), severity: Number(cells[severity]), app: String(cells[app] ?? ''), text: String(cells[text]),
    ...(host >= 0 && { host: String(cells[host] ?? '') }), ...(facility >= 0 && { facility: Number(cells[facility]) }), ...(sent >= 0 && { sent: cells[sent] as number | null }),
  }));
  if (batch.skipped > 0) rows.unshift({ id: rows[0]?.id ?? '', at: rows[0]?.at ?? 0, device: '', severity: 7, app: '', text: '', gap: batch.skipped });
  return rows;
}

/**
 * What stands between the live tail and the list. While the list is held nothing
 * is kept but a count. Messages that came by a search too are let through once:
 * within a day ids only grow.
 */
export class TailBuffer {
  held = false;
  waiting = 0; // messages that came while the list was held
  #rows: Row[] = [];
  #seen = new Map<string, number>(); // day -> newest id that was let through

  /** most is how many rows may wait for the next drawing; beyond, the oldest become a gap. */
  constructor(readonly most = 2000) {}

  reset(): void {
    this.#rows = [];
    this.#seen.clear();
    this.waiting = 0;
  }
  /** Notes that these messages are in the list already. */
  saw(rows: readonly Row[]): void {
    for (const r of rows) {
      if (r.gap !== undefined) continue;
      const [day, n] = split(r.id);
      this.#seen.set(day, Math.max(this.#seen.get(day) ?? 0, n));
    }
  }
  push(rows: readonly Row[]): void {
    for (const r of rows) {
      const messages = r.gap ?? 1;
      if (this.held) {
        this.waiting += Math.max(0, messages);
        continue;
      }
      this.#rows.push(r);
    }
    if (this.#rows.length > this.most * 2) {
      const cut = this.#rows.splice(0, this.#rows.length - this.most);
      const left = cut.reduce((n, r) => n + Math.max(0, r.gap ?? 1), 0);
      const next = this.#rows[0]!;
      this.#rows.unshift({ ...next, text: '', app: '', device: '', severity: 7, gap: left });
    }
  }
  /** The rows to be added to the list now. */
  take(): Row[] {
    const out = this.#rows.filter((r) => {
      if (r.gap !== undefined) return true;
      const [day, n] = split(r.id);
      return n > (this.#seen.get(day) ?? 0) && this.#seen.set(day, n);
    });
    this.#rows = [];
    return out;
  }
}

function split(id: string): [day: string, n: number] {
  const colon = id.indexOf(':');
  return [id.slice(0, colon), Number(id.slice(colon + 1))];
}

export interface TailEvents {
  rows(rows: Row[], batch: Batch): void;
  notice(text: string): void;
  state(connected: boolean): void;
}

/** An open live tail. It comes back 2 s after the way broke, and after 5 s if it was refused, with what was missed. */
export class Tail {
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** after is called for each new connection: the id of the newest message that is known, "" = none. */
  constructor(private readonly query: string, private readonly fields: string, private readonly after: () => string, private readonly on: TailEvents) {
    this.#open();
  }
  #open(): void {
    const source = new EventSource('/api/v1/tail?' + params({ query: this.query, fields: this.fields, after: this.after() }));
    this.#source = source;
    source.onopen = () => this.on.state(true);
    source.addEventListener('messages', (e: MessageEvent<string>) => {
      const batch = JSON.parse(e.data) as Batch;
      this.on.rows(rowsOf(batch, e.lastEventId), batch);
    });
    source.addEventListener('notice', (e: MessageEvent<string>) => this.on.notice((JSON.parse(e.data) as { text: string }).text));
    source.onerror = () => {
      // A browser that comes back by itself asks for what it asked for at first, and for nothing that was missed if no event came before.
      const refused = source.readyState === EventSource.CLOSED;
      source.close();
      this.on.state(false);
      if (!this.#closed) this.#timer = setTimeout(() => this.#open(), refused ? 5000 : 2000);
    };
  }
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#source?.close();
  }
}

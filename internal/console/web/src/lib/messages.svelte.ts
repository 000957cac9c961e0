import { get, failure, type Failure, type Message, type Page } from './api';
import { Lines, type Row } from './lines';
import type { View } from './links';
import { look } from './look.svelte';
import { Tail, TailBuffer } from './tail';

const FIRST = 100; // rows asked for at first: what fills a screen, soon
const PAGE = 500; // rows asked for at once
const MOST = 100_000; // rows kept: at 26 pixels the tallest that browsers draw is far off
const CATCH_UP = 1000; // rows fetched when a held list goes on; beyond, it begins anew

const rowOf = (m: Message): Row => ({ id: m.id, at: m.received_at, device: m.device, severity: m.severity, app: m.app_name ?? '', text: m.message, host: m.hostname ?? '', facility: m.facility, sent: m.sent_at });
const gapBefore = (r: Row | undefined, n: number): Row[] => (r ? [{ ...r, device: '', app: '', text: '', severity: 7, gap: n }] : []);

/** What one view of messages has loaded: pages of the past, and what comes live. It draws nothing. */
export class Messages {
  readonly lines = new Lines(MOST);
  version = $state(0); // grows with each change of lines
  loading = $state(false);
  error = $state.raw<Failure | undefined>();
  notes = $state.raw<string[]>([]);
  tookMS = $state(0);
  loadedAt = $state(0); // ms since 1970
  older = $state(false); // there are older ones that were not loaded
  newer = $state(false);
  waiting = $state(0);
  connected = $state(true);
  skipping = $state(0); // of the last second, messages that were left out
  /** Ends with the first rows of the view that is shown. */
  ready: Promise<unknown> = Promise.resolve();
  /** Rows were added above the others, or cut there if n is below zero. */
  onshift: (n: number) => void = () => {};

  #view: View | undefined;
  #buffer = new TailBuffer();
  #tail: Tail | undefined;
  #last = ''; // id of the newest message that the tail has sent, drawn or not
  #stop = new AbortController();
  #frame = 0;
  #paging = false;
  #skipped: [at: number, n: number][] = [];

  /** Shows another view. The rows before stay until the first page is here; what comes late is thrown away. False if it was left before that. */
  open(view: View): Promise<boolean> {
    const shown = this.#open(view);
    this.ready = shown;
    return shown;
  }
  async #open(view: View): Promise<boolean> {
    this.#stop.abort();
    const stop = (this.#stop = new AbortController());
    this.#view = view;
    this.#paging = false;
    this.sleep();
    this.#buffer.reset();
    this.#buffer.held = false;
    this.waiting = 0;
    this.loading = true;
    this.#last = '';
    // A tail that begins before the search misses nothing; what both have is let through once.
    if (view.live) this.#listen();
    try {
      const page = await get<Page>('messages', { query: view.query, ...(view.at ? { around: view.at } : {}), from: view.from, to: view.to, limit: view.at ? PAGE : FIRST }, stop.signal);
      if (stop.signal.aborted) return false;
      const rows = page.messages.map(rowOf);
      this.lines.clear();
      this.lines.append(rows);
      this.#buffer.saw(rows);
      this.older = view.at ? true : page.more;
      this.newer = !!view.at;
      this.notes = page.notes;
      this.tookMS = page.took_ms;
      this.error = undefined;
      this.loadedAt = Date.now();
    } catch (e) {
      if (stop.signal.aborted) return false;
      this.error = failure(e);
      this.sleep();
    }
    this.loading = false;
    this.version++;
    if (!view.at && this.older) void this.pageOlder();
    this.#settle();
    return true;
  }
  close(): void {
    this.#stop.abort();
    this.#tail?.close();
    cancelAnimationFrame(this.#frame);
  }

  #listen(): void {
    this.#tail?.close();
    this.#tail = new Tail(this.#view!.query, look.fields, () => this.#last || (this.loading ? '' : this.lines.newest()), {
      rows: (rows, batch) => {
        this.#buffer.push(rows);
        this.#last = rows.at(-1)?.id || this.#last;
        this.waiting = this.#buffer.waiting;
        const now = Date.now();
        this.#skipped = [...this.#skipped.filter(([at]) => at > now - 1000), [now, batch.skipped]];
        this.skipping = this.#skipped.reduce((n, s) => n + s[1], 0);
        this.#frame ||= requestAnimationFrame(() => this.#draw());
      },
      notice: (text) => (this.notes = [...this.notes.slice(-4), text]),
      state: (on) => {
        if (on && !this.connected) this.notes = []; // "Logboom is stopping"
        this.connected = on;
      },
    });
  }
  #draw(): void {
    this.#frame = 0;
    if (this.loading) return; // the first page comes before
    const rows = this.#buffer.take();
    if (rows.length === 0) return;
    const cut = this.lines.append(rows);
    if (cut) this.older = true;
    this.version++;
  }
  /** Draws what came while the first page was on its way. */
  #settle(): void {
    if (this.#tail) this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  /** While held, nothing is added; what comes is counted. */
  hold(): void {
    if (this.#buffer.held) return;
    this.#draw();
    this.#buffer.held = true;
  }
  /** Goes on at the newest: with what came meanwhile, or anew if that is much. */
  async resume(): Promise<void> {
    if (!this.#buffer.held || !this.#view) return;
    const stop = this.#stop;
    const waited = this.#buffer.waiting;
    this.#buffer.held = false;
    this.#buffer.waiting = this.waiting = 0;
    if (waited === 0) return;
    this.loading = true; // what comes now waits
    try {
      const after = this.lines.newest();
      let page = after ? await get<Page>('messages', { query: this.#view.query, after, limit: CATCH_UP }, stop.signal) : undefined;
      if (!page || page.more) {
        page = await get<Page>('messages', { query: this.#view.query, from: this.#view.from, limit: PAGE }, stop.signal);
        const rows = page.messages.map(rowOf);
        this.lines.clear();
        this.older = page.more;
        this.lines.append(rows);
        this.#buffer.saw(rows);
      } else {
        const rows = page.messages.map(rowOf);
        this.lines.append(rows);
        this.#buffer.saw(rows);
      }
    } catch (e) {
      if (stop.signal.aborted) return;
      this.lines.append(gapBefore(this.lines.rows.at(-1), waited));
      this.error = failure(e);
    }
    this.loading = false;
    this.version++;
    this.#settle();
  }

  async pageOlder(): Promise<void> {
    const before = this.lines.oldest();
    if (!this.older || !before) return;
    await this.#page({ before }, (page, rows) => {
      this.older = page.more;
      if (this.lines.prepend(rows)) this.newer = true;
      this.onshift(rows.length);
    });
  }
  async pageNewer(): Promise<void> {
    const after = this.lines.newest();
    if (!this.newer || !after) return;
    await this.#page({ after }, (page, rows) => {
      this.newer = page.more;
      const cut = this.lines.append(rows);
      if (cut) {
        this.older = true;
        this.onshift(-cut);
      }
    });
  }
  async #page(place: { before: string } | { after: string }, add: (page: Page, rows: Row[]) => void): Promise<void> {
    if (this.#paging || this.loading || !this.#view) return;
    this.#paging = true;
    const stop = this.#stop;
    try {
      const page = await get<Page>('messages', { query: this.#view.query, from: this.#view.from, to: this.#view.to, ...place, limit: PAGE }, stop.signal);
      if (stop.signal.aborted) return;
      add(page, page.messages.map(rowOf));
      this.version++;
    } catch (e) {
      if (stop.signal.aborted) return;
      this.error = failure(e);
    }
    this.#paging = false;
  }

  /** Closes the stream of a page that nobody sees: browsers allow six to a server. */
  sleep(): void {
    this.#tail?.close();
    this.#tail = undefined;
  }
  wake(): void {
    if (this.#view?.live && !this.#tail && !this.error) this.#listen();
  }
}

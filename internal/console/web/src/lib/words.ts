/** Numbers and times as people read them. Times are µs since 1970 UTC, as everywhere in the API. */

const pad = (n: number, width = 2) => String(n).padStart(width, '0');

/** 1234567 as "1,234,567". */
export const count = (n: number): string => Math.round(n).toLocaleString('en-US');

/** Messages a second: "0.4", "1,284". */
export const rate = (n: number): string => (n > 0 && n < 10 ? n.toFixed(1) : count(n));

/** Bytes in powers of 1024, as config.toml and the server count them: "41.2 GB". */
export function bytes(n: number): string {
  if (n < 0) return 'unknown';
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let i = 0;
  while (n >= 1023.5 && i < units.length - 1) (n /= 1024), i++;
  return `${i === 0 || n >= 99.5 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}

/** "1 device", "2 devices". */
export const plural = (n: number, one: string, many = one + 's'): string => `${count(n)} ${n === 1 ? one : many}`;

/** How long µs are, in the two largest units: "3 h 20 min". */
export function duration(µs: number): string {
  const s = Math.max(0, Math.floor(µs / 1e6));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} days`;
}

/** How long ago a time is that lies µs back: "3 min ago", below 5 s "just now". */
export const ago = (µs: number): string => (µs < 5e6 ? 'just now' : duration(µs) + ' ago');

/** A text of the server as a sentence: a capital at its start, a full stop at its end. Commands and names of settings stay as they are. */
export function sentence(text: string): string {
  const t = text.trim();
  if (!t || /^(sudo|logboom) /.test(t)) return t;
  const s = /^(?!(udp|tcp|tls) )[a-z]+([ ,;?]|: |$)/.test(t) ? t[0]!.toUpperCase() + t.slice(1) : t;
  return /[.!?:…]$/.test(s) || /: (sudo|logboom) [^:]*$/.test(s) ? s : s + '.';
}

/** The name of a way to tell people, as the server names it, for people. */
export const channel = (name: string): string => ({ telegram: 'Telegram', email: 'E-mail', snmp: 'SNMP' })[name] ?? name;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A day of the store, 20261102, as "2 Nov". */
export const dayShort = (n: number): string => `${n % 100} ${MONTHS[(Math.floor(n / 100) % 100) - 1]}`;

/** A day of the store, 20261122, as "2026-11-22". */
export const day = (n: number): string => `${Math.floor(n / 10000)}-${pad(Math.floor(n / 100) % 100)}-${pad(n % 100)}`;

/** The wall clock of one time zone, that of the day files. */
export class Clock {
  readonly #parts: Intl.DateTimeFormat | undefined;
  #minute = NaN; // the minute for which #offset holds
  #offset = 0; // ms east of UTC

  /** name is of the tz database, offset, in seconds east of UTC, is used where the browser does not know it. */
  constructor(readonly name = 'UTC', private readonly offset = 0) {
    try {
      this.#parts = new Intl.DateTimeFormat('en-US', { timeZone: name, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
    } catch {
      this.#parts = undefined; // "Local", or a zone newer than the browser
    }
  }

  /** ms east of UTC at a time in µs. Offsets change at whole minutes. */
  offsetAt(µs: number): number {
    if (!this.#parts) return this.offset * 1000;
    const minute = Math.floor(µs / 60e6);
    if (minute === this.#minute) return this.#offset;
    const at: Record<string, number> = {};
    for (const { type, value } of this.#parts.formatToParts(minute * 60e3)) at[type] = Number(value);
    this.#minute = minute;
    return (this.#offset = Date.UTC(at.year!, at.month! - 1, at.day!, at.hour!, at.minute!, at.second!) - minute * 60e3);
  }

  #wall(µs: number): Date {
    return new Date(Math.floor(µs / 1000) + this.offsetAt(µs));
  }

  /** "14:30:01" */
  time(µs: number): string {
    const d = this.#wall(µs);
    return `${pad(d.getUTCHours())}:${pad(d.getUTCMinutes())}:${pad(d.getUTCSeconds())}`;
  }

  /** ".208" */
  millis(µs: number): string {
    return '.' + pad(Math.floor(µs / 1000) % 1000, 3);
  }

  /** "2026-11-22" */
  date(µs: number): string {
    const d = this.#wall(µs);
    return `${d.getUTCFullYear()}-${pad(d.getUTCMonth() + 1)}-${pad(d.getUTCDate())}`;
  }

  /** "2026-11-22 14:30:01.208" */
  full(µs: number): string {
    return `${this.date(µs)} ${this.time(µs)}${this.millis(µs)}`;
  }

  /** A limit of a time range for people: µs as "2026-11-22 14:30:01", all else as it is. */
  limit(text: string): string {
    return /^\d{14,}$/.test(text) ? `${this.date(Number(text))} ${this.time(Number(text))}` : text;
  }

  /** A time range for people: "the last hour", "from 2026-11-22 14:30:01 to now". */
  span(from: string, to: string): string {
    const ago = /^-(\d+)([smhd])$/.exec(from);
    if (!ago || to) return `from ${this.limit(from) || 'the beginning'} to ${this.limit(to) || 'now'}`;
    const n = Number(ago[1]), unit = { s: 'second', m: 'minute', h: 'hour', d: 'day' }[ago[2]!]!;
    return n === 1 ? `the last ${unit}` : `the last ${n} ${unit}s`;
  }

  /** "14:30" today, "22 Nov 14:30" on another day. */
  short(µs: number, now: number): string {
    const time = this.time(µs).slice(0, 5);
    if (this.date(µs) === this.date(now)) return time;
    const d = this.#wall(µs);
    return `${d.getUTCDate()} ${MONTHS[d.getUTCMonth()]} ${time}`;
  }

  /** "UTC+06:00" */
  zone(µs: number): string {
    const minutes = Math.round(this.offsetAt(µs) / 60e3);
    if (minutes === 0) return 'UTC';
    const m = Math.abs(minutes);
    return `UTC${minutes < 0 ? '−' : '+'}${pad(Math.floor(m / 60))}:${pad(m % 60)}`;
  }
}

/** How the clock of a device stands to ours, in words; "" within two seconds. */
export function clockError(sent: number, received: number): string {
  const apart = Math.abs(sent - received);
  if (apart < 2e6) return '';
  const text = apart > 730 * 86400e6 ? `${Math.floor(apart / (365.25 * 86400e6))} years` : duration(apart);
  const why = apart > 15 * 3600e6 ? ': its clock is not set' : apart > 1500e6 ? ': its clock or its time zone is not set' : ''; // a clock that runs on UTC is 14 h off at most
  return `${text} ${sent < received ? 'behind' : 'ahead'}${why}`;
}

/** The same to a tenth of a second, for clocks that are right. */
export const drift = (sent: number, received: number): string => `${(Math.abs(sent - received) / 1e6).toFixed(1)} s ${sent <= received ? 'behind' : 'ahead'}`;

/**
 * Text with what would hide or reorder other text made visible: control
 * characters as \x1b, marks of direction as \u202e.
 */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g, (c) => {
    if (c === '\n') return '\\n';
    if (c === '\r') return '\\r';
    const n = c.charCodeAt(0);
    return n < 256 ? '\\x' + n.toString(16).padStart(2, '0') : '\\u' + n.toString(16).padStart(4, '0');
  });
}

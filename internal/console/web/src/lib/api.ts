/** The API of Logboom, with types. Times are µs since 1970 UTC; 0 = never. */

export interface Status {
  version: string;
  now: number;
  started_at: number;
  zone: { name: string; offset: number };
  health: { state: 'ok' | 'degraded' | 'failing'; problems: { state: string; what: string; fact: string; hint: string }[] };
  rate: { received: number; stored: number; dropped: number }; past?: { at: number; received: number }[];
  ledger: { day: number; received: number; stored: number; dropped: number; dropped_by: Record<string, number> | null; in_flight: number };
  queue: { length: number; capacity: number; bytes: number };
  listeners: Listener[];
  store: { state: string; detail?: string; directory: string; days: number; oldest_day: number; bytes: number; free: number; stored: number; commits: number };
  devices: number;
  incidents: number;
  alerts: { rules: number; today: number; waiting: number; muted_until: number; notifiers: Notifier[] };
  streams: number;
  files: { config: string; log: string };
  settings: { loaded_at: number; broken_since: number; error?: string; restart: string[] | null };
}
export interface Listener { name: string; protocol: string; address: string; open: boolean; error?: string; received: number; dropped: Record<string, number> | null; buffer_asked?: number; buffer_granted?: number; connections?: number }
export interface Notifier { name: string; waiting: number; sent: number; failed: number; last_ok: number; last_error?: string }
export interface Device {
  address: string; name: string; site: string; hostname: string; dns_name: string; first_at: number; last_at: number; messages: number; today: number;
  silent: boolean; silent_since: number; quiet_for_s: number; quiet_by: string; vendor: string; worst: number; hours: number[] | null; error_hours: number[] | null; clock_apart: number;
}
export interface DeviceDetail extends Device { settings: Record<string, { value: string; from: string; below: string }>; version: string; note: string; sent_at: number; heard_at: number; errors: number; day: Histogram }
export interface Setup { targets: { protocol: string; host: string; port: number }[]; equipment: { name: string; steps: { text?: string; lines?: string }[] }[] }

export interface Message {
  id: string; received_at: number; sent_at: number | null; device: string; device_name?: string; site?: string; facility: number; severity: number;
  hostname: string | null; app_name: string | null; proc_id: string | null; msg_id: string | null; structured_data: string | null;
  message: string; raw?: string; raw_b64?: string; truncated?: boolean;
}
export interface Page { messages: Message[]; more: boolean; notes: string[]; took_ms: number }

export interface Histogram {
  edges: number[]; // begin of each bucket, and the end of the last
  counts: Record<'crit' | 'error' | 'warning' | 'notice' | 'info', number[]>; // for each bucket
  partial: boolean; // the last bucket is not over yet
  reached: number; // from when on everything was counted
  notes: string[]; took_ms: number;
}

export interface Incident {
  id: number; rule: string; kind?: string; device: string; device_name?: string; site?: string; title?: string; object?: string; severity: number;
  state: string; opened_at: number; updated_at: number; cleared_at?: number; count: number; flaps?: number; alarms: number;
  cause?: string; confidence?: number; doubt?: string; members?: { object: string; cause?: string; at: number; back_at?: number }[] | null; total?: number; down?: number; into?: number;
  text: string; what: string; facts: string[] | null; message: string; acked_at: number; acked_by: string; muted_until: number; note: string;
}

export interface Event { at: number; kind: string; text?: string; count?: number; who?: string; until?: number; delivery?: Record<string, string> }
export interface Flap { device: string; device_name: string; site: string; object: string; rule: string; times: number; last_at: number; incident: number }
export interface Cause { device?: string; device_name?: string; site?: string; rule?: string; text?: string; notices: number; told: number }
export interface Rehearsed {
  from: number; to: number; messages: number; told: number; notices: number; alerts: number;
  days: { day: number; messages: number; alerts: number; more: number; clears: number }[]; busiest: { at: number; alerts: number };
  devices: Cause[]; rules: Cause[]; texts: Cause[];
  newest: { sent_at: number; at: number; kind: string; rule: string; device: string; device_name: string; object: string; severity: number; count: number; text: string; message: string }[];
  left_off: number; stopped: boolean; notes: string[]; took_ms: number;
}
export interface Rule { name: string; enabled: boolean; from: string; below: boolean; keys: Record<string, unknown>; open: number; week: number }
export interface Pack { name: string; title: string; on: boolean; from: string; rules: number; coverage: string; examples: string[] | null }
export interface RuleBook { rules: Rule[]; packs: Pack[]; vendors: Pack[]; keywords: { list: string[]; from: string }; version: string; undo: boolean; undoes: string[] | null; file: string; note: string }
export interface Setting { value: string; from: string; below: string }
export interface DeviceSettings { settings: Record<string, Setting>; version: string; note: string }
export interface Reloaded { applied: string[] | null; restart: string[] | null; notes: string[] | null }
export interface Change { id: number; at: number; who: string; address: string; action: string; detail: string }
export interface Problem { file?: string; line?: number; key: string; have: string; want: string; hint: string }

/** Where a problem is: in a line of a file, or at what was typed. */
export const placeOf = (p: Problem): string => [p.line ? `${p.file}, line ${p.line}` : '', p.key].filter(Boolean).join(': ');

/** What the API, or the way to it, says is wrong. */
export class Failure extends Error {
  constructor(message: string, readonly hint = '', readonly status = 0, readonly at?: number, readonly length?: number, readonly problems: Problem[] = []) {
    super(message);
  }
}

/** Anything that was thrown as a Failure. */
export function failure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure('Cannot reach Logboom.', 'Messages are still being received if the service runs.');
}

let signedOut: () => void = () => {};
/** f is called when the API says that nobody is signed in any more. */
export function onSignedOut(f: () => void): void { signedOut = f; }

async function call<T>(path: string, init?: RequestInit): Promise<T> {
  const answer = await fetch('/api/v1/' + path, init);
  let body: unknown;
  try {
    body = await answer.json();
  } catch {
    throw new Failure(`Logboom answered with status ${answer.status} and no reason.`, 'Try again in a moment.', answer.status);
  }
  if (answer.ok) return body as T;
  if (answer.status === 401 && path !== 'login') signedOut();
  const { error, problems } = body as { error?: { message: string; hint?: string; at?: number; length?: number }; problems?: Problem[] };
  throw new Failure(error?.message ?? `status ${answer.status}`, error?.hint, answer.status, error?.at, error?.length, problems);
}

/** Parameters as they stand in an address; those that are empty are left out. */
export function params(p: Record<string, string | number | undefined>): string {
  const out = new URLSearchParams();
  for (const [k, v] of Object.entries(p)) if (v !== undefined && v !== '') out.set(k, String(v));
  return out.toString();
}

export const get = <T>(path: string, p: Record<string, string | number | undefined> = {}, signal?: AbortSignal): Promise<T> => call<T>(`${path}?${params(p)}`, { signal: signal ?? null });
export const post = <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> =>
  call<T>(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), signal: signal ?? null });

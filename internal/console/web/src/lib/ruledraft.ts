/** Rules as a form, as the API has them, and as lines of config.toml. */

export type Keys = Record<string, unknown>;

/** A rule while it is edited: texts, as people write them. */
export interface Draft {
  name: string; query: string; threshold: string; within: string; cooldown: string; clear: string; hold: string; schedule: string;
  severity: string; text: string; device: string; key: string; notify: string; examples: string; enabled: boolean;
}

const LISTS = ['device', 'key', 'notify'] as const;
const TEXTS = ['name', 'query', 'within', 'cooldown', 'clear', 'hold', 'schedule', 'severity', 'text'] as const;

const str = (v: unknown): string => (typeof v === 'string' ? v : '');
const items = (v: unknown): string[] => (Array.isArray(v) ? v.filter((e): e is string => typeof e === 'string') : []);

/** The form of a rule; without one, of a new rule. */
export function draftOf(keys: Keys = {}): Draft {
  const d = { enabled: keys.enabled !== false, threshold: String(keys.threshold ?? 1), examples: items(keys.examples).join('\n') } as Draft;
  for (const k of TEXTS) d[k] = str(keys[k]);
  for (const k of LISTS) d[k] = items(keys[k]).join(', ');
  if (!d.within) d.within = '1m';
  return d;
}

/** The keys that a form says, without those that say nothing. */
export function keysOf(d: Draft): Keys {
  const out: Keys = {};
  for (const k of TEXTS) if (d[k].trim()) out[k] = d[k].trim();
  const n = Number(d.threshold);
  out.threshold = d.threshold.trim() && Number.isInteger(n) ? n : d.threshold; // what is no number is refused in words
  for (const k of LISTS) {
    const list = d[k].split(/[,\s]+/).filter(Boolean);
    if (list.length) out[k] = list;
  }
  const examples = d.examples.split('\n').map((l) => l.trim()).filter(Boolean);
  if (examples.length) out.examples = examples;
  if (!d.enabled) out.enabled = false;
  return out;
}

const ORDER = ['name', 'enabled', 'query', 'device', 'threshold', 'within', 'cooldown', 'clear', 'key', 'hold', 'schedule', 'severity', 'text', 'examples', 'notify'];

/** A text of TOML: in single quotes, where regular expressions stay as they are, if that is possible. */
export function quote(s: string): string {
  // eslint-disable-next-line no-control-regex
  if (/["\\]/.test(s) && !/['\x00-\x1f\x7f]/.test(s)) return `'${s}'`;
  return JSON.stringify(s).replaceAll('\x7f', '\\u007f');
}

/** A rule as it stands in config.toml. */
export function toml(keys: Keys): string {
  const value = (v: unknown): string => (Array.isArray(v) ? `[${v.map(value).join(', ')}]` : typeof v === 'string' ? quote(v) : String(v));
  return '[[alerts.rule]]\n' + ORDER.filter((k) => keys[k] !== undefined).map((k) => `${k} = ${value(keys[k])}\n`).join('');
}

/** What is rehearsed of a form: the rule as if it were on, since what it would do is asked before. */
export const rehearsed = (d: Draft): string => toml({ ...keysOf({ ...d, enabled: true }), name: d.name.trim() || 'new rule' });

/** The field that a problem is about; '' if it is about none of the form. */
export function fieldOf(problemKey: string): string {
  const name = /([a-z_]+)(?:,? #\d+)?$/.exec(problemKey)?.[1] ?? '';
  return problemKey.startsWith('alerts.rule') && ORDER.includes(name) ? name : '';
}

/** Rules to begin with. */
export const EXAMPLES: { what: string; keys: Keys }[] = [
  { what: 'A loop in the network', keys: { name: 'Loop', query: 'loop detected OR "loop occurred" OR "mac flapping"', severity: 'crit', within: '1m' } },
  { what: 'A PON is down', keys: { name: 'PON down', query: '"feeder fiber" OR "PON link down" OR "PON deregister"', severity: 'crit', cooldown: '15m' } },
  { what: 'A port that goes up and down', keys: { name: 'Port flaps', query: '/(?P<port>\\S+\\d+\\/\\d+\\S*).{0,40} (down|DOWN)/', key: ['port'], threshold: 4, within: '10m' } },
  { what: 'Uplink down, and up again', keys: { name: 'Uplink down', query: '/(?P<port>xe-\\S+) link down/', clear: '/(?P<port>xe-\\S+) link up/', key: ['port'], hold: '30s', severity: 'crit' } },
  { what: 'Somebody tries passwords', keys: { name: 'Failed logins', query: '"login failed" OR "failed password" OR "authentication failure"', threshold: 10, within: '5m', cooldown: '1h' } },
  { what: 'Many errors of one device', keys: { name: 'Many errors', query: 'severity:err+', threshold: 50, within: '1m', cooldown: '30m' } },
];

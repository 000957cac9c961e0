/** What a view of messages is, as it stands in the address of the page, and how clicks change the query. */

export interface View {
  query: string; // in the language of the search box
  from: string; // as the API reads it, "-1h"; "" = from the beginning
  to: string; // "" = up to now
  live: boolean;
  at: string; // id of the message in the middle, "20261122:17"; "" = the newest
}

/** What is shown if nothing is asked for. */
export const HOME: View = { query: '', from: '-1h', to: '', live: true, at: '' };

/** Reads the address. What has an end, or a message in its middle, is not live. */
export function parseView(search: string): View {
  const p = new URLSearchParams(search);
  const at = p.get('at') ?? '';
  const to = p.get('to') ?? '';
  return { query: p.get('q') ?? '', from: p.get('from') ?? (at ? '' : HOME.from), to, live: p.get('live') !== '0' && !to && !at, at };
}

/** The address of a view; parseView reads it back. */
export function linkTo(view: Partial<View>): string {
  const v = { ...HOME, ...(view.at ? { from: '' } : {}), ...view };
  const p = new URLSearchParams();
  if (v.query) p.set('q', v.query);
  if (v.from !== (v.at ? '' : HOME.from)) p.set('from', v.from);
  if (v.to) p.set('to', v.to);
  if (!v.live && !v.to && !v.at) p.set('live', '0');
  if (v.at) p.set('at', v.at);
  const text = p.toString();
  return '/messages' + (text ? '?' + text : '');
}

/** A term for one field; what is more than letters, digits and the like is quoted. "" if it cannot be written. */
export function term(field: string, value: string): string {
  if (value === '' || value.includes('"')) return '';
  return /^[\p{L}\p{N}_.:\/-]+$/u.test(value) ? `${field}:${value}` : `${field}:"${value}"`;
}

/** The parts of a query that stand side by side; brackets and quotes hold together. */
function parts(query: string): string[] {
  const out: string[] = [];
  let depth = 0;
  let quoted = '';
  let word = '';
  for (const c of query) {
    if (quoted) {
      if (c === quoted) quoted = '';
    } else if (c === '"') quoted = c;
    else if (c === '/' && (word === '' || word === '-')) quoted = c;
    else if (c === '(') depth++;
    else if (c === ')') depth--;
    if (/\s/.test(c) && !quoted && depth <= 0) {
      if (word) out.push(word);
      word = '';
    } else word += c;
  }
  if (word) out.push(word);
  return out;
}

/** The query with a term more, and without its opposite. OR binds weaker, so a query with it is put into brackets. */
export function narrow(query: string, more: string): string {
  if (!more) return query.trim();
  const opposite = more.startsWith('-') ? more.slice(1) : '-' + more;
  let have = parts(query.trim());
  if (have.includes('OR')) have = [`(${query.trim()})`];
  return [...have.filter((p) => p !== opposite && p !== more), more].join(' ');
}

const AT_LEAST = /^severity:[a-z]+\+?$/i;

/** The query with its severity, that and worse, replaced; "" = any. */
export function atLeast(query: string, severity: string): string {
  let have = parts(query.trim());
  if (have.includes('OR')) have = [`(${query.trim()})`];
  have = have.filter((p) => !AT_LEAST.test(p));
  if (severity) have.push(`severity:${severity}+`);
  return have.join(' ');
}

/** The severity that the query asks for with atLeast; "" = any. */
export function leastOf(query: string): string {
  const found = parts(query).filter((p) => AT_LEAST.test(p));
  return found.length === 1 && found[0]!.endsWith('+') ? found[0]!.slice('severity:'.length, -1).toLowerCase() : '';
}

/** The words of the query that can be marked in a text. */
export function words(query: string): string[] {
  return parts(query.replace(/[()]/g, ' '))
    .filter((p) => p !== 'OR' && !p.startsWith('-') && !p.startsWith('/') && !/^[a-z_]+:/i.test(p))
    .map((p) => p.replaceAll('"', ''))
    .filter((p) => p !== '');
}

/** A query to begin with for messages like one: its words, without what has digits, which differs from one to the next. */
export function queryLike(text: string, app: string): string {
  const words = new Map<string, string>();
  for (const w of text.slice(0, 2000).split(/\s+/)) {
    const bare = w.replace(/^[("'[<]+|[)"'\]>,.;:!]+$/g, '');
    if (/^\p{L}{2,30}$/u.test(bare) && bare.toUpperCase() !== 'OR' && words.size < 6 && !words.has(bare.toLowerCase())) words.set(bare.toLowerCase(), bare);
  }
  return [term('app', app), ...words.values()].filter(Boolean).join(' ');
}

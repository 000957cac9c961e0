import { term } from './links';
import { FACILITIES, NAMES } from './severity';

/** Something that can be written at the end of a query: the text, and what it means. */
export type Option = readonly [text: string, help: string];

/** What completions are made of. */
export interface Known { address: string; name: string; site: string; today: number }

const FIELDS: Option[] = [['device:', 'address, network or name: device:10.20.0.0/16'], ['severity:', 'err, or err+ for that and worse'], ['app:', 'program: app:sshd'], ['host:', 'what the device calls itself'], ['site:', 'as configured: site:North'], ['port:', 'the port as a whole: port:0/1/2'], ['facility:', 'local7, kern, auth'], ['-', 'leave out: -app:dhcp'], ['"', 'words together: "dying gasp"'], ['/', 'regular expression: /onu \\d+ lost/']];
const MOST = 10;

/** The word that is being written at the end of text: what a quote has opened belongs to it. */
export function wordOf(text: string): string {
  let begin = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '"') quoted = !quoted;
    else if (!quoted && /[\s()]/.test(text[i]!)) begin = i + 1;
  }
  return text.slice(begin);
}

/** What the word may become, the most frequent first; nothing for what is whole already. */
export function complete(word: string, devices: readonly Known[]): Option[] {
  const minus = word.startsWith('-') && word.length > 1 ? '-' : '';
  const bare = word.slice(minus.length).toLowerCase();
  const colon = bare.indexOf(':');
  if (colon < 0) return FIELDS.filter(([f]) => f.startsWith(bare) && f !== bare && (!minus || f.endsWith(':'))).map(([f, help]) => [minus + f, help]);
  const field = bare.slice(0, colon), begun = bare.slice(colon + 1).replaceAll('"', '');
  const fits = (...texts: string[]) => texts.some((t) => t.toLowerCase().includes(begun));
  const out = new Map<string, string>();
  const add = (text: string, help: string) => { if (text && out.size < MOST && !out.has(minus + text) && (minus + text).toLowerCase() !== word.toLowerCase()) out.set(minus + text, help); };
  const busiest = () => [...devices].sort((a, b) => b.today - a.today);
  if (field === 'severity') for (const s of NAMES.filter((n) => fits(n))) { add(`severity:${s}+`, `${s} and worse`); add(`severity:${s}`, `${s} only`); }
  else if (field === 'facility') for (const f of FACILITIES.filter((n) => fits(n))) add(`facility:${f}`, '');
  else if (field === 'device') for (const d of busiest()) { if (fits(d.name, d.address)) add(term('device', d.name || d.address), [d.name ? d.address : '', d.site].filter(Boolean).join(' · ')); }
  else if (field === 'name') for (const d of busiest()) { if (d.name && fits(d.name)) add(term('name', d.name), d.address); }
  else if (field === 'site') for (const d of busiest()) if (d.site && fits(d.site)) add(term('site', d.site), '');
  return [...out];
}

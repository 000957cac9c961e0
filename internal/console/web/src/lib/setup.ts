/** What somebody who sets Logboom up is told to do, in text; no browser here. */

export interface Chat { id: string; kind: string; title: string; thread: number }
export interface Welcome { fresh: boolean; addresses: string[]; host: string; system: string; days: number; max_size: number; min_free: number; password: boolean }
export interface Setting { section: string; key: string; value: string; default: string; origin: string; changed: boolean; restart: boolean; help: string }

/** The lines of config.toml for a bot and a chat. */
export function telegramLines(token: string, chat: Chat): string {
  return `[telegram]\ntoken = "${token.trim()}"\nchat_id = "${chat.id}"\n${chat.thread ? `thread_id = ${chat.thread}\n` : ''}`;
}

/** Host and port apart: "[::1]:514" is "::1" and "514". */
export function hostPort(address: string): [host: string, port: string] {
  const at = address.lastIndexOf(':');
  return [address.slice(0, at).replace(/^\[|\]$/g, ''), address.slice(at + 1)];
}

/** Where devices can send to: each listener with the addresses of this machine that it takes. */
export function targets(listeners: readonly { protocol: string; address: string; open: boolean }[], own: readonly string[]): { protocol: string; host: string; port: string }[] {
  return listeners.filter((l) => l.open).flatMap(({ protocol, address }) => {
    const [host, port] = hostPort(address);
    const hosts = host && host !== '::' && host !== '0.0.0.0' ? [host] : own.filter((a) => host !== '0.0.0.0' || !a.includes(':'));
    return hosts.map((h) => ({ protocol, host: h, port }));
  });
}

/** Commands that send a message to an address over UDP, by the system they are for. */
export function commands(host: string, port: string): [system: string, command: string][] {
  const to = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return [
    ['Any machine with Logboom', `logboom send --to ${to} "hello"`],
    ['Linux, macOS', `logger -n ${host} -P ${port} -d "hello"`],
    ['Windows, PowerShell', `$u = New-Object Net.Sockets.UdpClient "${host}", ${port}; $b = [Text.Encoding]::UTF8.GetBytes("<14>hello"); $u.Send($b, $b.Length)`],
  ];
}

/** Settings that hold all words of a filter, by section. */
export function grouped(all: readonly Setting[], filter: string, changed: boolean): [section: string, list: Setting[]][] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, Setting[]>();
  for (const s of all) {
    const text = `${s.section} ${s.key} ${s.value} ${s.help} ${s.origin}`.toLowerCase();
    if ((changed && !s.changed) || !words.every((w) => text.includes(w))) continue;
    groups.set(s.section, [...(groups.get(s.section) ?? []), s]);
  }
  return [...groups];
}

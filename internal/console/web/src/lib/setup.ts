/** What somebody who sets Logboom up is told to do, in text; no browser here. */

export interface Chat { id: string; kind: string; title: string; thread: number }
export interface Welcome { fresh: boolean; targets: { protocol: string; host: string; port: number }[]; commands: { system: string; text: string }[]; kept: string; password: boolean }
export interface Setting { section: string; key: string; value: string; default: string; origin: string; changed: boolean; restart: boolean; help: string }

/** The lines of config.toml for a bot and a chat. */
export function telegramLines(token: string, chat: Chat): string {
  return `[telegram]\ntoken = "${token.trim()}"\nchat_id = "${chat.id}"\n${chat.thread ? `thread_id = ${chat.thread}\n` : ''}`;
}

/** Settings that hold all words of a filter, by section. */
export function grouped(all: readonly Setting[], filter: string, changed: boolean): [section: string, list: Setting[]][] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const groups = new Map<string, Setting[]>();
  for (const s of all) {
    const text = `${s.section} ${s.key} ${s.value} ${s.help} ${s.origin} ${s.restart ? 'restart' : ''}`.toLowerCase();
    if ((changed && !s.changed) || !words.every((w) => text.includes(w))) continue;
    groups.set(s.section, [...(groups.get(s.section) ?? []), s]);
  }
  return [...groups];
}

import { describe, expect, test } from 'vitest';
import { grouped, telegramLines, type Setting } from './setup';

describe('the lines of config.toml', () => {
  test('a chat', () => expect(telegramLines(' 1:x ', { id: '-5', kind: 'group', title: '', thread: 0 })).toBe('[telegram]\ntoken = "1:x"\nchat_id = "-5"\n'));
  test('a topic', () => expect(telegramLines('1:x', { id: '-5', kind: 'supergroup', title: '', thread: 17 })).toContain('thread_id = 17\n'));
});

describe('settings by section', () => {
  const one = (section: string, key: string, changed = false): Setting => ({ section, key, value: '1', default: '1', origin: 'default', changed, restart: false, help: 'how many Messages' });
  const all = [one('store', 'store.batch_size'), one('store', 'store.sync', true), one('listen', 'listen.udp')];
  test('all', () => expect(grouped(all, '', false).map(([s, l]) => [s, l.length])).toEqual([['store', 2], ['listen', 1]]));
  test('all words', () => expect(grouped(all, 'BATCH messages', false).map(([s]) => s)).toEqual(['store']));
  test('changed', () => expect(grouped(all, '', true)[0]?.[1][0]?.key).toBe('store.sync'));
});

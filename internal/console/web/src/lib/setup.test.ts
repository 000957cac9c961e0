import { describe, expect, test } from 'vitest';
import { commands, grouped, hostPort, targets, telegramLines, type Setting } from './setup';

describe('the lines of config.toml', () => {
  test('a chat', () => expect(telegramLines(' 1:x ', { id: '-5', kind: 'group', title: '', thread: 0 })).toBe('[telegram]\ntoken = "1:x"\nchat_id = "-5"\n'));
  test('a topic', () => expect(telegramLines('1:x', { id: '-5', kind: 'supergroup', title: '', thread: 17 })).toContain('thread_id = 17\n'));
});

describe('where devices send to', () => {
  test('host and port', () => expect([hostPort('[::1]:514'), hostPort('10.0.0.1:514'), hostPort(':514')]).toEqual([['::1', '514'], ['10.0.0.1', '514'], ['', '514']]));
  const listeners = [
    { protocol: 'udp', address: '[::]:514', open: true }, { protocol: 'udp', address: '0.0.0.0:1514', open: true },
    { protocol: 'tcp', address: '192.0.2.9:601', open: true }, { protocol: 'udp', address: '[::]:99', open: false },
  ];
  test('every address that a listener takes', () =>
    expect(targets(listeners, ['192.0.2.1', '2001:db8::1']).map((t) => `${t.protocol} ${t.host} ${t.port}`)).toEqual([
      'udp 192.0.2.1 514', 'udp 2001:db8::1 514', 'udp 192.0.2.1 1514', 'tcp 192.0.2.9 601',
    ]));
  test('commands', () => expect(commands('2001:db8::1', '514').map((c) => c[1])[0]).toBe('logboom send --to [2001:db8::1]:514 "hello"'));
});

describe('settings by section', () => {
  const one = (section: string, key: string, changed = false): Setting => ({ section, key, value: '1', default: '1', origin: 'default', changed, restart: false, help: 'how many Messages' });
  const all = [one('store', 'store.batch_size'), one('store', 'store.sync', true), one('listen', 'listen.udp')];
  test('all', () => expect(grouped(all, '', false).map(([s, l]) => [s, l.length])).toEqual([['store', 2], ['listen', 1]]));
  test('all words', () => expect(grouped(all, 'BATCH messages', false).map(([s]) => s)).toEqual(['store']));
  test('changed', () => expect(grouped(all, '', true)[0]?.[1][0]?.key).toBe('store.sync'));
});

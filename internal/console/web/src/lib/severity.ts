/** Five classes of shape and colour for the eight severities of RFC 5424; the word is always there too. */
export const NAMES = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;
export const SHORT = ['EMERG', 'ALERT', 'CRIT', 'ERR', 'WARN', 'NOTICE', 'INFO', 'DEBUG'] as const;

export type Class = 'crit' | 'error' | 'warn' | 'notice' | 'info';

export const CLASSES: { key: Class; label: string; to: number }[] = [
  { key: 'crit', label: 'Critical', to: 2 },
  { key: 'error', label: 'Error', to: 3 },
  { key: 'warn', label: 'Warning', to: 4 },
  { key: 'notice', label: 'Notice', to: 5 },
  { key: 'info', label: 'Info, debug', to: 7 },
];

/** The class of a severity from 0, emergency, to 7, debug. */
export function classOf(severity: number): Class {
  return CLASSES.find((c) => severity <= c.to)?.key ?? 'info';
}

/** The facilities of RFC 5424, by number. */
export const FACILITIES = ['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'authpriv', 'ftp', 'ntp', 'audit', 'alert', 'clock',
  'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'] as const;

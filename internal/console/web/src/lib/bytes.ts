/** Bytes of a message, as those who mend parsers read them. */

/** The bytes of text, or of base64 if there is no text. */
export function bytesOf(text: string | undefined, b64: string | undefined): Uint8Array {
  return text !== undefined ? new TextEncoder().encode(text) : Uint8Array.from(atob(b64 ?? ''), (c) => c.charCodeAt(0));
}

/** Whether bytes have what no text has: control characters but the tab, and a line break or NUL that ends them; or no UTF-8. */
export function odd(bytes: Uint8Array): boolean {
  let end = bytes.length;
  while (end > 0 && [0, 10, 13].includes(bytes[end - 1]!)) end--;
  if (bytes.subarray(0, end).some((b) => (b < 32 && b !== 9) || b === 127)) return true;
  try { new TextDecoder('utf-8', { fatal: true }).decode(bytes); return false; } catch { return true; }
}

/** Eight bytes a line: place, bytes in hexadecimal, what of them is ASCII. */
export function hex(bytes: Uint8Array, most = 4096): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += 8) {
    const part = [...bytes.subarray(at, Math.min(at + 8, most))];
    const digits = part.map((b) => b.toString(16).padStart(2, '0')).join(' ');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${digits.padEnd(23)}  ${part.map((b) => (b >= 32 && b < 127 ? String.fromCharCode(b) : '.')).join('')}`);
  }
  return lines.join('\n');
}

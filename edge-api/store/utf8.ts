/** UTF-8 facts about JavaScript strings, without encoding them where that can be helped. */

const encoder = new TextEncoder();

/** -1, 0 or 1: the order SQLite gives text, by UTF-8 bytes, which is the order of code points. */
export function compareUtf8(a: string, b: string): -1 | 0 | 1 {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    // Surrogates stand for code points above all other units.
    const xHigh = x >= 0xd800 && x <= 0xdfff;
    const yHigh = y >= 0xd800 && y <= 0xdfff;
    if (xHigh !== yHigh) return xHigh ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return a.length === b.length ? 0 : a.length < b.length ? -1 : 1;
}

/** Whether the text takes more than `limitBytes` in UTF-8. A UTF-16 unit takes at most three bytes. */
export function exceedsBytes(text: string, limitBytes: number): boolean {
  if (text.length * 3 <= limitBytes) return false;
  return text.length > limitBytes || encoder.encode(text).byteLength > limitBytes;
}

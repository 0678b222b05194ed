/** Go's strictness about base64: standard alphabet, padded, line breaks allowed anywhere. */

const isAlphabet = (code: number): boolean =>
  (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || (code >= 48 && code <= 57) || code === 43 || code === 47;
const isBreak = (code: number): boolean => code === 10 || code === 13;
const PAD = 61;

const corrupt = (at: number): string => `illegal base64 data at input byte ${at}`;

/** Go's error message, or undefined when the text is base64. */
export function base64Error(text: string): string | undefined {
  let inGroup = 0;
  let at = 0;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isAlphabet(code)) inGroup = (inGroup + 1) & 3;
    else if (!isBreak(code)) break;
  }
  if (at === text.length) return inGroup === 0 ? undefined : corrupt(at - inGroup);
  if (text.charCodeAt(at) !== PAD || inGroup < 2) return corrupt(at);
  let next = at + 1;
  while (next < text.length && isBreak(text.charCodeAt(next))) next++;
  if (inGroup === 2) {
    if (next === text.length) return corrupt(text.length);
    if (text.charCodeAt(next) !== PAD) return corrupt(next - 1);
    next++;
    while (next < text.length && isBreak(text.charCodeAt(next))) next++;
  }
  return next === text.length ? undefined : corrupt(next);
}

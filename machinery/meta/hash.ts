/** Hashes that stand in names, such as pod-template-hash. */
import { SAFE_ALPHABET } from "./random.ts";

const encoder = new TextEncoder();

/** 32-bit FNV-1a of the UTF-8 text, unsigned. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Maps each character into the safe alphabet: upstream's rand.SafeEncodeString. */
export function safeEncode(text: string): string {
  let encoded = "";
  for (let i = 0; i < text.length; i++) encoded += SAFE_ALPHABET[text.charCodeAt(i) % SAFE_ALPHABET.length];
  return encoded;
}

/** Names the server makes up. */

/** No vowels and no lookalikes, so that no word comes out: upstream's alphabet. */
export const SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** @param random returns a number in [0, 1) */
export function randomSuffix(length: number, random: () => number): string {
  let suffix = "";
  for (let i = 0; i < length; i++) suffix += SAFE_ALPHABET[Math.floor(random() * SAFE_ALPHABET.length)];
  return suffix;
}

/** Room that generateName leaves for the suffix: names are cut to 63 - 5 characters. */
const MAX_GENERATED_BASE = 58;
export const GENERATED_SUFFIX_LENGTH = 5;

/** metadata.name from metadata.generateName. */
export const generateName = (base: string, random: () => number): string =>
  base.slice(0, MAX_GENERATED_BASE) + randomSuffix(GENERATED_SUFFIX_LENGTH, random);

/** A small, fast, seeded generator (mulberry32) for decisions that must be repeatable; not for secrets. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

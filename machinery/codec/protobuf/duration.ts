/** Go's time.Duration as text. */

const NANOSECONDS: { readonly [unit: string]: number } = {
  h: 3_600e9,
  m: 60e9,
  s: 1e9,
  ms: 1e6,
  us: 1e3,
  µs: 1e3,
  ns: 1,
};

/** Nanoseconds of "1h0m5s", "-1.5s". @throws RangeError */
export function parseGoDuration(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1;
  const rest = text.replace(/^[-+]/, "");
  if (rest === "0") return 0;
  if (!/^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/.test(rest)) throw new RangeError(`invalid duration "${text}"`);
  let total = 0;
  for (const [, value, unit] of rest.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(value) * NANOSECONDS[unit!]!;
  }
  return sign * Math.round(total);
}

/**
 * The fuzzer by hand: `node test/simulation/fuzz.ts --seconds 600 --seed 1`. Prints each sort of failure once, with
 * the seed and request that show it, and ends with 1 if there was any.
 */
import { parseArgs } from "node:util";
import { type FuzzFailure, fuzz, show } from "./fuzz/fuzz.ts";

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "60" }, seed: { type: "string" }, requests: { type: "string" } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const endMs = Date.now() + Number(values.seconds) * 1000;

/** What failed, without what differs each time. */
const sortOf = ({ rule, why }: FuzzFailure): string =>
  `${rule} ${why
    .split("\n")
    .slice(0, 3)
    .join(" ")
    .replace(/\d+/g, "N")
    .replace(/"[^"]*"/g, "…")
    .slice(0, 120)}`;

const seen = new Map<string, number>();
const counts = await fuzz({
  seed,
  ...(values.requests !== undefined && { requests: Number(values.requests) }),
  until: () => Date.now() > endMs,
  found(failure) {
    const sort = sortOf(failure);
    const times = (seen.get(sort) ?? 0) + 1;
    seen.set(sort, times);
    if (times > 1) return;
    console.log(
      `--- seed ${failure.seed}, request ${failure.at}: [${failure.rule}]\n${failure.why}\n${show(failure.request)}`,
    );
  },
});
console.log(`seed ${seed}`, counts, `peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
for (const [sort, times] of seen) console.log(`${times} × ${sort}`);
process.exitCode = seen.size > 0 ? 1 : 0;

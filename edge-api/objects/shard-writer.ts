/** Batches of writes whose resources lie in more than one object. */
import type { Cluster, WriteOp, WriteResult } from "../../machinery/cluster/contract.ts";
import { type Shard, shardFor } from "../worker/shard.ts";

type Write = Cluster["write"];

/** In each round, what lies in `main` goes before the events. */
const SHARDS: readonly Shard[] = ["main", "events"];

/**
 * Writes each op where its resource lies, in as few calls as what the ops need of one another allows; the calls follow
 * one another. Order is kept among the ops of one object only. A batch that all lies in one object, as nearly every one
 * does, is handed on as it is.
 *
 * @throws what a write throws; nobody knows then what of the batch was written
 */
export async function writeSharded(
  writeTo: (shard: Shard) => Write,
  actor: string,
  ops: WriteOp[],
): Promise<WriteResult[]> {
  const shards = ops.map(({ resource }) => shardFor(resource));
  const [first = "main"] = shards;
  if (shards.every((shard) => shard === first)) return writeTo(first)(actor, ops);
  const results: WriteResult[] = [];
  const rounds = roundsOf(ops, shards);
  const last = Math.max(...rounds);
  for (let round = 0; round <= last; round++) {
    for (const shard of SHARDS) {
      const indexes = ops.flatMap((_, i) => (rounds[i] === round && shards[i] === shard ? [i] : []));
      await writeSome(writeTo(shard), { actor, ops, indexes, results });
    }
  }
  return results;
}

/** The round of each op: the first in which all that it needs has been written, and what lies before it in its object. */
function roundsOf(ops: readonly WriteOp[], shards: readonly Shard[]): number[] {
  const rounds: number[] = [];
  const least: { [shard in Shard]: number } = { main: 0, events: 0 };
  ops.forEach(({ needs }, i) => {
    const shard = shards[i]!;
    let round = least[shard];
    if (needs !== undefined) {
      const later = shards[needs] === "events" && shard === "main" ? 1 : 0;
      round = Math.max(round, rounds[needs]! + later);
    }
    rounds.push(round);
    least[shard] = round;
  });
  return rounds;
}

/** One call; what needs a failure of another call fails like it. */
async function writeSome(
  write: Write,
  {
    actor,
    ops,
    indexes,
    results,
  }: { actor: string; ops: WriteOp[]; indexes: readonly number[]; results: WriteResult[] },
): Promise<void> {
  const sent: WriteOp[] = [];
  /** Where an op lies in `sent`. */
  const places = new Map<number, number>();
  for (const i of indexes) {
    const { needs, ...op } = ops[i]!;
    const needed = needs === undefined ? undefined : results[needs];
    if (needed?.ok === false) {
      results[i] = needed;
      continue;
    }
    const place = needs === undefined ? undefined : places.get(needs);
    places.set(i, sent.push({ ...op, ...(place !== undefined && { needs: place }) } as WriteOp) - 1);
  }
  const written = sent.length === 0 ? [] : await write(actor, sent);
  if (written.length !== sent.length) throw new Error(`${sent.length} ops got ${written.length} results`);
  for (const [i, place] of places) results[i] = written[place]!;
}

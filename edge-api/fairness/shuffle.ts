/**
 * Shuffle sharding: each flow may use a few of a level's queues, so that a flow that floods its own leaves most other
 * flows at least one that it does not touch.
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#queuing
 */
import { fnv32a } from "../../machinery/meta/hash.ts";

/** 60 bits, as many as a hand may use up. */
export const flowHash = (schema: string, distinguisher: string): bigint =>
  (BigInt(fnv32a(`${schema},${distinguisher}`)) << 28n) | BigInt(fnv32a(`${distinguisher},${schema}`) >>> 4);

/** `handSize` different numbers below `queues`, the same for the same hash. */
export function dealHand(hash: bigint, { queues, handSize }: { queues: number; handSize: number }): number[] {
  const hand: number[] = [];
  let left = hash;
  for (let i = 0; i < handSize; i++) {
    const choices = BigInt(queues - i);
    let card = Number(left % choices);
    left /= choices;
    // The card counts among those not dealt yet: step over each that has been, lowest first.
    for (const dealt of [...hand].sort((a, b) => a - b)) if (card >= dealt) card++;
    hand.push(card);
  }
  return hand;
}

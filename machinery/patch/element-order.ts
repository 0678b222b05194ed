/**
 * The order of a merged list: items the patch names in the patch's order, and items only the server has near where
 * they stood. Source: design document "preserve order in strategic merge patch" of sig-cli.
 */

export interface MergedList {
  merged: readonly unknown[];
  /** Items, or maps with only the merge key, in the order wanted. */
  order: readonly unknown[];
  /** The list before the patch. */
  live: readonly unknown[];
  /** Absent: items are scalars. */
  mergeKey: string | undefined;
}

export function sortByOrder({ merged, order, live, mergeKey }: MergedList): unknown[] {
  const keyOf = (item: unknown): string =>
    JSON.stringify(mergeKey === undefined ? item : ((item as { [key: string]: unknown } | null)?.[mergeKey] ?? null));
  const ranks = ranksOf(order, keyOf);
  const liveRanks = ranksOf(live, keyOf);
  const wanted = merged.filter((item) => ranks.has(keyOf(item)));
  const serverOnly = merged.filter((item) => !ranks.has(keyOf(item)));
  const rank = (table: Map<string, number>, item: unknown) => table.get(keyOf(item)) ?? table.size;
  wanted.sort((a, b) => rank(ranks, a) - rank(ranks, b));
  serverOnly.sort((a, b) => rank(liveRanks, a) - rank(liveRanks, b));

  // Two sorted runs become one. A wanted item goes first only when it already stood before the server's: new items
  // come after what is there.
  const result: unknown[] = [];
  let i = 0;
  let j = 0;
  while (i < wanted.length && j < serverOnly.length) {
    const left = liveRanks.get(keyOf(wanted[i]));
    const right = liveRanks.get(keyOf(serverOnly[j]));
    if (left !== undefined && right !== undefined && left < right) result.push(wanted[i++]);
    else result.push(serverOnly[j++]);
  }
  return [...result, ...wanted.slice(i), ...serverOnly.slice(j)];
}

function ranksOf(items: readonly unknown[], keyOf: (item: unknown) => string): Map<string, number> {
  const ranks = new Map<string, number>();
  for (const [i, item] of items.entries()) {
    const key = keyOf(item);
    if (!ranks.has(key)) ranks.set(key, i);
  }
  return ranks;
}

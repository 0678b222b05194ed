/**
 * How many seats a request occupies. Pure.
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#seats-occupied-by-a-request
 */

/** What a seat stands for: memory that a request holds while it is served. */
export const BYTES_PER_SEAT = 100_000;
/** A list is streamed: it holds one chunk at a time, however long it is. */
const MAX_LIST_BYTES = 1_000_000;

/**
 * A list or a watch that begins with one.
 * @param objects stored of the resource, as far as it is known
 * @param limit of the page; 0: none
 */
export function listWidth(
  { objects, averageBytes, limit }: { objects: number; averageBytes: number; limit: number },
  maxWidth: number,
): number {
  const read = limit > 0 ? Math.min(limit, objects) : objects;
  return clamp(Math.ceil(Math.min(read * averageBytes, MAX_LIST_BYTES) / BYTES_PER_SEAT), maxWidth);
}

/** A write, by the length of its body; undefined when the client does not say. */
export const writeWidth = (bodyBytes: number | undefined, maxWidth: number): number =>
  bodyBytes === undefined ? maxWidth : clamp(Math.ceil(bodyBytes / BYTES_PER_SEAT), maxWidth);

const clamp = (seats: number, maxWidth: number): number => Math.max(1, Math.min(seats, maxWidth));

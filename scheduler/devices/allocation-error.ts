/** Something is wrong with a claim, a class or a pool: no node can change that. */
export class AllocationError extends Error {
  override name = "AllocationError";
}

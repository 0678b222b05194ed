/** Something is wrong with a claim or a class: no node can change that. */
export class AllocationError extends Error {
  override name: string = "AllocationError";
}

/** Something is wrong with what one node can reach: others may do. */
export class NodeAllocationError extends AllocationError {
  override name = "NodeAllocationError";
}

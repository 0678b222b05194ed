/** Statuses that count replicas. */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { checkNonNegative } from "./checks.ts";

type Counts = { [field: string]: unknown };

/** Which counts may not exceed `replicas`, where they are there. */
const PARTS = ["fullyLabeledReplicas", "updatedReplicas", "readyReplicas", "currentReplicas", "availableReplicas"];
const OTHERS = ["replicas", "observedGeneration", "unavailableReplicas", "terminatingReplicas", "collisionCount"];

const count = (status: Counts, field: string): number => (status[field] as number | undefined) ?? 0;

/**
 * @param readyName how the message calls the ready ones: "readyReplicas", or "status.readyReplicas" in StatefulSets
 */
export function checkReplicaStatus(errors: FieldError[], status: object, readyName = "readyReplicas"): void {
  const counts = status as Counts;
  for (const field of [...OTHERS, ...PARTS]) checkNonNegative(errors, count(counts, field), `status.${field}`);
  for (const field of PARTS) {
    if (count(counts, field) > count(counts, "replicas")) {
      errors.push(invalid(`status.${field}`, count(counts, field), "cannot be greater than status.replicas"));
    }
  }
  const available = count(counts, "availableReplicas");
  if (available > count(counts, "readyReplicas")) {
    errors.push(invalid("status.availableReplicas", available, `cannot be greater than ${readyName}`));
  }
}

/** Collisions of names are counted for ever: a smaller number would bring old names back. */
export function checkCollisionCount(errors: FieldError[], next: object | undefined, prev: object | undefined): void {
  const [now, before] = [(next as Counts)?.collisionCount, (prev as Counts)?.collisionCount];
  if (before !== undefined && ((now as number | undefined) ?? -1) < (before as number)) {
    errors.push(invalid("status.collisionCount", now ?? 0, "cannot be decremented"));
  }
}

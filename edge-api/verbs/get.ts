import { notFound } from "../../machinery/meta/status.ts";
import { textFromStorage } from "./convert.ts";
import { type Environment, keyOf, subjectOf, type Target } from "./environment.ts";
import { futureRevision } from "./errors.ts";
import { parseResourceVersion } from "./resource-version.ts";

/**
 * The stored text, unparsed. Any resourceVersion asked for is a lower bound, and one store always knows the latest.
 * @throws ApiError 404; 504 for a resourceVersion still to come
 */
export function get(env: Environment, target: Target, resourceVersion: string | null = null): string {
  const least = parseResourceVersion(resourceVersion);
  if (least !== undefined && least > env.store.revision()) throw futureRevision(least, env.store.revision());
  const row = env.store.get(keyOf(target));
  if (!row) throw notFound(subjectOf(target.kind, target.name));
  return textFromStorage(row.value, target.kind);
}

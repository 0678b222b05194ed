/** From a watch's parameters to what the watch hub needs. */
import { ApiError } from "../../machinery/meta/status.ts";
import type { WatchSpec, WatchStart } from "../store/watch-types.ts";
import type { Environment, Target } from "./environment.ts";
import { futureRevision } from "./errors.ts";
import type { ListOptions } from "./list.ts";
import { checkVersionParameters, parseResourceVersion } from "./resource-version.ts";
import { parseSelection } from "./selection.ts";

export interface WatchOptions extends Omit<ListOptions, "limit"> {
  bookmarks: boolean;
  /** Epoch ms; undefined: for as long as the connection holds. */
  endsAtMs: number | undefined;
  /** See representation.ts. */
  representation: string;
  /** User name. */
  owner: string;
}

/** @throws ApiError 400, 422, 504 */
export function planWatch(
  env: Environment,
  target: Target,
  options: WatchOptions,
): { spec: WatchSpec; start: WatchStart } {
  checkVersionParameters({ ...options, limit: 0, watch: true });
  parseSelection(target.kind, options);
  return { spec: specOf(target, options), start: startOf(env, options) };
}

function specOf({ kind, namespace, name }: Target, options: WatchOptions): WatchSpec {
  const fieldSelector = [options.fieldSelector, name && `metadata.name=${name}`].filter(Boolean).join(",");
  return {
    resource: kind.storage,
    ...((namespace !== "" || !kind.namespaced) && { namespace }),
    ...(options.labelSelector && { labelSelector: options.labelSelector }),
    ...(fieldSelector && { fieldSelector }),
    representation: options.representation,
    owner: options.owner,
    ...(options.bookmarks && { bookmarks: true }),
    ...(options.endsAtMs !== undefined && { endsAtMs: options.endsAtMs }),
  };
}

/** Documented under "Semantics for watch" in the API concepts. */
function startOf(env: Environment, options: WatchOptions): WatchStart {
  const revision = parseResourceVersion(options.resourceVersion);
  const current = env.store.revision();
  if (revision !== undefined && revision > current) throw futureRevision(revision, current);
  if (options.sendInitialEvents !== null) {
    if (options.sendInitialEvents === "true" || options.sendInitialEvents === "1" || options.sendInitialEvents === "")
      return { state: { endMark: options.bookmarks } };
    return { after: revision === undefined || revision === 0 ? current : revision };
  }
  return revision === undefined || revision === 0 ? { state: { endMark: false } } : { after: revision };
}

/** What a client is told whose revision is gone. */
export const tooOldToWatch = (asked: number, oldest: number): ApiError =>
  new ApiError(410, "Expired", `too old resource version: ${asked} (${oldest})`);

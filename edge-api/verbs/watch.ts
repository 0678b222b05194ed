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
  asked: WatchOptions,
): { spec: WatchSpec; start: WatchStart } {
  const options = withDefaults(asked);
  checkVersionParameters({ ...options, limit: 0, watch: true });
  parseSelection(target.kind, options);
  return { spec: specOf(target, options), start: startOf(env, options) };
}

/** Who watches from nowhere in particular is first told what there is, as since Kubernetes 1.34. */
function withDefaults(options: WatchOptions): WatchOptions {
  const { resourceVersion, resourceVersionMatch, sendInitialEvents } = options;
  if (sendInitialEvents !== null || resourceVersionMatch) return options;
  if (resourceVersion && resourceVersion !== "0") return options;
  return { ...options, sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" };
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
  if (options.sendInitialEvents) return { state: { endMark: options.bookmarks } };
  return { after: revision || current };
}

/** What a client is told whose revision is gone. */
export const tooOldToWatch = (asked: number, oldest: number): ApiError =>
  new ApiError(410, "Expired", `too old resource version: ${asked} (${oldest})`);

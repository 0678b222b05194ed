/** Watch fan-out: each event is matched and encoded once, and the same bytes go to every watcher that must see it. */
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Store } from "./contract.ts";
import type { Representation, Watcher, WatchFilter, WatchSink, WatchSpec, WatchStart } from "./watch-types.ts";

export interface WatchHubOptions {
  store: Store;
  /** Epoch ms. */
  now: () => number;
  /** Undefined when the selectors let everything through. Asked once for watchers with equal selectors. @throws ApiError 400 */
  filter(spec: WatchSpec): WatchFilter | undefined;
  /** The selectable fields of a kind besides metadata.name and metadata.namespace. */
  fields(resource: string, object: KubeObject): { [field: string]: string };
  /** Asked once for each pair of resource and spec.representation. */
  representation(spec: WatchSpec): Representation;
  /** A sink that holds this much gets no more until it has drained: then it goes on from history. */
  pendingLimitBytes?: number;
  /** A watcher that has not drained for this long is ended. */
  slowLimitMs?: number;
  /** Between two bookmarks to the same watcher. */
  bookmarkIntervalMs?: number;
}

export declare class WatchHub {
  constructor(options: WatchHubOptions);
  /**
   * Starts a watch; events may be sent before this returns. What is behind compaction is told so with an ERROR event
   * (410 Expired) and closed, as upstream does, not thrown.
   * @throws ApiError when the selectors do not parse
   */
  open(watch: { spec: WatchSpec; start: WatchStart; sink: WatchSink }): Watcher;
  /**
   * Takes a watch up again whose socket outlived the object. Call in the constructor, before anything is written: a
   * description that says `live` has been sent all there is.
   */
  reopen(watch: { description: ReturnType<Watcher["describe"]>; sink: WatchSink }): Watcher;
  /**
   * Sends the bookmarks that are due, and ends watches that are over or too slow.
   * @returns when it must be called again (epoch ms); undefined while nothing waits for time to pass
   */
  tick(): number | undefined;
  /** Live watchers, by resource when given. */
  count(resource?: string): number;
}

/**
 * The words between the watch hub, which knows revisions and who must see what, and its callers, who know kinds,
 * encodings and sockets.
 */
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Status } from "../../machinery/meta/status.ts";
import type { Revision } from "./contract.ts";

/** What one client watches: plain JSON, so that it can be kept beside a hibernating socket. */
export interface WatchSpec {
  /** User name of whose watch it is; absent: nobody's. */
  owner?: string;
  /** A storage key: "pods", "deployments.apps". */
  resource: string;
  /** Absent: all namespaces. */
  namespace?: string;
  /** In query syntax. Absent or "": everything. */
  labelSelector?: string;
  fieldSelector?: string;
  /** Only objects that pods of this node refer to; the hub is told which nodes these are. Goes without selectors. */
  reader?: string;
  /** Names an encoding and framing to `WatchHubOptions.representation`, such as "json" or "json,websocket,v2". */
  representation: string;
  /** Whether BOOKMARK events are wanted. */
  bookmarks?: boolean;
  /** When the watch ends by itself (epoch ms). */
  endsAtMs?: number;
}

/** Where a watch begins. */
export type WatchStart =
  /** Behind this revision: what came after it is told first. */
  | { after: Revision }
  /** With one ADDED for each object of now; `endMark` sends the bookmark that says the initial events are over. */
  | { state: { endMark: boolean } };

/**
 * All that is needed to go on after the object was evicted: at most 2 KB for selectors of ordinary size. A `live`
 * watcher has been sent all that was ever committed, so `after` is not rewritten with each event.
 */
export interface WatchDescription {
  spec: WatchSpec;
  /** All events up to here have been sent. Of no meaning when `live`. */
  after: Revision;
  live: boolean;
  /** The initial objects are still being sent, in key order, as of `after`. */
  state?: { endMark: boolean; sent?: { namespace: string; name: string } };
}

/** Why the hub ended a watch. */
export type WatchEnd = "timeout" | "expired" | "slow" | "failed";

/** Where a watch's bytes go: an HTTP stream or a WebSocket. */
export interface WatchSink {
  /** Hands over one whole event. The same bytes go to many sinks: never change them. A throw ends the watch. */
  send(data: Uint8Array | string): void;
  /** Bytes handed over and not yet taken by the client; 0 where that cannot be known. */
  pendingBytes(): number;
  /** The hub has ended the watch, after its last event. Not called when the owner ended it. */
  close(reason: WatchEnd): void;
  /** `describe()` would now say something that must survive an eviction (it went live, or fell behind). */
  changed?(description: WatchDescription): void;
}

export interface Watcher {
  readonly spec: WatchSpec;
  /** All events up to here have been sent (or did not concern it). */
  readonly revision: Revision;
  /** The client has taken bytes: goes on where the watch had stopped to wait for it. Cheap when nothing waits. */
  drained(): void;
  /** Sends a bookmark at its revision now, if it wants bookmarks and is not still sending initial objects. */
  bookmark(): void;
  /** The client has gone: forgets the watch without a word. */
  end(): void;
  describe(): WatchDescription;
}

/** An object's text, parsed only when somebody asks. */
export interface ObjectView {
  readonly namespace: string;
  readonly name: string;
  readonly text: string;
  readonly object: KubeObject;
  readonly labels: { readonly [key: string]: string };
  /** metadata.name, metadata.namespace and the kind's selectable fields. */
  readonly fields: { readonly [field: string]: string };
}

export interface WatchFilter {
  matches(view: ObjectView): boolean;
  /**
   * The filter cannot match unless this field has this value: lets the hub find the watchers of an event instead of
   * asking each. Best the most selective of the field selector's equalities (metadata.name, spec.nodeName).
   */
  equality?: { field: string; value: string };
  /**
   * The filter cannot match a text without this in it, such as `"nodeName":"n1"` or `"app":"web"`: spares parsing what
   * does not match. Texts are written by JSON.stringify.
   */
  contains?: string;
}

/** Turns events into what goes over the wire, framing included. One per kind version, encoding and framing. */
export interface Representation {
  /** @param first whether it is the watcher's first event; the same bytes are shared unless `firstDiffers` */
  event(event: { type: "ADDED" | "MODIFIED" | "DELETED"; text: string; first: boolean }): Uint8Array | string;
  /** Tables send their column definitions with the first event only. */
  firstDiffers?: boolean;
  bookmark(bookmark: { revision: Revision; initialEventsEnd: boolean }): Uint8Array | string;
  error(status: Status): Uint8Array | string;
}

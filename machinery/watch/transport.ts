/** What a reflector needs of the API, however it is carried. */
import type { KubeObject } from "../meta/object.ts";

export interface ListRequest {
  /** "0": any recent state will do; absent: the latest. */
  resourceVersion?: string;
  limit?: number;
  continue?: string;
}

export interface ListPage<T> {
  items: T[];
  /** Of the whole list: the same on every page. */
  resourceVersion: string;
  /** Absent or empty on the last page. */
  continue?: string;
}

export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";

export interface WatchEvent {
  type: WatchEventType;
  /** For ERROR a metav1 Status. */
  object: unknown;
}

export interface WatchRequest {
  /** Events after this version. */
  resourceVersion: string;
  onEvent(event: WatchEvent): void;
}

export interface Transport<T extends KubeObject> {
  /** Rejects with an error that has a numeric `code`, 410 when the continue token or version is too old. */
  list(request: ListRequest, signal: AbortSignal): Promise<ListPage<T>>;
  /**
   * Resolves when the server ends the watch in good order; rejects as `list` does when it cannot begin or breaks.
   * Calls `onEvent` in order, and not again once settled or aborted.
   */
  watch(request: WatchRequest, signal: AbortSignal): Promise<void>;
}

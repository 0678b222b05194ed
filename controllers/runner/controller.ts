import type { Resource, WriteOp } from "../../machinery/cluster/contract.ts";
import type { Change } from "../../machinery/cluster/feed-cache.ts";
import type { Cached } from "../../machinery/cluster/table.ts";
import type { Status } from "../../machinery/meta/status.ts";
import type { View } from "../view/view.ts";

/** A core/v1 Event to tell; the recorder counts, combines and limits them. */
export interface EventDraft {
  about: {
    apiVersion: string;
    kind: string;
    metadata: { namespace?: string; name?: string; uid?: string; resourceVersion?: string };
  };
  type: "Normal" | "Warning";
  reason: string;
  message: string;
}

/** One write that a plan asks for, and what is told of it. */
export interface Action {
  op: WriteOp;
  /** Told if the op succeeded. */
  event?: EventDraft;
  /** Told if the op failed. */
  failureEvent?(status: Status): EventDraft | undefined;
  /**
   * Failures that need no other attempt. Those of a thing that is gone already, and of a namespace that is being
   * deleted, never do.
   */
  isFine?(status: Status): boolean;
  /** Index in this plan of an earlier action: if that failed, this is not tried. */
  needs?: number;
}

/** What one key needs now. Done in one commit with those of other keys. */
export interface Plan {
  actions: readonly Action[];
  /** Told whatever becomes of the actions. */
  events?: readonly EventDraft[];
  /** Plan again at this moment (epoch ms) even if nothing changes until then. */
  againAtMs?: number;
  /**
   * What must be found out before anything can be decided: a plan that asks does nothing else. Once all is answered
   * the key is planned again, with the answers in `Seen`; other keys do not wait for that.
   */
  asks?: readonly Question[];
}

/** Something only somebody outside of the view knows: what pods use now, a signature of the cluster's CA. */
export interface Question {
  /** Its place among the answers. */
  name: string;
  /** Ends within seconds: the key holds still until then. */
  ask(): Promise<unknown>;
}

export type Answer = { ok: true; value: unknown } | { ok: false; error: Error };

export const NOTHING: Plan = { actions: [] };

export interface Failure {
  op: WriteOp;
  status: Status;
}

/** What a plan function may know besides the view. */
export interface Seen {
  nowMs: number;
  /** In [0, 1). */
  random: () => number;
  /** Failed attempts since the last success. What became of their writes is not always known. */
  attempts: number;
  /** Of the attempt before this one; empty after a success. */
  failures: readonly Failure[];
  /** To what the plan before this one asked, by name; undefined when it asked nothing. */
  answers?: ReadonlyMap<string, Answer>;
}

/** Which keys of a controller a change makes worth another plan. */
// biome-ignore lint/suspicious/noExplicitAny: each watch knows the type of its resource
export type Watch<T extends Cached = any> = (change: Change<T>, view: View) => Iterable<string> | undefined;

/**
 * One controller. Level-triggered: `plan` sees all there is and may be called at any time; the runner calls it when a
 * watch says so, holds a key still until its own writes show in the view, and backs off when writes fail.
 */
export interface Controller {
  /** As upstream's: names the service account that writes are made as. */
  readonly name: string;
  /** source.component of its events; default: its name. */
  readonly eventSource?: string;
  readonly watches: { readonly [resource: Resource]: Watch };
  /** For changes of any resource. */
  readonly watchAll?: Watch;
  plan(key: string, view: View, seen: Seen): Plan;
}

/** The key of a namespaced object. */
export const keyOf = ({ metadata }: Cached): string => `${metadata.namespace ?? ""}/${metadata.name ?? ""}`;

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/**
 * From the choice of a node to the binding: Permit plugins may hold a pod back, PreBind plugins may have things to write
 * and to wait for. Most pods have neither, and are bound in the batch they were placed in.
 */
import type { WriteResult } from "../../machinery/cluster/contract.ts";
import type { Status } from "../../machinery/meta/status.ts";
import type { Batch } from "./batch.ts";
import type { ClusterState } from "./cluster-state.ts";
import type { PermitVerdict, Profile, Reservation } from "./plugin.ts";
import type { CachedPod, QueuedPod } from "./queued-pod.ts";
import { type EventNames, eventOp, nominationOp, OPTIONS } from "./writes.ts";

export interface Assignment {
  queued: QueuedPod;
  row: number;
  profile: Profile;
  reservations: readonly Reservation[];
}

interface Waiting extends Assignment {
  stage: "permit" | "prebind";
  permits: { plugin: string; verdict: Extract<PermitVerdict, { waitMs: number }> }[];
  /** Epoch ms. */
  deadlineMs: number;
}

export interface BindingListener {
  bound(assignment: Assignment): void;
  /** Its node has been given back already. `tell`: why, for those who wonder; undefined: nobody is left to tell. */
  failed(assignment: Assignment, tell: string | undefined): void;
}

export interface BindingOptions {
  state: ClusterState;
  names: EventNames;
  listener: BindingListener;
}

export class BindingCycles {
  readonly #options: BindingOptions;
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: BindingOptions) {
    this.#options = options;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** The pod is counted on its node already. */
  begin(assignment: Assignment, batch: Batch, nowMs: number): void {
    const { queued, row, profile } = assignment;
    const permits: Waiting["permits"] = [];
    for (const plugin of profile.permit) {
      const verdict = plugin.permit(queued.pod, row, this.#options.state.view);
      if (verdict === "allow") continue;
      if ("rejected" in verdict) {
        this.#giveUp(assignment, `pod was rejected by permit plugin "${plugin.name}": ${verdict.rejected}`);
        return;
      }
      permits.push({ plugin: plugin.name, verdict });
    }
    if (permits.length === 0) {
      this.#preBind(assignment, batch, nowMs);
      return;
    }
    this.#expect(assignment, batch, undefined);
    const deadlineMs = nowMs + Math.min(...permits.map(({ verdict }) => verdict.waitMs));
    this.#waiting.set(uidOf(queued), { ...assignment, stage: "permit", permits, deadlineMs });
  }

  /** Looks after pods that wait. */
  advance(batch: Batch, nowMs: number): void {
    for (const [uid, waiting] of [...this.#waiting]) {
      const verdict = waiting.stage === "permit" ? permitted(waiting) : prebound(waiting);
      if (verdict === "waiting") {
        if (nowMs < waiting.deadlineMs) continue;
        this.#waiting.delete(uid);
        this.#giveUp(waiting, waiting.stage === "permit" ? "timed out while waiting for permit" : timedOut(waiting));
        continue;
      }
      this.#waiting.delete(uid);
      if (typeof verdict === "object") this.#giveUp(waiting, verdict.failed);
      else if (waiting.stage === "permit") this.#preBind(waiting, batch, nowMs);
      else this.#bind(waiting, batch, nowMs, undefined);
    }
  }

  /** When `advance` has something to do even if nothing happens. */
  nextMs(): number | undefined {
    let next: number | undefined;
    for (const { deadlineMs } of this.#waiting.values()) {
      if (next === undefined || deadlineMs < next) next = deadlineMs;
    }
    return next;
  }

  /** Ends the waiting of a pod another takes the place of; false: it does not wait. */
  reject({ metadata }: CachedPod, why: string): boolean {
    const waiting = this.#waiting.get(metadata.uid ?? "");
    if (waiting) this.#end(waiting.queued, why);
    return waiting !== undefined;
  }

  /** The pod is going, gone, or bound by somebody else. */
  forget(uid: string): void {
    const waiting = this.#waiting.get(uid);
    if (!waiting) return;
    this.#waiting.delete(uid);
    undo(waiting);
    this.#options.state.forget(waiting.queued.pod);
  }

  /** What was written of it is lost. */
  abandon(assignment: Assignment): void {
    const uid = uidOf(assignment.queued);
    if (this.#waiting.has(uid)) this.forget(uid);
    else {
      undo(assignment);
      this.#options.state.forget(assignment.queued.pod);
    }
  }

  #end(queued: QueuedPod, why: string): void {
    const waiting = this.#waiting.get(uidOf(queued));
    if (!waiting) return;
    this.#waiting.delete(uidOf(queued));
    this.#giveUp(waiting, why);
  }

  #preBind(assignment: Assignment, batch: Batch, nowMs: number): void {
    const { queued, reservations } = assignment;
    const timeouts = reservations.flatMap(({ progress, timeoutMs }) => (progress ? (timeoutMs ?? 0) : []));
    const waits = timeouts.length > 0;
    let needs: number | undefined;
    for (const { plugin, ops } of reservations) {
      for (const op of ops) {
        // Without waiting the binding fails with what it needs, and that is enough.
        const done = (result: WriteResult): void => {
          if (waits && !result.ok) this.#end(queued, preBindFailure(plugin, said(result.status)));
        };
        needs = batch.add(needs === undefined ? op : { ...op, needs }, done);
      }
    }
    if (!waits) {
      this.#bind(assignment, batch, nowMs, needs);
      return;
    }
    batch.inFlight.push(assignment);
    this.#expect(assignment, batch, needs);
    for (const { announcement } of reservations) {
      if (!announcement) continue;
      const text = { type: "Normal", action: "Scheduling", ...announcement } as const;
      const eventName = this.#options.names.next(queued.pod.metadata.name ?? "", nowMs);
      batch.later.push(eventOp(queued.pod, text, { eventName, nowMs }));
    }
    const deadlineMs = nowMs + Math.min(...timeouts);
    this.#waiting.set(uidOf(queued), { ...assignment, stage: "prebind", permits: [], deadlineMs });
  }

  /** A pod that is not bound at once says where it will go, for those who add and remove nodes: KEP-5278. */
  #expect({ queued: { pod }, row }: Assignment, batch: Batch, needs: number | undefined): void {
    const nodeName = this.#options.state.view.nodes.nameOf(row);
    if (pod.pending.nominatedNode === nodeName) return;
    batch.add({ ...nominationOp(pod, nodeName), ...(needs !== undefined && { needs }) });
  }

  #bind(assignment: Assignment, batch: Batch, nowMs: number, needs: number | undefined): void {
    const { queued, row, profile } = assignment;
    const nodeName = this.#options.state.view.nodes.nameOf(row);
    const op = { ...profile.bind.bind(queued.pod, nodeName), options: OPTIONS };
    batch.inFlight.push(assignment);
    batch.add(needs === undefined ? op : { ...op, needs }, (result) => {
      if (result.ok) this.#bound(assignment, nodeName, batch, nowMs);
      else this.#refused(assignment, result.status);
    });
  }

  #bound(assignment: Assignment, nodeName: string, batch: Batch, nowMs: number): void {
    const { names, listener } = this.#options;
    const { pod } = assignment.queued;
    const { namespace = "", name = "" } = pod.metadata;
    const message = `Successfully assigned ${namespace}/${name} to ${nodeName}`;
    const text = { type: "Normal", reason: "Scheduled", action: "Binding", message } as const;
    batch.later.push(eventOp(pod, text, { eventName: names.next(name, nowMs), nowMs }));
    for (const plugin of assignment.profile.postBind) plugin.bound(pod, nodeName);
    listener.bound(assignment);
  }

  #refused(assignment: Assignment, status: Status): void {
    const { bind } = assignment.profile;
    this.#giveUp(assignment, isMoot(status) ? undefined : `running Bind plugin "${bind.name}": ${said(status)}`);
  }

  #giveUp(assignment: Assignment, why: string | undefined): void {
    undo(assignment);
    this.#options.state.forget(assignment.queued.pod);
    this.#options.listener.failed(assignment, why);
  }
}

const uidOf = ({ pod }: QueuedPod): string => pod.metadata.uid ?? "";

const said = ({ message, reason }: Status): string => message ?? reason ?? "failed";

/** Gone or bound meanwhile: nobody to tell. */
const isMoot = ({ code, reason }: Status): boolean => code === 404 || reason === "Conflict";

function undo({ reservations }: Assignment): void {
  for (const reservation of [...reservations].reverse()) reservation.undo();
}

const preBindFailure = (plugin: string, why: string): string => `running PreBind plugin "${plugin}": ${why}`;

/** What is told of a pod that has waited in vain. */
function timedOut({ reservations }: Waiting): string {
  const late = reservations.find(({ progress }) => progress?.() === "waiting");
  return preBindFailure(late?.plugin ?? "", late?.timeoutMessage ?? "context deadline exceeded");
}

function permitted({ permits }: Waiting): "done" | "waiting" | { failed: string } {
  let isDone = true;
  for (const { plugin, verdict } of permits) {
    const now = verdict.until();
    if (now === "reject") return { failed: `pod was rejected by permit plugin "${plugin}"` };
    if (now === "wait") isDone = false;
  }
  return isDone ? "done" : "waiting";
}

function prebound({ reservations }: Waiting): "done" | "waiting" | { failed: string } {
  let isDone = true;
  for (const { plugin, progress } of reservations) {
    const now = progress?.() ?? "done";
    if (typeof now === "object") return { failed: preBindFailure(plugin, now.failed) };
    if (now === "waiting") isDone = false;
  }
  return isDone ? "done" : "waiting";
}

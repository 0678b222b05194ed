/** What is done to the pods of a StatefulSet, and what is told of it. */
import type { StatefulSet } from "../../kinds/apps/v1-types.ts";
import type { Pod } from "../../kinds/core/v1-types.ts";
import type { Action, EventDraft } from "../runner/controller.ts";
import { createOp, deleteOp, patchOp } from "../runner/ops.ts";
import { PODS } from "../view/resources.ts";

type Verb = "create" | "update" | "delete";

const REASON = { create: "Create", update: "Update", delete: "Delete" } as const;

const succeeded = (set: StatefulSet, verb: Verb, pod: string): EventDraft => ({
  about: set,
  type: "Normal",
  reason: `Successful${REASON[verb]}`,
  message: `${verb} Pod ${pod} in StatefulSet ${set.metadata.name} successful`,
});

export const failed = (set: StatefulSet, verb: Verb, pod: string, error: string): EventDraft => ({
  about: set,
  type: "Warning",
  reason: `Failed${REASON[verb]}`,
  message: `${verb} Pod ${pod} in StatefulSet ${set.metadata.name} failed error: ${error}`,
});

export const createPod = (set: StatefulSet, pod: Pod, claims: number): Action => {
  const name = pod.metadata.name ?? "";
  return {
    op: createOp(PODS, pod as unknown as Parameters<typeof createOp>[1]),
    event: succeeded(set, "create", name),
    failureEvent: ({ message = "", reason }) =>
      reason === "AlreadyExists" ? undefined : failed(set, "create", name, message),
    ...(claims > 0 && { needs: claims - 1 }),
  };
};

export const relabelPod = (set: StatefulSet, pod: Pod, labels: { [key: string]: string }): Action => {
  const name = pod.metadata.name ?? "";
  return {
    op: patchOp(PODS, pod, { metadata: { labels } }),
    event: succeeded(set, "update", name),
    failureEvent: ({ message = "", reason }) =>
      reason === "Conflict" ? undefined : failed(set, "update", name, message),
  };
};

export const deletePod = (set: StatefulSet, pod: Pod): Action => {
  const name = pod.metadata.name ?? "";
  return {
    op: deleteOp(PODS, pod),
    event: succeeded(set, "delete", name),
    failureEvent: ({ message = "" }) => failed(set, "delete", name, message),
  };
};

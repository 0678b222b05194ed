import type { Pod, PodResourceClaim } from "../../kinds/core/v1-types.ts";
import type { ResourceClaim, ResourceClaimTemplate } from "../../kinds/resource/v1-types.ts";
import type { Fields } from "../../machinery/meta/object.ts";
import { generateName } from "../../machinery/meta/random.ts";
import { type Action, type EventDraft, NOTHING, type Plan } from "../runner/controller.ts";
import { controllerReference, createOp, patchOp, statusOp } from "../runner/ops.ts";
import { PODS, RESOURCE_CLAIMS } from "../view/resources.ts";
import { claimNameOf, isDone, isOwnedBy } from "./pod-claims.ts";

/** On a claim that was made for a pod: the pod's own name for it. */
export const POD_CLAIM_NAME = "resource.kubernetes.io/pod-claim-name";
/** Of a label, without a hyphen and five random characters. */
const MAX_BASE_LENGTH = 57;
/** Pods that may use one claim at once. */
const MAX_CONSUMERS = 256;

export interface SeenPod {
  pod: Pod;
  claim(name: string): ResourceClaim | undefined;
  template(name: string): ResourceClaimTemplate | undefined;
  /** Claims that the pod owns. */
  owned: readonly ResourceClaim[];
  random: () => number;
}

/** Makes the claims a pod wants from templates, says in its status which they are, and reserves what it has by force. */
export function planPodClaims(seen: SeenPod): Plan {
  const { pod } = seen;
  if (pod.metadata.deletionTimestamp || isDone(pod)) return NOTHING;
  const actions: Action[] = [];
  const events: EventDraft[] = [];
  const made = new Map<string, string>();
  for (const entry of pod.spec.resourceClaims ?? []) {
    const result = planClaimOf(seen, entry);
    if ("problem" in result) {
      const message = `PodResourceClaim ${entry.name}: ${result.problem}`;
      events.push({ about: pod, type: "Warning", reason: "FailedResourceClaimCreation", message });
    }
    if ("create" in result) actions.push(result.create);
    if ("name" in result) made.set(entry.name, result.name);
  }
  if (made.size > 0) {
    const kept = (pod.status?.resourceClaimStatuses ?? []).filter(({ name }) => !made.has(name));
    const added = [...made].map(([name, resourceClaimName]) => ({ name, resourceClaimName }));
    const status = { resourceClaimStatuses: [...kept, ...added] };
    const op = patchOp(PODS, pod, { status }, { subresource: "status", version: "any" });
    actions.push({ op, ...(actions.length > 0 && { needs: actions.length - 1 }) });
  }
  if (pod.spec.nodeName) actions.push(...reserve(seen));
  return { actions, ...(events.length > 0 && { events }) };
}

type ClaimOfPod = Record<never, never> | { problem: string } | { create: Action; name: string } | { name: string };

function planClaimOf({ pod, claim, template, owned, random }: SeenPod, entry: PodResourceClaim): ClaimOfPod {
  const named = claimNameOf(pod, entry);
  if (named === "none") return {};
  const current = named && claim(named.name);
  if (current && (!named.mustBeOwned || isOwnedBy(current, pod))) return {};
  if (entry.resourceClaimTemplateName === undefined) return {};
  // One that was made, but not told of in the pod's status.
  const orphan = owned.find(({ metadata }) => metadata.annotations?.[POD_CLAIM_NAME] === entry.name);
  if (orphan) return { name: orphan.metadata.name ?? "" };
  const from = template(entry.resourceClaimTemplateName);
  if (!from) {
    const name = JSON.stringify(entry.resourceClaimTemplateName);
    return {
      problem: `resource claim template ${name}: resourceclaimtemplate.resource.k8s.io ${name} not found`,
    };
  }
  const base = baseName(pod.metadata.name ?? "", entry.name);
  const name = generateName(base, random);
  const object = {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaim",
    metadata: {
      generateName: base,
      name,
      namespace: pod.metadata.namespace ?? "",
      annotations: { ...from.spec.metadata?.annotations, [POD_CLAIM_NAME]: entry.name },
      ...(from.spec.metadata?.labels && { labels: from.spec.metadata.labels }),
      ownerReferences: [controllerReference(pod)],
    },
    spec: from.spec.spec as unknown as Fields,
  };
  const create: Action = {
    op: createOp(RESOURCE_CLAIMS, object),
    failureEvent: ({ message }) => ({
      about: pod,
      type: "Warning",
      reason: "FailedResourceClaimCreation",
      message: `PodResourceClaim ${entry.name}: create ResourceClaim : ${message}`,
    }),
  };
  return { create, name };
}

/** Of two names that are too long together, each loses its part. */
function baseName(pod: string, entry: string): string {
  const base = `${pod}-${entry}-`;
  if (base.length <= MAX_BASE_LENGTH) return base;
  const part = (text: string): string => text.slice(0, Math.floor((text.length * MAX_BASE_LENGTH) / base.length));
  return `${part(pod)}-${part(entry)}`;
}

/** A pod that came to its node without the scheduler has nothing reserved. */
function reserve({ pod, claim }: SeenPod): Action[] {
  const actions: Action[] = [];
  for (const entry of pod.spec.resourceClaims ?? []) {
    const named = claimNameOf(pod, entry);
    const current = named && named !== "none" ? claim(named.name) : undefined;
    if (!current?.status?.allocation || (named !== "none" && named?.mustBeOwned && !isOwnedBy(current, pod))) continue;
    const { name = "", uid = "" } = pod.metadata;
    const reservedFor = current.status.reservedFor ?? [];
    if (reservedFor.length >= MAX_CONSUMERS || reservedFor.some((consumer) => consumer.uid === uid)) continue;
    const status = { ...current.status, reservedFor: [...reservedFor, { resource: "pods", name, uid }] };
    const op = statusOp(RESOURCE_CLAIMS, current, status, { version: "seen" });
    if (op) actions.push({ op });
  }
  return actions;
}

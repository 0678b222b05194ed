/**
 * The history of a StatefulSet or DaemonSet: ControllerRevisions, each with one state of the pod template.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/controller-revision-v1/
 */
import type { ControllerRevision } from "../../kinds/apps/v1-types.ts";
import type { PodTemplateSpec } from "../../kinds/core/v1-types.ts";
import { canonicalJson } from "../../machinery/cluster/canonical-json.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { fnv32a, safeEncode } from "../../machinery/meta/hash.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Action } from "../runner/controller.ts";
import { controllerReference, createOp, deleteOp, patchOp } from "../runner/ops.ts";
import { CONTROLLER_REVISIONS } from "../view/resources.ts";

/** What a revision remembers: a strategic merge patch that replaces the template, as upstream stores it. */
interface RevisionData {
  spec: { template: { [field: string]: unknown } };
}

const dataOf = (template: PodTemplateSpec): RevisionData => ({
  spec: { template: { ...template, $patch: "replace" } },
});

/** The template that a revision stands for. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (data as unknown as RevisionData).spec.template;
  return template as PodTemplateSpec;
}

/** The oldest revision first. */
export const byRevision = (a: ControllerRevision, b: ControllerRevision): number =>
  a.revision - b.revision || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1);

const nextRevision = (history: readonly ControllerRevision[]): number => (history.at(-1)?.revision ?? 0) + 1;

export interface UpdateRevision {
  revision: ControllerRevision;
  collisionCount: number;
  /** Makes it, or makes it the newest again; undefined when it is. */
  action?: Action;
}

/**
 * The revision of the owner's present template: the newest; or an older one that becomes the newest again; or one to be
 * made.
 *
 * @param history the owner's revisions, oldest first
 * @param hashLabel label of a new revision that carries its hash
 * @param named any revision of the namespace by name: a name may be taken
 */
export function updateRevision(options: {
  owner: KubeObject;
  template: PodTemplateSpec;
  history: readonly ControllerRevision[];
  collisionCount: number;
  hashLabel: string;
  named(name: string): ControllerRevision | undefined;
}): UpdateRevision {
  const { owner, template, history, hashLabel, named } = options;
  const data = dataOf(template);
  const equal = history.filter((revision) => deepEqual(revision.data, data)).at(-1);
  const { collisionCount } = options;
  if (equal && equal === history.at(-1)) return { revision: equal, collisionCount };
  if (equal) {
    const revision = nextRevision(history);
    const action = { op: patchOp(CONTROLLER_REVISIONS, equal, { revision }) };
    return { revision: { ...equal, revision }, collisionCount, action };
  }
  for (let count = collisionCount; ; count++) {
    const hash = safeEncode(String(fnv32a(canonicalJson(data) + (count > 0 ? `#${count}` : ""))));
    const name = `${(owner.metadata.name ?? "").slice(0, 223)}-${hash}`;
    // One of that name that is not in the history belongs to somebody else, or holds something else.
    if (named(name)) continue;
    const { namespace = "", annotations } = owner.metadata;
    const revision: ControllerRevision = {
      apiVersion: "apps/v1",
      kind: "ControllerRevision",
      metadata: {
        name,
        namespace,
        labels: { ...template.metadata?.labels, [hashLabel]: hash },
        ...(annotations && { annotations }),
        ownerReferences: [controllerReference(owner)],
      },
      data: data as unknown as NonNullable<ControllerRevision["data"]>,
      revision: nextRevision(history),
    };
    const op = createOp(CONTROLLER_REVISIONS, revision as unknown as Parameters<typeof createOp>[1]);
    return { revision, collisionCount: count, action: { op } };
  }
}

/**
 * Deletes the oldest revisions that nothing uses.
 *
 * @param keep how many may stay of those that nothing uses
 */
export function truncateHistory(options: {
  history: readonly ControllerRevision[];
  isLive(revision: ControllerRevision): boolean;
  keep: number;
}): Action[] {
  const dead = options.history.filter((revision) => !options.isLive(revision));
  return dead
    .slice(0, Math.max(0, dead.length - Math.max(0, options.keep)))
    .map((revision) => ({ op: deleteOp(CONTROLLER_REVISIONS, revision) }));
}

/**
 * A rollback that is asked for by annotation, as extensions/v1beta1 did by its field rollbackTo.
 * `kubectl rollout undo` writes the old template itself.
 */
import type { Deployment } from "../../kinds/apps/v1-types.ts";
import type { Fields } from "../../machinery/meta/object.ts";
import type { Action, EventDraft, Plan } from "../runner/controller.ts";
import { mergeDifference, patchOp } from "../runner/ops.ts";
import { DEPLOYMENTS } from "../view/resources.ts";
import { INT64, REVISION, ROLLBACK_TO, revisionIn, rolledBackAnnotations } from "./annotations.ts";
import type { Draft } from "./draft.ts";
import { POD_TEMPLATE_HASH, sameTemplate } from "./template.ts";

/** The revision that is asked for, 0 for the one before; undefined: none is, or nobody can tell which. */
export function rollbackOf({ metadata }: Deployment): bigint | undefined {
  const text = metadata.annotations?.[ROLLBACK_TO] ?? "";
  return INT64.test(text) ? BigInt(text.replace("+", "")) : undefined;
}

const revisionOf = ({ annotations }: Draft): bigint => revisionIn(annotations[REVISION] ?? "");

/** The second highest revision; 0 when there is none. */
function lastRevision(all: readonly Draft[]): bigint {
  const [, last = 0n] = all.map(revisionOf).sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
  return last;
}

/** Does it, or says why not; in any case the annotation goes, so that it is done once. */
export function planRollback(deployment: Deployment, all: readonly Draft[], asked: bigint): Plan {
  const told = (type: EventDraft["type"], reason: string, message: string): EventDraft => ({
    about: deployment,
    type,
    reason,
    message,
  });
  const giveUp = (reason: string, message: string): Plan => ({
    actions: [{ op: write(deployment, {}, { [ROLLBACK_TO]: null }) }],
    events: [told("Warning", reason, message)],
  });
  const revision = asked === 0n ? lastRevision(all) : asked;
  if (revision === 0n) return giveUp("DeploymentRollbackRevisionNotFound", "Unable to find last revision.");
  const goal = all.find((draft) => revisionOf(draft) === revision);
  if (!goal) return giveUp("DeploymentRollbackRevisionNotFound", "Unable to find the revision to rollback to.");
  const { name } = deployment.metadata;
  const old = goal.replicaSet.spec.template;
  if (sameTemplate(old, deployment.spec.template)) {
    const message = `The rollback revision contains the same template as current deployment "${name}"`;
    return giveUp("DeploymentRollbackTemplateUnchanged", message);
  }
  const { [POD_TEMPLATE_HASH]: _hash, ...labels } = old?.metadata?.labels ?? {};
  const template = { ...old, metadata: { ...old?.metadata, labels } };
  const spec = { template: mergeDifference(deployment.spec.template as Fields, template as Fields) };
  const annotations = rolledBackAnnotations(deployment, goal.annotations);
  const message = `Rolled back deployment "${name}" to revision ${revision}`;
  const action: Action = {
    op: write(
      deployment,
      { spec },
      mergeDifference(deployment.metadata.annotations ?? {}, annotations) as { [name: string]: string | null },
    ),
    event: told("Normal", "DeploymentRollback", message),
  };
  return { actions: [action] };
}

/** Only of the Deployment as it was seen: what somebody has written meanwhile may be meant to stay. */
const write = (deployment: Deployment, more: Fields, annotations: { [name: string]: string | null }): Action["op"] =>
  patchOp(DEPLOYMENTS, deployment, { ...more, metadata: { annotations } });

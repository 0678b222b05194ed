/** A FlowSchema is told at once whether its priority level exists; later on edge-api/fairness keeps that up. */
import type { FlowSchema } from "../../../kinds/flowcontrol/v1-types.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { withDangling } from "../../fairness/plan-objects.ts";
import type { Environment } from "../environment.ts";
import type { StorageHooks } from "./hooks.ts";

const LEVELS = "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io";

const levelOf = (object: KubeObject): string => (object as FlowSchema).spec.priorityLevelConfiguration.name;

function tell(object: KubeObject, env: Environment): void {
  const exists = env.store.get({ resource: LEVELS, namespace: "", name: levelOf(object) }) !== undefined;
  object.status = withDangling(object as FlowSchema, exists, env.clock.now());
}

export const flowSchemaHooks: StorageHooks = {
  beforeCreate: tell,
  beforeUpdate(next, prev, env) {
    const isTold = (next as FlowSchema).status?.conditions?.some(({ type }) => type === "Dangling");
    if (!isTold || levelOf(next) !== levelOf(prev)) tell(next, env);
  },
};

/** Keeps the flow control objects as they should be: at the start, and after every change to one of them. */
import type { FlowSchema, PriorityLevelConfiguration } from "../../kinds/flowcontrol/v1-types.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { MASTERS_GROUP } from "../access/identity.ts";
import type { CommitGroup } from "../store/commit-group.ts";
import { create } from "../verbs/create.ts";
import { decodeKind } from "../verbs/decode.ts";
import { remove } from "../verbs/delete.ts";
import type { Caller, Environment, Target } from "../verbs/environment.ts";
import { update } from "../verbs/update.ts";
import { FLOW_SCHEMAS, PRIORITY_LEVELS } from "./fairness.ts";
import { type FlowAction, planObjects } from "./plan-objects.ts";

export interface KeepOptions {
  env: Environment;
  commit: CommitGroup;
  report(error: unknown, context: string): void;
}

/** As upstream names who writes specs, and who writes status. */
const PRODUCER = "api-priority-and-fairness-config-producer-v1";
const CONSUMER = "api-priority-and-fairness-config-consumer-v1";
/** What is made anew may need another look: a status of a schema that was made. */
const MAX_ROUNDS = 3;

const callerFor = (fieldManager: string): Caller => ({
  identity: { user: "system:apiserver", groups: [MASTERS_GROUP] },
  dryRun: false,
  fieldManager,
  warn: () => undefined,
});

/** To be called outside of transactions. */
export function keepFlowControl(options: KeepOptions): void {
  const { env, commit, report } = options;
  env.store.transaction(() => settle(options));
  let isDue = false;
  env.store.subscribe((events) => {
    if (isDue || !events.some(({ resource }) => resource === FLOW_SCHEMAS || resource === PRIORITY_LEVELS)) return;
    isDue = true;
    commit
      .run(() => {
        isDue = false;
        settle(options);
      })
      .catch((error: unknown) => report(error, "flow control objects"));
  });
}

function settle(options: KeepOptions): void {
  const { env, report } = options;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const actions = planObjects(
      {
        schemas: objectsOf<FlowSchema>(env, FLOW_SCHEMAS),
        levels: objectsOf<PriorityLevelConfiguration>(env, PRIORITY_LEVELS),
      },
      env.clock.now(),
    );
    if (actions.length === 0) return;
    for (const action of actions) {
      try {
        env.store.transaction(() => perform(env, action));
      } catch (error) {
        report(error, `flow control: ${action.do} ${action.object.kind} ${action.object.metadata.name}`);
      }
    }
  }
}

const objectsOf = <T extends KubeObject>(env: Environment, resource: string): T[] =>
  [...env.store.list({ resource })].map(({ value }) => JSON.parse(value) as T);

function perform(env: Environment, action: FlowAction): void {
  const { object } = action;
  const kind = env.registry.findKind(object.apiVersion, object.kind);
  if (!kind) throw new Error(`no kind ${object.kind}`);
  const target: Target = { kind, namespace: "", name: object.metadata.name ?? "", subresource: "" };
  const caller = callerFor(action.do === "setStatus" ? CONSUMER : PRODUCER);
  switch (action.do) {
    case "create":
      create(env, {
        target: { ...target, name: "" },
        caller,
        object: decodeKind(env, object, kind, { fieldValidation: "Strict", warn: caller.warn }),
      });
      break;
    case "delete":
      remove(env, { target, caller, options: {} });
      break;
    case "update":
      change(env, { target, caller }, (live) => ({
        ...live,
        metadata: { ...live.metadata, annotations: object.metadata.annotations ?? {} },
        spec: object.spec,
      }));
      break;
    case "setStatus":
      change(env, { target: { ...target, subresource: "status" }, caller }, (live) => ({
        ...live,
        status: object.status,
      }));
      break;
  }
}

const change = (
  env: Environment,
  { target, caller }: { target: Target; caller: Caller },
  next: (live: KubeObject) => KubeObject,
): void => void update(env, { target, caller, isPatch: true, transform: (live) => next(live!) });

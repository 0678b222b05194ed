/**
 * What must be written for the flow control objects to be as they should: the built-in ones there and in shape, and
 * each FlowSchema told whether its level exists. Pure.
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/#maintenance-of-the-mandatory-and-suggested-configuration-objects
 */
import {
  AUTO_UPDATE,
  MANDATORY_LEVELS,
  MANDATORY_SCHEMAS,
  SUGGESTED_LEVELS,
  SUGGESTED_SCHEMAS,
} from "../../kinds/flowcontrol/built-in.ts";
import type { FlowSchema, FlowSchemaCondition, PriorityLevelConfiguration } from "../../kinds/flowcontrol/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";

type FlowObject = FlowSchema | PriorityLevelConfiguration;

export type FlowAction =
  | { do: "create"; object: FlowObject }
  /** `object` is the live one with the spec and annotation it should have. */
  | { do: "update"; object: FlowObject }
  | { do: "delete"; object: FlowObject }
  | { do: "setStatus"; object: FlowSchema };

export interface FlowObjects {
  schemas: readonly FlowSchema[];
  levels: readonly PriorityLevelConfiguration[];
}

/** Levels first, so that no schema dangles while both are made. */
export function planObjects({ schemas, levels }: FlowObjects, nowMs: number): FlowAction[] {
  return [
    ...planKept(levels, { mandatory: MANDATORY_LEVELS, suggested: SUGGESTED_LEVELS }),
    ...planKept(schemas, { mandatory: MANDATORY_SCHEMAS, suggested: SUGGESTED_SCHEMAS }),
    ...planStatus(schemas, levels, nowMs),
  ];
}

function planKept(
  live: readonly FlowObject[],
  { mandatory, suggested }: { mandatory: readonly FlowObject[]; suggested: readonly FlowObject[] },
): FlowAction[] {
  const byName = new Map(live.map((object) => [object.metadata.name, object]));
  const actions: FlowAction[] = [];
  for (const wanted of [...mandatory, ...suggested]) {
    const object = byName.get(wanted.metadata.name);
    byName.delete(wanted.metadata.name);
    if (!object) actions.push({ do: "create", object: structuredClone(wanted) });
    else if (object.metadata.deletionTimestamp === undefined) {
      const next = mandatory.includes(wanted) ? asMandatory(object, wanted) : asSuggested(object, wanted);
      if (next) actions.push({ do: "update", object: next });
    }
  }
  // What another release suggested, and nobody has taken over.
  for (const object of byName.values()) {
    const { annotations, deletionTimestamp } = object.metadata;
    if (annotations?.[AUTO_UPDATE] === "true" && deletionTimestamp === undefined)
      actions.push({ do: "delete", object });
  }
  return actions;
}

/** Undefined when it is as it must be. */
function asMandatory(object: FlowObject, wanted: FlowObject): FlowObject | undefined {
  const { exempt } = object.spec as PriorityLevelConfiguration["spec"];
  // How much the exempt level reserves may be chosen.
  const spec = exempt && "exempt" in wanted.spec ? { ...wanted.spec, exempt } : wanted.spec;
  return changed(object, spec, "true");
}

function asSuggested(object: FlowObject, wanted: FlowObject): FlowObject | undefined {
  const annotation = object.metadata.annotations?.[AUTO_UPDATE];
  const isKept = annotation === "true" || (annotation !== "false" && object.metadata.generation === 1);
  return changed(object, isKept ? wanted.spec : object.spec, String(isKept));
}

function changed(object: FlowObject, spec: FlowObject["spec"], annotation: string): FlowObject | undefined {
  const { metadata } = object;
  const isSame = deepEqual(plain(object.spec), spec) || deepEqual(object.spec, spec);
  if (isSame && metadata.annotations?.[AUTO_UPDATE] === annotation) return undefined;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [AUTO_UPDATE]: annotation } },
    spec: structuredClone(spec),
  } as FlowObject;
}

/** Without what is false, which the encoding may leave out. */
const plain = (spec: object): unknown =>
  JSON.parse(JSON.stringify(spec), (_key, value) => (value === false ? undefined : value));

function planStatus(
  schemas: readonly FlowSchema[],
  levels: readonly PriorityLevelConfiguration[],
  nowMs: number,
): FlowAction[] {
  const names = new Set(levels.map(({ metadata }) => metadata.name));
  return schemas.flatMap((object): FlowAction[] => {
    if (object.metadata.deletionTimestamp !== undefined) return [];
    const status = withDangling(object, names.has(object.spec.priorityLevelConfiguration.name), nowMs);
    return status === object.status ? [] : [{ do: "setStatus", object: { ...object, status } }];
  });
}

/** The status of a schema whose level exists or does not; the one it has, when that says so already. */
export function withDangling(object: FlowSchema, exists: boolean, nowMs: number): NonNullable<FlowSchema["status"]> {
  const conditions = object.status?.conditions ?? [];
  const old = conditions.find(({ type }) => type === "Dangling");
  const next = danglingCondition(object.spec.priorityLevelConfiguration.name, exists);
  if (object.status && old?.status === next.status && old?.reason === next.reason && old?.message === next.message)
    return object.status;
  const since = old?.status === next.status ? old?.lastTransitionTime : undefined;
  const condition = { ...next, lastTransitionTime: since ?? formatTime(nowMs) };
  return { ...object.status, conditions: [...conditions.filter(({ type }) => type !== "Dangling"), condition] };
}

function danglingCondition(level: string, exists: boolean): FlowSchemaCondition {
  const reference = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(level)}`;
  return exists
    ? { type: "Dangling", status: "False", reason: "Found", message: `${reference} and it exists` }
    : { type: "Dangling", status: "True", reason: "NotFound", message: `${reference} but there is no such object` };
}

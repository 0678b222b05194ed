/**
 * Event of events.k8s.io: the core group's event under newer names. The core form is stored.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
 */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { checkImmutable, same } from "../common/same.ts";
import { eventFields, eventRow } from "../core/event.ts";
import { checkEvent } from "../core/event-checks.ts";
import type { Event as CoreEvent } from "../core/v1-types.ts";
import type { Strategy } from "../kind.ts";
import type { Event } from "./v1-types.ts";

/** Names here, and in the core group. */
const RENAMED: readonly (readonly [keyof Event & string, keyof CoreEvent & string])[] = [
  ["regarding", "involvedObject"],
  ["note", "message"],
  ["reportingController", "reportingComponent"],
  ["deprecatedSource", "source"],
  ["deprecatedFirstTimestamp", "firstTimestamp"],
  ["deprecatedLastTimestamp", "lastTimestamp"],
  ["deprecatedCount", "count"],
];

function rename(object: KubeObject, pairs: Iterable<readonly [string, string]>, apiVersion: string): KubeObject {
  const result: KubeObject = { ...object, apiVersion };
  for (const [from] of pairs) delete result[from];
  for (const [from, to] of pairs) if (object[from] !== undefined) result[to] = object[from];
  return result;
}

export function eventToCore(event: Event): CoreEvent {
  const core = rename(event, RENAMED, "v1") as CoreEvent;
  core.involvedObject ??= {};
  core.source ??= {};
  core.reportingComponent ??= "";
  core.reportingInstance ??= "";
  return core;
}

const BACK = RENAMED.map(([here, there]) => [there, here] as const);

export const eventFromCore = (event: CoreEvent): Event => rename(event, BACK, "events.k8s.io/v1") as Event;

function checkSeries(errors: FieldError[], { series }: Event): void {
  if (!series) return;
  if ((series.count ?? 0) < 2) errors.push(invalid("series.count", "", "should be at least 2"));
  if (!series.lastObservedTime) errors.push(required("series.lastObservedTime"));
}

function validateCreate(event: Event): FieldError[] {
  const errors: FieldError[] = [];
  checkSeries(errors, event);
  if (!event.eventTime) errors.push(required("eventTime"));
  if (event.type !== "Normal" && event.type !== "Warning") {
    errors.push(invalid("type", "", `has invalid value: ${event.type ?? ""}`));
  }
  const unset = [
    ["firstTimestamp", event.deprecatedFirstTimestamp],
    ["lastTimestamp", event.deprecatedLastTimestamp],
    ["count", event.deprecatedCount],
    ["source", event.deprecatedSource?.component || event.deprecatedSource?.host],
  ] as const;
  for (const [field, value] of unset) if (value) errors.push(invalid(field, "", "needs to be unset"));
  return errors;
}

/** What an event says of its past does not change; only its series goes on. */
const FIXED = [
  "regarding",
  "reason",
  "note",
  "deprecatedSource",
  "deprecatedFirstTimestamp",
  "deprecatedLastTimestamp",
  "deprecatedCount",
  "type",
  "eventTime",
  "action",
  "related",
  "reportingController",
  "reportingInstance",
] as const;
/** Errors speak of the core group's fields, but for the reporter. */
const CORE_NAMES = new Map<string, string>(RENAMED.filter(([here]) => here !== "reportingController"));

export const event: Strategy<Event> = {
  defaults(next) {
    // As the core group's, which is what is stored.
    next.regarding ??= {};
    next.deprecatedSource ??= {};
    next.reportingController ??= "";
    next.reportingInstance ??= "";
    return next;
  },
  validate(next) {
    const errors: FieldError[] = [];
    checkEvent(errors, eventToCore(next), "reportingController");
    return errors;
  },
  validateCreate,
  validateUpdate(next, prev) {
    const errors: FieldError[] = [];
    if (!same(next.series, prev.series)) checkSeries(errors, next);
    for (const field of FIXED) checkImmutable(errors, next[field], prev[field], CORE_NAMES.get(field) ?? field);
    return errors;
  },
  allowCreateOnUpdate: true,
  selectableFields: (object) => {
    const fields = eventFields(eventToCore(object));
    const renamed = Object.entries(fields).map(([key, value]) => [
      key.replace("involvedObject", "regarding").replace("reportingComponent", "reportingController"),
      value,
    ]);
    return Object.fromEntries(renamed);
  },
  toStored: eventToCore,
  fromStored: (object) => eventFromCore(object as CoreEvent),
  row: (object, nowMs) => eventRow(eventToCore(object), nowMs),
};

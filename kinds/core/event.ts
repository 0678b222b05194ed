/** Event of the core group. Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/ */
import type { FieldError } from "../../machinery/meta/field-error.ts";
import { type Cell, nameOf, since } from "../common/rows.ts";
import type { Strategy } from "../kind.ts";
import { checkEvent } from "./event-checks.ts";
import type { Event } from "./v1-types.ts";

function reporter({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || "";
  const instance = source?.host || reportingInstance;
  return instance ? `${component}, ${instance}` : component;
}

export function eventRow(event: Event, nowMs: number): Cell[] {
  const { involvedObject: about, series } = event;
  const first = since(event.firstTimestamp || event.eventTime, nowMs);
  const last = series
    ? since(series.lastObservedTime, nowMs)
    : event.lastTimestamp
      ? since(event.lastTimestamp, nowMs)
      : first;
  const kind = (about?.kind ?? "").toLowerCase();
  return [
    last,
    event.type ?? "",
    event.reason ?? "",
    about?.name ? `${kind}/${about.name}` : kind,
    about?.fieldPath ?? "",
    reporter(event),
    (event.message ?? "").trim(),
    first,
    series ? (series.count ?? 0) : event.count || 1,
    nameOf(event),
  ];
}

export const eventFields = ({ involvedObject: about, ...event }: Event): { [field: string]: string } => ({
  "involvedObject.kind": about?.kind ?? "",
  "involvedObject.namespace": about?.namespace ?? "",
  "involvedObject.name": about?.name ?? "",
  "involvedObject.uid": about?.uid ?? "",
  "involvedObject.apiVersion": about?.apiVersion ?? "",
  "involvedObject.resourceVersion": about?.resourceVersion ?? "",
  "involvedObject.fieldPath": about?.fieldPath ?? "",
  reason: event.reason ?? "",
  reportingComponent: event.reportingComponent ?? "",
  source: event.source?.component || event.reportingComponent || "",
  type: event.type ?? "",
});

export const event: Strategy<Event> = {
  defaults(next) {
    next.involvedObject ??= {};
    // Go writes these even when they are empty, and readers in Go expect nothing else.
    next.source ??= {};
    next.reportingComponent ??= "";
    next.reportingInstance ??= "";
    return next;
  },
  validate(next) {
    const errors: FieldError[] = [];
    checkEvent(errors, next, "reportingComponent");
    return errors;
  },
  allowCreateOnUpdate: true,
  selectableFields: eventFields,
  row: eventRow,
};

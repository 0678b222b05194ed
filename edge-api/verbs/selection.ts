/** Label and field selectors of list, watch and deletecollection. */
import type { Kind, Registry } from "../../kinds/kind.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import {
  type FieldRequirement,
  type LabelMatcher,
  parseFieldSelector,
  parseLabelSelector,
} from "../../machinery/meta/selector.ts";
import { parseRequirements } from "../../machinery/meta/selector-syntax.ts";
import { badRequest } from "../../machinery/meta/status.ts";
import type { WatchFilter, WatchSpec } from "../store/watch-types.ts";

export interface Selection {
  labels: LabelMatcher | undefined;
  /** All must hold. */
  fields: readonly FieldRequirement[];
  /** No text without this in it can match: spares parsing, even reading, what does not. */
  contains: string | undefined;
}

/** Undefined when everything is selected. @throws ApiError 400 for what does not parse or the kind cannot select by */
export function parseSelection(
  kind: Kind,
  { labelSelector, fieldSelector }: { labelSelector: string | null; fieldSelector: string | null },
): Selection | undefined {
  const labels = labelSelector ? parseLabelSelector(labelSelector) : undefined;
  const fields = fieldSelector ? parseFieldSelector(fieldSelector) : [];
  if (fields.length > 0) {
    const known = selectableFields(kind, { apiVersion: "", kind: kind.kind, metadata: {}, spec: {}, status: {} });
    for (const { field } of fields) checkSupported(kind, field, known);
  }
  if (labels === undefined && fields.length === 0) return undefined;
  return {
    labels,
    fields,
    contains: containedField(fields) ?? (labelSelector ? containedLabel(labelSelector) : undefined),
  };
}

/** Fields whose value stands in the text under the path's last name, in every version of their kind. */
const LITERAL_FIELDS: ReadonlySet<string> = new Set([
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.phase",
  "involvedObject.name",
  "involvedObject.uid",
  "regarding.name",
  "regarding.uid",
]);

const member = (key: string, value: string): string => `${JSON.stringify(key)}:${JSON.stringify(value)}`;

function containedField(fields: readonly FieldRequirement[]): string | undefined {
  const literal = fields.find(
    ({ field, operator, value }) => operator === "=" && value !== "" && LITERAL_FIELDS.has(field),
  );
  return literal && member(literal.field.split(".").at(-1)!, literal.value);
}

function containedLabel(selector: string): string | undefined {
  const equality = parseRequirements(selector).find(
    ({ operator, values }) => values.length === 1 && (operator === "=" || operator === "==" || operator === "in"),
  );
  return equality && member(equality.key, equality.values[0]!);
}

/** What a kind without fields of its own says. Source: DefaultMetaV1FieldSelectorConversion of apimachinery. */
const METADATA_FIELDS = ["metadata.name", "metadata.namespace"];

/** Kinds whose answer has another form than the core group's. */
const UNSUPPORTED: { readonly [kind: string]: (field: string, kind: Kind) => string } = {
  Job: (field) => `field label ${JSON.stringify(field)} not supported for Job`,
  ResourceSlice: (field, { version }) =>
    `field label not supported for resource.k8s.io/${version}, Kind=ResourceSlice: ${field}`,
};

/** @throws ApiError 400 */
function checkSupported(kind: Kind, field: string, known: { [field: string]: string }): void {
  if (!kind.strategy.selectableFields) {
    if (METADATA_FIELDS.includes(field)) return;
    const only = METADATA_FIELDS.map((each) => JSON.stringify(each)).join(", ");
    throw badRequest(`${JSON.stringify(field)} is not a known field selector: only ${only}`);
  }
  if (Object.hasOwn(known, field)) return;
  const message = Object.hasOwn(UNSUPPORTED, kind.kind) ? UNSUPPORTED[kind.kind] : undefined;
  throw badRequest(message?.(field, kind) ?? `field label not supported: ${field}`);
}

/** Every field the kind can be selected by, with this object's values. */
export function selectableFields(kind: Kind, object: KubeObject): { [field: string]: string } {
  return {
    "metadata.name": object.metadata.name ?? "",
    ...(kind.namespaced && { "metadata.namespace": object.metadata.namespace ?? "" }),
    ...kind.strategy.selectableFields?.(object),
  };
}

/** Whether a field selector asks for one name: then no list is needed to answer it. */
export const selectedName = (selection: Selection | undefined): string | undefined =>
  selection?.fields.find(({ field, operator }) => field === "metadata.name" && operator === "=")?.value;

export function selects(selection: Selection, kind: Kind, object: KubeObject): boolean {
  if (selection.labels && !selection.labels(object.metadata.labels)) return false;
  if (selection.fields.length === 0) return true;
  return fieldsMatch(selection.fields, selectableFields(kind, object));
}

export const fieldsMatch = (
  requirements: readonly FieldRequirement[],
  values: { readonly [field: string]: string },
): boolean =>
  requirements.every(({ field, operator, value }) => ((values[field] ?? "") === value) === (operator === "="));

/**
 * What the watch hub asks of an event; undefined when the watch's selectors let everything through.
 * @param kind in the version the client watches
 */
export function watchFilter(kind: Kind, spec: WatchSpec): WatchFilter | undefined {
  const selection = parseSelection(kind, {
    labelSelector: spec.labelSelector ?? null,
    fieldSelector: spec.fieldSelector ?? null,
  });
  if (!selection) return undefined;
  const { labels, fields, contains } = selection;
  const equalities = fields.filter(({ operator, value }) => operator === "=" && value !== "");
  const equality = equalities.find(({ field }) => field === "metadata.name") ?? equalities[0];
  return {
    matches: (view) =>
      (!labels || labels(view.labels as { [key: string]: string })) && fieldsMatch(fields, view.fields),
    ...(equality && { equality: { field: equality.field, value: equality.value } }),
    ...(contains !== undefined && { contains }),
  };
}

/** What stored objects can be selected by, whichever version a client watches them in. */
export function watchFields(registry: Registry, resource: string, object: KubeObject): { [field: string]: string } {
  let fields: { [field: string]: string } = {};
  for (const kind of kindsStoredAs(registry, resource)) {
    const { strategy } = kind;
    const converted = strategy.fromStored ? strategy.fromStored(structuredClone(object)) : object;
    fields = { ...fields, ...strategy.selectableFields?.(converted) };
  }
  return fields;
}

const kindsByRegistry = new WeakMap<Registry, Map<string, Kind[]>>();

function kindsStoredAs(registry: Registry, resource: string): readonly Kind[] {
  let kinds = kindsByRegistry.get(registry);
  if (!kinds) {
    kinds = new Map();
    for (const kind of registry.all()) {
      if (!kind.strategy.selectableFields) continue;
      const list = kinds.get(kind.storage);
      if (list) list.push(kind);
      else kinds.set(kind.storage, [kind]);
    }
    kindsByRegistry.set(registry, kinds);
  }
  return kinds.get(resource) ?? [];
}

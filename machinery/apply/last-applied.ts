/**
 * From client-side to server-side apply: kubectl's annotation says what it applied itself.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#upgrading-from-client-side-apply-to-server-side-apply
 */
import { annotationsErrors } from "../meta/object-meta.ts";
import { compareObjects } from "./compare.ts";
import { configuredFields } from "./configured.ts";
import { difference, type FieldSet } from "./field-set.ts";
import type { FieldWrite } from "./update.ts";
import { typeErrors } from "./validate.ts";
import { ElementError, type Fields, isMap } from "./value.ts";

const ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";

/** Name under which `kubectl apply --server-side` applies. */
export const KUBECTL = "kubectl";

const annotationsOf = (object: Fields): Fields => {
  const annotations = isMap(object.metadata) ? object.metadata.annotations : undefined;
  return isMap(annotations) ? annotations : {};
};

/**
 * What the annotation says was applied and still holds: kubectl may take it over without conflict. Undefined when the
 * object has no such annotation, or one that cannot be used.
 */
export function allowedConflicts(live: Fields, { type, apiVersion }: FieldWrite): FieldSet | undefined {
  const text = annotationsOf(live)[ANNOTATION];
  if (typeof text !== "string" || text === "") return undefined;
  const applied = parseConfiguration(text);
  if (applied === undefined || applied.apiVersion !== apiVersion || typeErrors(applied, type) !== undefined) {
    return undefined;
  }
  try {
    const { changed, removed } = compareObjects(applied, live, { type, reading: "literal" });
    return difference(difference(configuredFields(applied, type), changed), removed);
  } catch (error) {
    if (error instanceof ElementError) return undefined;
    throw error;
  }
}

function parseConfiguration(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isMap(value) ? value : undefined;
  } catch {
    // Whoever wrote it, it is no configuration: there is nothing to take over.
    return undefined;
  }
}

/** Keeps the annotation in step with what kubectl applies, for objects that have it. May copy `object`. */
export function syncLastApplied(object: Fields, config: Fields, manager: string): Fields {
  if (manager !== KUBECTL || !annotationsOf(object)[ANNOTATION]) return object;
  const annotations: Fields = { ...annotationsOf(object), [ANNOTATION]: textOf(config) };
  const isTooLong = annotationsErrors(annotations as { [key: string]: string }, "").some(
    ({ reason }) => reason === "FieldValueTooLong",
  );
  if (isTooLong) delete annotations[ANNOTATION];
  return { ...object, metadata: { ...(object.metadata as Fields), annotations } };
}

/** As upstream encodes an unstructured object: keys sorted, a line break at the end; without the annotation itself. */
function textOf(config: Fields): string {
  const { [ANNOTATION]: _last, ...annotations } = annotationsOf(config);
  const metadata = isMap(config.metadata) ? { ...config.metadata } : {};
  if (isMap(metadata.annotations)) metadata.annotations = annotations;
  return `${JSON.stringify(sortedKeys({ ...config, metadata })).replace(ESCAPED, escaped)}\n`;
}

/** What Go's encoder does not leave as it is. */
const ESCAPED = /[<>&\u2028\u2029]/g;
const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortedKeys(value[key])]),
  );
}

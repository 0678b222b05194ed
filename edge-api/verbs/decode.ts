/** From a request's parsed body to an object of the target's kind: identity, types, unknown fields, defaults. */
import type { Kind } from "../../kinds/kind.ts";
import { goTypeOf } from "../../machinery/codec/go-text.ts";
import { duplicateWarnings, fieldsBefore, strictErrors } from "../../machinery/codec/json.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { ApiError, badRequest } from "../../machinery/meta/status.ts";
import { decodeObject } from "../../machinery/schema/decode.ts";
import { apiVersionOf, type Environment } from "./environment.ts";

export type FieldValidation = "Ignore" | "Warn" | "Strict";

export interface DecodeOptions {
  fieldValidation: FieldValidation;
  /** Paths of fields the text had twice. */
  duplicateFields?: readonly string[];
  warn(message: string): void;
  /** What else strict decoding has found wrong already. */
  complaints?: readonly string[];
  /** The error for a value that is not of the shape, by the reason why; absent: 400, as for a body. */
  refuse?(why: string, value: unknown): ApiError;
}

/** `type` is the schema the value must have, of `group`/`version` and `kind`: a kind's own, or a subresource's. */
export interface Shape {
  group: string;
  version: string;
  kind: string;
  type: string;
}

const isFields = (value: unknown): value is { [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The value as an object of `shape`, without fields the schema does not know. The value is consumed.
 * @throws ApiError 400 with upstream's messages
 */
export function decodeShape(env: Environment, value: unknown, shape: Shape, options: DecodeOptions): KubeObject {
  const expected = apiVersionOf(shape);
  const refuse: Refuse = (why, said) => options.refuse?.(why, value) ?? badRequest(said ?? handledAs(shape, why));
  if (!isFields(value))
    throw refuse(`json: cannot unmarshal ${goTypeOf(value)} into Go value of type ${shape.version}.${shape.kind}`);
  const given = { apiVersion: ownText(value, "apiVersion"), kind: ownText(value, "kind") };
  checkIdentity(env, given, shape, refuse);
  value.kind = shape.kind;
  value.apiVersion = expected;
  const order = options.duplicateFields?.length ? readingOrder(value) : undefined;
  const decoded = decodeAs(env, value, shape, refuse);
  report(decoded.unknownFields, { ...options, ...(order && { order }) }, refuse);
  const object = decoded.value as KubeObject;
  if (!isFields(object.metadata)) object.metadata = {};
  return object;
}

/** "" when absent. @throws ApiError 400 for what is no text */
function ownText(value: { [key: string]: unknown }, field: "apiVersion" | "kind"): string {
  const given = value[field] ?? "";
  if (typeof given === "string") return given;
  throw badRequest(
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${goTypeOf(given)} into Go struct field .${field} of type string`,
  );
}

/** kube-apiserver's build says where its types are registered; clients' tests look for it. */
const SCHEME = '"pkg/api/legacyscheme/scheme.go:30"';

type Refuse = (why: string, said?: string) => ApiError;

/** @throws ApiError 400 for an object that says it is of another kind or version */
function checkIdentity(
  env: Environment,
  given: { apiVersion: unknown; kind: unknown },
  shape: Shape,
  refuse: Refuse,
): void {
  const expected = apiVersionOf(shape);
  const kind = given.kind === "" ? shape.kind : String(given.kind);
  const apiVersion = given.apiVersion === "" ? expected : String(given.apiVersion);
  if (kind === shape.kind && apiVersion === expected) return;
  const version = bareVersion(apiVersion);
  const said = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${shape.kind}`;
  const known = env.registry.findKind(apiVersion, kind);
  if (!known) {
    const which = apiVersion.includes("/") ? apiVersion : version;
    const why = `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(which)} in scheme ${SCHEME}`;
    throw refuse(why, `${said}: ${why}`);
  }
  if (kind !== shape.kind) {
    const into = `${shape.group.split(".", 1)[0] || "core"}.${shape.kind}`;
    const why = `converting (${version}.${kind}) to (${into}): unknown conversion`;
    throw refuse(why, `${said}: ${why}`);
  }
  const why = `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`;
  throw refuse(why, why);
}

function decodeAs(
  env: Environment,
  value: unknown,
  shape: Shape,
  refuse: Refuse,
): { value: unknown; unknownFields: string[] } {
  try {
    return decodeObject({ types: env.types, type: shape.type, value });
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 400) throw error;
    throw refuse(error.message);
  }
}

const handledAs = (shape: Shape, why: string): string =>
  `${shape.kind} in version ${JSON.stringify(shape.version)} cannot be handled as a ${shape.kind}: ${why}`;

function report(
  unknownFields: readonly string[],
  options: DecodeOptions & { order?: ReadingOrder },
  refuse: Refuse,
): void {
  const { complaints = [], duplicateFields = [], fieldValidation, order } = options;
  const found = complaints.length + unknownFields.length + duplicateFields.length;
  if (found === 0 || fieldValidation === "Ignore") return;
  // What is unknown is not looked at again: that it comes twice is not told.
  const before = fieldsBefore(duplicateFields);
  const isKnown = duplicateFields.map((field) => !unknownFields.includes(field));
  const known = duplicateFields.filter((_, i) => isKnown[i]);
  const twice = fieldValidation === "Strict" ? strictErrors(known) : duplicateWarnings(known);
  const unknown = unknownFields.map((field) => `unknown field "${field}"`);
  const isJson = known.every((field, i) => twice[i] === `duplicate field "${field}"`);
  const all = isJson
    ? inOrder(
        [...unknown, ...twice],
        [
          ...unknownFields.map((field) => order?.begins.get(field)),
          ...duplicateFields.flatMap((_, i) => (isKnown[i] ? [order?.ends.get(before?.[i] ?? "")] : [])),
        ],
      )
    : fieldValidation === "Strict"
      ? [...twice, ...unknown]
      : [...unknown, ...twice];
  if (fieldValidation === "Strict") throw refuse(`strict decoding error: ${[...complaints, ...all].join(", ")}`);
  for (const complaint of [...complaints, ...all]) options.warn(complaint);
}

/** Complaints by their places; those without one are last. */
function inOrder(complaints: string[], places: (number | undefined)[]): string[] {
  const place = (i: number): number => places[i] ?? Number.MAX_VALUE;
  const indexes = complaints.map((_, i) => i);
  return indexes.sort((a, b) => place(a) - place(b) || a - b).map((i) => complaints[i]!);
}

/** Fields whose place is known; what comes behind them is told last. */
const MAX_PLACES = 10_000;

/** When a reader of the text comes to a field, and when it is through with it, by the field's path. */
interface ReadingOrder {
  begins: ReadonlyMap<string, number>;
  ends: ReadonlyMap<string, number>;
}

function readingOrder(root: unknown): ReadingOrder {
  const begins = new Map<string, number>();
  const ends = new Map<string, number>();
  const read = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null || begins.size >= MAX_PLACES) return;
    const isList = Array.isArray(value);
    for (const [key, inner] of Object.entries(value)) {
      const here = isList ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      if (!isList) begins.set(here, begins.size);
      read(inner, here);
      // Behind all that it holds, before what comes next.
      if (!isList) ends.set(here, begins.size - 0.5);
    }
  };
  read(root, "");
  return { begins, ends };
}

/** A whole object of the kind, with its defaults. */
export function decodeKind(env: Environment, value: unknown, kind: Kind, options: DecodeOptions): KubeObject {
  const object = decodeShape(env, value, kind, options);
  return kind.strategy.defaults?.(object) ?? object;
}

const bareVersion = (apiVersion: string): string => apiVersion.split("/").at(-1) ?? "";

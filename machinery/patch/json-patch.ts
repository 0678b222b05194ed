/**
 * JSON patch, RFC 6902, as the Kubernetes API server applies it (evanphx/json-patch): negative indexes count from the
 * end, and the whole document cannot be the place of an operation.
 */
import { depthOf, MAX_DEPTH } from "../codec/json.ts";
import { deepClone, deepEqual, setOwn } from "../meta/equality.ts";
import { badRequest, tooLarge } from "../meta/status.ts";
import { unprocessable } from "./unprocessable.ts";

/** kube-apiserver's limit. */
export const MAX_OPERATIONS = 10_000;
/** What all copy operations of a patch may add, in characters of JSON: a copy of a copy doubles each time. */
const MAX_COPIED_CHARACTERS = 3 * 1024 * 1024;
const MAX_POINTER_PARTS = 1_000;

type Fields = { [key: string]: unknown };

interface Operation {
  op: string;
  path: string;
  from?: string | undefined;
  value?: unknown;
}

/** Why an operation cannot be done, in the words of evanphx/json-patch. */
class OperationError extends Error {}

/**
 * The patched document; `document` is not changed.
 * @throws ApiError 400 for what is no JSON patch, 413 for too many operations, 422 when an operation does not apply
 */
export function applyJsonPatch(document: unknown, operations: unknown): unknown {
  const parsed = parseOperations(operations);
  const root = deepClone(document);
  let copied = 0;
  try {
    for (const operation of parsed) {
      if (operation.op === "copy") {
        copied += JSON.stringify(readAt(root, operation.from ?? "", operation) ?? null).length;
        if (copied > MAX_COPIED_CHARACTERS) {
          throw new OperationError(
            `unable to copy, accumulated copy size ${copied} exceeds the limit of ${MAX_COPIED_CHARACTERS}`,
          );
        }
      }
      applyOperation(root, operation);
    }
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    throw unprocessable(error);
  }
  return root;
}

function parseOperations(operations: unknown): Operation[] {
  if (!Array.isArray(operations)) {
    throw badRequest(`json: cannot unmarshal ${goKind(operations)} into Go value of type jsonpatch.Patch`);
  }
  if (operations.length > MAX_OPERATIONS) {
    throw tooLarge(`The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`);
  }
  return operations.map((operation: unknown) => {
    if (!isFields(operation)) {
      throw badRequest(`json: cannot unmarshal ${goKind(operation)} into Go value of type jsonpatch.Operation`);
    }
    const text = (field: string): string | undefined => {
      const value = Object.hasOwn(operation, field) ? operation[field] : undefined;
      return typeof value === "string" ? value : undefined;
    };
    return {
      op: text("op") ?? "unknown",
      path: text("path") ?? "unknown",
      from: text("from"),
      value: operation.value,
    };
  });
}

function applyOperation(root: unknown, operation: Operation): void {
  const target = place(root, operation.path, operation);
  switch (operation.op) {
    case "add":
      add(target, operation, operation.value ?? null);
      break;
    case "remove":
      remove(target);
      break;
    case "replace":
      if (read(target) === MISSING) throw missing(operation.op, "key", operation.path);
      set(target, operation.value ?? null);
      break;
    case "move": {
      const value = remove(place(root, fromOf(operation), operation, "from"));
      // The removal may have moved what the path leads through.
      add(place(root, operation.path, operation), operation, value);
      break;
    }
    case "copy":
      add(target, operation, deepClone(readAt(root, fromOf(operation), operation)));
      break;
    case "test":
      test(target, operation);
      break;
    default:
      throw new OperationError(`Unexpected kind: ${operation.op}`);
  }
}

/** Where an operation works: a container and the last part of the pointer. */
interface Place {
  container: Fields | unknown[];
  key: string;
}

const MISSING = Symbol("missing");

const missing = (op: string, what: "path" | "key", path: string): OperationError =>
  new OperationError(
    what === "path"
      ? `${op} operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`
      : `${op} operation does not apply: doc is missing key: ${path}: missing value`,
  );

function pointerParts(path: string): string[] {
  const parts = path.split("/", MAX_POINTER_PARTS);
  // What comes before the first slash does not count: upstream looks at nothing there.
  parts.shift();
  return parts.map((part) => (part.includes("~") ? part.replaceAll("~1", "/").replaceAll("~0", "~") : part));
}

function place(root: unknown, path: string, operation: Operation, which: "path" | "from" = "path"): Place {
  const parts = pointerParts(path);
  const key = parts.pop();
  let container: unknown = root;
  for (const part of parts) {
    container = isContainer(container) ? read({ container, key: part }) : MISSING;
  }
  if (key === undefined || !isContainer(container)) {
    if (which === "from") {
      throw new OperationError(
        `${operation.op} operation does not apply: doc is missing from path: ${path}: missing value`,
      );
    }
    throw missing(operation.op, "path", path);
  }
  return { container, key };
}

const INDEX = /^-?(?:0|[1-9][0-9]{0,8})$/;

/** The index a pointer part names in a list of `length`; negative ones count from the end. */
function indexOf(key: string, length: number): number {
  if (!INDEX.test(key)) throw new OperationError(`strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`);
  const index = Number(key);
  return index < 0 ? index + length : index;
}

const outOfBounds = (key: string): OperationError =>
  new OperationError(`Unable to access invalid index: ${key}: invalid index referenced`);

function read({ container, key }: Place): unknown {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) ? container[key] : MISSING;
  const index = indexOf(key, container.length);
  return index >= 0 && index < container.length ? container[index] : MISSING;
}

function readAt(root: unknown, path: string, operation: Operation): unknown {
  const value = read(place(root, path, operation, "from"));
  if (value === MISSING) {
    throw new OperationError(`${operation.op} operation does not apply: doc is missing key: ${path}: missing value`);
  }
  return value;
}

function set({ container, key }: Place, value: unknown): void {
  if (Array.isArray(container)) container[indexOf(key, container.length)] = value;
  else setOwn(container, key, value);
}

function add({ container, key }: Place, operation: Operation, value: unknown): void {
  // Copies into themselves double with each operation.
  if (typeof value === "object" && pointerParts(operation.path).length + depthOf(value) > MAX_DEPTH) {
    throw new OperationError(`unable to ${operation.op}: exceeded max depth`);
  }
  if (!Array.isArray(container)) {
    setOwn(container, key, value);
    return;
  }
  if (key === "-") {
    container.push(value);
    return;
  }
  // One beyond the last is fine, so that -1 means the end here.
  const index = indexOf(key, container.length + 1);
  if (index < 0 || index > container.length) {
    throw new OperationError(
      `${operation.op} operation does not apply: doc is missing path: ${JSON.stringify(operation.path)}: ${outOfBounds(key).message}`,
    );
  }
  container.splice(index, 0, value);
}

/** Returns what was there. */
function remove(target: Place): unknown {
  const { container, key } = target;
  const value = read(target);
  if (value === MISSING) {
    if (Array.isArray(container)) throw outOfBounds(key);
    throw new OperationError(`Unable to remove nonexistent key: ${key}: missing value`);
  }
  if (Array.isArray(container)) container.splice(indexOf(key, container.length), 1);
  else delete container[key];
  return value;
}

function test(target: Place, operation: Operation): void {
  const value = read(target);
  // A field that is absent and a test for null agree, upstream.
  const actual = value === MISSING ? null : value;
  if (!deepEqual(actual, operation.value ?? null)) {
    throw new OperationError(`testing value ${operation.path} failed: test failed`);
  }
}

function fromOf(operation: Operation): string {
  if (operation.from === undefined) {
    throw new OperationError(`${operation.op} operation does not apply: unable to decode from: missing value`);
  }
  return operation.from;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isContainer = (value: unknown): value is Fields | unknown[] => typeof value === "object" && value !== null;

const goKind = (value: unknown): string => (typeof value === "boolean" ? "bool" : typeof value);

/** Between the version an object is stored in and the one a client asks for. */
import type { Kind } from "../../kinds/kind.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { apiVersionOf, type Environment } from "./environment.ts";
import { parseObject, textPrefix } from "./object-text.ts";

/** Stamps what the client's version is called; kinds whose fields differ between versions convert them first. */
function stamp(object: KubeObject, kind: Kind): KubeObject {
  object.kind = kind.kind;
  object.apiVersion = apiVersionOf(kind);
  return object;
}

const storageKind = (env: Environment, kind: Kind): Kind => env.registry.findStorage(kind.storage) ?? kind;

/** Whether objects of `kind` are stored as they are served. */
export const isStorageVersion = (env: Environment, kind: Kind): boolean => storageKind(env, kind) === kind;

/** The stored text as an object of `kind`. */
export function fromStorage(text: string, kind: Kind): KubeObject {
  return stamp(parseObject(text), kind);
}

/** The stored text as the text of `kind`; the very same string when it is stored that way. */
export function textFromStorage(text: string, kind: Kind, prefix: string = textPrefix(kind)): string {
  if (text.startsWith(prefix)) return text;
  return JSON.stringify(stamp(parseObject(text), kind));
}

/** The kind to encode with, and the object as that kind has it. */
export function toStorage(env: Environment, object: KubeObject, kind: Kind): { object: KubeObject; kind: Kind } {
  return { object, kind: storageKind(env, kind) };
}

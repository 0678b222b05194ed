/** Between the version an object is stored in and the one a client asks for. */
import type { Kind } from "../../kinds/kind.ts";
import { detachManagedFields } from "../../machinery/apply/text.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { apiVersionOf, type Environment } from "./environment.ts";
import { parseObject, textPrefix } from "./object-text.ts";

function stamp(object: KubeObject, kind: Kind): KubeObject {
  object.kind = kind.kind;
  object.apiVersion = apiVersionOf(kind);
  return object;
}

/** A stored object, with its managedFields apart: as text, and not parsed. */
export interface Stored {
  object: KubeObject;
  managed: string | undefined;
}

export function detachedFromStorage(text: string, kind: Kind): Stored & { copy(): KubeObject } {
  const { bare, managed } = detachManagedFields(text);
  const copy = (): KubeObject => converted(parseObject(bare), kind);
  return { object: copy(), managed, copy };
}

/** The stored text as an object of `kind`. */
export const fromStorage = (text: string, kind: Kind): KubeObject => converted(parseObject(text), kind);

function converted(stored: KubeObject, kind: Kind): KubeObject {
  if (stored.apiVersion === apiVersionOf(kind)) return stored;
  return stamp(kind.strategy.fromStored?.(stored) ?? stored, kind);
}

/** The stored text as the text of `kind`; the very same string when it is stored that way. */
export function textFromStorage(text: string, kind: Kind, prefix: string = textPrefix(kind)): string {
  return text.startsWith(prefix) ? text : JSON.stringify(fromStorage(text, kind));
}

/** Whether the text is of the version that would be written today. One that is not is worth a write that changes nothing. */
export const isUpToDate = (env: Environment, text: string, kind: Kind): boolean =>
  text.startsWith(textPrefix(env.registry.findStorage(kind.storage) ?? kind));

/** The kind to encode with, and the object as that kind has it. `object` is not changed. */
export function toStorage(env: Environment, object: KubeObject, kind: Kind): { object: KubeObject; kind: Kind } {
  const storageKind = env.registry.findStorage(kind.storage) ?? kind;
  if (storageKind === kind || !kind.strategy.toStored) return { object, kind: storageKind };
  return { object: kind.strategy.toStored(structuredClone(object)), kind: storageKind };
}

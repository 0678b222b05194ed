/** Who owns which field: metadata.managedFields of every write. The rules are in machinery/apply. */
import type { Kind } from "../../kinds/kind.ts";
import { fieldScopeOf } from "../../kinds/reset-fields.ts";
import type { Ownership } from "../../machinery/apply/ownership.ts";
import { applyTypeOf } from "../../machinery/apply/schema.ts";
import { type FieldWrite, type Live, ownershipAfterUpdate, type Versions } from "../../machinery/apply/update.ts";
import type { Fields } from "../../machinery/apply/value.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { StoreError } from "../store/contract.ts";
import { apiVersionOf, type Caller, type Environment, type Target } from "./environment.ts";

/** A write through an endpoint, as field ownership sees it. */
export function fieldWrite(env: Environment, { kind, subresource }: Target, caller: Caller): FieldWrite {
  return {
    type: applyTypeOf(env.types, kind.type),
    apiVersion: apiVersionOf(kind),
    subresource,
    manager: caller.fieldManager ?? "",
    nowMs: env.clock.now(),
    scope: fieldScopeOf(kind, subresource),
    versions: versionsOf(env, kind),
  };
}

/**
 * Who owns what of `next`, which is decoded and defaulted. To be asked before anything is admitted or prepared: what
 * the server itself fills in has no owner.
 */
export function trackFields(
  env: Environment,
  { target, caller, live, next }: { target: Target; caller: Caller; live: Live; next: KubeObject },
): Ownership {
  return ownershipAfterUpdate(live, next, fieldWrite(env, target, caller));
}

/** Writes an object with who owns what, or without where that alone makes it too large: then nobody owns anything. */
export function ownersIfTheyFit<T>(managed: string | undefined, write: (managed: string | undefined) => T): T {
  try {
    return write(managed);
  } catch (error) {
    if (managed === undefined || !(error instanceof StoreError && error.code === "TooLarge")) throw error;
    return write(undefined);
  }
}

/** The served versions of what is stored under one key. */
function versionsOf(env: Environment, kind: Kind): Versions {
  const find = (apiVersion: unknown): Kind | undefined =>
    env.registry.all().find((other) => other.storage === kind.storage && apiVersionOf(other) === apiVersion);
  return {
    type(apiVersion) {
      const other = find(apiVersion);
      return other && applyTypeOf(env.types, other.type);
    },
    convert(object, to) {
      const [from, other] = [find(object.apiVersion), find(to)];
      if (!from || !other) throw new Error(`no conversion from ${String(object.apiVersion)} to ${to}`);
      return converted(object, from, other);
    },
  };
}

function converted(object: Fields, from: Kind, to: Kind): Fields {
  const isSame = !from.strategy.toStored && !to.strategy.fromStored;
  const copy = (isSame ? object : structuredClone(object)) as unknown as KubeObject;
  const stored = from.strategy.toStored?.(copy) ?? copy;
  const wanted = to.strategy.fromStored?.(stored) ?? stored;
  return { ...wanted, apiVersion: apiVersionOf(to), kind: to.kind };
}

/** Objects and the exact JSON text that is stored and served of them. */
import type { Kind } from "../../kinds/kind.ts";
import { attachManagedFields } from "../../machinery/apply/text.ts";
import type { KubeObject, ObjectMeta } from "../../machinery/meta/object.ts";
import { apiVersionOf } from "./environment.ts";

/**
 * The text of one version of an object. `kind` and `apiVersion` come first (see `textPrefix`), then metadata in
 * upstream's order, but managedFields before all, where they are found without parsing; other fields keep their own.
 *
 * @param managed metadata.managedFields as text, when they are not in the object
 */
export function encodeObject(object: KubeObject, kind: Kind, revision: number | undefined, managed?: string): string {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  const { managedFields, ...meta } = metadata;
  const list = managed ?? (managedFields && JSON.stringify(managedFields));
  const metaText = JSON.stringify(orderedMeta(meta, revision));
  const whole = list === undefined ? metaText : attachManagedFields(metaText, list);
  const restText = JSON.stringify(rest);
  return `${textPrefix(kind)}"metadata":${whole}${restText === "{}" ? "" : ","}${restText.slice(1)}`;
}

function orderedMeta(meta: ObjectMeta, revision: number | undefined): ObjectMeta {
  const { name, generateName, namespace, selfLink: _selfLink, uid, resourceVersion: _old, ...more } = meta;
  const { generation, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, ...rest } = more;
  // JSON.stringify leaves out what is undefined.
  return {
    name,
    generateName,
    namespace,
    uid,
    resourceVersion: revision === undefined ? undefined : String(revision),
    generation,
    creationTimestamp,
    deletionTimestamp,
    deletionGracePeriodSeconds,
    ...rest,
  } as ObjectMeta;
}

const prefixes = new WeakMap<Kind, string>();

/** How every stored text of a kind begins. */
export function textPrefix(kind: Kind): string {
  let prefix = prefixes.get(kind);
  if (prefix === undefined) {
    prefix = `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(apiVersionOf(kind))},`;
    prefixes.set(kind, prefix);
  }
  return prefix;
}

export const parseObject = (text: string): KubeObject => JSON.parse(text) as KubeObject;

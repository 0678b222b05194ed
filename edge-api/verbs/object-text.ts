/** Objects and the exact JSON text that is stored and served of them. */
import type { Kind } from "../../kinds/kind.ts";
import type { KubeObject, ObjectMeta } from "../../machinery/meta/object.ts";
import { apiVersionOf } from "./environment.ts";

/**
 * The text of one version of an object. `kind` and `apiVersion` come first (see `textPrefix`), then metadata in
 * upstream's order; other fields keep their own.
 */
export function encodeObject(object: KubeObject, kind: Kind, revision: number | undefined): string {
  const { kind: _kind, apiVersion: _apiVersion, metadata, ...rest } = object;
  return JSON.stringify({
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    metadata: orderedMeta(metadata, revision),
    ...rest,
  });
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

/** How every stored text of a kind begins. */
export const textPrefix = (kind: Kind): string =>
  `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(apiVersionOf(kind))},`;

export const parseObject = (text: string): KubeObject => JSON.parse(text) as KubeObject;

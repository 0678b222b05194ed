import type { PodTemplateSpec } from "../../kinds/core/v1-types.ts";
import { canonicalJson } from "../../machinery/cluster/canonical-json.ts";
import { deepEqual } from "../../machinery/meta/equality.ts";
import { fnv32a, safeEncode } from "../../machinery/meta/hash.ts";

export const POD_TEMPLATE_HASH = "pod-template-hash";

/** Same pods but for the hash label that a Deployment adds. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return deepEqual(comparable(a), comparable(b));
}

/** Empty labels and annotations are as good as none. */
function comparable(template: PodTemplateSpec | undefined): unknown {
  const { labels, annotations, ...rest } = template?.metadata ?? {};
  const { [POD_TEMPLATE_HASH]: _, ...kept } = labels ?? {};
  const some = (map: { [key: string]: string } | undefined) => (map && Object.keys(map).length > 0 ? map : undefined);
  return { spec: template?.spec, metadata: { ...rest, labels: some(kept), annotations: some(annotations) } };
}

/**
 * Value of the label pod-template-hash. Upstream hashes a dump of Go structures, which nobody else can make; ours is
 * of the JSON text with sorted keys and only has to be stable. `collisionCount` makes another one where a name is
 * taken.
 */
export function templateHash(template: PodTemplateSpec, collisionCount: number | undefined): string {
  const text = canonicalJson(template) + (collisionCount === undefined ? "" : `#${collisionCount}`);
  return safeEncode(String(fnv32a(text)));
}

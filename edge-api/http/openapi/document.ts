/** The OpenAPI 3.0 document of one group version, made from the same tables that requests are decoded by. */
import type { Descriptions } from "../../../kinds/descriptions.ts";
import type { Kind, Registry } from "../../../kinds/kind.ts";
import type { TypeTable } from "../../../machinery/schema/types.ts";
import { apiVersionOf } from "../../verbs/environment.ts";
import { indexPath, type OpenApiDocument, openApi } from "./envelope.ts";
import { CONNECTED, type Gvk } from "./operations.ts";
import { pathsOf } from "./paths.ts";
import { schemasFor } from "./schemas.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";

/** Types of kinds that only subresources speak, beside those of the registry. */
const SUBRESOURCE_TYPES: ReadonlyMap<string, string> = new Map([
  ["autoscaling/v1 Scale", "io.k8s.api.autoscaling.v1.Scale"],
  ["policy/v1 Eviction", "io.k8s.api.policy.v1.Eviction"],
  ["authentication.k8s.io/v1 TokenRequest", "io.k8s.api.authentication.v1.TokenRequest"],
]);

export function openapiDocument(
  served: { group: string; version: string; kinds: readonly Kind[] },
  { registry, types }: { registry: Registry; types: TypeTable },
  descriptions: Descriptions,
): OpenApiDocument {
  const { group, version, kinds } = served;
  const lists = kinds.filter(({ verbs }) => verbs.includes("list"));
  const prefix = group ? `/apis/${group}/${version}` : `/api/${version}`;
  const typeOf = (gvk: Gvk): string | undefined => {
    const apiVersion = apiVersionOf(gvk);
    return registry.findKind(apiVersion, gvk.kind)?.type ?? SUBRESOURCE_TYPES.get(`${apiVersion} ${gvk.kind}`);
  };
  const roots = new Set([`${META}DeleteOptions`, `${META}Patch`, `${META}Status`, `${META}WatchEvent`]);
  for (const kind of lists) roots.add(`${kind.type}List`);
  for (const kind of kinds) {
    roots.add(kind.type);
    for (const [name, sub] of Object.entries(kind.subresources)) {
      const type = CONNECTED.has(name) ? undefined : typeOf(sub);
      if (type) roots.add(type);
    }
  }
  const resources = `${META}APIResourceList`;
  roots.add(resources);
  const schemas = schemasFor(types, roots, descriptions);
  // References to what the tables lack would break the document.
  for (const root of roots) schemas[root] ??= { type: "object" };
  const index = indexPath({ group, version, type: resources, says: "get available resources" });
  return openApi({ [`${prefix}/`]: index, ...pathsOf(kinds, prefix, typeOf) }, schemas);
}

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

interface Served {
  group: string;
  version: string;
  kinds: readonly Kind[];
}

/** The paths of a group version, and the types they speak of. */
export function contentOf(
  { group, version, kinds }: Served,
  registry: Registry,
): { paths: OpenApiDocument["paths"]; roots: Set<string> } {
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
  const index = indexPath({ group, version, type: resources, says: "get available resources" });
  return { paths: { [`${prefix}/`]: index, ...pathsOf(kinds, prefix, typeOf) }, roots };
}

export function openapiDocument(
  served: Served,
  { registry, types }: { registry: Registry; types: TypeTable },
  descriptions: Descriptions,
): OpenApiDocument {
  const { paths, roots } = contentOf(served, registry);
  return openApi(paths, schemasFor(types, roots, descriptions));
}

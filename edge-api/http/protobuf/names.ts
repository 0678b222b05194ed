/** Which protobuf message stands for which kind. */
import type { Registry } from "../../../kinds/kind.ts";
import { messageNameOf, messageOf } from "../../../machinery/codec/protobuf/table.ts";
import { apiVersionOf } from "../../verbs/environment.ts";

export const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf";
export const META_PACKAGE = "k8s.io.apimachinery.pkg.apis.meta.v1";

const packagesByRegistry = new WeakMap<Registry, Map<string, string>>();

/** apiVersion → package of its messages: "k8s.io.api.apps.v1". */
function packagesOf(registry: Registry): Map<string, string> {
  let packages = packagesByRegistry.get(registry);
  if (!packages) {
    packages = new Map([
      ["apidiscovery.k8s.io/v2", "k8s.io.api.apidiscovery.v2"],
      ["apidiscovery.k8s.io/v2beta1", "k8s.io.api.apidiscovery.v2beta1"],
    ]);
    for (const kind of registry.all()) {
      const message = messageNameOf(kind.type);
      packages.set(apiVersionOf(kind), message.slice(0, message.lastIndexOf(".")));
    }
    packagesByRegistry.set(registry, packages);
  }
  return packages;
}

/** Undefined for what has no protobuf form. */
export function messageFor(registry: Registry, apiVersion: string, kind: string): string | undefined {
  const scope = packagesOf(registry).get(apiVersion);
  const names = [...(scope ? [`${scope}.${kind}`] : []), `${META_PACKAGE}.${kind}`];
  return names.find((name) => messageOf(name) !== undefined);
}

/** A protobuf request body as the JSON value it stands for. */
import type { Registry } from "../../../kinds/kind.ts";
import { badRequest } from "../../../machinery/meta/status.ts";
import { apiVersionOf } from "../../verbs/environment.ts";
import { decodeMessage, openEnvelope } from "./decode.ts";
import { messageNameOf, messageOf } from "./table.ts";

export const PROTOBUF_TYPE = "application/vnd.kubernetes.protobuf";
const META_PACKAGE = "k8s.io.apimachinery.pkg.apis.meta.v1";

const packagesByRegistry = new WeakMap<Registry, Map<string, string>>();

/** apiVersion → package of its messages: "k8s.io.api.apps.v1". */
function packagesOf(registry: Registry): Map<string, string> {
  let packages = packagesByRegistry.get(registry);
  if (!packages) {
    packages = new Map();
    for (const kind of registry.all()) {
      const message = messageNameOf(kind.type);
      packages.set(apiVersionOf(kind), message.slice(0, message.lastIndexOf(".")));
    }
    packagesByRegistry.set(registry, packages);
  }
  return packages;
}

/** @throws ApiError 400 for what does not decode, or is of a kind that has no protobuf form */
export function decodeProtobufBody(body: Uint8Array, registry: Registry): { [key: string]: unknown } {
  const { apiVersion, kind, raw } = openEnvelope(body);
  const scope = packagesOf(registry).get(apiVersion);
  const names = [...(scope ? [`${scope}.${kind}`] : []), `${META_PACKAGE}.${kind}`];
  const message = names.find((name) => messageOf(name) !== undefined);
  if (message === undefined) {
    throw badRequest(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`);
  }
  const { kind: _kind, apiVersion: _apiVersion, ...fields } = decodeMessage(raw, message);
  return { kind, apiVersion, ...fields };
}

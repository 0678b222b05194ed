import { type Controller, NOTHING } from "../runner/controller.ts";
import { createOp, patchOp } from "../runner/ops.ts";
import { isActive } from "../service-account/controller.ts";
import { CONFIG_MAPS, NAMESPACES } from "../view/resources.ts";

const NAME = "kube-root-ca.crt";
const KEY = "ca.crt";

/**
 * Keeps ConfigMap "kube-root-ca.crt" in every active namespace: pods mount it to trust the API server.
 *
 * @param caCertificate PEM
 */
export const rootCaController = (caCertificate: string): Controller => ({
  name: "root-ca-cert-publisher",
  watches: {
    [NAMESPACES]: ({ type, object }) => (type === "deleted" ? undefined : [object.metadata.name ?? ""]),
    [CONFIG_MAPS]: ({ object }) => (object.metadata.name === NAME ? [object.metadata.namespace ?? ""] : undefined),
  },
  plan(namespace, view) {
    if (!isActive(view.namespaces.get("", namespace))) return NOTHING;
    const current = view.configMaps.get(namespace, NAME);
    if (!current) {
      const metadata = {
        name: NAME,
        namespace,
        annotations: { "kubernetes.io/description": "CA bundle for reaching the API server from inside the cluster." },
      };
      const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { [KEY]: caCertificate } };
      const isFine = ({ reason }: { reason?: string }) => reason === "NotFound";
      return { actions: [{ op: createOp(CONFIG_MAPS, object), isFine }] };
    }
    const keys = Object.keys(current.data ?? {});
    if (keys.length === 1 && current.data?.[KEY] === caCertificate) return NOTHING;
    // Whatever else somebody put in goes again.
    const others = Object.fromEntries(keys.map((key) => [key, null]));
    return { actions: [{ op: patchOp(CONFIG_MAPS, current, { data: { ...others, [KEY]: caCertificate } }) }] };
  },
});

/** Tokens that a node asks for: for its own pods, and for whom these pods need them. */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { notFound } from "../../../machinery/meta/status.ts";
import type { Store } from "../../store/contract.ts";
import type { NodeRequest } from "./node-restriction.ts";

interface TokenRequest {
  spec?: {
    audiences?: string[];
    boundObjectRef?: { apiVersion?: string; kind?: string; name?: string; uid?: string };
  };
}

interface Volume {
  name?: string;
  projected?: { sources?: { serviceAccountToken?: { audience?: string } }[] };
  ephemeral?: { volumeClaimTemplate?: unknown };
  persistentVolumeClaim?: { claimName?: string };
  csi?: { driver?: string };
}

interface Pod extends KubeObject {
  spec: { nodeName?: string; volumes?: Volume[] };
}

export function checkNodeToken(request: NodeRequest): void {
  const { node, attributes, env, refuse: no } = request;
  const { namespace } = attributes;
  const { spec = {} } = attributes.object as unknown as TokenRequest;
  const ref = spec.boundObjectRef;
  if (ref?.apiVersion !== "v1" || ref.kind !== "Pod" || !ref.name) throw no("node requested token not bound to a pod");
  if (!ref.uid) throw no("node requested token with a pod binding without a uid");
  const row = env.store.get({ resource: "pods", namespace, name: ref.name });
  if (!row) throw notFound({ group: "", resource: "pods", name: ref.name });
  const pod = JSON.parse(row.value) as Pod;
  if (ref.uid !== pod.metadata.uid)
    throw no(
      `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  if (pod.spec.nodeName !== node) throw no("node requested token bound to a pod scheduled on a different node");
  checkAudience(request, pod, spec.audiences ?? []);
}

function checkAudience({ attributes, env, refuse: no }: NodeRequest, pod: Pod, audiences: readonly string[]): void {
  if (audiences.length > 1) throw no("node may only request 0 or 1 audiences");
  const audience = audiences[0] ?? "";
  if (needsAudience(env.store, pod, audience)) return;
  const { identity, namespace, name } = attributes;
  const verdict = env.rights?.authorizer.authorize(identity, {
    isResource: true,
    verb: "request-serviceaccounts-token-audience",
    group: "",
    resource: audience,
    subresource: "",
    namespace,
    name,
    path: "",
  });
  if (verdict?.decision === "allow") return;
  throw no(
    `audience ${JSON.stringify(audience)} not found in pod spec volume, ${identity.user} is not authorized to request tokens for this audience`,
  );
}

/** Whether a volume of the pod is filled with such a token, or its CSI driver is given one. */
function needsAudience(store: Store, pod: Pod, audience: string): boolean {
  const { namespace = "", name = "" } = pod.metadata;
  return (pod.spec.volumes ?? []).some((volume) => {
    const tokens = (volume.projected?.sources ?? []).flatMap((source) => source.serviceAccountToken ?? []);
    if (tokens.some((token) => (token.audience ?? "") === audience)) return true;
    const claim = volume.ephemeral ? `${name}-${volume.name}` : volume.persistentVolumeClaim?.claimName;
    const driver = volume.csi?.driver ?? (claim === undefined ? undefined : driverOfClaim(store, namespace, claim));
    return driver !== undefined && driverHasAudience(store, driver, audience);
  });
}

function driverOfClaim(store: Store, namespace: string, name: string): string | undefined {
  const claim = read<{ spec?: { volumeName?: string } }>(store, "persistentvolumeclaims", namespace, name);
  const volumeName = claim?.spec?.volumeName;
  if (!volumeName) return undefined;
  return read<{ spec?: { csi?: { driver?: string } } }>(store, "persistentvolumes", "", volumeName)?.spec?.csi?.driver;
}

function driverHasAudience(store: Store, name: string, audience: string): boolean {
  const driver = read<{ spec?: { tokenRequests?: { audience?: string }[] } }>(
    store,
    "csidrivers.storage.k8s.io",
    "",
    name,
  );
  return driver?.spec?.tokenRequests?.some((token) => (token.audience ?? "") === audience) ?? false;
}

function read<T>(store: Store, resource: string, namespace: string, name: string): T | undefined {
  const row = store.get({ resource, namespace, name });
  return row && (JSON.parse(row.value) as T);
}

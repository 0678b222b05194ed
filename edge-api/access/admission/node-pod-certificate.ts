/** A node asks for certificates of the pods that it runs, and for no others. Source: KEP-4317 */
import type { PodCertificateRequest } from "../../../kinds/generated/api/certificates-v1beta1.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { internalError } from "../../../machinery/meta/status.ts";
import { MIRROR_ANNOTATION } from "../node/pod-references.ts";
import type { NodeRequest } from "./node-restriction.ts";

const quote = (text: string | undefined): string => JSON.stringify(text ?? "");

interface Named {
  resource: string;
  namespace: string;
  name: string;
  /** How messages call it: `pod "default/web"`. */
  shown: string;
}

/**
 * What is not there, or another of the same name, may be news that has not come here yet: so upstream does not call it
 * forbidden, and kubelets try again.
 */
function read({ env }: NodeRequest, { resource, namespace, name, shown }: Named): KubeObject {
  const row = env.store.get({ resource, namespace, name });
  const kind = resource.slice(0, -1);
  if (!row) {
    throw internalError(
      `while retrieving ${shown} named in the PodCertificateRequest: ${kind} ${quote(name)} not found`,
    );
  }
  return JSON.parse(row.value) as KubeObject;
}

export function checkPodCertificateRequest(request: NodeRequest): void {
  const { node, attributes, refuse: no } = request;
  const { operation, subresource, object } = attributes;
  if (operation !== "CREATE") throw no(`unexpected operation ${operation}`);
  if (subresource !== "") throw no(`unexpected subresource ${subresource}`);
  const namespace = object!.metadata.namespace ?? attributes.namespace;
  const { spec } = object as PodCertificateRequest;
  const { nodeName, nodeUID, podName, podUID, serviceAccountName, serviceAccountUID } = spec;
  if (nodeName !== node) {
    const found = `PodCertificateRequest.Spec.NodeName=${quote(nodeName)}`;
    throw no(`${found}, which is not the requesting node ${quote(node)}`);
  }
  const podRef = quote(`${namespace}/${podName}`);
  const asked = `PodCertificateRequest for pod ${podRef}`;

  const named = { resource: "nodes", namespace: "", name: node, shown: `node ${quote(node)}` };
  const { uid: nodeIs } = read(request, named).metadata;
  if (nodeIs !== nodeUID) {
    const running = `inconsistent with the running node (${quote(nodeIs)})`;
    throw internalError(`${asked} names node UID ${quote(nodeUID)}, ${running}`);
  }

  const pod = read(request, { resource: "pods", namespace, name: podName, shown: `pod ${podRef}` });
  const { uid: podIs, annotations } = pod.metadata;
  if (podIs !== podUID) {
    const running = `which differs from running pod ${quote(podIs)}`;
    throw internalError(`${asked} contains pod UID (${quote(podUID)}) ${running}`);
  }
  const podSpec = pod.spec as { nodeName?: string; serviceAccountName?: string };
  if (podSpec.nodeName !== node) {
    throw no(`pod ${podRef} is not running on node ${quote(node)} named in the PodCertificateRequest`);
  }
  if (annotations && Object.hasOwn(annotations, MIRROR_ANNOTATION)) throw no(`pod ${podRef} is a mirror pod`);

  if (podSpec.serviceAccountName !== serviceAccountName) {
    const running = `that differs from running pod (${quote(podSpec.serviceAccountName)})`;
    throw no(`${asked} contains serviceAccountName (${quote(serviceAccountName)}) ${running}`);
  }
  const account = { resource: "serviceaccounts", namespace, name: serviceAccountName };
  const shown = `service account ${quote(`${namespace}/${serviceAccountName}`)}`;
  const { uid: accountIs } = read(request, { ...account, shown }).metadata;
  if (accountIs !== serviceAccountUID) {
    const running = `which differs from the running service account (${quote(accountIs)})`;
    throw internalError(`${asked} names service account UID ${quote(serviceAccountUID)}, ${running}`);
  }
}

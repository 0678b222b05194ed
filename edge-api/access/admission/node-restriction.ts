/**
 * A node changes only itself and its own pods, and nothing that would draw others' workloads to it.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#noderestriction
 */

import { parseCertificateRequest } from "../../../kinds/certificates/certificate-request.ts";
import { KUBE_APISERVER_CLIENT_KUBELET, KUBELET_SERVING } from "../../../kinds/certificates/signers.ts";
import { deepEqual } from "../../../machinery/meta/equality.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { notFound } from "../../../machinery/meta/status.ts";
import { isNode, nodeNameOf } from "../identity.ts";
import { apiReference } from "../node/api-references.ts";
import { MIRROR_ANNOTATION, type PodShape } from "../node/pod-references.ts";
import { type CertificateSigningRequest, REQUESTS } from "./certificate-requester.ts";
import { forbiddenLabels } from "./node-labels.ts";
import { checkPodCertificateRequest } from "./node-pod-certificate.ts";
import { checkNodeToken } from "./node-token.ts";
import type { AdmissionEnvironment, AdmissionPlugin, Attributes } from "./plugin.ts";
import { POD_REQUESTS } from "./pod-certificate-signing.ts";
import { refuse } from "./refuse.ts";

/** A request of a node's. */
export interface NodeRequest {
  node: string;
  attributes: Attributes;
  env: AdmissionEnvironment;
  refuse(why: string): Error;
}

export const nodeRestriction: AdmissionPlugin = {
  name: "NodeRestriction",
  admit(attributes, env) {
    if (!isNode(attributes.identity)) return;
    const check = CHECKS.get(attributes.kind.storage);
    if (!check) return;
    const node = nodeNameOf(attributes.identity);
    const no = (why: string): Error => refuse(attributes, why);
    if (node === undefined) throw no(`could not determine node from user ${quote(attributes.identity.user)}`);
    check({ node, attributes, env, refuse: no });
  },
};

const CHECKS: ReadonlyMap<string, (request: NodeRequest) => void> = new Map([
  ["pods", checkPods],
  ["nodes", checkNode],
  ["persistentvolumeclaims", checkClaim],
  ["serviceaccounts", checkAccount],
  ["leases.coordination.k8s.io", checkLease],
  ["csinodes.storage.k8s.io", checkCsiNode],
  ["resourceslices.resource.k8s.io", checkSlice],
  [REQUESTS, checkCertificateRequest],
  [POD_REQUESTS, checkPodCertificateRequest],
]);

const quote = (text: string): string => JSON.stringify(text);

interface Pod extends PodShape, Omit<KubeObject, "metadata" | "spec" | "status"> {
  metadata: KubeObject["metadata"];
}

const POD_CHECKS: ReadonlyMap<string, (request: NodeRequest) => void> = new Map([
  ["", checkPod],
  ["status", checkPodStatus],
  ["eviction", checkEviction],
]);

function checkPods(request: NodeRequest): void {
  const { subresource } = request.attributes;
  const check = POD_CHECKS.get(subresource);
  if (!check)
    throw request.refuse(`unexpected pod subresource ${quote(subresource)}, only 'status' and 'eviction' are allowed`);
  check(request);
}

function checkPod(request: NodeRequest): void {
  const { node, attributes, refuse: no } = request;
  const { operation } = attributes;
  if (operation === "CREATE") checkMirror(request, attributes.object as unknown as Pod);
  else if (operation !== "DELETE")
    throw no(`unexpected operation ${quote(operation)}, node ${quote(node)} can only create and delete mirror pods`);
  else if (boundTo(attributes.old) !== node)
    throw no(`node ${quote(node)} can only delete pods with spec.nodeName set to itself`);
}

const boundTo = (pod: KubeObject | undefined): string | undefined =>
  (pod?.spec as { nodeName?: string } | undefined)?.nodeName;

/** A node makes only the images of what it runs by itself. */
function checkMirror({ node, env, refuse: no }: NodeRequest, pod: Pod): void {
  const { annotations, ownerReferences: owners = [] } = pod.metadata;
  if (!annotations || !Object.hasOwn(annotations, MIRROR_ANNOTATION))
    throw no(
      `pod does not have ${quote(MIRROR_ANNOTATION)} annotation, node ${quote(node)} can only create mirror pods`,
    );
  if (pod.spec?.nodeName !== node)
    throw no(`node ${quote(node)} can only create pods with spec.nodeName set to itself`);
  const [owner] = owners;
  if (owners.length > 1)
    throw no(`node ${quote(node)} can only create pods with a single owner reference set to itself`);
  if (owner?.apiVersion !== "v1" || owner.kind !== "Node" || owner.name !== node)
    throw no(`node ${quote(node)} can only create pods with an owner reference set to itself`);
  if (!owner.controller)
    throw no(`node ${quote(node)} can only create pods with a controller owner reference set to itself`);
  if (owner.blockOwnerDeletion) throw no(`node ${quote(node)} must not set blockOwnerDeletion on an owner reference`);
  const row = env.store.get({ resource: "nodes", namespace: "", name: node });
  if (!row) throw notFound({ group: "", resource: "nodes", name: node });
  const { uid } = (JSON.parse(row.value) as KubeObject).metadata;
  if (owner.uid !== uid) throw no(`node ${node} UID mismatch: expected ${owner.uid} got ${uid}`);
  const reference = apiReference(pod);
  if (reference) throw no(`node ${quote(node)} can not create pods that reference ${reference}`);
}

interface ClaimStatus {
  resourceClaimStatuses?: unknown[];
  extendedResourceClaimStatus?: unknown;
}

function checkPodStatus({ node, attributes, refuse: no }: NodeRequest): void {
  const { operation, object, old } = attributes;
  if (operation !== "UPDATE") throw no(`unexpected operation ${quote(operation)}`);
  if (boundTo(old) !== node)
    throw no(`node ${quote(node)} can only update pod status for pods with spec.nodeName set to itself`);
  if (!deepEqual(object!.metadata.labels ?? {}, old!.metadata.labels ?? {}))
    throw no(`node ${quote(node)} cannot update labels through pod status`);
  const [next, prev] = [object!.status, old!.status] as (ClaimStatus | undefined)[];
  if (!deepEqual(next?.resourceClaimStatuses ?? [], prev?.resourceClaimStatuses ?? []))
    throw no(`node ${quote(node)} cannot update resource claim statues`);
  if (!deepEqual(next?.extendedResourceClaimStatus, prev?.extendedResourceClaimStatus))
    throw no(`node ${quote(node)} cannot update extended resource claim status`);
}

function checkEviction({ node, attributes, env, refuse: no }: NodeRequest): void {
  const { namespace, name, object, operation } = attributes;
  if (operation !== "CREATE") throw no(`unexpected operation ${operation}`);
  const podName = name || object?.metadata.name || "";
  const row = env.store.get({ resource: "pods", namespace, name: podName });
  if (!row) throw notFound({ group: "", resource: "pods", name: podName });
  if (boundTo(JSON.parse(row.value) as KubeObject) !== node)
    throw no(`node ${node} can only evict pods with spec.nodeName set to itself`);
}

function checkClaim({ node, attributes, refuse: no }: NodeRequest): void {
  const { subresource, operation, object, old } = attributes;
  if (subresource !== "status") throw no("may only update PVC status");
  if (operation !== "UPDATE") throw no(`unexpected operation ${quote(operation)}`);
  if (!deepEqual(withoutCapacity(object!), withoutCapacity(old!)))
    throw no(`node ${quote(node)} is not allowed to update fields other than status.quantity and status.conditions`);
}

/** A claim without what its node may report. */
function withoutCapacity({ metadata, status = {}, ...rest }: KubeObject): object {
  const { resourceVersion: _version, managedFields: _fields, ...meta } = metadata;
  const {
    capacity: _capacity,
    conditions: _conditions,
    allocatedResources: _allocated,
    allocatedResourceStatuses: _statuses,
    ...more
  } = status as { [field: string]: unknown };
  return { ...rest, metadata: meta, status: more };
}

interface Node extends KubeObject {
  spec?: { taints?: unknown[]; configSource?: unknown };
}

function checkNode({ node, attributes, refuse: no }: NodeRequest): void {
  const { operation, object, old } = attributes;
  const name = attributes.name || object?.metadata.name || "";
  if (name !== node) throw no(`node ${quote(node)} is not allowed to modify node ${quote(name)}`);
  if (operation === "DELETE") return;
  const next = object as Node;
  if (operation === "CREATE") {
    if (next.spec?.configSource)
      throw no(`node ${quote(node)} is not allowed to create pods with a non-nil configSource`);
    const forbidden = forbiddenLabels(next.metadata.labels, undefined);
    if (forbidden.length > 0)
      throw no(`node ${quote(node)} is not allowed to set the following labels: ${forbidden.join(", ")}`);
    return;
  }
  const prev = old as Node;
  if (next.spec?.configSource && !deepEqual(next.spec.configSource, prev.spec?.configSource))
    throw no(`node ${quote(node)} is not allowed to update configSource to a new non-nil configSource`);
  if (!deepEqual(next.spec?.taints ?? [], prev.spec?.taints ?? []))
    throw no(`node ${quote(node)} is not allowed to modify taints`);
  if (!deepEqual(next.metadata.ownerReferences ?? [], prev.metadata.ownerReferences ?? []))
    throw no(`node ${quote(node)} is not allowed to modify ownerReferences`);
  const forbidden = forbiddenLabels(next.metadata.labels, prev.metadata.labels);
  if (forbidden.length > 0) throw no(`is not allowed to modify labels: ${forbidden.join(", ")}`);
}

function checkAccount(request: NodeRequest): void {
  const { operation, subresource } = request.attributes;
  if (operation === "CREATE" && subresource === "token") checkNodeToken(request);
}

function checkLease({ node, attributes, refuse: no }: NodeRequest): void {
  if (attributes.namespace !== "kube-node-lease")
    throw no('can only access leases in the "kube-node-lease" system namespace');
  if ((attributes.name || attributes.object?.metadata.name) !== node)
    throw no("can only access node lease with the same name as the requesting node");
}

function checkCsiNode({ node, attributes, refuse: no }: NodeRequest): void {
  if ((attributes.name || attributes.object?.metadata.name) !== node)
    throw no("can only access CSINode with the same name as the requesting node");
}

function checkSlice({ node, attributes, refuse: no }: NodeRequest): void {
  const { operation, object, old } = attributes;
  if (operation === "CREATE" && boundTo(object) !== node)
    throw no("can only create ResourceSlice with the same NodeName as the requesting node");
  if (operation === "DELETE" && boundTo(old) !== node)
    throw no("can only delete ResourceSlice with the same NodeName as the requesting node");
}

const NODE_SIGNERS = [KUBELET_SERVING, KUBE_APISERVER_CLIENT_KUBELET];

/** A node asks for its own certificates. What else they may hold is for the signer to check. */
function checkCertificateRequest({ node, attributes, refuse: no }: NodeRequest): void {
  if (attributes.operation !== "CREATE") return;
  const { signerName = "", request = "" } = (attributes.object as CertificateSigningRequest).spec;
  if (!NODE_SIGNERS.includes(signerName)) return;
  let commonName: string;
  try {
    ({ commonName } = parseCertificateRequest(request));
  } catch (error) {
    throw no(`unable to parse csr: ${(error as Error).message}`);
  }
  if (commonName !== `system:node:${node}`) throw no(`can only create a node CSR with CN=system:node:${node}`);
}

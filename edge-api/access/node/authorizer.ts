/**
 * What a node may do: its own objects, its pods, and what its pods refer to. What it may change of them is for the
 * NodeRestriction admission plugin to say, which sees the objects.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/node/
 */
import type { PodCertificateRequest } from "../../../kinds/generated/api/certificates-v1beta1.ts";
import type { Store } from "../../store/contract.ts";
import { type Access, ALLOW, type Authorizer, NO_OPINION, type Verdict } from "../authorize.ts";
import { isNode, nodeNameOf } from "../identity.ts";
import { CLUSTER_ROLES } from "../rbac/defaults/cluster-roles.ts";
import { parseRule } from "../rbac/defaults/notation.ts";
import { type PolicyRule, ruleAllows } from "../rbac/rules.ts";
import type { ReferenceKind } from "./pod-references.ts";
import type { NodeReferences } from "./references.ts";
import { namesNode, usesVolume, volumeNeedsSecret } from "./volumes.ts";

/** What holds for every node alike: what a kubelet reads, and what the daemon's proxy, routes and policies need. */
const NODE_RULES: readonly PolicyRule[] = [
  ...CLUSTER_ROLES["system:node"]!,
  "core: namespaces endpoints: read",
  "discovery.k8s.io: endpointslices: read",
  "networking.k8s.io: networkpolicies servicecidrs: read",
].map(parseRule);

const refuse = (reason: string): Verdict => ({ decision: "no opinion", reason });

interface Question {
  node: string;
  access: Access;
  store: Store;
  references: NodeReferences;
}

export function createNodeAuthorizer(store: Store, references: NodeReferences): Authorizer {
  return {
    authorize(identity, access) {
      if (!isNode(identity)) return NO_OPINION;
      const node = nodeNameOf(identity);
      if (node === undefined) return refuse(`unknown node for user ${JSON.stringify(identity.user)}`);
      if (!access.isResource && isOwnEndpoint(access, node)) return ALLOW;
      const decide = access.isResource ? SUBDIVIDED.get(`${access.group}/${access.resource}`) : undefined;
      if (decide) return decide({ node, access, store, references });
      return NODE_RULES.some((rule) => ruleAllows(rule, access)) ? ALLOW : NO_OPINION;
    },
  };
}

/** kedge's own endpoints of this node: token renewal, certificate, tunnel. */
const isOwnEndpoint = ({ path }: Access, node: string): boolean => path.startsWith(`/kedge/v1/nodes/${node}/`);

/** Resources that are looked at one by one. */
const SUBDIVIDED: ReadonlyMap<string, (question: Question) => Verdict> = new Map([
  ["/secrets", (question) => readNamespaced(question, "secret")],
  ["/configmaps", (question) => readNamespaced(question, "configMap")],
  ["/persistentvolumeclaims", claims],
  ["/persistentvolumes", (question) => getOne(question, ({ access, ...q }) => volume(q, access.name))],
  ["resource.k8s.io/resourceclaims", (question) => getOne(question, (q) => refersTo(q, "resourceClaim"))],
  [
    "storage.k8s.io/volumeattachments",
    (question) => getOne(question, (q) => named(q, "volumeattachments.storage.k8s.io")),
  ],
  ["/serviceaccounts", accounts],
  ["coordination.k8s.io/leases", leases],
  ["storage.k8s.io/csinodes", csiNodes],
  ["resource.k8s.io/resourceslices", slices],
  ["/nodes", nodes],
  ["/pods", pods],
  ["certificates.k8s.io/podcertificaterequests", podCertificates],
]);

const READ = ["get", "list", "watch"];

const refersTo = ({ node, access, references }: Question, what: ReferenceKind): boolean =>
  references.has(node, { what, namespace: access.namespace, name: access.name });

const volume = ({ store, references, node }: Omit<Question, "access">, name: string): boolean =>
  usesVolume(store, references, node, name);

const named = ({ store, node, access }: Question, resource: string): boolean =>
  namesNode(store, resource, access.name, node);

function related(question: Question, holds: (question: Question) => boolean): Verdict {
  if (question.access.name === "") return refuse("No Object name found");
  return holds(question) ? ALLOW : noRelationship(question);
}

const noRelationship = ({ node }: Question): Verdict =>
  refuse(`no relationship found between node '${node}' and this object`);

function readNamespaced(question: Question, what: ReferenceKind): Verdict {
  const { verb, namespace, subresource, name } = question.access;
  if (!READ.includes(verb)) return refuse("can only read resources of this type");
  if (subresource !== "") return refuse("cannot read subresource");
  if (namespace === "") return refuse("can only read namespaced object of this type");
  return related(question, (q) => {
    if (refersTo(q, what)) return true;
    return what === "secret" && volumeNeedsSecret(q.store, q.references, { node: q.node, namespace, name });
  });
}

function getOne(question: Question, holds: (question: Question) => boolean): Verdict {
  const { verb, subresource } = question.access;
  if (verb !== "get") return refuse("can only get individual resources of this type");
  if (subresource !== "") return refuse("cannot get subresource");
  return related(question, holds);
}

function claims(question: Question): Verdict {
  const { verb, subresource } = question.access;
  if (subresource !== "status") return getOne(question, (q) => refersTo(q, "claim"));
  if (verb !== "update" && verb !== "patch") return refuse("can only get/update/patch this type");
  return related(question, (q) => refersTo(q, "claim"));
}

function accounts(question: Question): Verdict {
  const { verb, subresource, name } = question.access;
  if (verb === "get" && subresource === "") return readNamespaced(question, "account");
  if (verb !== "create" || name === "") return refuse("can only create tokens for individual service accounts");
  if (subresource !== "token") return refuse("can only create token subresource of serviceaccount");
  return refersTo(question, "account") ? ALLOW : noRelationship(question);
}

const OWN_VERBS = ["get", "create", "update", "patch", "delete"];

function leases({ node, access: { verb, namespace, name } }: Question): Verdict {
  if (!OWN_VERBS.includes(verb)) return refuse("can only get, create, update, patch, or delete a node lease");
  if (namespace !== "kube-node-lease")
    return refuse('can only access leases in the "kube-node-lease" system namespace');
  // The name of what is created is not known here.
  if (verb === "create" || name === node) return ALLOW;
  return refuse("can only access node lease with the same name as the requesting node");
}

function csiNodes({ node, access: { verb, subresource, name } }: Question): Verdict {
  if (!OWN_VERBS.includes(verb)) return refuse("can only get, create, update, patch, or delete a CSINode");
  if (subresource !== "") return refuse("cannot authorize CSINode subresources");
  if (verb === "create" || name === node) return ALLOW;
  return refuse("can only access CSINode with the same name as the requesting node");
}

const selects = ({ node, access }: Question, field: string): boolean =>
  access.fields?.some((r) => r.field === field && r.operator === "=" && r.value === node) ?? false;

/** Which pods it may ask for is NodeRestriction's to say. */
function podCertificates(question: Question): Verdict {
  const { verb, subresource } = question.access;
  if (subresource !== "")
    return refuse(`nodes may not access the ${subresource} subresource of PodCertificateRequests`);
  if (verb === "create") return ALLOW;
  if (!READ.includes(verb)) return refuse("nodes may only create, get, list, and watch PodCertificateRequests");
  if (verb === "get") return related(question, isOwnRequest);
  if (selects(question, "spec.nodeName")) return ALLOW;
  return refuse("can only list/watch PodCertificateRequests with nodeName field selector set to the requesting node");
}

function isOwnRequest({ store, node, access: { namespace, name } }: Question): boolean {
  const row = store.get({ resource: "podcertificaterequests.certificates.k8s.io", namespace, name });
  return row !== undefined && (JSON.parse(row.value) as PodCertificateRequest).spec.nodeName === node;
}

function slices(question: Question): Verdict {
  const { verb, subresource } = question.access;
  if (subresource !== "") return refuse("cannot authorize ResourceSlice subresources");
  switch (verb) {
    case "create":
      return ALLOW;
    case "get":
    case "update":
    case "patch":
    case "delete":
      return related(question, (q) => named(q, "resourceslices.resource.k8s.io"));
    case "watch":
    case "list":
    case "deletecollection":
      if (selects(question, "spec.nodeName")) return ALLOW;
      return refuse("can only list/watch/deletecollection resourceslices with nodeName field selector");
    default:
      return refuse(
        "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection",
      );
  }
}

/**
 * Upstream shows a node only itself. Here all are shown: the daemon is also the proxy and makes the routes between
 * nodes, which elsewhere are programs with rights of their own.
 */
function nodes({ access: { verb, subresource } }: Question): Verdict {
  const writes = verb === "update" || verb === "patch";
  if (subresource === "") return writes || verb === "create" || READ.includes(verb) ? ALLOW : NO_OPINION;
  return subresource === "status" && writes ? ALLOW : NO_OPINION;
}

function pods(question: Question): Verdict {
  const { verb, subresource, name } = question.access;
  switch (subresource) {
    case "":
      if (verb === "get") return related(question, isOwnPod);
      if (verb === "create" || verb === "delete") return ALLOW;
      if (verb !== "list" && verb !== "watch") return NO_OPINION;
      if (selects(question, "spec.nodeName")) return ALLOW;
      if (name !== "") return related(question, isOwnPod);
      return refuse("can only list/watch pods with spec.nodeName field selector");
    case "status":
      return verb === "update" || verb === "patch" ? ALLOW : NO_OPINION;
    case "eviction":
      return verb === "create" ? ALLOW : NO_OPINION;
    default:
      return NO_OPINION;
  }
}

const isOwnPod = ({ node, access, references }: Question): boolean =>
  references.nodeOf(access.namespace, access.name) === node;

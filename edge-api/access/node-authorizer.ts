/**
 * What a node may do: its own objects, its pods, and what its pods refer to.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/node/
 */
import { parseFieldSelector } from "../../machinery/meta/selector.ts";
import type { Store } from "../store/contract.ts";
import { type Access, ALLOW, type Authorizer, NO_OPINION, type Verdict } from "./authorize.ts";
import { nodeNameOf } from "./identity.ts";
import { createPodReferences, type PodReferences } from "./pod-references.ts";

const READ = ["get", "list", "watch"];

/** Reading that any node may do, by group and resource. */
const READABLE: ReadonlyMap<string, readonly string[]> = new Map([
  ["/services", READ],
  ["/nodes", READ],
  ["/namespaces", READ],
  ["discovery.k8s.io/endpointslices", READ],
  ["/endpoints", READ],
  ["node.k8s.io/runtimeclasses", READ],
  ["storage.k8s.io/csidrivers", READ],
  ["storage.k8s.io/storageclasses", READ],
  ["networking.k8s.io/networkpolicies", READ],
  ["scheduling.k8s.io/priorityclasses", READ],
]);

const REFERENCED: ReadonlyMap<string, "secret" | "configMap" | "claim"> = new Map([
  ["/secrets", "secret"],
  ["/configmaps", "configMap"],
  ["/persistentvolumeclaims", "claim"],
]);

const deny = (reason: string): Verdict => ({ decision: "no opinion", reason });

export function createNodeAuthorizer(store: Store): Authorizer {
  const references = createPodReferences(store);
  return {
    authorize(identity, access) {
      const node = nodeNameOf(identity);
      if (node === undefined) return NO_OPINION;
      if (!access.isResource) return isOwnEndpoint(access, node) ? ALLOW : NO_OPINION;
      return decide({ node, access, store, references });
    },
  };
}

/** kedge's own endpoints of this node: token renewal, certificate, tunnel. */
const isOwnEndpoint = ({ path }: Access, node: string): boolean => path.startsWith(`/kedge/v1/nodes/${node}/`);

interface Question {
  node: string;
  access: Access;
  store: Store;
  references: PodReferences;
}

function decide(question: Question): Verdict {
  const { node, access } = question;
  const resource = `${access.group}/${access.resource}`;
  if (access.subresource === "" && READABLE.get(resource)?.includes(access.verb)) return ALLOW;
  const referenced = REFERENCED.get(resource);
  if (referenced) return readReferenced(question, referenced);
  switch (resource) {
    case "/nodes":
      return ownNode(question);
    case "/pods":
      return ownPods(question);
    case "/serviceaccounts":
      return accountToken(question);
    case "/events":
    case "events.k8s.io/events":
      return ["create", "patch", "update"].includes(access.verb) ? ALLOW : NO_OPINION;
    case "coordination.k8s.io/leases":
      if (access.namespace !== "kube-node-lease")
        return deny('can only access leases in the "kube-node-lease" system namespace');
      return access.verb === "create" || access.name === node
        ? ALLOW
        : deny("can only access node lease with the same name as the requesting node");
    case "storage.k8s.io/csinodes":
      return access.verb === "create" || access.name === node
        ? ALLOW
        : deny("can only access CSINode with the same name as the requesting node");
    case "certificates.k8s.io/certificatesigningrequests":
      return ["create", "get", "list", "watch"].includes(access.verb) ? ALLOW : NO_OPINION;
    case "authentication.k8s.io/tokenreviews":
    case "authorization.k8s.io/subjectaccessreviews":
      return access.verb === "create" ? ALLOW : NO_OPINION;
    default:
      return NO_OPINION;
  }
}

function ownNode({ node, access }: Question): Verdict {
  const { verb, subresource, name } = access;
  if (verb === "create" && subresource === "") return ALLOW;
  const writes = verb === "update" || verb === "patch";
  if (name === node && writes && (subresource === "" || subresource === "status")) return ALLOW;
  if (name === node && verb === "delete") return NO_OPINION;
  return writes ? deny(`node '${node}' cannot modify node '${name}'`) : NO_OPINION;
}

function ownPods(question: Question): Verdict {
  const { access, node, store } = question;
  const { verb, subresource } = access;
  if (subresource === "" && verb === "create") return ALLOW;
  if (subresource === "" && (verb === "list" || verb === "watch")) {
    return selectsNode(access, node) ? ALLOW : deny("can only list/watch pods with spec.nodeName field selector");
  }
  const mayTouch =
    (subresource === "" && (verb === "get" || verb === "delete")) ||
    (subresource === "status" && (verb === "get" || verb === "update" || verb === "patch")) ||
    (subresource === "eviction" && verb === "create");
  if (!mayTouch) return NO_OPINION;
  const row = store.get({ resource: "pods", namespace: access.namespace, name: access.name });
  // A pod that is gone: let the verb say so.
  if (!row) return ALLOW;
  const { spec } = JSON.parse(row.value) as { spec?: { nodeName?: string } };
  return spec?.nodeName === node ? ALLOW : noRelationship(node);
}

function selectsNode({ fieldSelector }: Access, node: string): boolean {
  if (!fieldSelector) return false;
  return parseFieldSelector(fieldSelector).some(
    ({ field, operator, value }) => field === "spec.nodeName" && operator === "=" && value === node,
  );
}

function readReferenced({ node, access, references }: Question, what: "secret" | "configMap" | "claim"): Verdict {
  const { verb, name, namespace, subresource } = access;
  if (subresource !== "" && !(what === "claim" && subresource === "status")) return NO_OPINION;
  if (!READ.includes(verb)) return deny("can only read resources of this type");
  if (name === "" || namespace === "") return deny("No Object name found");
  return references.has(node, { what, namespace, name }) ? ALLOW : noRelationship(node);
}

function accountToken({ node, access, references }: Question): Verdict {
  const { verb, subresource, namespace, name } = access;
  if (verb === "get" && subresource === "")
    return references.has(node, { what: "account", namespace, name }) ? ALLOW : noRelationship(node);
  if (verb !== "create" || subresource !== "token")
    return deny("can only create tokens for individual service accounts");
  return references.has(node, { what: "account", namespace, name }) ? ALLOW : noRelationship(node);
}

const noRelationship = (node: string): Verdict => deny(`no relationship found between node '${node}' and this object`);

/** The authorizers of a cluster, in kube-apiserver's order: masters, Node, RBAC. */
import type { Store } from "../store/contract.ts";
import { type Authorizer, authorizerChain, mastersAuthorizer } from "./authorize.ts";
import { createNodeAuthorizer } from "./node/authorizer.ts";
import { NodeReferences } from "./node/references.ts";
import { createRbacAuthorizer, type RbacAuthorizer } from "./rbac/authorizer.ts";

export function createAuthorizers(store: Store): {
  authorizer: Authorizer;
  rbac: RbacAuthorizer;
  references: NodeReferences;
} {
  const rbac = createRbacAuthorizer(store);
  const references = new NodeReferences(store);
  return {
    authorizer: authorizerChain([mastersAuthorizer, createNodeAuthorizer(store, references), rbac]),
    rbac,
    references,
  };
}

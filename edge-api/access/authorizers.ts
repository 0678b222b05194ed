/** The authorizers of a cluster, in kube-apiserver's order: masters, Node, RBAC. */
import type { Registry } from "../../kinds/kind.ts";
import type { Store } from "../store/contract.ts";
import { type Authorizer, authorizerChain, mastersAuthorizer } from "./authorize.ts";
import { createNodeAuthorizer } from "./node-authorizer.ts";
import { createRbacAuthorizer } from "./rbac/authorizer.ts";

export const createAuthorizer = ({ store }: { store: Store; registry: Registry }): Authorizer =>
  authorizerChain([mastersAuthorizer, createNodeAuthorizer(store), createRbacAuthorizer(store)]);

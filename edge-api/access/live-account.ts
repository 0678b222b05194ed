/**
 * Whether those a token speaks for still exist: a JWT alone would hold until it expires.
 * Source: pkg/serviceaccount/{claims,legacy}.go of kube-apiserver (messages too).
 */
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { ObjectKey, Store } from "../store/contract.ts";
import {
  type Identity,
  NODE_NAME_EXTRA,
  NODE_UID_EXTRA,
  POD_NAME_EXTRA,
  POD_UID_EXTRA,
  serviceAccountOf,
} from "./identity.ts";

/** What is being deleted counts as there for this long. */
const LEEWAY_MS = 60_000;
const INVALIDATED = "service account token has been invalidated";
export const INVALID_SINCE_LABEL = "kubernetes.io/legacy-token-invalid-since";

/** Why the caller's token is no longer good; undefined when it is, and for everybody who is no service account. */
export function accountProblem(store: Store, identity: Identity, nowMs: number): string | undefined {
  const account = serviceAccountOf(identity.user);
  if (!account || identity.isProgram) return undefined;
  if (identity.secret?.tokenId !== undefined) {
    const problem = secretTokenProblem(store, account, identity.secret, identity.secret.tokenId);
    if (problem) return problem;
  }
  return standingProblem(store, account, identity, nowMs) ?? boundProblem(store, account.namespace, identity, nowMs);
}

interface Account {
  namespace: string;
  name: string;
}

function standingProblem(store: Store, { namespace, name }: Account, { uid = "" }: Identity, nowMs: number) {
  const found = factsOf(store, { resource: "serviceaccounts", namespace, name });
  if (!found) return `serviceaccounts ${JSON.stringify(name)} not found`;
  if (uid !== "" && found.uid !== uid) return `service account UID (${found.uid}) does not match claim (${uid})`;
  return isGone(found, nowMs) ? `service account ${namespace}/${name} has been deleted` : undefined;
}

function boundProblem(store: Store, namespace: string, { extra = {}, secret }: Identity, nowMs: number) {
  const check = (what: string, key: ObjectKey, uid: string | undefined): string | undefined => {
    const found = factsOf(store, key);
    if (!found || isGone(found, nowMs)) return INVALIDATED;
    if (!uid || found.uid === uid) return undefined;
    return `${what} UID (${found.uid}) does not match service account ${what} ref claim (${uid})`;
  };
  if (secret && secret.tokenId === undefined) {
    const problem = check("secret", { resource: "secrets", namespace, name: secret.name }, secret.uid);
    if (problem) return problem;
  }
  const pod = extra[POD_NAME_EXTRA]?.[0];
  const node = extra[NODE_NAME_EXTRA]?.[0];
  if (pod !== undefined) return check("pod", { resource: "pods", namespace, name: pod }, extra[POD_UID_EXTRA]?.[0]);
  // A pod's token names the node for information; a token bound to a node itself has no pod.
  if (node === undefined) return undefined;
  return check("node", { resource: "nodes", namespace: "", name: node }, extra[NODE_UID_EXTRA]?.[0]);
}

function secretTokenProblem(store: Store, { namespace, name }: Account, secret: { name: string }, tokenId: string) {
  const found = factsOf(store, { resource: "secrets", namespace, name: secret.name });
  if (!found || found.deletedMs !== undefined) return "Token has been invalidated";
  if (found.tokenId !== tokenId) return "Token does not match server's copy";
  if (!found.isInvalid) return undefined;
  return `the token in secret ${namespace}/${secret.name} for service account ${namespace}/${name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${INVALID_SINCE_LABEL}' label from the secret to temporarily allow use of this token`;
}

/** What counts of an object here. */
interface Facts {
  uid: string;
  deletedMs: number | undefined;
  /** Of a secret that holds a service account's token. */
  tokenId?: string | undefined;
  isInvalid?: boolean;
}

const isGone = ({ deletedMs }: Facts, nowMs: number): boolean =>
  deletedMs !== undefined && deletedMs < nowMs - LEEWAY_MS;

/** Asked for with every request of an account: read once, until something becomes of the object. */
const knownFacts = new WeakMap<Store, Map<string, Facts>>();
const MAX_KNOWN = 4096;
const LOOKED_AT: ReadonlySet<string> = new Set(["serviceaccounts", "pods", "nodes", "secrets"]);

const idOf = ({ resource, namespace, name }: ObjectKey): string => `${resource}/${namespace}/${name}`;

function knownOf(store: Store): Map<string, Facts> {
  let known = knownFacts.get(store);
  if (!known) {
    const facts = new Map<string, Facts>();
    store.subscribe((events) => {
      for (const event of events) if (LOOKED_AT.has(event.resource)) facts.delete(idOf(event));
    });
    knownFacts.set(store, facts);
    known = facts;
  }
  return known;
}

/** Outside of transactions: of what is written and not yet committed nothing is known here. */
function factsOf(store: Store, key: ObjectKey): Facts | undefined {
  const known = knownOf(store);
  const id = idOf(key);
  const before = known.get(id);
  if (before) return before;
  const row = store.get(key);
  if (!row) return undefined;
  const facts = read(row.value, key.resource === "secrets");
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(id, facts);
  return facts;
}

function read(text: string, isSecret: boolean): Facts {
  const { metadata, data } = JSON.parse(text) as KubeObject & { data?: { token?: string } };
  const { uid = "", deletionTimestamp, labels } = metadata;
  return {
    uid,
    deletedMs: deletionTimestamp === undefined ? undefined : Date.parse(deletionTimestamp),
    ...(isSecret && { tokenId: tokenIdIn(data?.token), isInvalid: (labels?.[INVALID_SINCE_LABEL] ?? "") !== "" }),
  };
}

/** `jti` of a token as it lies in a secret: base64 of three parts in base64url. */
function tokenIdIn(data: string | undefined): string | undefined {
  try {
    const payload = atob(data ?? "").split(".")[1] ?? "";
    const { jti } = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/"))) as { jti?: unknown };
    return typeof jti === "string" ? jti : undefined;
  } catch {
    return undefined;
  }
}

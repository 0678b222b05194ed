/**
 * Tokens of service accounts: what may be asked for, and the claims that are signed.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
 */
import { invalid, invalidObject } from "../../machinery/meta/field-error.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { badRequest, conflict, forbidden, notFound } from "../../machinery/meta/status.ts";
import type { Store } from "../store/contract.ts";
import { type Identity, nodeNameOf } from "./identity.ts";
import { API_AUDIENCE, type BoundClaims, type Claims } from "./tokens.ts";

export interface TokenRequest extends KubeObject {
  spec: {
    audiences?: string[];
    expirationSeconds?: number;
    boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string };
  };
}

const DEFAULT_SECONDS = 3600;
const MIN_SECONDS = 600;
const MAX_SECONDS = 2 ** 32;
/** What pods are given asks for this; such a token holds a year for programs that read it but once, as upstream. */
const EXTENDABLE_SECONDS = 3607;
const EXTENDED_SECONDS = 365 * 24 * 3600;

interface Account {
  namespace: string;
  name: string;
}

export interface TokenPlan {
  claims: Claims;
  audiences: string[];
  /** Epoch seconds; what the client is told, and when it should have a new one. */
  expiresAtSeconds: number;
}

/**
 * Decides on a token. Reads the store, writes nothing.
 * @throws ApiError 400, 403, 404, 409, 422
 */
export function planToken(
  store: Store,
  input: { account: Account; request: TokenRequest; identity: Identity; issuer: string; nowMs: number; id: string },
): TokenPlan {
  const { account, request, issuer, nowMs } = input;
  const { namespace, name } = account;
  const row = store.get({ resource: "serviceaccounts", namespace, name });
  if (!row) throw notFound({ group: "", resource: "serviceaccounts", name });
  const uid = (JSON.parse(row.value) as KubeObject).metadata.uid ?? "";
  const seconds = checkedSeconds(request, name);
  const bound = boundTo(store, account, request, input.identity);
  const audiences = request.spec.audiences?.length ? request.spec.audiences : defaultAudiences(issuer);
  const now = Math.floor(nowMs / 1000);
  const extends_ = seconds === EXTENDABLE_SECONDS && bound.pod !== undefined && !request.spec.audiences?.length;
  const expiresAtSeconds = now + seconds;
  const kubernetes: BoundClaims & { warnafter?: number } = {
    namespace,
    ...bound,
    serviceaccount: { name, uid },
    ...(extends_ && { warnafter: expiresAtSeconds }),
  };
  return {
    audiences,
    expiresAtSeconds,
    claims: {
      aud: audiences,
      exp: now + (extends_ ? EXTENDED_SECONDS : seconds),
      iat: now,
      iss: issuer,
      jti: input.id,
      "kubernetes.io": kubernetes,
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${name}`,
    },
  };
}

/** The issuer's URL may change with the edge's address; the other name stays. */
export const defaultAudiences = (issuer: string): string[] =>
  issuer === API_AUDIENCE ? [issuer] : [issuer, API_AUDIENCE];

function checkedSeconds({ spec }: TokenRequest, name: string): number {
  const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS;
  const problem =
    seconds < MIN_SECONDS
      ? "may not specify a duration less than 10 minutes"
      : seconds > MAX_SECONDS
        ? "may not specify a duration larger than 2^32 seconds"
        : undefined;
  if (problem === undefined) return seconds;
  throw invalidObject({ group: "authentication.k8s.io", kind: "TokenRequest", name }, [
    invalid("spec.expirationSeconds", seconds, problem),
  ]);
}

type Bound = Pick<BoundClaims, "pod" | "node" | "secret">;

function boundTo(store: Store, account: Account, { spec }: TokenRequest, identity: Identity): Bound {
  const node = nodeNameOf(identity);
  const ref = spec.boundObjectRef;
  if (node !== undefined && ref?.kind !== "Pod") {
    throw forbidden(
      { group: "", resource: "serviceaccounts/token", name: account.name },
      "node requested token not bound to a pod",
    );
  }
  if (!ref) return {};
  const { name = "", uid } = ref;
  const place = placeOf(ref, account.namespace);
  const row = store.get({ ...place, name });
  if (!row) throw notFound({ group: "", resource: place.resource, name });
  const object = JSON.parse(row.value) as KubeObject;
  const found = object.metadata.uid ?? "";
  if (uid && uid !== found) {
    throw conflict(
      { group: "", resource: `${ref.kind}`, name },
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  const bound = { name, uid: found };
  if (ref.kind === "Secret") return { secret: bound };
  if (ref.kind === "Node") return { node: bound };
  return boundToPod(store, account, { pod: object, bound, asker: node });
}

function placeOf(
  ref: { kind?: string; apiVersion?: string },
  namespace: string,
): { resource: string; namespace: string } {
  const resource = ref.apiVersion === "v1" || !ref.apiVersion ? BINDABLE.get(ref.kind ?? "") : undefined;
  if (!resource)
    throw badRequest(`cannot bind token to object of type ${ref.apiVersion ?? ""}, Kind=${ref.kind ?? ""}`);
  return { resource, namespace: resource === "nodes" ? "" : namespace };
}

const BINDABLE: ReadonlyMap<string, string> = new Map([
  ["Pod", "pods"],
  ["Secret", "secrets"],
  ["Node", "nodes"],
]);

function boundToPod(
  store: Store,
  account: Account,
  { pod, bound, asker }: { pod: KubeObject; bound: { name: string; uid: string }; asker: string | undefined },
): Bound {
  const spec = pod.spec as { serviceAccountName?: string; nodeName?: string };
  if (spec.serviceAccountName !== account.name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account.name)} to pod running with different serviceaccount name.`,
    );
  }
  if (asker !== undefined && spec.nodeName !== asker) {
    throw forbidden(
      { group: "", resource: "serviceaccounts/token", name: account.name },
      "node requested token bound to a pod scheduled on a different node",
    );
  }
  const nodeRow = spec.nodeName ? store.get({ resource: "nodes", namespace: "", name: spec.nodeName }) : undefined;
  const nodeUid = nodeRow && (JSON.parse(nodeRow.value) as KubeObject).metadata.uid;
  return {
    pod: bound,
    ...(spec.nodeName && { node: { name: spec.nodeName, ...(nodeUid !== undefined && { uid: nodeUid }) } }),
  };
}

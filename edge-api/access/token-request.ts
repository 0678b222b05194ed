/**
 * Tokens of service accounts: what may be asked for, and the claims that are signed.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/
 */
import { invalid, invalidObject } from "../../machinery/meta/field-error.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { badRequest, conflict, notFound } from "../../machinery/meta/status.ts";
import type { Store } from "../store/contract.ts";
import { API_AUDIENCE, type BoundClaims, type Claims } from "./tokens.ts";

export interface TokenRequest extends KubeObject {
  spec: {
    audiences?: string[];
    expirationSeconds?: number;
    boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string };
  };
}

const GROUP = "authentication.k8s.io";
const KIND = "TokenRequest";
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
  /** Of the account. */
  uid: string;
  audiences: string[];
  /** As asked for, or the default. */
  seconds: number;
  /** Epoch seconds; what the client is told, and when it should have a new one. */
  expiresAtSeconds: number;
}

/**
 * Decides on a token. Reads the store, writes nothing. That a node asks only for its pods is NodeRestriction's to see to.
 * @throws ApiError 400, 404, 409, 422
 */
export function planToken(
  store: Store,
  input: { account: Account; request: TokenRequest; issuer: string; nowMs: number; id: string },
): TokenPlan {
  const { account, request, issuer, nowMs } = input;
  const { namespace, name } = account;
  checkMeta(request, account);
  const row = store.get({ resource: "serviceaccounts", namespace, name });
  if (!row) throw notFound({ group: "", resource: "serviceaccounts", name });
  const uid = (JSON.parse(row.value) as KubeObject).metadata.uid ?? "";
  const askedUid = request.metadata.uid;
  if (askedUid && askedUid !== uid)
    throw conflict(
      { group: GROUP, resource: KIND, name },
      `the UID in the token request (${askedUid}) does not match the UID of the service account (${uid})`,
    );
  const seconds = checkedSeconds(request);
  const bound = boundTo(store, account, request);
  const audiences = request.spec.audiences?.length ? request.spec.audiences : defaultAudiences(issuer);
  const now = Math.floor(nowMs / 1000);
  const own = defaultAudiences(issuer);
  const extended =
    seconds === EXTENDABLE_SECONDS && bound.pod !== undefined && audiences.every((audience) => own.includes(audience));
  const expiresAtSeconds = now + seconds;
  const kubernetes: BoundClaims = {
    namespace,
    ...bound,
    serviceaccount: { name, uid },
    ...(extended && { warnafter: expiresAtSeconds }),
  };
  return {
    uid,
    audiences,
    seconds,
    expiresAtSeconds,
    claims: {
      aud: audiences,
      exp: now + (extended ? EXTENDED_SECONDS : seconds),
      iat: now,
      iss: issuer,
      jti: input.id,
      "kubernetes.io": kubernetes,
      nbf: now,
      sub: `system:serviceaccount:${namespace}:${name}`,
    },
  };
}

function checkMeta({ metadata }: TokenRequest, { namespace, name }: Account): void {
  const problem =
    metadata.name && metadata.name !== name
      ? invalid("metadata.name", metadata.name, "must match the service account name if specified")
      : metadata.namespace && metadata.namespace !== namespace
        ? invalid("metadata.namespace", metadata.namespace, "must match the service account namespace if specified")
        : undefined;
  if (problem) throw invalidObject({ group: GROUP, kind: KIND, name }, [problem]);
}

/** The issuer's URL may change with the edge's address; the other name stays. */
export const defaultAudiences = (issuer: string): string[] =>
  issuer === API_AUDIENCE ? [issuer] : [issuer, API_AUDIENCE];

function checkedSeconds({ spec }: TokenRequest): number {
  const seconds = spec.expirationSeconds ?? DEFAULT_SECONDS;
  const problem =
    seconds < MIN_SECONDS
      ? "may not specify a duration less than 10 minutes"
      : seconds > MAX_SECONDS
        ? "may not specify a duration larger than 2^32 seconds"
        : undefined;
  if (problem === undefined) return seconds;
  throw invalidObject({ group: GROUP, kind: KIND, name: "" }, [invalid("spec.expirationSeconds", seconds, problem)]);
}

type Bound = Pick<BoundClaims, "pod" | "node" | "secret">;

function boundTo(store: Store, account: Account, { spec }: TokenRequest): Bound {
  const ref = spec.boundObjectRef;
  if (!ref) return {};
  const { name = "", uid } = ref;
  const place = placeOf(ref, account.namespace);
  const row = store.get({ ...place, name });
  if (!row) throw notFound({ group: "", resource: place.resource, name });
  const object = JSON.parse(row.value) as KubeObject;
  const found = object.metadata.uid ?? "";
  if (ref.kind === "Pod" && (object.spec as PodSpec).serviceAccountName !== account.name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account.name)} to pod running with different serviceaccount name.`,
    );
  }
  if (uid && uid !== found) {
    throw conflict(
      { group: "", resource: `${ref.kind}`, name },
      `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  }
  const bound = { name, uid: found };
  if (ref.kind === "Secret") return { secret: bound };
  if (ref.kind === "Node") return { node: bound };
  return { pod: bound, ...nodeOf(store, object.spec as PodSpec) };
}

function placeOf(
  { kind = "", apiVersion = "" }: { kind?: string; apiVersion?: string },
  namespace: string,
): { resource: string; namespace: string } {
  const slash = apiVersion.indexOf("/");
  const resource = slash < 0 ? BINDABLE.get(kind) : undefined;
  if (!resource) {
    const group = apiVersion.slice(0, Math.max(slash, 0));
    throw badRequest(`cannot bind token to object of type ${group}/${apiVersion.slice(slash + 1)}, Kind=${kind}`);
  }
  return { resource, namespace: resource === "nodes" ? "" : namespace };
}

const BINDABLE: ReadonlyMap<string, string> = new Map([
  ["Pod", "pods"],
  ["Secret", "secrets"],
  ["Node", "nodes"],
]);

interface PodSpec {
  serviceAccountName?: string;
  nodeName?: string;
}

/** The node a pod is on, for whoever looks into its token; a node that is not there is named all the same. */
function nodeOf(store: Store, { nodeName }: PodSpec): Bound {
  if (!nodeName) return {};
  const row = store.get({ resource: "nodes", namespace: "", name: nodeName });
  const uid = row && (JSON.parse(row.value) as KubeObject).metadata.uid;
  return { node: { name: nodeName, ...(uid !== undefined && { uid }) } };
}

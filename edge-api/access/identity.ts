/** Who a request is made by: user.Info of kube-apiserver. */
export interface Identity {
  user: string;
  /** Set for service accounts. */
  uid?: string;
  groups: readonly string[];
  /** E.g. `authentication.kubernetes.io/pod-name` of a bound service-account token. */
  extra?: { readonly [key: string]: readonly string[] };
  /** The secret that a service account's token is bound to, or lies in. Shown to nobody. */
  secret?: {
    name: string;
    uid?: string;
    /** `jti` of a token that lies in its secret: whether it is still that one. */
    tokenId?: string;
  };
  /** Seconds: from then on the token should have been replaced by a newer one. */
  warnAfter?: number;
  /** One of the control plane's own programs: the service account it has the rights of needs not exist. */
  isProgram?: boolean;
}

export const MASTERS_GROUP = "system:masters";
export const AUTHENTICATED_GROUP = "system:authenticated";
export const UNAUTHENTICATED_GROUP = "system:unauthenticated";
export const NODES_GROUP = "system:nodes";
export const NODE_USER_PREFIX = "system:node:";
export const SERVICE_ACCOUNT_USER_PREFIX = "system:serviceaccount:";
export const BOOTSTRAPPERS_GROUP = "system:bootstrappers";

export const ANONYMOUS: Identity = { user: "system:anonymous", groups: [UNAUTHENTICATED_GROUP] };

/** Keys of `extra` that kube-apiserver fills in for bound tokens. */
export const POD_NAME_EXTRA = "authentication.kubernetes.io/pod-name";
export const POD_UID_EXTRA = "authentication.kubernetes.io/pod-uid";
export const NODE_NAME_EXTRA = "authentication.kubernetes.io/node-name";
export const NODE_UID_EXTRA = "authentication.kubernetes.io/node-uid";
export const CREDENTIAL_ID_EXTRA = "authentication.kubernetes.io/credential-id";

export const isNode = ({ user, groups }: Identity): boolean =>
  user.startsWith(NODE_USER_PREFIX) && groups.includes(NODES_GROUP);

/** Name of the node a node's identity speaks for; undefined for everybody else. */
export const nodeNameOf = (identity: Identity): string | undefined =>
  isNode(identity) ? identity.user.slice(NODE_USER_PREFIX.length) || undefined : undefined;

export const serviceAccountGroups = ({ namespace }: { namespace: string }): string[] => [
  "system:serviceaccounts",
  `system:serviceaccounts:${namespace}`,
];

export function serviceAccountIdentity(account: {
  namespace: string;
  name: string;
  uid?: string;
  extra?: { [key: string]: string[] };
  secret?: NonNullable<Identity["secret"]>;
  warnAfter?: number;
}): Identity {
  return {
    user: `${SERVICE_ACCOUNT_USER_PREFIX}${account.namespace}:${account.name}`,
    ...(account.uid !== undefined && { uid: account.uid }),
    groups: [...serviceAccountGroups(account), AUTHENTICATED_GROUP],
    ...(account.extra && Object.keys(account.extra).length > 0 && { extra: account.extra }),
    ...(account.secret && { secret: account.secret }),
    ...(account.warnAfter !== undefined && { warnAfter: account.warnAfter }),
  };
}

/** Namespace and name of a service account's user name; undefined for everybody else. */
export function serviceAccountOf(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(SERVICE_ACCOUNT_USER_PREFIX)) return undefined;
  const [namespace, name, ...rest] = user.slice(SERVICE_ACCOUNT_USER_PREFIX.length).split(":");
  return namespace && name && rest.length === 0 ? { namespace, name } : undefined;
}

/**
 * Header by which the Worker tells ClusterStore who asks. ClusterStore is reached through its binding alone, so
 * whatever stands there was written by the Worker, which removes what the client sent.
 */
export const IDENTITY_HEADER = "x-kedge-identity";

/** ASCII only, as headers must be: JSON with everything else escaped. */
export const encodeIdentity = (identity: Identity): string =>
  JSON.stringify(identity).replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** The same few callers ask again and again: each is parsed once. */
const decoded = new Map<string, Identity>();
const MAX_DECODED = 1024;

/** Undefined when the header is absent. @throws SyntaxError when it is not what encodeIdentity made */
export function decodeIdentity(header: string | null): Identity | undefined {
  if (header === null) return undefined;
  let identity = decoded.get(header);
  if (!identity) {
    identity = JSON.parse(header) as Identity;
    if (decoded.size >= MAX_DECODED) decoded.clear();
    decoded.set(header, identity);
  }
  return identity;
}

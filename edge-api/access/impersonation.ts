/**
 * Acting as somebody else, for those who may.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
import { type Access, type Authorizer, authorize } from "./authorize.ts";
import {
  AUTHENTICATED_GROUP,
  type Identity,
  serviceAccountIdentity,
  serviceAccountOf,
  UNAUTHENTICATED_GROUP,
} from "./identity.ts";

const EXTRA_PREFIX = "impersonate-extra-";

/** The identity a request shall be made as; `identity` itself when it asks for no other. @throws ApiError 403 */
export function impersonated(authorizer: Authorizer, identity: Identity, headers: Headers): Identity {
  const user = headers.get("impersonate-user");
  const groups = listOf(headers.get("impersonate-group"));
  const uid = headers.get("impersonate-uid") ?? "";
  const extra = extraOf(headers);
  if (user === null || user === "") return identity;
  const may = (access: Partial<Access>): void => authorize(authorizer, identity, { ...IMPERSONATE, ...access });
  const account = serviceAccountOf(user);
  if (account) may({ resource: "serviceaccounts", namespace: account.namespace, name: account.name });
  else may({ resource: "users", name: user });
  for (const name of groups) may({ resource: "groups", name });
  if (uid !== "") may({ group: "authentication.k8s.io", resource: "uids", name: uid });
  for (const [key, values] of extra)
    for (const name of values) may({ group: "authentication.k8s.io", resource: "userextras", subresource: key, name });
  return {
    user,
    ...(uid !== "" && { uid }),
    groups: groupsOf(user, groups),
    ...(extra.size > 0 && { extra: Object.fromEntries(extra) }),
  };
}

const IMPERSONATE: Access = {
  isResource: true,
  verb: "impersonate",
  group: "",
  resource: "",
  subresource: "",
  namespace: "",
  name: "",
  path: "",
};

function groupsOf(user: string, asked: readonly string[]): string[] {
  const account = serviceAccountOf(user);
  const groups = asked.length > 0 || !account ? [...asked] : [...serviceAccountIdentity(account).groups];
  if (user === "system:anonymous" || groups.includes(AUTHENTICATED_GROUP) || groups.includes(UNAUTHENTICATED_GROUP))
    return groups;
  return [...groups, AUTHENTICATED_GROUP];
}

/** A header given several times arrives joined with commas. */
const listOf = (header: string | null): string[] =>
  (header ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

function extraOf(headers: Headers): Map<string, string[]> {
  const extra = new Map<string, string[]>();
  for (const [name, value] of headers) {
    if (!name.startsWith(EXTRA_PREFIX)) continue;
    extra.set(decodeKey(name.slice(EXTRA_PREFIX.length)), listOf(value));
  }
  return extra;
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

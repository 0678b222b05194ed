/**
 * Acting as somebody else, for those who may. There are five ways to have the right to: four that also say what may be
 * done in the other's name (KEP-5284), and the old one, which allows whatever the other may do.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
 */
import { dns1123Subdomain } from "../../../machinery/meta/names.ts";
import { ApiError } from "../../../machinery/meta/status.ts";
import { type Access, type Authorizer, authorize, refusal } from "../authorize.ts";
import {
  ANONYMOUS,
  AUTHENTICATED_GROUP,
  type Identity,
  MASTERS_GROUP,
  NODE_NAME_EXTRA,
  NODE_USER_PREFIX,
  NODES_GROUP,
  serviceAccountGroups,
  serviceAccountOf,
  UNAUTHENTICATED_GROUP,
} from "../identity.ts";
import { extraProblem } from "./extra.ts";
import type { Wanted } from "./headers.ts";

export interface Impersonated {
  identity: Identity;
  /** The verb that allowed it, for the audit log; "" for the old way, which is not told. */
  constraint: string;
}

interface Mode {
  /** "" for the old way. */
  name: string;
  /** Whether this way is for such a request at all. */
  fits(wanted: Wanted, requester: Identity): boolean;
}

const isAlone = ({ uid, groups, extra }: Wanted): boolean => uid === "" && groups.length === 0 && extra.size === 0;

function nodeIn(user: string): string | undefined {
  const name = user.startsWith(NODE_USER_PREFIX) ? user.slice(NODE_USER_PREFIX.length) : "";
  return name !== "" && dns1123Subdomain(name).length === 0 ? name : undefined;
}

function isOnNode({ user, extra }: Identity, node: string | undefined): boolean {
  const own = extra?.[NODE_NAME_EXTRA] ?? [];
  return node !== undefined && serviceAccountOf(user) !== undefined && own.length === 1 && own[0] === node;
}

const ASSOCIATED_NODE = "associated-node";

const MODES: readonly Mode[] = [
  { name: ASSOCIATED_NODE, fits: (wanted, requester) => isAlone(wanted) && isOnNode(requester, nodeIn(wanted.user)) },
  { name: "arbitrary-node", fits: (wanted) => isAlone(wanted) && nodeIn(wanted.user) !== undefined },
  { name: "serviceaccount", fits: (wanted) => isAlone(wanted) && serviceAccountOf(wanted.user) !== undefined },
  {
    name: "user-info",
    fits: ({ user }) => nodeIn(user) === undefined && serviceAccountOf(user) === undefined,
  },
  { name: "", fits: () => true },
];

/** By which way somebody was let through last: it is tried first, and its refusal is the one that is told. */
const MAX_REMEMBERED = 1024;

/** Decides on impersonation for one cluster. */
export class Impersonation {
  readonly #authorizer: Authorizer;
  readonly #lastModes = new Map<string, Mode>();

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  /** @param access what the request is about. @throws ApiError 403 in upstream's words */
  as(wanted: Wanted, { requester, access }: { requester: Identity; access: Access }): Impersonated {
    const last = this.#lastModes.get(requester.user);
    let refused: ApiError | undefined;
    for (const mode of last ? [last, ...MODES.filter((one) => one !== last)] : MODES) {
      if (!mode.fits(wanted, requester)) continue;
      try {
        const found = allowed(this.#authorizer, mode, { wanted, requester, access });
        if (this.#lastModes.size >= MAX_REMEMBERED) this.#lastModes.clear();
        this.#lastModes.set(requester.user, mode);
        return found;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        refused ??= error;
      }
    }
    throw refused ?? new Error("no way of impersonation fits");
  }
}

interface Question {
  wanted: Wanted;
  requester: Identity;
  access: Access;
}

function allowed(authorizer: Authorizer, { name }: Mode, { wanted, requester, access }: Question): Impersonated {
  const isOld = name === "";
  // What the requester says of its node has been looked at; its rights must not depend on it.
  const asker = name === ASSOCIATED_NODE ? withoutExtra(requester) : requester;
  if (!isOld) authorize(authorizer, asker, { ...access, verb: `impersonate-on:${name}:${access.verb}` });
  const constraint = isOld ? "" : `impersonate:${name}`;
  const base: Access = { ...NOTHING, verb: constraint || "impersonate", group: isOld ? "" : AUTHENTICATION };
  const may = (asked: Partial<Access>): void => authorize(authorizer, asker, { ...base, ...asked });
  const refuse = (asked: Partial<Access>, why: string): ApiError => refusal(asker, { ...base, ...asked }, why);

  const { user, uid, groups, extra } = wanted;
  const account = serviceAccountOf(user);
  const node = isOld ? undefined : nodeIn(user);
  if (account) may({ resource: "serviceaccounts", namespace: account.namespace, name: account.name });
  // Whoever may be its own node may be any that it is on.
  else if (node !== undefined) may({ resource: "nodes", name: name === ASSOCIATED_NODE ? "*" : node });
  else may({ resource: "users", name: user });
  if (uid !== "") may({ group: AUTHENTICATION, resource: "uids", name: uid });
  if (!isOld && groups.includes("")) {
    throw refuse({ resource: "groups" }, "impersonating the empty string group is not allowed");
  }
  if (!isOld && groups.includes(MASTERS_GROUP)) {
    const asked = { resource: "groups", name: MASTERS_GROUP };
    throw refuse(asked, "impersonating the system:masters group is not allowed");
  }
  const mayAny = (asked: Partial<Access>): boolean =>
    authorizer.authorize(asker, { ...base, ...asked }).decision === "allow";
  if (isOld || groups.length < MANY || !mayAny({ resource: "groups", name: "*" }))
    for (const group of groups) may({ resource: "groups", name: group });
  const userExtra = { group: AUTHENTICATION, resource: "userextras" };
  const problem = isOld ? undefined : extraProblem(extra);
  if (problem !== undefined) throw refuse(userExtra, problem);
  const count = [...extra.values()].reduce((sum, values) => sum + values.length, 0);
  if (isOld || Math.max(count, extra.size) < MANY || !mayAny({ ...userExtra, subresource: "*", name: "*" }))
    for (const [key, values] of extra) for (const value of values) may({ ...userExtra, subresource: key, name: value });

  const own =
    node !== undefined ? [NODES_GROUP] : account && groups.length === 0 ? serviceAccountGroups(account) : groups;
  return {
    identity: {
      user,
      ...(uid !== "" && { uid }),
      groups: completeGroups(user, own),
      ...(extra.size > 0 && { extra: Object.fromEntries(extra) }),
    },
    constraint,
  };
}

const AUTHENTICATION = "authentication.k8s.io";
/** From so many values on, it is asked first whether all are allowed. */
const MANY = 4;

const NOTHING: Access = {
  isResource: true,
  verb: "",
  group: "",
  resource: "",
  subresource: "",
  namespace: "",
  name: "",
  path: "",
};

const withoutExtra = ({ extra: _extra, ...identity }: Identity): Identity => identity;

function completeGroups(user: string, groups: readonly string[]): string[] {
  const missing = user === ANONYMOUS.user ? UNAUTHENTICATED_GROUP : AUTHENTICATED_GROUP;
  if (groups.includes(missing) || groups.includes(UNAUTHENTICATED_GROUP)) return [...groups];
  return [...groups, missing];
}

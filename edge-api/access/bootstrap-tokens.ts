/**
 * Bootstrap tokens: secrets `kube-system/bootstrap-token-<id>`, for nodes that join.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
 */
import type { Store } from "../store/contract.ts";
import { bootstrapIdentity } from "./authenticate.ts";
import { BOOTSTRAPPERS_GROUP, type Identity } from "./identity.ts";

const SECRET_TYPE = "bootstrap.kubernetes.io/token";
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;

/** Undefined when the token is unknown, wrong, expired or not for authentication. */
export function bootstrapTokenIdentity(
  store: Store,
  { id, secret, nowMs }: { id: string; secret: string; nowMs: number },
): Identity | undefined {
  const row = store.get({ resource: "secrets", namespace: "kube-system", name: `bootstrap-token-${id}` });
  if (!row) return undefined;
  const object = JSON.parse(row.value) as {
    type?: string;
    metadata: { deletionTimestamp?: string };
    data?: { [key: string]: string };
  };
  if (object.type !== SECRET_TYPE || object.metadata.deletionTimestamp !== undefined) return undefined;
  const field = (key: string): string => decode(object.data?.[key] ?? "");
  if (field("token-id") !== id || !sameText(field("token-secret"), secret)) return undefined;
  if (field("usage-bootstrap-authentication") !== "true") return undefined;
  const expiration = field("expiration");
  // A time that cannot be read counts as past.
  if (expiration !== "" && !(Date.parse(expiration) > nowMs)) return undefined;
  const groups = field("auth-extra-groups")
    .split(",")
    .map((group) => group.trim())
    .filter((group) => group !== "" && group !== BOOTSTRAPPERS_GROUP);
  if (groups.some((group) => !GROUP.test(group))) return undefined;
  return bootstrapIdentity(id, groups);
}

function decode(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)));
  } catch {
    return "";
  }
}

/** In time that depends only on the length of what was given. */
function sameText(kept: string, given: string): boolean {
  let difference = kept.length ^ given.length;
  for (let i = 0; i < given.length; i++)
    difference |= given.charCodeAt(i) ^ kept.charCodeAt(i % Math.max(kept.length, 1));
  return difference === 0 && kept !== "";
}

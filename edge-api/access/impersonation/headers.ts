/**
 * Whom a request wants to be made as, by its headers.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
import { badRequest } from "../../../machinery/meta/status.ts";

/** As the headers say it: nothing filled in, nothing allowed yet. */
export interface Wanted {
  user: string;
  uid: string;
  groups: readonly string[];
  extra: ReadonlyMap<string, readonly string[]>;
}

const EXTRA_PREFIX = "impersonate-extra-";

/** Spares most requests a search of their headers. Extra fields alone say nothing. */
export const mayImpersonate = (headers: Headers): boolean =>
  headers.has("impersonate-user") || headers.has("impersonate-group") || headers.has("impersonate-uid");

/** Undefined for a request that wants to be made as who makes it. @throws ApiError 400 */
export function wantedIdentity(headers: Headers): Wanted | undefined {
  const user = headers.get("impersonate-user") ?? "";
  const uid = headers.get("impersonate-uid") ?? "";
  const groups = valuesOf(headers.get("impersonate-group"));
  const extra = extraOf(headers);
  if (user !== "") return { user, uid, groups, extra };
  if (uid === "" && groups.length === 0 && extra.size === 0) return undefined;
  const said = JSON.stringify({ uid, groups, extra: Object.fromEntries(extra) });
  throw badRequest(`requested ${said} without impersonating a user name`);
}

/**
 * A header given several times arrives joined with a comma and a space. A comma alone is part of a value: names of
 * groups from a directory are full of them.
 */
const valuesOf = (header: string | null): string[] => (header === null ? [] : header.split(", "));

function extraOf(headers: Headers): Map<string, string[]> {
  const extra = new Map<string, string[]>();
  for (const [name, value] of headers) {
    if (!name.startsWith(EXTRA_PREFIX)) continue;
    extra.set(decodeKey(name.slice(EXTRA_PREFIX.length)), valuesOf(value));
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

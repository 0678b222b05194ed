/**
 * Whom a request wants to be made as, by its headers.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
 */
import { badRequest } from "../../../machinery/meta/status.ts";
import type { RequestHeaders } from "../../http/request.ts";

/** As the headers say it: nothing filled in, nothing allowed yet. */
export interface Wanted {
  user: string;
  uid: string;
  groups: readonly string[];
  extra: ReadonlyMap<string, readonly string[]>;
}

const EXTRA_PREFIX = "impersonate-extra-";

/** Extra fields alone are refused, so that they count, too. */
export function mayImpersonate(headers: RequestHeaders): boolean {
  for (const name of headers.keys()) if (name.startsWith("impersonate-")) return true;
  return false;
}

/** Undefined for a request that wants to be made as who makes it. @throws ApiError 400 */
export function wantedIdentity(headers: RequestHeaders): Wanted | undefined {
  const user = headers.get("impersonate-user") ?? "";
  const uid = headers.get("impersonate-uid") ?? "";
  const groups = valuesOf(headers.get("impersonate-group"));
  const extra = extraOf(headers);
  if (user !== "") return { user, uid, groups, extra };
  if (uid === "" && groups.length === 0 && extra.size === 0) return undefined;
  throw badRequest(`requested ${goText({ user, uid, groups, extra })} without impersonating a user name`);
}

/** As Go prints a user for programmers (`%#v`), since clients are shown it. */
function goText({ user, uid, groups, extra }: Wanted): string {
  const list = (items: readonly string[]): string =>
    `[]string{${items.map((item) => JSON.stringify(item)).join(", ")}}`;
  const entries = [...extra]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`);
  const fields = [
    `Name:${JSON.stringify(user)}`,
    `UID:${JSON.stringify(uid)}`,
    `Groups:${groups.length === 0 ? "[]string(nil)" : list(groups)}`,
    `Extra:map[string][]string${extra.size === 0 ? "(nil)" : `{${entries.join(", ")}}`}`,
  ];
  return `&user.DefaultInfo{${fields.join(", ")}}`;
}

/**
 * A header given several times arrives joined with a comma and a space. A comma alone is part of a value: names of
 * groups from a directory are full of them.
 */
const valuesOf = (header: string | null): string[] => (header === null ? [] : header.split(", "));

function extraOf(headers: RequestHeaders): Map<string, string[]> {
  const extra = new Map<string, string[]>();
  for (const [name, value] of headers.entries()) {
    if (!name.startsWith(EXTRA_PREFIX)) continue;
    const key = decodeKey(name.slice(EXTRA_PREFIX.length));
    extra.set(key, [...(extra.get(key) ?? []), ...valuesOf(value)]);
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

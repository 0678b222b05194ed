/** What may stand in the extra fields of who is impersonated with constraints. Pure. */
import { dns1123Subdomain } from "../../../machinery/meta/names.ts";

/** Upstream's words for the first thing that is wrong. */
export function extraProblem(extra: ReadonlyMap<string, readonly string[]>): string | undefined {
  for (const [key, values] of extra) {
    if (key === "") return "impersonating the empty string key in extra is not allowed";
    const problem = prefixedPathProblem(key);
    if (problem !== undefined) return `impersonating an invalid key in extra is not allowed: ${problem}`;
    if (key !== key.toLowerCase())
      return `impersonating a non-lowercase key in extra is not allowed: ${JSON.stringify(key)}`;
    if (values.length === 0) return "impersonating empty values in extra is not allowed";
    if (values.includes("")) return "impersonating the empty string value in extra is not allowed";
  }
  return undefined;
}

const PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/** A domain, a slash and a path: `example.com/team`. */
function prefixedPathProblem(key: string): string | undefined {
  const invalid = (value: string, why: string): string => `extra.key: Invalid value: ${JSON.stringify(value)}: ${why}`;
  const slash = key.indexOf("/");
  const [host, path] = [key.slice(0, slash), key.slice(slash + 1)];
  if (slash <= 0 || path === "") return invalid(key, 'must be a domain-prefixed path (such as "acme.io/foo")');
  const [wrong] = dns1123Subdomain(host);
  if (wrong !== undefined) return invalid(host, wrong);
  return PATH.test(path) ? undefined : invalid(path, `Invalid path (regex used for validation is '${PATH.source}')`);
}

/** Name resolution of pods. */
import { type FieldError, invalid, required } from "../../../machinery/meta/field-error.ts";
import { dns1123Subdomain, ipAddress } from "../../../machinery/meta/names.ts";
import { addMessages, checkRequiredOneOf } from "../../common/checks.ts";
import type { PodSpec } from "../v1-types.ts";

/** Limits of libc's resolver. */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;

const POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

export function checkDns(errors: FieldError[], spec: PodSpec, path: string): void {
  checkRequiredOneOf(errors, spec.dnsPolicy, `${path}.dnsPolicy`, POLICIES);
  const at = `${path}.dnsConfig`;
  const config = spec.dnsConfig;
  if (spec.dnsPolicy === "None") {
    if (!config) {
      errors.push(required(at, "must provide `dnsConfig` when `dnsPolicy` is None"));
      return;
    }
    if (!config.nameservers?.length) {
      const detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
      errors.push(required(`${at}.nameservers`, detail));
      return;
    }
  }
  if (!config) return;
  const { nameservers = [], searches = [] } = config;
  if (nameservers.length > MAX_NAMESERVERS) {
    errors.push(invalid(`${at}.nameservers`, nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`));
  }
  nameservers.forEach((server, i) => {
    addMessages(errors, `${at}.nameservers[${i}]`, server, ipAddress(server));
  });
  if (searches.length > MAX_SEARCHES) {
    errors.push(invalid(`${at}.searches`, searches, `must not have more than ${MAX_SEARCHES} search paths`));
  }
  if (searches.join(" ").length > MAX_SEARCH_CHARACTERS) {
    const detail = `must not have more than ${MAX_SEARCH_CHARACTERS} characters (including spaces) in the search list`;
    errors.push(invalid(`${at}.searches`, searches, detail));
  }
  searches.forEach((search, i) => {
    if (search === ".") return;
    const name = search.endsWith(".") ? search.slice(0, -1) : search;
    // Underscores are allowed in search domains since 1.34; nothing else differs from a subdomain.
    addMessages(errors, `${at}.searches[${i}]`, name, dns1123Subdomain(name.replaceAll("_", "a")));
  });
  config.options?.forEach((option, i) => {
    if (!option.name) errors.push(required(`${at}.options[${i}]`, "must not be empty"));
  });
}

/** Name resolution of pods. */
import { type FieldError, invalid, required } from "../../../machinery/meta/field-error.ts";
import { dns1123Subdomain, maxLengthMessage, patternMessage } from "../../../machinery/meta/names.ts";
import { addMessages, checkRequiredOneOf } from "../../common/checks.ts";
import { checkLegacyIp } from "../../common/ip-checks.ts";
import type { PodSpec } from "../v1-types.ts";

/** Limits of libc's resolver. */
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_CHARACTERS = 2048;

const POLICIES = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];

const LABEL = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const SEARCH = /^_?[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?(?:\._?[a-z0-9](?:[-_a-z0-9]*[a-z0-9])?)*$/;
const SEARCH_MESSAGE = patternMessage(
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
  `${LABEL}(\\.${LABEL})*`,
  "example.com",
);
const MAX_NAME = 253;

/** A subdomain, where labels may begin with an underscore and hold more of them. */
function searchDomain(name: string): readonly string[] {
  if (dns1123Subdomain(name).length === 0) return [];
  const tooLong = name.length > MAX_NAME ? [maxLengthMessage(MAX_NAME)] : [];
  return name.length <= MAX_SEARCH_CHARACTERS && SEARCH.test(name) ? tooLong : [...tooLong, SEARCH_MESSAGE];
}

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
    checkLegacyIp(errors, server, `${at}.nameservers[${i}]`);
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
    addMessages(errors, `${at}.searches[${i}]`, name, searchDomain(name));
  });
  config.options?.forEach((option, i) => {
    if (!option.name) errors.push(required(`${at}.options[${i}]`, "must not be empty"));
  });
}

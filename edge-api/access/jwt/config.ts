/**
 * An AuthenticationConfiguration document (apiserver.config.k8s.io/v1): what kube-apiserver takes by
 * --authentication-config. Pure; expressions are only text here.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration
 */
import { parseYaml } from "../../../machinery/codec/yaml.ts";

export interface Rule {
  claim?: string;
  requiredValue?: string;
  expression?: string;
  message?: string;
}

export interface Mapping {
  claim?: string;
  prefix?: string;
  expression?: string;
}

export interface IssuerConfig {
  issuer: {
    url: string;
    discoveryURL?: string;
    /** PEM. */
    certificateAuthority?: string;
    audiences: string[];
    audienceMatchPolicy?: string;
  };
  claimValidationRules: Rule[];
  claimMappings: {
    username: Mapping;
    groups: Mapping;
    uid: Mapping;
    extra: { key: string; valueExpression: string }[];
  };
  userValidationRules: Rule[];
}

export interface AuthenticationConfig {
  issuers: IssuerConfig[];
  /** Paths of requests that need not say who makes them; "all", or none. */
  anonymous: "all" | ReadonlySet<string>;
}

const VERSIONS = ["apiserver.config.k8s.io/v1", "apiserver.config.k8s.io/v1beta1"];
const MAX_ISSUERS = 64;

type Fields = { [field: string]: unknown };

/** Names the field that is wrong. */
export class ConfigError extends TypeError {
  constructor(path: string, problem: string) {
    super(`authentication configuration: ${path}: ${problem}`);
  }
}

/** @param text YAML or JSON. @throws ConfigError, or an error of the reader */
export function parseAuthenticationConfig(text: string): AuthenticationConfig {
  const document = parseYaml(text).value as Fields | null;
  if (document?.kind !== "AuthenticationConfiguration" || !VERSIONS.includes(String(document.apiVersion)))
    throw new ConfigError("kind", `expected AuthenticationConfiguration of ${VERSIONS[0]}`);
  known(document, "", ["kind", "apiVersion", "jwt", "anonymous"]);
  const issuers = listOf(document.jwt, "jwt").map((item, i) => issuerOf(item, `jwt[${i}]`));
  if (issuers.length > MAX_ISSUERS) throw new ConfigError("jwt", `must have at most ${MAX_ISSUERS} items`);
  checkUnique(issuers);
  return { issuers, anonymous: anonymousOf(document.anonymous) };
}

function anonymousOf(value: unknown): AuthenticationConfig["anonymous"] {
  if (value === undefined) return "all";
  const { enabled, conditions } = fieldsOf(value, "anonymous", ["enabled", "conditions"]);
  const paths = listOf(conditions, "anonymous.conditions").map((item, i) => {
    const where = `anonymous.conditions[${i}]`;
    return textOf(fieldsOf(item, where, ["path"]).path, `${where}.path`);
  });
  if (enabled !== true && paths.length > 0)
    throw new ConfigError("anonymous.conditions", "enabled should be set to true when conditions are defined");
  if (enabled !== true) return new Set();
  return paths.length === 0 ? "all" : new Set(paths);
}

function issuerOf(value: unknown, path: string): IssuerConfig {
  const fields = fieldsOf(value, path, ["issuer", "claimValidationRules", "claimMappings", "userValidationRules"]);
  const rules = (name: "claimValidationRules" | "userValidationRules", allowed: string[]): Rule[] =>
    listOf(fields[name], `${path}.${name}`).map((item, i) => ruleOf(item, `${path}.${name}[${i}]`, allowed));
  const config: IssuerConfig = {
    issuer: endpointOf(fields.issuer, `${path}.issuer`),
    claimValidationRules: rules("claimValidationRules", ["claim", "requiredValue", "expression", "message"]),
    claimMappings: mappingsOf(fields.claimMappings, `${path}.claimMappings`),
    userValidationRules: rules("userValidationRules", ["expression", "message"]),
  };
  checkMailIsVerified(config, path);
  return config;
}

function endpointOf(value: unknown, path: string): IssuerConfig["issuer"] {
  const fields = fieldsOf(value, path, [
    "url",
    "discoveryURL",
    "certificateAuthority",
    "audiences",
    "audienceMatchPolicy",
  ]);
  const url = urlOf(fields.url, `${path}.url`);
  const audiences = listOf(fields.audiences, `${path}.audiences`).map((a, i) => textOf(a, `${path}.audiences[${i}]`));
  if (audiences.length === 0) throw new ConfigError(`${path}.audiences`, "at least one audience is required");
  const policy = optionalText(fields.audienceMatchPolicy, `${path}.audienceMatchPolicy`);
  if (policy !== undefined && policy !== "" && policy !== "MatchAny")
    throw new ConfigError(`${path}.audienceMatchPolicy`, `${JSON.stringify(policy)}: supported values: "MatchAny"`);
  if (audiences.length > 1 && policy !== "MatchAny")
    throw new ConfigError(`${path}.audienceMatchPolicy`, "must be MatchAny for multiple audiences");
  const discoveryURL =
    fields.discoveryURL === undefined ? undefined : urlOf(fields.discoveryURL, `${path}.discoveryURL`);
  if (discoveryURL !== undefined && discoveryURL.replace(/\/$/, "") === url.replace(/\/$/, ""))
    throw new ConfigError(`${path}.discoveryURL`, "discoveryURL must be different from URL");
  const certificateAuthority = optionalText(fields.certificateAuthority, `${path}.certificateAuthority`);
  return {
    url,
    audiences,
    ...(discoveryURL !== undefined && { discoveryURL }),
    ...(certificateAuthority && { certificateAuthority }),
  };
}

function ruleOf(value: unknown, path: string, allowed: readonly string[]): Rule {
  const fields = fieldsOf(value, path, allowed);
  const claim = optionalText(fields.claim, `${path}.claim`);
  const requiredValue = optionalText(fields.requiredValue, `${path}.requiredValue`);
  const expression = optionalText(fields.expression, `${path}.expression`);
  const message = optionalText(fields.message, `${path}.message`);
  if (claim && expression) throw new ConfigError(path, "claim and expression can't both be set");
  if (!claim && !expression)
    throw new ConfigError(
      path,
      allowed.includes("claim") ? "claim or expression is required" : "expression is required",
    );
  if (claim && message) throw new ConfigError(`${path}.message`, "may not be specified when claim is set");
  if (expression && requiredValue)
    throw new ConfigError(`${path}.requiredValue`, "may not be specified when expression is set");
  if (expression) return { expression, ...(message && { message }) };
  return { claim: claim!, requiredValue: requiredValue ?? "" };
}

function mappingsOf(value: unknown, path: string): IssuerConfig["claimMappings"] {
  const fields = fieldsOf(value, path, ["username", "groups", "uid", "extra"]);
  const username = mappingOf(fields.username, `${path}.username`, { hasPrefix: true });
  if (!username.claim && !username.expression)
    throw new ConfigError(`${path}.username`, "claim or expression is required");
  const keys = new Set<string>();
  const extra = listOf(fields.extra, `${path}.extra`).map((item, i) => {
    const where = `${path}.extra[${i}]`;
    const { key, valueExpression } = fieldsOf(item, where, ["key", "valueExpression"]);
    const name = textOf(key, `${where}.key`);
    if (name !== name.toLowerCase()) throw new ConfigError(`${where}.key`, "must be lowercase");
    if (!/^[^/]+\/.+$/.test(name))
      throw new ConfigError(`${where}.key`, 'must be a domain-prefixed path (such as "acme.io/foo")');
    if (/(^|\.)(kubernetes|k8s)\.io\//.test(name))
      throw new ConfigError(`${where}.key`, "is reserved for Kubernetes use");
    if (keys.has(name)) throw new ConfigError(`${where}.key`, "duplicate key");
    keys.add(name);
    return { key: name, valueExpression: textOf(valueExpression, `${where}.valueExpression`) };
  });
  return {
    username,
    groups: mappingOf(fields.groups, `${path}.groups`, { hasPrefix: true }),
    uid: mappingOf(fields.uid, `${path}.uid`, { hasPrefix: false }),
    extra,
  };
}

function mappingOf(value: unknown, path: string, { hasPrefix }: { hasPrefix: boolean }): Mapping {
  if (value === undefined) return {};
  const fields = fieldsOf(value, path, ["claim", "expression", ...(hasPrefix ? ["prefix"] : [])]);
  const claim = optionalText(fields.claim, `${path}.claim`);
  const expression = optionalText(fields.expression, `${path}.expression`);
  const prefix = optionalText(fields.prefix, `${path}.prefix`);
  if (claim && expression) throw new ConfigError(path, "claim and expression can't both be set");
  if (expression && prefix !== undefined)
    throw new ConfigError(`${path}.prefix`, "may not be specified when expression is set");
  if (hasPrefix && claim && prefix === undefined)
    throw new ConfigError(
      `${path}.prefix`,
      "prefix is required when claim is set. It can be set to an empty string to disable prefixing",
    );
  return { ...(claim && { claim }), ...(expression && { expression }), ...(prefix !== undefined && { prefix }) };
}

/** A name by mail address is only somebody's when the provider has verified it. */
function checkMailIsVerified({ claimMappings, claimValidationRules }: IssuerConfig, path: string): void {
  const { username, extra } = claimMappings;
  if (!/\bclaims\.email\b/.test(username.expression ?? "")) return;
  const texts = [
    username.expression,
    ...extra.map(({ valueExpression }) => valueExpression),
    ...claimValidationRules.map(({ expression }) => expression),
  ];
  if (texts.some((text) => /\bclaims\.(?:\?)?email_verified\b/.test(text ?? ""))) return;
  throw new ConfigError(
    `${path}.claimMappings.username.expression`,
    "claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression",
  );
}

function checkUnique(issuers: readonly IssuerConfig[]): void {
  const seen = new Set<string>();
  for (const [i, { issuer }] of issuers.entries())
    for (const [field, url] of [
      ["url", issuer.url],
      ["discoveryURL", issuer.discoveryURL],
    ] as const) {
      if (url === undefined) continue;
      const id = `${field} ${url.replace(/\/$/, "")}`;
      if (seen.has(id)) throw new ConfigError(`jwt[${i}].issuer.${field}`, `duplicate value ${JSON.stringify(url)}`);
      seen.add(id);
    }
}

function known(fields: Fields, path: string, allowed: readonly string[]): void {
  const other = Object.keys(fields).find((name) => !allowed.includes(name));
  if (other !== undefined) throw new ConfigError(path === "" ? other : `${path}.${other}`, "unknown field");
}

function fieldsOf(value: unknown, path: string, allowed: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ConfigError(path, "must be an object");
  known(value as Fields, path, allowed);
  return value as Fields;
}

function listOf(value: unknown, path: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new ConfigError(path, "must be a list");
  return value;
}

function optionalText(value: unknown, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new ConfigError(path, "must be a string");
  return value;
}

function textOf(value: unknown, path: string): string {
  const text = optionalText(value, path);
  if (!text) throw new ConfigError(path, "required value");
  return text;
}

function urlOf(value: unknown, path: string): string {
  const text = textOf(value, path);
  if (!URL.canParse(text)) throw new ConfigError(path, "must be a URL");
  const { protocol, username, password, search, hash } = new URL(text);
  if (protocol !== "https:") throw new ConfigError(path, "URL scheme must be https");
  if (username || password) throw new ConfigError(path, "URL must not contain a username or password");
  if (search || hash) throw new ConfigError(path, "URL must not contain a query or a fragment");
  return text;
}

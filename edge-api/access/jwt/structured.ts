/**
 * Tokens of the issuers that an AuthenticationConfiguration names: its rules and mappings, as claims or as expressions.
 * Loaded only where there is such a document.
 */
import type { JWTPayload } from "jose";
import { compileExpression, type Program } from "../../../machinery/cel/compile.ts";
import { createEnvironment } from "../../../machinery/cel/environment.ts";
import { KUBERNETES_LIBRARIES } from "../../../machinery/cel/libraries.ts";
import { BOOL, type CelType, DYN, listOf, mapOf, objectOf, STRING } from "../../../machinery/cel/types.ts";
import { toJson } from "../../../machinery/cel/values.ts";
import type { TokenSource } from "../authenticate.ts";
import { AUTHENTICATED_GROUP, CREDENTIAL_ID_EXTRA, type Identity } from "../identity.ts";
import { ConfigError, type IssuerConfig, type Mapping, type Rule } from "./config.ts";
import { createIssuer, type IssuerEnvironment } from "./issuer.ts";

/** All that are in use, but for those with a shared secret. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"];

const CLAIMS = createEnvironment({ variables: { claims: mapOf(STRING, DYN) }, libraries: KUBERNETES_LIBRARIES });
const USER = createEnvironment({
  variables: {
    user: objectOf("kubernetes.UserInfo", {
      username: STRING,
      uid: STRING,
      groups: listOf(STRING),
      extra: mapOf(STRING, listOf(STRING)),
    }),
  },
  libraries: KUBERNETES_LIBRARIES,
});
const TEXT: readonly CelType[] = [STRING];
const TEXTS: readonly CelType[] = [STRING, listOf(STRING)];

/** @throws ConfigError for expressions that do not compile */
export function createStructured(issuers: readonly IssuerConfig[], environment: IssuerEnvironment): TokenSource {
  const sources = issuers.map((config, i) => {
    const { url, discoveryURL, audiences } = config.issuer;
    const identify = identifier(config, `jwt[${i}]`);
    return createIssuer({ url, discoveryUrl: discoveryURL, audiences, algorithms: ALGORITHMS, identify }, environment);
  });
  return {
    async authenticate(token) {
      for (const source of sources) {
        const found = await source.authenticate(token);
        if (found) return found;
      }
      return undefined;
    },
  };
}

/** Why a token is refused. */
class Refused extends Error {}

type Reader = (claims: JWTPayload) => unknown;

function identifier(config: IssuerConfig, path: string): (claims: JWTPayload) => Identity | { problem: string } {
  const { claimValidationRules, claimMappings, userValidationRules } = config;
  const checkClaims = claimValidationRules.map((rule, i) => claimRule(rule, `${path}.claimValidationRules[${i}]`));
  const checkUser = userValidationRules.map((rule, i) => {
    const program = compiled(rule.expression!, `${path}.userValidationRules[${i}].expression`, USER, [BOOL]);
    return (user: object) => mustHold(program, { user }, rule);
  });
  const where = `${path}.claimMappings`;
  const readName = reader(claimMappings.username, `${where}.username`, TEXT);
  const readGroups = reader(claimMappings.groups, `${where}.groups`, TEXTS);
  const readUid = reader(claimMappings.uid, `${where}.uid`, TEXT);
  const readExtra = claimMappings.extra.map(({ key, valueExpression }, i) => {
    const read = reader({ expression: valueExpression }, `${where}.extra[${i}].valueExpression`, TEXTS);
    return (claims: JWTPayload): [string, string[]] => [key, textsOf(read(claims), `extra ${JSON.stringify(key)}`)];
  });
  return (claims) => {
    try {
      for (const check of checkClaims) check(claims);
      const name = readName(claims);
      if (typeof name !== "string" || name === "") throw new Refused("username claim is empty or no string");
      if (
        claimMappings.username.claim === "email" &&
        claims.email_verified !== undefined &&
        claims.email_verified !== true
      )
        throw new Refused("email not verified");
      const uid = readUid(claims) ?? "";
      if (typeof uid !== "string") throw new Refused("uid claim is no string");
      const given = readExtra.map((read) => read(claims)).filter(([, values]) => values.length > 0);
      const extra = Object.fromEntries([
        ...given,
        ...(claims.jti ? [[CREDENTIAL_ID_EXTRA, [`JTI=${claims.jti}`]] as const] : []),
      ]);
      const groups = textsOf(readGroups(claims), "groups").map((group) => (claimMappings.groups.prefix ?? "") + group);
      const user = (claimMappings.username.prefix ?? "") + name;
      for (const check of checkUser) check({ username: user, uid, groups, extra });
      return {
        user,
        ...(uid !== "" && { uid }),
        groups: [...groups, AUTHENTICATED_GROUP],
        ...(Object.keys(extra).length > 0 && { extra }),
      };
    } catch (error) {
      if (error instanceof Refused) return { problem: `oidc: ${error.message}` };
      throw error;
    }
  };
}

function claimRule(rule: Rule, path: string): (claims: JWTPayload) => void {
  const { claim, requiredValue = "", expression } = rule;
  if (expression !== undefined) {
    const program = compiled(expression, `${path}.expression`, CLAIMS, [BOOL]);
    return (claims) => mustHold(program, { claims }, rule);
  }
  return (claims) => {
    if (claims[claim!] === undefined) throw new Refused(`required claim ${claim} not present in ID token`);
    if (claims[claim!] !== requiredValue)
      throw new Refused(
        `required claim ${claim} value does not match. Got = ${String(claims[claim!])}, want = ${requiredValue}`,
      );
  };
}

function mustHold(program: Program, bindings: { [name: string]: unknown }, { expression, message }: Rule): void {
  if (resultOf(program, bindings) !== true)
    throw new Refused(
      `error evaluating validation expression: validation expression '${expression}' failed${message ? `: ${message}` : ""}`,
    );
}

/** What the token says there; undefined for nothing. */
function reader({ claim, expression }: Mapping, path: string, returns: readonly CelType[]): Reader {
  if (expression !== undefined) {
    const program = compiled(expression, path.endsWith("Expression") ? path : `${path}.expression`, CLAIMS, returns);
    return (claims) => resultOf(program, { claims });
  }
  return (claims) => (claim === undefined ? undefined : claims[claim]);
}

function compiled(text: string, path: string, environment: typeof CLAIMS, returns: readonly CelType[]): Program {
  const result = compileExpression({ text, environment, returns });
  if (!result.ok) throw new ConfigError(path, `compilation failed: ${result.errors.join("; ")}`);
  return result.program;
}

function resultOf(program: Program, bindings: { [name: string]: unknown }): unknown {
  const outcome = program.evaluate(bindings);
  if (!outcome.ok) throw new Refused(`error evaluating expression: ${outcome.error}`);
  return toJson(outcome.value);
}

/** One or several; empty ones are none. */
function textsOf(value: unknown, what: string): string[] {
  const list = value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
  if (list.some((item) => typeof item !== "string"))
    throw new Refused(`${what} claim is neither a string nor a list of strings`);
  return list.filter((item) => item !== "");
}

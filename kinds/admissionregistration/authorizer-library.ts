/**
 * `authorizer.group("apps").resource("deployments").namespace("ns").check("create").allowed()`: what the caller of a
 * request may do. Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-authorizer-library
 */
import { member, type Overload } from "../../machinery/cel/functions/function.ts";
import { BOOL, opaque, STRING } from "../../machinery/cel/types.ts";
import type { OpaqueValue } from "../../machinery/cel/values.ts";

/** What is asked. Either a path, or a resource. */
export interface Question {
  /** Whom it is asked for; absent: the caller. */
  serviceAccount?: { namespace: string; name: string };
  path?: string;
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  fieldSelector: string;
  labelSelector: string;
  verb: string;
}

export interface Decision {
  allowed: boolean;
  reason: string;
  /** Why it could not be decided; "": it could. */
  error: string;
}

export type Decide = (question: Question) => Decision;

const NAMES = {
  authorizer: "kubernetes.authorization.Authorizer",
  path: "kubernetes.authorization.PathCheck",
  group: "kubernetes.authorization.GroupCheck",
  resource: "kubernetes.authorization.ResourceCheck",
  decision: "kubernetes.authorization.Decision",
} as const;

export const AUTHORIZER = opaque(NAMES.authorizer);
export const RESOURCE_CHECK = opaque(NAMES.resource);
const PATH_CHECK = opaque(NAMES.path);
const GROUP_CHECK = opaque(NAMES.group);
const DECISION = opaque(NAMES.decision);

/** A question on its way. */
class Asking implements OpaqueValue {
  readonly opaqueType: string;
  readonly question: Question;
  readonly decide: Decide;

  constructor(opaqueType: string, question: Question, decide: Decide) {
    this.opaqueType = opaqueType;
    this.question = question;
    this.decide = decide;
  }

  with(more: Partial<Question>, opaqueType = this.opaqueType): Asking {
    return new Asking(opaqueType, { ...this.question, ...more }, this.decide);
  }

  equals(other: OpaqueValue): boolean {
    return other === this;
  }
}

class Decided implements OpaqueValue {
  readonly opaqueType = NAMES.decision;
  readonly decision: Decision;

  constructor(decision: Decision) {
    this.decision = decision;
  }

  equals(other: OpaqueValue): boolean {
    return other === this;
  }
}

const NOTHING: Question = {
  group: "",
  resource: "",
  subresource: "",
  namespace: "",
  name: "",
  fieldSelector: "",
  labelSelector: "",
  verb: "",
};

/** The variable `authorizer`. */
export const authorizerValue = (decide: Decide): OpaqueValue => new Asking(NAMES.authorizer, NOTHING, decide);

/** The variable `authorizer.requestResource`. */
export const resourceCheckValue = (decide: Decide, resource: Partial<Question>): OpaqueValue =>
  new Asking(NAMES.resource, { ...NOTHING, ...resource }, decide);

// biome-ignore lint/suspicious/noExplicitAny: the checker has seen to the types
type Any = any;

/** A check costs as much as cel-go's estimate of one: 350,000 of an expression's million. */
const CHECK_COST = 350_000;
const check = (asking: Asking, verb: string): Decided => new Decided(asking.decide({ ...asking.question, verb }));
const setter = (field: keyof Question): Overload =>
  member(field, [RESOURCE_CHECK, STRING], RESOURCE_CHECK, (asking: Any, value: Any) => asking.with({ [field]: value }));
const checker = (of: typeof PATH_CHECK): Overload =>
  member("check", [of, STRING], DECISION, (asking: Any, verb: Any) => check(asking, verb), { cost: () => CHECK_COST });

export const AUTHORIZER_LIBRARY: readonly Overload[] = [
  member("path", [AUTHORIZER, STRING], PATH_CHECK, (asking: Any, path: Any) => asking.with({ path }, NAMES.path)),
  member("group", [AUTHORIZER, STRING], GROUP_CHECK, (asking: Any, group: Any) => asking.with({ group }, NAMES.group)),
  member("serviceAccount", [AUTHORIZER, STRING, STRING], AUTHORIZER, (asking: Any, namespace: Any, name: Any) =>
    asking.with({ serviceAccount: { namespace, name } }),
  ),
  member("resource", [GROUP_CHECK, STRING], RESOURCE_CHECK, (asking: Any, resource: Any) =>
    asking.with({ resource }, NAMES.resource),
  ),
  setter("subresource"),
  setter("namespace"),
  setter("name"),
  setter("fieldSelector"),
  setter("labelSelector"),
  checker(PATH_CHECK),
  checker(RESOURCE_CHECK),
  member("allowed", [DECISION], BOOL, (decided: Any) => decided.decision.allowed),
  member("reason", [DECISION], STRING, (decided: Any) => decided.decision.reason),
  member("errored", [DECISION], BOOL, (decided: Any) => decided.decision.error !== ""),
  member("error", [DECISION], STRING, (decided: Any) => decided.decision.error),
];

/**
 * What the expressions of admission policies and webhooks may name, and what they must evaluate to.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#validation-expression
 */
import { type Compiled, compileExpression } from "../../machinery/cel/compile.ts";
import { createEnvironment, type Environment } from "../../machinery/cel/environment.ts";
import { global } from "../../machinery/cel/functions/function.ts";
import { KUBERNETES_LIBRARIES } from "../../machinery/cel/libraries.ts";
import {
  BOOL,
  type CelType,
  DYN,
  listOf,
  mapOf,
  NULL,
  type ObjectType,
  objectOf,
  STRING,
  TIMESTAMP,
} from "../../machinery/cel/types.ts";
import { AUTHORIZER, AUTHORIZER_LIBRARY, RESOURCE_CHECK } from "./authorizer-library.ts";

const GROUP_VERSION_KIND = objectOf("kubernetes.GroupVersionKind", { group: STRING, version: STRING, kind: STRING });
const GROUP_VERSION_RESOURCE = objectOf("kubernetes.GroupVersionResource", {
  group: STRING,
  version: STRING,
  resource: STRING,
});
const USER_INFO = objectOf("kubernetes.UserInfo", {
  username: STRING,
  uid: STRING,
  groups: listOf(STRING),
  extra: mapOf(STRING, listOf(STRING)),
});
const REQUEST = objectOf("kubernetes.AdmissionRequest", {
  kind: GROUP_VERSION_KIND,
  resource: GROUP_VERSION_RESOURCE,
  subResource: STRING,
  requestKind: GROUP_VERSION_KIND,
  requestResource: GROUP_VERSION_RESOURCE,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo: USER_INFO,
  dryRun: BOOL,
  options: DYN,
});
const NAMESPACE = objectOf("kubernetes.Namespace", {
  metadata: objectOf("kubernetes.NamespaceMetadata", {
    name: STRING,
    generateName: STRING,
    namespace: STRING,
    labels: mapOf(STRING, STRING),
    annotations: mapOf(STRING, STRING),
    UID: { type: STRING, jsonName: "uid" },
    creationTimestamp: TIMESTAMP,
    deletionGracePeriodSeconds: { type: DYN },
    deletionTimestamp: TIMESTAMP,
    generation: { type: DYN },
    resourceVersion: STRING,
    finalizers: listOf(STRING),
  }),
  spec: objectOf("kubernetes.NamespaceSpec", { finalizers: listOf(STRING) }),
  status: objectOf("kubernetes.NamespaceStatus", { phase: STRING, conditions: DYN }),
});

export type { Environment };

export interface ExpressionScope {
  /** Whether there is `params`. */
  hasParams: boolean;
  /** Whether there is `namespaceObject`: webhooks' conditions have none. */
  hasNamespace: boolean;
  /** Whether there is `authorizer`, unless false: messages have none. */
  hasAuthorizer?: boolean;
  /** Types of `variables`, of those before this expression; absent: there are none. */
  variables?: { readonly [name: string]: CelType };
  /** Of `object` and `oldObject`; absent: anything. */
  object?: CelType;
  /** Of `params`; absent: anything. */
  params?: CelType;
  /** Whether objects can be made, for mutations. */
  makesObjects?: boolean;
}

/** `Object`, `Object.spec`, …: the parts of an object to be applied. Their fields are checked when it is. */
function appliedType(name: string): ObjectType | undefined {
  if (name === "JSONPatch") return JSON_PATCH;
  return name === "Object" || name.startsWith("Object.")
    ? { kind: "object", name, field: () => ({ type: DYN }) }
    : undefined;
}
const JSON_PATCH = objectOf("JSONPatch", { op: STRING, path: STRING, from: STRING, value: DYN });
const ESCAPE_KEY = global("jsonpatch.escapeKey", [STRING], STRING, (key) =>
  (key as string).replaceAll("~", "~0").replaceAll("/", "~1"),
);

export function environmentOf(scope: ExpressionScope): Environment {
  const {
    hasParams,
    hasNamespace,
    hasAuthorizer = true,
    variables,
    object = DYN,
    params = DYN,
    makesObjects = false,
  } = scope;
  return createEnvironment({
    variables: {
      object,
      oldObject: object,
      request: REQUEST,
      ...(hasAuthorizer && { authorizer: AUTHORIZER, "authorizer.requestResource": RESOURCE_CHECK }),
      ...(hasNamespace && { namespaceObject: NAMESPACE }),
      ...(hasParams && { params }),
      ...(variables && { variables: objectOf("kubernetes.variables", variables) }),
    },
    libraries: [...KUBERNETES_LIBRARIES, AUTHORIZER_LIBRARY, ...(makesObjects ? [[ESCAPE_KEY]] : [])],
    ...(makesObjects && { struct: appliedType }),
  });
}

/** What an expression of each use evaluates to; absent: anything. */
const RESULTS = {
  condition: [BOOL],
  message: [STRING],
  annotation: [STRING, NULL],
  variable: undefined,
  applied: [appliedType("Object")!],
  patch: [listOf(JSON_PATCH)],
} as const;
export type ExpressionUse = keyof typeof RESULTS;

export function compileFor(text: string, use: ExpressionUse, environment: Environment): Compiled {
  const returns: readonly CelType[] | undefined = RESULTS[use];
  return compileExpression({ text: text.trim(), environment, ...(returns && { returns }) });
}

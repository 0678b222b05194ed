import { describe, expect, it } from "vitest";
import { createErrors } from "../judge.ts";
import { mutatingAdmissionPolicy, validatingAdmissionPolicy, validatingAdmissionPolicyBinding } from "./policies.ts";
import type {
  MutatingAdmissionPolicy,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "./v1-types.ts";

const apiVersion = "admissionregistration.k8s.io/v1";
const metadata = { name: "p" };
const rule = { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["*"], resources: ["deployments"] };
const matchConstraints = { resourceRules: [rule] };

const validating = (spec: object): string[] =>
  createErrors(validatingAdmissionPolicy, {
    apiVersion,
    kind: "ValidatingAdmissionPolicy",
    metadata,
    spec: { matchConstraints, validations: [{ expression: "true" }], ...spec },
  } as ValidatingAdmissionPolicy);
const mutating = (spec: object): string[] =>
  createErrors(mutatingAdmissionPolicy, {
    apiVersion,
    kind: "MutatingAdmissionPolicy",
    metadata,
    spec: { matchConstraints, reinvocationPolicy: "Never", ...spec },
  } as MutatingAdmissionPolicy);
const binding = (spec: object): string[] =>
  createErrors(validatingAdmissionPolicyBinding, {
    apiVersion,
    kind: "ValidatingAdmissionPolicyBinding",
    metadata,
    spec: { policyName: "p", validationActions: ["Deny"], ...spec },
  } as ValidatingAdmissionPolicyBinding);
/** Field and reason. */
const told = (errors: string[]): string[] => errors.map((error) => error.split(": ", 2).join(": "));

describe("validating policies", () => {
  it("APOL-1 are fine with messages of one line, however they end", () => {
    expect(validating({ validations: [{ expression: "true", message: "three at least\n" }] })).toEqual([]);
  });

  it("APOL-2 what is wrong is told where it is", () => {
    const spec = {
      paramKind: { apiVersion: "A_/V1", kind: "a b" },
      matchConstraints: { resourceRules: [{ ...rule, resourceNames: ["a/b", "c", "c"] }] },
      matchConditions: [{ name: "m", expression: "" }],
      variables: [
        { name: "if", expression: "1" },
        { name: "v", expression: "" },
      ],
      validations: [{ expression: "true", messageExpression: "string(authorizer.path('/').check('get').allowed())" }],
      auditAnnotations: [
        { key: "a b", valueExpression: " " },
        { key: "c", valueExpression: `'${"x".repeat(5 * 1024)}'` },
      ],
    };
    expect(told(validating(spec)).sort()).toEqual([
      "spec.auditAnnotations[0].key: Invalid value",
      "spec.auditAnnotations[0].valueExpression: Required value",
      "spec.auditAnnotations[1].valueExpression: Required value",
      "spec.matchConditions[0].expression: Required value",
      "spec.matchConstraints.resourceRules[0].resourceNames[0]: Invalid value",
      "spec.matchConstraints.resourceRules[0].resourceNames[2]: Duplicate value",
      "spec.paramKind.apiVersion: Invalid value",
      "spec.paramKind.apiVersion: Invalid value",
      "spec.paramKind.kind: Invalid value",
      "spec.validations[0].messageExpression: Invalid value",
      "spec.variables[0].name: Invalid value",
      "spec.variables[1].expression: Required value",
    ]);
  });

  it("APOL-3 bindings", () => {
    const paramRef = { name: "a:B", parameterNotFoundAction: "Deny" };
    expect(binding({ paramRef })).toEqual([]);
    expect(told(binding({ paramRef: { ...paramRef, selector: {} }, validationActions: ["Audit", "Audit"] }))).toEqual([
      "spec.paramRef.name: Forbidden",
      "spec.paramRef.selector: Forbidden",
      "spec.validationActions[1]: Duplicate value",
    ]);
    expect(binding({ validationActions: [] })).toEqual([
      "spec.validationActions: Required value: at least one validation action is required",
    ]);
  });
});

it("APOL-4 mutating policies: the patch that is named and no other, of what is not deleted", () => {
  const spec = {
    matchConstraints: { resourceRules: [{ ...rule, operations: ["DELETE"] }] },
    mutations: [
      { patchType: "JSONPatch", applyConfiguration: { expression: "Object{}" } },
      { patchType: "ApplyConfiguration", applyConfiguration: { expression: "" } },
    ],
  };
  expect(told(mutating(spec))).toEqual([
    "spec.mutations[0].jsonPatch: Required value",
    "spec.mutations[0].applyConfiguration: Invalid value",
    "spec.matchConstraints.resourceRules.operations: Unsupported value",
    "spec.mutations[1].applyConfiguration.expression: Required value",
  ]);
});

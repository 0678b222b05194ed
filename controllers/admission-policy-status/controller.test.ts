import { expect, it } from "vitest";
import type { ValidatingAdmissionPolicy } from "../../kinds/admissionregistration/v1-types.ts";
import { registry } from "../../kinds/registry.ts";
import { metadata } from "../../test/fakes/cluster-objects.ts";
import { planPolicyStatus } from "./controller.ts";

const policy = (generation: number, status?: object): ValidatingAdmissionPolicy =>
  ({
    metadata: metadata("p", { namespace: "", generation }),
    spec: {},
    ...(status && { status }),
  }) as ValidatingAdmissionPolicy;

it("[AS1] says which generation was looked at, once", () => {
  const [action] = planPolicyStatus(policy(2, { observedGeneration: 1 }), registry).actions;
  expect(action?.op).toMatchObject({
    subresource: "status",
    patch: { status: { observedGeneration: 2, typeChecking: {} } },
  });
  expect(planPolicyStatus(policy(1), registry).actions).toHaveLength(1);
  expect(planPolicyStatus(policy(2, { observedGeneration: 2, typeChecking: {} }), registry)).toEqual({ actions: [] });
});

it("[AS2] says which fields no object of a type has", () => {
  const rule = {
    apiGroups: ["apps"],
    apiVersions: ["v1"],
    operations: ["CREATE"],
    resources: ["deployments", "daemonsets"],
  };
  const checked: ValidatingAdmissionPolicy = {
    ...policy(1),
    spec: {
      matchConstraints: { resourceRules: [rule] },
      validations: [
        { expression: "object.metadata.name.size() > 3 && has(object.spec.template)" },
        { expression: "object.spec.replicas > 1 && object.spec.size == 2", messageExpression: "object.metadata.nme" },
      ],
    },
  };
  const [action] = planPolicyStatus(checked, registry).actions;
  const { status } = (
    action!.op as unknown as { patch: { status: { typeChecking: { expressionWarnings: object[] } } } }
  ).patch;
  expect(status.typeChecking.expressionWarnings).toEqual([
    {
      fieldRef: "spec.validations[1].expression",
      warning: [
        "apps/v1, Kind=Deployment: ERROR: <input>:1:40: undefined field 'size'",
        " | object.spec.replicas > 1 && object.spec.size == 2",
        " | .......................................^",
        "",
        "apps/v1, Kind=DaemonSet: ERROR: <input>:1:12: undefined field 'replicas'",
        " | object.spec.replicas > 1 && object.spec.size == 2",
        " | ...........^",
        "ERROR: <input>:1:40: undefined field 'size'",
        " | object.spec.replicas > 1 && object.spec.size == 2",
        " | .......................................^",
        "",
      ].join("\n"),
    },
    { fieldRef: "spec.validations[1].messageExpression", warning: expect.stringContaining("undefined field 'nme'") },
  ]);
});

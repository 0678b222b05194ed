import { expect, it } from "vitest";
import type { ValidatingAdmissionPolicy } from "../../kinds/admissionregistration/v1-types.ts";
import { metadata } from "../../test/fakes/cluster-objects.ts";
import { planPolicyStatus } from "./controller.ts";

const policy = (generation: number, status?: object): ValidatingAdmissionPolicy =>
  ({
    metadata: metadata("p", { namespace: "", generation }),
    spec: {},
    ...(status && { status }),
  }) as ValidatingAdmissionPolicy;

it("[AS1] says which generation was looked at, once", () => {
  const [action] = planPolicyStatus(policy(2, { observedGeneration: 1 })).actions;
  expect(action?.op).toMatchObject({
    subresource: "status",
    patch: { status: { observedGeneration: 2, typeChecking: {} } },
  });
  expect(planPolicyStatus(policy(1)).actions).toHaveLength(1);
  expect(planPolicyStatus(policy(2, { observedGeneration: 2, typeChecking: {} }))).toEqual({ actions: [] });
});

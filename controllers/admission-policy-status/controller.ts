import type { ValidatingAdmissionPolicy } from "../../kinds/admissionregistration/v1-types.ts";
import { type Controller, NOTHING, type Plan } from "../runner/controller.ts";
import { statusOp } from "../runner/ops.ts";
import { ADMISSION_POLICIES } from "../view/resources.ts";

/** Says of ValidatingAdmissionPolicies that they have been looked at. */
export const admissionPolicyStatusController: Controller = {
  name: "validatingadmissionpolicy-status-controller",
  watches: {
    [ADMISSION_POLICIES]: ({ type, object }) => (type === "deleted" ? undefined : [object.metadata.name ?? ""]),
  },
  plan(name, view) {
    const policy = view.admissionPolicies.get("", name);
    return policy ? planPolicyStatus(policy as ValidatingAdmissionPolicy) : NOTHING;
  },
};

/** Expressions are not checked against the types they are about: there is nothing to warn of, ever. */
export function planPolicyStatus(policy: ValidatingAdmissionPolicy): Plan {
  const generation = policy.metadata.generation ?? 0;
  const { observedGeneration = 0, typeChecking: _before, ...status } = policy.status ?? {};
  if (generation <= observedGeneration) return NOTHING;
  const next = { ...status, observedGeneration: generation, typeChecking: {} };
  const op = statusOp(ADMISSION_POLICIES, policy, next);
  return op ? { actions: [{ op }] } : NOTHING;
}

import { typeCheckWarnings } from "../../kinds/admissionregistration/type-checking.ts";
import type { ValidatingAdmissionPolicy } from "../../kinds/admissionregistration/v1-types.ts";
import type { Registry } from "../../kinds/kind.ts";
import { types } from "../../kinds/types.ts";
import { type Controller, NOTHING, type Plan } from "../runner/controller.ts";
import { statusOp } from "../runner/ops.ts";
import { ADMISSION_POLICIES } from "../view/resources.ts";

/** Says of ValidatingAdmissionPolicies that they have been looked at, and what their expressions get wrong. */
export const admissionPolicyStatusController: Controller = {
  name: "validatingadmissionpolicy-status-controller",
  watches: {
    [ADMISSION_POLICIES]: ({ type, object }) => (type === "deleted" ? undefined : [object.metadata.name ?? ""]),
  },
  plan(name, view) {
    const policy = view.admissionPolicies.get("", name);
    return policy ? planPolicyStatus(policy as ValidatingAdmissionPolicy, view.registry) : NOTHING;
  },
};

/** Its expressions are checked once for each generation. */
export function planPolicyStatus(policy: ValidatingAdmissionPolicy, registry: Registry): Plan {
  const generation = policy.metadata.generation ?? 0;
  const { observedGeneration = 0, typeChecking: _before, ...status } = policy.status ?? {};
  if (generation <= observedGeneration) return NOTHING;
  const expressionWarnings = typeCheckWarnings(policy, { registry, types });
  const typeChecking = expressionWarnings.length > 0 ? { expressionWarnings } : {};
  const op = statusOp(ADMISSION_POLICIES, policy, { ...status, observedGeneration: generation, typeChecking });
  return op ? { actions: [{ op }] } : NOTHING;
}

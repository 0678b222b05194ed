/** When a certificate request was decided, for deciders that do not say it. */
import type { CertificateSigningRequest } from "../../../kinds/certificates/v1-types.ts";
import { formatTime } from "../../../machinery/clock.ts";
import type { StorageHooks } from "./hooks.ts";

export const certificateRequestHooks: StorageHooks = {
  beforeUpdate(next, prev, env) {
    const before = (prev as CertificateSigningRequest).status?.conditions;
    const now = formatTime(env.clock.now());
    for (const condition of (next as CertificateSigningRequest).status?.conditions ?? []) {
      condition.lastUpdateTime ??= now;
      const same = before?.find(({ type, status }) => type === condition.type && status === condition.status);
      condition.lastTransitionTime ??= same?.lastTransitionTime ?? now;
    }
  },
};

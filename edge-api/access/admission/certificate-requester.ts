/**
 * A certificate request says who made it, and when its conditions came about: what upstream's storage of requests fills
 * in once all plugins have had their say.
 */
import { formatTime } from "../../../machinery/clock.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { AdmissionPlugin } from "./plugin.ts";

export const REQUESTS = "certificatesigningrequests.certificates.k8s.io";

interface Condition {
  type: string;
  status: string;
  lastUpdateTime?: string | null;
  lastTransitionTime?: string | null;
}

export interface CertificateSigningRequest extends KubeObject {
  spec: {
    request?: string;
    signerName?: string;
    usages?: string[];
    expirationSeconds?: number;
    username?: string;
    uid?: string;
    groups?: readonly string[];
    extra?: { readonly [key: string]: readonly string[] };
  };
  status?: { conditions?: Condition[]; certificate?: string };
}

export const certificateRequester: AdmissionPlugin = {
  name: "CertificateSigningRequest",
  resources: [REQUESTS],
  admit({ operation, subresource, object, old, identity }, { clock }) {
    const request = object as CertificateSigningRequest;
    if (operation === "CREATE") {
      const { username: _name, uid: _uid, groups: _groups, extra: _extra, ...spec } = request.spec ?? {};
      const { user, uid, groups, extra } = identity;
      request.spec = {
        ...spec,
        username: user,
        ...(uid && { uid }),
        ...(groups.length > 0 && { groups }),
        ...(extra && Object.keys(extra).length > 0 && { extra }),
      };
    } else if (operation === "UPDATE" && subresource !== "") {
      const before = (old as CertificateSigningRequest).status?.conditions ?? [];
      dateConditions(request.status?.conditions ?? [], before, formatTime(clock.now()));
    }
  },
};

/** Changes `conditions`. A condition that stands as before keeps the time of its last transition. */
function dateConditions(conditions: Condition[], before: readonly Condition[], now: string): void {
  for (const condition of conditions) {
    condition.lastUpdateTime ||= now;
    const { type, status } = condition;
    const same = before.find((other) => other.type === type && other.status === status && other.lastTransitionTime);
    condition.lastTransitionTime ||= same?.lastTransitionTime || now;
  }
}

/** ServiceAccount. Source: https://kubernetes.io/docs/concepts/security/service-accounts/ */
import { age, nameOf } from "../common/rows.ts";
import type { Strategy } from "../kind.ts";
import type { ServiceAccount } from "./v1-types.ts";

/** Of the secrets only names count. Changes `next`. */
function onlyNames(next: ServiceAccount): ServiceAccount {
  if (next.secrets) next.secrets = next.secrets.map(({ name }) => (name === undefined ? {} : { name }));
  return next;
}

export const serviceAccount: Strategy<ServiceAccount> = {
  prepareForCreate: onlyNames,
  prepareForUpdate: onlyNames,
  row: (object, nowMs) => [nameOf(object), object.secrets?.length ?? 0, age(object, nowMs)],
};

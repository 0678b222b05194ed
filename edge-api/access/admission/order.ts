/** The admission plugins, in the order kube-apiserver runs them. */
import { escalationCheck } from "../rbac/escalation.ts";
import { defaultTolerationSeconds } from "./default-toleration-seconds.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import { nodeRestriction } from "./node-restriction.ts";
import type { AdmissionPlugin } from "./plugin.ts";
import { priority } from "./priority.ts";
import { serviceAccount } from "./service-account.ts";

export const ADMISSION_PLUGINS: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  serviceAccount,
  nodeRestriction,
  priority,
  defaultTolerationSeconds,
  // Not a plugin upstream, but what its storage of roles does once all plugins have had their say.
  escalationCheck,
];

/** Endpoints that are not reading or writing an object as it is stored, and where each stands. */
import type { Target } from "../../verbs/environment.ts";
import { accessReview, selfSubjectRulesReview } from "./access-reviews.ts";
import { binding } from "./binding.ts";
import { componentStatuses } from "./component-statuses.ts";
import type { SpecialEndpoint } from "./endpoint.ts";
import { eviction } from "./eviction.ts";
import { selfSubjectReview, tokenReview } from "./identity-reviews.ts";
import {
  nodeProxyRoute,
  podAttach,
  podExec,
  podLog,
  podPortForward,
  podProxyRoute,
  serviceProxyRoute,
} from "./node-route.ts";
import { nodeMetrics, podMetrics } from "./resource-metrics.ts";
import { scale } from "./scale.ts";
import { token } from "./token.ts";

/** By storage key and subresource, or by storage key alone for kinds that are never stored. */
const BY_TARGET: ReadonlyMap<string, SpecialEndpoint> = new Map([
  ["bindings", binding],
  ["componentstatuses", componentStatuses],
  ["pods/binding", binding],
  ["pods/eviction", eviction],
  ["pods/log", podLog],
  ["pods/exec", podExec],
  ["pods/attach", podAttach],
  ["pods/portforward", podPortForward],
  ["pods/proxy", podProxyRoute],
  ["services/proxy", serviceProxyRoute],
  ["nodes/proxy", nodeProxyRoute],
  ["serviceaccounts/token", token],
  ["selfsubjectaccessreviews.authorization.k8s.io", accessReview],
  ["subjectaccessreviews.authorization.k8s.io", accessReview],
  ["localsubjectaccessreviews.authorization.k8s.io", accessReview],
  ["selfsubjectrulesreviews.authorization.k8s.io", selfSubjectRulesReview],
  ["selfsubjectreviews.authentication.k8s.io", selfSubjectReview],
  ["nodes.metrics.k8s.io", nodeMetrics],
  ["pods.metrics.k8s.io", podMetrics],
  ["tokenreviews.authentication.k8s.io", tokenReview],
]);

export function specialEndpoint({ kind, subresource }: Target): SpecialEndpoint | undefined {
  if (subresource === "scale") return scale;
  return BY_TARGET.get(subresource === "" ? kind.storage : `${kind.storage}/${subresource}`);
}

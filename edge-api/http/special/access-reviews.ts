/**
 * Who may do what: SubjectAccessReview and its kin, which are answered and not stored.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/
 */
import { invalidObject } from "../../../machinery/meta/field-error.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { badRequest } from "../../../machinery/meta/status.ts";
import { askedBy, type ReviewKind, type ReviewSpec, reviewErrors } from "../../access/access-review.ts";
import { type Identity, isNode } from "../../access/identity.ts";
import { decodeKind } from "../../verbs/decode.ts";
import { admitSubresource, type Target } from "../../verbs/environment.ts";
import { matchNamespace } from "../../verbs/metadata.ts";
import type { RequestContext } from "../context.ts";
import { writeOptions } from "../options.ts";
import { bodyOf, callerOf } from "../request.ts";
import { json } from "../respond.ts";
import type { SpecialEndpoint } from "./endpoint.ts";

/** What is asked, admitted as what is created: policies may be about it. */
export async function reviewBody(context: RequestContext, target: Target): Promise<KubeObject> {
  const { env } = context.services;
  const { fieldValidation, dryRun } = writeOptions(context, "CreateOptions");
  const { value, duplicateFields } = await bodyOf(context, target.kind.kind);
  const caller = callerOf(context, { dryRun });
  const decoding = { fieldValidation, duplicateFields, warn: caller.warn };
  const review = decodeKind(env, value, target.kind, decoding);
  matchNamespace(review.metadata, target.namespace);
  admitSubresource(env, target, caller, review);
  return review;
}

/** Of all three kinds: they differ in whom they ask about, and in what is allowed in them. */
export const accessReview: SpecialEndpoint = async (context, target) => {
  const review = await reviewBody(context, target);
  const { group, kind } = target.kind;
  const errors = reviewErrors(kind as ReviewKind, review);
  if (errors.length > 0) throw invalidObject({ group, kind, name: "" }, errors);
  const spec = review.spec as ReviewSpec;
  const identity = kind === "SelfSubjectAccessReview" ? context.identity : subjectOf(spec);
  const { access, evaluationError } = askedBy(spec);
  const { decision, reason } = context.services.authorizer.authorize(identity, access);
  review.status = {
    allowed: decision === "allow",
    ...(decision === "deny" && { denied: true }),
    ...(reason && { reason }),
    ...(evaluationError && { evaluationError }),
  };
  return json(context, 201, JSON.stringify(review));
};

const subjectOf = ({ user = "", groups = [], uid, extra }: ReviewSpec): Identity => ({
  user,
  groups,
  ...(uid && { uid }),
  ...(extra && { extra }),
});

const NODE_RULES = "node authorizer does not support user rule resolution";

/** What the caller may do in a namespace, as `kubectl auth can-i --list` shows it. */
export const selfSubjectRulesReview: SpecialEndpoint = async (context, target) => {
  const { spec, ...review } = await reviewBody(context, target);
  const { namespace } = (spec ?? {}) as { namespace?: string };
  if (!namespace) throw badRequest("no namespace on request");
  const { identity, services } = context;
  const rules = services.rulesFor(identity, namespace);
  const problems = [isNode(identity) ? NODE_RULES : undefined, services.rulesProblem(identity, namespace)].filter(
    (problem) => problem !== undefined,
  );
  const status = {
    resourceRules: rules
      .filter(({ resources }) => resources?.length)
      .map(({ verbs, apiGroups, resources, resourceNames }) => ({ verbs, apiGroups, resources, resourceNames })),
    nonResourceRules: rules
      .filter(({ nonResourceURLs }) => nonResourceURLs?.length)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    // What a node may do besides follows from its pods.
    incomplete: isNode(identity),
    ...(problems.length > 0 && { evaluationError: problems.length > 1 ? `[${problems.join(", ")}]` : problems[0] }),
  };
  return json(context, 201, JSON.stringify({ ...review, spec: {}, status }));
};

/**
 * Who may do what: SubjectAccessReview and its kin, which are answered and not stored.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/authorization-resources/
 */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { badRequest } from "../../../machinery/meta/status.ts";
import type { Access } from "../../access/authorize.ts";
import { type Identity, MASTERS_GROUP } from "../../access/identity.ts";
import { decodeKind } from "../../verbs/decode.ts";
import type { Target } from "../../verbs/environment.ts";
import type { RequestContext } from "../context.ts";
import { writeOptions } from "../options.ts";
import { bodyOf, callerOf } from "../request.ts";
import { json } from "../respond.ts";
import type { SpecialEndpoint } from "./endpoint.ts";

interface ResourceAttributes {
  namespace?: string;
  verb?: string;
  group?: string;
  resource?: string;
  subresource?: string;
  name?: string;
}

interface ReviewSpec {
  resourceAttributes?: ResourceAttributes;
  nonResourceAttributes?: { path?: string; verb?: string };
  user?: string;
  groups?: string[];
  uid?: string;
  extra?: { [key: string]: string[] };
}

export async function reviewBody(context: RequestContext, target: Target): Promise<KubeObject> {
  const { fieldValidation } = writeOptions(context, "CreateOptions");
  const { value, duplicateFields } = await bodyOf(context);
  const { warn } = callerOf(context, { dryRun: false });
  return decodeKind(context.services.env, value, target.kind, { fieldValidation, duplicateFields, warn });
}

function accessOf({ resourceAttributes: r, nonResourceAttributes: n }: ReviewSpec): Access {
  if ((r === undefined) === (n === undefined))
    throw badRequest("exactly one of nonResourceAttributes or resourceAttributes must be specified");
  return {
    isResource: r !== undefined,
    verb: r?.verb ?? n?.verb ?? "",
    group: r?.group ?? "",
    resource: r?.resource ?? "",
    subresource: r?.subresource ?? "",
    namespace: r?.namespace ?? "",
    name: r?.name ?? "",
    path: n?.path ?? "",
  };
}

function answer(context: RequestContext, review: KubeObject, identity: Identity, access: Access): Response {
  const { decision, reason } = context.services.authorizer.authorize(identity, access);
  review.status = {
    allowed: decision === "allow",
    ...(decision === "deny" && { denied: true }),
    ...(reason && { reason }),
  };
  return json(context, 201, JSON.stringify(review));
}

export const selfSubjectAccessReview: SpecialEndpoint = async (context, target) => {
  const review = await reviewBody(context, target);
  return answer(context, review, context.identity, accessOf((review.spec ?? {}) as ReviewSpec));
};

export const subjectAccessReview: SpecialEndpoint = async (context, target) => {
  const review = await reviewBody(context, target);
  const spec = (review.spec ?? {}) as ReviewSpec;
  if (!spec.user && !spec.groups?.length) throw badRequest("at least one of user or group must be specified");
  const access = accessOf(spec);
  if (target.kind.namespaced && access.namespace !== target.namespace)
    throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${target.namespace}`);
  const identity: Identity = {
    user: spec.user ?? "",
    groups: spec.groups ?? [],
    ...(spec.uid && { uid: spec.uid }),
    ...(spec.extra && { extra: spec.extra }),
  };
  return answer(context, review, identity, access);
};

/** What the caller may do in a namespace, as `kubectl auth can-i --list` shows it. */
export const selfSubjectRulesReview: SpecialEndpoint = async (context, target) => {
  const review = await reviewBody(context, target);
  const { namespace } = (review.spec ?? {}) as { namespace?: string };
  if (!namespace) throw badRequest("no namespace on request");
  const { identity, services } = context;
  const everything = identity.groups.includes(MASTERS_GROUP);
  const rules = everything
    ? [
        { verbs: ["*"], apiGroups: ["*"], resources: ["*"] },
        { verbs: ["*"], nonResourceURLs: ["*"] },
      ]
    : services.rulesFor(identity, namespace);
  review.status = {
    resourceRules: rules
      .filter((rule) => rule.resources !== undefined)
      .map(({ nonResourceURLs: _urls, ...rule }) => rule),
    nonResourceRules: rules
      .filter((rule) => rule.nonResourceURLs !== undefined)
      .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: false,
  };
  return json(context, 201, JSON.stringify(review));
};

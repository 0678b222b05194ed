/** Who is this: SelfSubjectReview and TokenReview. */
import { type Identity, serviceAccountOf } from "../../access/identity.ts";
import { isAlive } from "../../access/live-account.ts";
import { hasAudience } from "../../access/tokens.ts";
import { json } from "../respond.ts";
import { reviewBody } from "./access-reviews.ts";
import type { SpecialEndpoint } from "./endpoint.ts";

const userInfo = ({ user, uid, groups, extra }: Identity): object => ({
  username: user,
  ...(uid && { uid }),
  ...(groups.length > 0 && { groups }),
  ...(extra && Object.keys(extra).length > 0 && { extra }),
});

export const selfSubjectReview: SpecialEndpoint = async (context, target) => {
  const review = await reviewBody(context, target);
  review.status = { userInfo: userInfo(context.identity) };
  return json(context, 201, JSON.stringify(review));
};

export const tokenReview: SpecialEndpoint = async (context, target) => {
  const review = await reviewBody(context, target);
  const { token = "", audiences = [] } = (review.spec ?? {}) as { token?: string; audiences?: string[] };
  const { env, authenticator, tokens } = context.services;
  const refused = (error: string): Response => {
    review.status = { authenticated: false, user: {}, error };
    return json(context, 201, JSON.stringify(review));
  };
  const identity = await authenticator.authenticate(token, audiences);
  if (!identity || !isAlive(env.store, identity)) return refused("[invalid bearer token]");
  const wanted = audiences.length > 0 ? audiences : [tokens.issuer];
  // Only a service account's token says for whom it is meant.
  const claims = serviceAccountOf(identity.user) ? await tokens.verify(token) : undefined;
  const shared = claims ? wanted.filter((audience) => hasAudience(claims, [audience])) : wanted;
  review.status = { authenticated: true, user: userInfo(identity), ...(shared.length > 0 && { audiences: shared }) };
  return json(context, 201, JSON.stringify(review));
};

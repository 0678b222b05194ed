/** Who is this: SelfSubjectReview and TokenReview. */
import { formatTime } from "../../../machinery/clock.ts";
import { badRequest } from "../../../machinery/meta/status.ts";
import type { Identity } from "../../access/identity.ts";
import { accountProblem } from "../../access/live-account.ts";
import type { Answer } from "../reply.ts";
import { json } from "../respond.ts";
import { noteToken } from "../token-notes.ts";
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
  review.metadata.creationTimestamp = formatTime(context.services.env.clock.now());
  review.status = { userInfo: userInfo(context.identity) };
  return json(context, 201, JSON.stringify(review));
};

export const tokenReview: SpecialEndpoint = async (context, target) => {
  const review = await reviewBody(context, target);
  const { token = "", audiences = [] } = (review.spec ?? {}) as { token?: string; audiences?: string[] };
  if (token === "") throw badRequest("token is required for TokenReview in authentication");
  const { env, authenticator, tokens } = context.services;
  const refused = (error: string): Answer => {
    review.status = { user: {}, error };
    return json(context, 201, JSON.stringify(review));
  };
  const reviewed = await authenticator.review(token, audiences);
  if ("problem" in reviewed) return refused(reviewed.problem);
  const { identity } = reviewed;
  const problem = accountProblem(env.store, identity, env.clock.now());
  if (problem !== undefined) return refused(problem);
  noteToken(context, identity);
  // Tokens that say for whom they are meant are those of service accounts alone.
  const own = audiences.length > 0 ? tokens.audiences.filter((item) => audiences.includes(item)) : tokens.audiences;
  const shared = reviewed.audiences ?? own;
  if (shared.length === 0) return refused("invalid bearer token");
  review.status = { authenticated: true, user: userInfo(identity), audiences: shared };
  return json(context, 201, JSON.stringify(review));
};

/** Any error becomes a Status; what nobody foresaw is reported and answered with 500 without saying what it was. */
import type { Subject } from "../../../machinery/meta/status.ts";
import { isUnexpected, statusOf } from "../../verbs/errors.ts";
import type { Filter, RequestContext } from "../context.ts";
import { statusResponse } from "../respond.ts";

export const recover: Filter = async (context, next) => {
  try {
    return await next(context);
  } catch (error) {
    if (isUnexpected(error)) {
      context.services.report(error, `${context.method} ${context.info.path} audit-id ${context.auditId}`);
    }
    return statusResponse(context, statusOf(error, subjectOf(context)));
  }
};

const subjectOf = ({ info }: RequestContext): Subject => ({
  group: info.group,
  resource: info.resource,
  name: info.name,
});

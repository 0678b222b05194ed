/** The bounds of a LimitRange, with upstream's words for what breaks them. Pure. */
import { canonicalQuantity, milliValue } from "../../../machinery/meta/quantity.ts";

export type ResourceList = { [resource: string]: string };

export interface LimitRangeItem {
  type: string;
  min?: ResourceList;
  max?: ResourceList;
  default?: ResourceList;
  defaultRequest?: ResourceList;
  maxLimitRequestRatio?: ResourceList;
}

export interface Asked {
  requests: ResourceList;
  /** Absent: of something that has no limits (a claim). */
  limits?: ResourceList;
}

interface Bound {
  /** "Container", "Pod", "PersistentVolumeClaim" */
  type: string;
  resource: string;
  /** The bound. */
  bound: string;
  request: string | undefined;
  limit: string | undefined;
}

/** Every bound that is broken. */
export function limitProblems({ type, min, max, maxLimitRequestRatio }: LimitRangeItem, asked: Asked): string[] {
  const problems: string[] = [];
  const check = (bounds: ResourceList | undefined, problemOf: (bound: Bound) => string | undefined): void => {
    for (const [resource, text] of Object.entries(bounds ?? {})) {
      const request = Object.hasOwn(asked.requests, resource) ? asked.requests[resource] : undefined;
      const limit = asked.limits && Object.hasOwn(asked.limits, resource) ? asked.limits[resource] : undefined;
      const problem = problemOf({ type, resource, bound: canonicalQuantity(text), request, limit });
      if (problem !== undefined) problems.push(problem);
    }
  };
  check(min, minProblem);
  check(max, asked.limits ? maxProblem : maxRequestProblem);
  check(maxLimitRequestRatio, ratioProblem);
  return problems;
}

const below = (a: string, b: string): boolean => milliValue(a) < milliValue(b);

function minProblem({ type, resource, bound, request, limit }: Bound): string | undefined {
  const what = `minimum ${resource} usage per ${type} is ${bound}`;
  if (request === undefined) return `${what}.  No request is specified`;
  if (below(request, bound)) return `${what}, but request is ${canonicalQuantity(request)}`;
  if (limit !== undefined && below(limit, bound)) return `${what}, but limit is ${canonicalQuantity(limit)}`;
  return undefined;
}

function maxProblem({ type, resource, bound, request, limit }: Bound): string | undefined {
  const what = `maximum ${resource} usage per ${type} is ${bound}`;
  if (limit === undefined) return `${what}.  No limit is specified`;
  if (below(bound, limit)) return `${what}, but limit is ${canonicalQuantity(limit)}`;
  if (request !== undefined && below(bound, request)) return `${what}, but request is ${canonicalQuantity(request)}`;
  return undefined;
}

function maxRequestProblem({ type, resource, bound, request }: Bound): string | undefined {
  const what = `maximum ${resource} usage per ${type} is ${bound}`;
  if (request === undefined) return `${what}.  No request is specified`;
  return below(bound, request) ? `${what}, but request is ${canonicalQuantity(request)}` : undefined;
}

function ratioProblem({ type, resource, bound, request, limit }: Bound): string | undefined {
  const what = `${resource} max limit to request ratio per ${type} is ${bound}`;
  const [asked, most] = [milliValue(request ?? "0"), milliValue(limit ?? "0")];
  if (asked === 0) return `${what}, but no request is specified or request is 0`;
  if (most === 0) return `${what}, but no limit is specified or limit is 0`;
  const ratio = most / asked;
  return ratio * 1000 > milliValue(bound) ? `${what}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}

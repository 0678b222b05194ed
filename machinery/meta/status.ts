/**
 * metav1.Status and the errors that become one. `code` and `reason` follow apimachinery's errors package:
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/
 */

export type StatusReason =
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Gone"
  | "Invalid"
  | "ServerTimeout"
  | "Timeout"
  | "TooManyRequests"
  | "BadRequest"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "InternalError"
  | "Expired"
  | "ServiceUnavailable"
  | "NotImplemented"
  | "";

export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: number;
}

export interface Status {
  kind: "Status";
  apiVersion: "v1";
  metadata: { continue?: string };
  status: "Success" | "Failure";
  message?: string;
  reason?: StatusReason;
  details?: StatusDetails;
  code: number;
}

/** Thrown anywhere behind the API; one filter turns it into the response. */
export class ApiError extends Error {
  readonly status: Status;

  constructor(code: number, reason: StatusReason, message: string, details?: StatusDetails, continueToken?: string) {
    super(message);
    this.name = "ApiError";
    this.status = {
      kind: "Status",
      apiVersion: "v1",
      metadata: continueToken === undefined ? {} : { continue: continueToken },
      status: "Failure",
      message,
      ...(reason && { reason }),
      ...(details && { details }),
      code,
    };
  }

  get code(): number {
    return this.status.code;
  }
}

/** What an error is about: the group and plural of a resource, and the object's name ("" when it has none yet). */
export interface Subject {
  group: string;
  resource: string;
  name: string;
}

const about = ({ group, resource, name }: Subject): StatusDetails => ({
  ...(name && { name }),
  ...(group && { group }),
  kind: resource,
});

/** `pods "web"` or `deployments.apps "web"`, as upstream's messages begin. */
export const qualified = ({ group, resource, name }: Subject): string =>
  `${group ? `${resource}.${group}` : resource} "${name}"`;

export const notFound = (s: Subject): ApiError => new ApiError(404, "NotFound", `${qualified(s)} not found`, about(s));

export const alreadyExists = (s: Subject): ApiError =>
  new ApiError(409, "AlreadyExists", `${qualified(s)} already exists`, about(s));

export const conflict = (s: Subject, why: string): ApiError =>
  new ApiError(409, "Conflict", `Operation cannot be fulfilled on ${qualified(s)}: ${why}`, about(s));

export const forbidden = (s: Subject, why: string): ApiError =>
  new ApiError(
    403,
    "Forbidden",
    s.name
      ? `${qualified(s)} is forbidden: ${why}`
      : `${s.group ? `${s.resource}.${s.group}` : s.resource} is forbidden: ${why}`,
    about(s),
  );

export const badRequest = (message: string): ApiError => new ApiError(400, "BadRequest", message);

export const unauthorized = (): ApiError => new ApiError(401, "Unauthorized", "Unauthorized");

export const methodNotAllowed = (s: Subject, verb: string): ApiError =>
  new ApiError(
    405,
    "MethodNotAllowed",
    `${verb} is not supported on resources of kind "${s.group ? `${s.resource}.${s.group}` : s.resource}"`,
    about(s),
  );

export const notAcceptable = (message: string): ApiError => new ApiError(406, "NotAcceptable", message);

export const unsupportedMediaType = (message: string): ApiError => new ApiError(415, "UnsupportedMediaType", message);

export const tooLarge = (message: string): ApiError => new ApiError(413, "RequestEntityTooLarge", message);

/** A revision fell behind compaction. `continueToken` lets a list go on inconsistently. */
export const expired = (message: string, continueToken?: string): ApiError =>
  new ApiError(410, "Expired", message, undefined, continueToken);

export const internalError = (message: string): ApiError =>
  new ApiError(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });

/** For what kedge does not do yet: says so, never pretends. */
export const notImplemented = (what: string): ApiError =>
  new ApiError(501, "NotImplemented", `kedge does not implement ${what} yet`);

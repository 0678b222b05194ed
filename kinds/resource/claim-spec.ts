/**
 * What a ResourceClaim asks for, also inside templates.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
import { compilationFailure } from "../../machinery/cel/compile.ts";
import {
  type FieldError,
  fieldForbidden,
  invalid,
  notSupported,
  required,
  tooLong,
} from "../../machinery/meta/field-error.ts";
import { checkLabel, checkPresent, checkSubdomain, NOT_POSITIVE } from "../common/checks.ts";
import { checkList, checkSet } from "../common/lists.ts";
import { compileDeviceExpression, isTooComplex } from "./device-expressions.ts";
import { checkDriverName, checkFullAttributeName } from "./names.ts";
import { checkToleration } from "./taints.ts";
import type {
  DeviceClaim,
  DeviceClaimConfiguration,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  ExactDeviceRequest,
  OpaqueDeviceConfiguration,
  ResourceClaimSpec,
} from "./v1-types.ts";

export const MAX_REQUESTS = 32;
export const MAX_CONFIGS = 32;
const MAX_CONSTRAINTS = 32;
const MAX_SUB_REQUESTS = 8;
const MAX_SELECTORS = 32;
const MAX_EXPRESSION = 10 * 1024;
const MAX_PARAMETERS = 10 * 1024;
const MODES = ["All", "ExactCount"];
const ONE_KIND = "exactly one of `exactly` or `firstAvailable` is required";
const NO_SUCH_REQUEST =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

/** Names of requests, each with those of its alternatives. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>;

export const requestNames = (claim: DeviceClaim | undefined): RequestNames =>
  new Map(claim?.requests?.map(({ name, firstAvailable = [] }) => [name, new Set(firstAvailable.map((r) => r.name))]));

function defaultRequest(request: ExactDeviceRequest | DeviceSubRequest): void {
  request.allocationMode ||= "ExactCount";
  if (request.allocationMode === "ExactCount") request.count ||= 1;
  for (const toleration of request.tolerations ?? []) toleration.operator ||= "Equal";
}

/** Changes `spec`. */
export function defaultResourceClaimSpec(spec: ResourceClaimSpec): void {
  for (const request of spec.devices?.requests ?? []) {
    if (request.exactly) defaultRequest(request.exactly);
    for (const alternative of request.firstAvailable ?? []) defaultRequest(alternative);
  }
}

function checkExpression(errors: FieldError[], expression: string, path: string): void {
  // A longer one is not worth compiling.
  if (expression.length > MAX_EXPRESSION) errors.push(tooLong(path, MAX_EXPRESSION));
  else {
    const compiled = compileDeviceExpression(expression, { estimates: true });
    if (!compiled.ok) errors.push(invalid(path, expression, compilationFailure(compiled.errors)));
    else if (isTooComplex(compiled.estimate!)) errors.push(fieldForbidden(path, "too complex, exceeds cost limit"));
  }
}

export function checkSelectors(
  errors: FieldError[],
  selectors: readonly DeviceSelector[] | undefined,
  path: string,
): void {
  checkList(errors, selectors, path, {
    max: MAX_SELECTORS,
    each(found, { cel }, at) {
      if (!cel) found.push(required(`${at}.cel`));
      else checkExpression(found, cel.expression ?? "", `${at}.cel.expression`);
    },
  });
}

function checkDevices(errors: FieldError[], request: ExactDeviceRequest | DeviceSubRequest, path: string): void {
  const { deviceClassName, allocationMode, count = 0 } = request;
  if (checkPresent(errors, deviceClassName, `${path}.deviceClassName`)) {
    checkSubdomain(errors, deviceClassName, `${path}.deviceClassName`);
  }
  checkSelectors(errors, request.selectors, `${path}.selectors`);
  if (allocationMode === "All") {
    if (count !== 0) {
      errors.push(invalid(`${path}.count`, count, "must not be specified when allocationMode is 'All'"));
    }
  } else if (allocationMode === "ExactCount") {
    if (count <= 0) errors.push(invalid(`${path}.count`, count, NOT_POSITIVE));
  } else errors.push(notSupported(`${path}.allocationMode`, allocationMode ?? "", MODES));
  request.tolerations?.forEach((toleration, i) => {
    checkToleration(errors, toleration, `${path}.tolerations[${i}]`);
  });
}

function checkRequest(errors: FieldError[], request: DeviceRequest, path: string): void {
  checkLabel(errors, request.name, `${path}.name`);
  const alternatives = request.firstAvailable ?? [];
  if (alternatives.length > 0 && request.exactly) {
    errors.push(invalid(path, "null", `${ONE_KIND}, but multiple fields are set`));
  } else if (request.exactly) checkDevices(errors, request.exactly, `${path}.exactly`);
  else if (alternatives.length === 0) errors.push(required(path, ONE_KIND));
  checkSet(errors, request.exactly ? [] : alternatives, `${path}.firstAvailable`, {
    max: MAX_SUB_REQUESTS,
    key: ({ name }) => name,
    each(found, alternative, at) {
      checkLabel(found, alternative.name, `${at}.name`);
      checkDevices(found, alternative, at);
    },
  });
}

/** A reference to one of the claim's requests. */
export function checkRequestName(errors: FieldError[], name: string, path: string, names: RequestNames): void {
  const segments = name.split("/");
  if (segments.length > 2) {
    errors.push(invalid(path, name, NO_SUCH_REQUEST));
    return;
  }
  for (const segment of segments) checkLabel(errors, segment, path);
  const [request = "", alternative] = segments;
  const alternatives = names.get(request);
  if (!alternatives || (alternative !== undefined && !alternatives.has(alternative))) {
    errors.push(invalid(path, name, NO_SUCH_REQUEST));
  }
}

export function checkRequestNames(
  errors: FieldError[],
  requests: readonly string[] | undefined,
  path: string,
  names: RequestNames,
): void {
  checkSet(errors, requests, path, {
    max: MAX_REQUESTS,
    key: (name) => name,
    each: (found, name, at) => checkRequestName(found, name, at, names),
  });
}

function checkConstraint(errors: FieldError[], constraint: DeviceConstraint, path: string, names: RequestNames): void {
  checkRequestNames(errors, constraint.requests, `${path}.requests`, names);
  const { matchAttribute, distinctAttribute } = constraint;
  if (matchAttribute !== undefined) checkFullAttributeName(errors, matchAttribute, `${path}.matchAttribute`);
  else if (distinctAttribute !== undefined) {
    checkFullAttributeName(errors, distinctAttribute, `${path}.distinctAttribute`);
  } else {
    const detail = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
    errors.push(required(path, detail));
  }
}

/** A JSON object of any content, up to a length. */
export function checkRawObject(errors: FieldError[], raw: unknown, path: string, maxLength: number): void {
  if (raw === undefined || raw === null) errors.push(required(path));
  else if (JSON.stringify(raw).length > maxLength) errors.push(tooLong(path, maxLength));
  else if (typeof raw !== "object" || Array.isArray(raw)) {
    errors.push(invalid(path, "<value omitted>", "must be a valid JSON object"));
  }
}

/** Parameters that are stored already may be longer than new ones. */
export function checkOpaque(
  errors: FieldError[],
  { opaque }: { opaque?: OpaqueDeviceConfiguration },
  path: string,
  { isStored = false }: { isStored?: boolean } = {},
): void {
  if (!opaque) {
    errors.push(required(`${path}.opaque`));
    return;
  }
  checkDriverName(errors, opaque.driver, `${path}.opaque.driver`);
  checkRawObject(
    errors,
    opaque.parameters,
    `${path}.opaque.parameters`,
    isStored ? Number.POSITIVE_INFINITY : MAX_PARAMETERS,
  );
}

export function checkResourceClaimSpec(errors: FieldError[], { devices }: ResourceClaimSpec, path: string): void {
  if (!devices) return;
  const at = `${path}.devices`;
  const names = requestNames(devices);
  checkSet(errors, devices.requests, `${at}.requests`, {
    max: MAX_REQUESTS,
    key: ({ name }) => name,
    each: checkRequest,
  });
  checkList(errors, devices.constraints, `${at}.constraints`, {
    max: MAX_CONSTRAINTS,
    each: (found, constraint: DeviceConstraint, item) => checkConstraint(found, constraint, item, names),
  });
  checkList(errors, devices.config, `${at}.config`, {
    max: MAX_CONFIGS,
    each(found, config: DeviceClaimConfiguration, item) {
      checkRequestNames(found, config.requests, `${item}.requests`, names);
      checkOpaque(found, config, item);
    },
  });
}

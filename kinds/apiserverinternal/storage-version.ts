/**
 * StorageVersion: in which version each API server stores a resource.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/storage-version-v1alpha1/, KEP-2339
 */
import { duplicate, type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { dns1035Label, dns1123Subdomain, EMPTY_MESSAGE, patternMessage } from "../../machinery/meta/names.ts";
import { checkQualifiedName, checkSubdomain } from "../common/checks.ts";
import { age, listWithMore, nameOf } from "../common/rows.ts";
import { separateStatus } from "../common/status.ts";
import type {
  ServerStorageVersion,
  StorageVersion,
  StorageVersionCondition,
  StorageVersionStatus,
} from "../generated/api/apiserverinternal-v1alpha1.ts";
import type { Strategy } from "../kind.ts";

const VERSION_FORM = `${patternMessage(
  "an apiVersion is a DNS-1035 label, which must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  "[a-z]([-a-z0-9]*[a-z0-9])?",
  "my-name",
  "abc-123",
)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyVersion')`;

/** `apps.deployments`: the group may have dots of its own. */
function nameErrors(name: string): string[] {
  const dot = name.lastIndexOf(".");
  if (dot < 0) return ["name must be in the form of <group>.<resource>"];
  return [
    ...dns1123Subdomain(name.slice(0, dot)).map((message) => `the group segment ${message}`),
    ...dns1035Label(name.slice(dot + 1)).map((message) => `the resource segment ${message}`),
  ];
}

/** `apps/v1` or `v1` */
function versionProblems(text: string): string[] {
  const parts = text.split("/");
  if (parts.length > 2) return [VERSION_FORM];
  const check = (part: string, what: string, rule: (part: string) => string[]): string[] =>
    (part === "" ? [EMPTY_MESSAGE] : rule(part)).map((message) => `${what} part: ${message}`);
  const version = check(parts.at(-1)!, "version", dns1035Label);
  return parts.length === 2 ? [...check(parts[0]!, "group", dns1123Subdomain), ...version] : version;
}

function checkVersion(errors: FieldError[], text: string, path: string): void {
  const problems = versionProblems(text);
  if (problems.length > 0) errors.push(invalid(path, text, problems.join(",")));
}

function checkServer(errors: FieldError[], server: ServerStorageVersion, path: string): void {
  const { apiServerID, encodingVersion = "", decodableVersions = [], servedVersions = [] } = server;
  checkSubdomain(errors, apiServerID, `${path}.apiServerID`);
  checkVersion(errors, encodingVersion, `${path}.encodingVersion`);
  decodableVersions.forEach((version, i) => {
    checkVersion(errors, version, `${path}.decodableVersions[${i}]`);
  });
  if (!decodableVersions.includes(encodingVersion)) {
    const detail = `decodableVersions must include encodingVersion ${encodingVersion}`;
    errors.push(invalid(`${path}.decodableVersions`, server.decodableVersions ?? null, detail));
  }
  servedVersions.forEach((version, i) => {
    const at = `${path}.servedVersions[${i}]`;
    checkVersion(errors, version, at);
    if (decodableVersions.includes(version)) return;
    const decodable = `[${decodableVersions.join(" ")}]`;
    const detail = `individual served version : ${version} must be included in decodableVersions : ${decodable}`;
    errors.push(invalid(at, version, detail));
  });
}

function checkCommon(
  errors: FieldError[],
  { storageVersions = [], commonEncodingVersion }: StorageVersionStatus,
): void {
  const path = "status.commonEncodingVersion";
  const [first] = storageVersions;
  const isCommon = storageVersions.every(({ encodingVersion }) => encodingVersion === first?.encodingVersion);
  const common = isCommon ? first?.encodingVersion : undefined;
  if (common === commonEncodingVersion) return;
  if (common === undefined) {
    const detail =
      "should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet";
    errors.push(invalid(path, commonEncodingVersion, detail));
  } else if (commonEncodingVersion === undefined) {
    errors.push(invalid(path, "null", `the common encoding version is ${common}`));
  } else errors.push(invalid(path, commonEncodingVersion, `the actual common encoding version is ${common}`));
}

function checkConditions(errors: FieldError[], conditions: readonly StorageVersionCondition[] = []): void {
  const places = new Map<string, number>();
  conditions.forEach(({ type = "", status, reason, message }, i) => {
    // The path lacks the list's name, as upstream's does.
    const path = `status[${i}]`;
    const earlier = places.get(type);
    if (earlier !== undefined) {
      const detail = `the type of the condition is not unique, it also appears in conditions[${earlier}]`;
      errors.push(invalid(`${path}.type`, type, detail));
    }
    places.set(type, i);
    checkQualifiedName(errors, type, `${path}.type`);
    checkQualifiedName(errors, status, `${path}.status`);
    if (!reason) errors.push(required(`${path}.reason`, "reason cannot be empty"));
    if (!message) errors.push(required(`${path}.message`, "message cannot be empty"));
  });
}

function statusErrors({ status = {} }: StorageVersion): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  status.storageVersions?.forEach((server, i) => {
    const path = `status.storageVersions[${i}]`;
    if (seen.has(server.apiServerID)) errors.push(duplicate(`${path}.apiServerID`, server.apiServerID));
    seen.add(server.apiServerID);
    checkServer(errors, server, path);
  });
  checkCommon(errors, status);
  checkConditions(errors, status.conditions);
  return errors;
}

export const storageVersion: Strategy<StorageVersion> = {
  allowUnconditionalUpdate: false,
  nameErrors,
  ...separateStatus<StorageVersion>({ keepsMetadata: true, check: statusErrors }),
  row: (object, nowMs) => [
    nameOf(object),
    object.status?.commonEncodingVersion ?? "<unset>",
    listWithMore(
      object.status?.storageVersions?.map((v) => `${v.apiServerID ?? ""}=${v.encodingVersion ?? ""}`) ?? [],
      3,
    ),
    age(object, nowMs),
  ],
};

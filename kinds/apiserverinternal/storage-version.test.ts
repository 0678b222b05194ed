import { expect, it } from "vitest";
import type { StorageVersion, StorageVersionStatus } from "../generated/api/apiserverinternal-v1alpha1.ts";
import { storageVersion } from "./storage-version.ts";

const make = (status: StorageVersionStatus): StorageVersion => ({
  apiVersion: "internal.apiserver.k8s.io/v1alpha1",
  kind: "StorageVersion",
  metadata: { name: "apps.deployments" },
  spec: {},
  status,
});
const judge = (status: StorageVersionStatus): string[] =>
  storageVersion.subresources!.status!.validateUpdate!(make(status), make({})).map(
    ({ field, message }) => `${field}: ${message}`,
  );
const server = (apiServerID: string, encodingVersion: string, more = {}) => ({
  apiServerID,
  encodingVersion,
  decodableVersions: [encodingVersion],
  ...more,
});

it.each<[string, StorageVersionStatus, string[]]>([
  [
    "SV-1 servers that agree",
    { storageVersions: [server("a", "v1"), server("b", "v1")], commonEncodingVersion: "v1" },
    [],
  ],
  [
    "SV-2 agree and do not say so",
    { storageVersions: [server("a", "v1")] },
    ['status.commonEncodingVersion: Invalid value: "null": the common encoding version is v1'],
  ],
  [
    "SV-3 say so and do not agree",
    { storageVersions: [server("a", "v1"), server("a", "apps/v2")], commonEncodingVersion: "v1" },
    [
      'status.storageVersions[1].apiServerID: Duplicate value: "a"',
      'status.commonEncodingVersion: Invalid value: "v1": should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet',
    ],
  ],
  [
    "SV-4 what is written must be read, and what is served too",
    {
      storageVersions: [server("a", "v1", { decodableVersions: ["v2"], servedVersions: ["v3"] })],
      commonEncodingVersion: "v1",
    },
    [
      'status.storageVersions[0].decodableVersions: Invalid value: ["v2"]: decodableVersions must include encodingVersion v1',
      'status.storageVersions[0].servedVersions[0]: Invalid value: "v3": individual served version : v3 must be included in decodableVersions : [v2]',
    ],
  ],
  [
    "SV-5 conditions tell why",
    {
      conditions: [
        { type: "A", status: "True", reason: "", message: "" },
        { type: "A", status: "True", reason: "a", message: "b" },
      ],
    },
    [
      "status[0].reason: Required value: reason cannot be empty",
      "status[0].message: Required value: message cannot be empty",
      'status[1].type: Invalid value: "A": the type of the condition is not unique, it also appears in conditions[0]',
    ],
  ],
])("%s", (_, status, errors) => {
  expect(judge(status)).toEqual(errors);
});

it("SV-6 versions and names have a form", () => {
  const [error] = judge({ storageVersions: [server("a", "/V1")], commonEncodingVersion: "/V1" });
  expect(error).toMatch(
    /encodingVersion: Invalid value: "\/V1": group part: must be non-empty,version part: a DNS-1035 label/,
  );
  const [long] = judge({ storageVersions: [server("a", "a/b/c")], commonEncodingVersion: "a/b/c" });
  expect(long).toContain("with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyVersion')");
  expect(storageVersion.nameErrors?.("deployments")).toEqual(["name must be in the form of <group>.<resource>"]);
  expect(storageVersion.nameErrors?.("example.com.things")).toEqual([]);
  expect(storageVersion.nameErrors?.("A.1")).toEqual([
    expect.stringMatching(/^the group segment a lowercase RFC 1123 subdomain/),
    expect.stringMatching(/^the resource segment a DNS-1035 label/),
  ]);
});

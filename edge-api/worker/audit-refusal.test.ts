import { expect, it } from "vitest";
import { auditedRefusal } from "./audit-refusal.ts";

const policy = (rule: object): string =>
  JSON.stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules: [rule] });
const refused = {
  method: "GET",
  url: "https://k.example/api/v1/secrets?limit=5",
  headers: new Headers({ authorization: "Bearer x", "user-agent": "curl/8" }),
  auditId: "a",
  peer: "192.0.2.1:4711",
  nowMs: 0,
};

it("[RF1] who was not let in is logged, without a body", () => {
  expect(JSON.parse(auditedRefusal(policy({ level: "RequestResponse" }), refused)!)).toEqual({
    kind: "Event",
    apiVersion: "audit.k8s.io/v1",
    level: "RequestResponse",
    auditID: "a",
    stage: "ResponseStarted",
    requestURI: "/api/v1/secrets?limit=5",
    verb: "list",
    user: { username: "" },
    sourceIPs: ["192.0.2.1"],
    userAgent: "curl/8",
    objectRef: { resource: "secrets", apiVersion: "v1" },
    responseStatus: {
      metadata: {},
      status: "Failure",
      message: "Authentication failed, attempted: bearer",
      reason: "Unauthorized",
      code: 401,
    },
    requestReceivedTimestamp: "1970-01-01T00:00:00.000000Z",
    stageTimestamp: "1970-01-01T00:00:00.000000Z",
  });
});

it.each([
  ["[RF2] rules for users", { level: "Metadata", users: ["jane"] }],
  ["[RF3] rules for other resources", { level: "Metadata", resources: [{ group: "apps" }] }],
  ["[RF4] rules that leave the stage out", { level: "Metadata", omitStages: ["ResponseStarted"] }],
])("%s are not for them", (_name, rule) => {
  expect(auditedRefusal(policy(rule), refused)).toBeUndefined();
});

it("[RF5] a path that is no UTF-8 is logged as well", () => {
  const line = auditedRefusal(policy({ level: "Metadata" }), { ...refused, url: "https://k.example/api/%ff" });
  expect(JSON.parse(line!)).toMatchObject({ requestURI: "/api/%ff", responseStatus: { code: 401 } });
});

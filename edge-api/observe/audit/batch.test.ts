import { expect, it } from "vitest";
import { registry } from "../../../kinds/registry.ts";
import type { WriteOp, WriteResult } from "../../../machinery/cluster/contract.ts";
import { auditBatch } from "./batch.ts";
import { parsePolicy } from "./policy.ts";

const REPLICA_SETS = "system:serviceaccount:kube-system:replicaset-controller";

function told(rules: object[], ops: WriteOp[], results: WriteResult[]) {
  const lines: string[] = [];
  const policy = parsePolicy(JSON.stringify({ apiVersion: "audit.k8s.io/v1", kind: "Policy", rules }));
  const log = { policy, write: (line: string) => void lines.push(line) };
  auditBatch(log, { registry, uuid: () => "id" }, { actor: REPLICA_SETS, ops, results, receivedAtMs: 0, nowMs: 1000 });
  return lines.map((line) => JSON.parse(line));
}

const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "p", namespace: "web" } };
const ops: WriteOp[] = [
  { verb: "create", resource: "pods", namespace: "web", object: pod },
  {
    verb: "patch",
    resource: "replicasets.apps",
    namespace: "web",
    name: "r",
    subresource: "status",
    patchType: "merge",
    patch: {},
  },
  {
    verb: "create",
    resource: "pods",
    namespace: "web",
    name: "p",
    subresource: "binding",
    object: {},
    actor: "system:kube-scheduler",
  },
];
const ok: WriteResult = { ok: true, object: pod };
const results: WriteResult[] = [
  ok,
  {
    ok: false,
    status: { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", reason: "Conflict", code: 409 },
  },
  ok,
];

it("[AB1] each write is told as the request it stands for", () => {
  const events = told([{ level: "Metadata" }], ops, results);
  expect(events).toMatchObject([
    {
      stage: "ResponseComplete",
      verb: "create",
      requestURI: "/api/v1/namespaces/web/pods",
      user: { username: REPLICA_SETS },
      objectRef: { resource: "pods", namespace: "web", name: "p", apiVersion: "v1" },
      responseStatus: { code: 201 },
    },
    {
      verb: "patch",
      requestURI: "/apis/apps/v1/namespaces/web/replicasets/r/status",
      objectRef: { apiGroup: "apps", subresource: "status" },
      responseStatus: { status: "Failure", reason: "Conflict", code: 409 },
    },
    { verb: "create", user: { username: "system:kube-scheduler" }, objectRef: { subresource: "binding", name: "p" } },
  ]);
  expect(events[0].requestObject).toBeUndefined();
});

it("[AB2] as much of it as the policy wants, of whom it wants", () => {
  const rules = [{ level: "RequestResponse", users: [REPLICA_SETS], resources: [{ group: "", resources: ["pods"] }] }];
  expect(told(rules, ops, results)).toMatchObject([{ requestObject: pod, responseObject: pod }]);
});

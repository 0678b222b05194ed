/** What the control plane publishes of itself at its start. */
import { beforeEach, expect, it } from "vitest";
import { bootstrap } from "../../edge-api/bootstrap/bootstrap.ts";
import type { ClusterFacts } from "../../edge-api/bootstrap/config-maps.ts";
import { type Answer, START_MS, startApi, type TestApi } from "./in-process.ts";

const SYSTEM = "/api/v1/namespaces/kube-system/configmaps";
const INFO = "/api/v1/namespaces/kube-public/configmaps/cluster-info";
const anonymous = { as: { user: "system:anonymous", groups: ["system:unauthenticated"] } };

let api: TestApi;
const start = (facts: Partial<ClusterFacts> = {}): void => {
  const all = { caCertificate: "CA", isServedByCa: true, serverUrl: "https://k.example", nowMs: START_MS, ...facts };
  const report = (error: unknown): void => expect.fail(String(error));
  api.services.env.store.transaction(() => bootstrap(api.services.env, report, all));
};
const data = async (answer: Promise<Answer>) => (await answer).body.data;

beforeEach(async () => {
  api = await startApi();
  start();
});

it("[BM1] whom the API server trusts, for servers behind it", async () => {
  const path = `${SYSTEM}/extension-apiserver-authentication`;
  expect(await data(api.get(path))).toEqual({ "client-ca-file": "CA" });
  await api.patch(path, { data: { "client-ca-file": "mine", other: "stays" } });
  start();
  expect(await data(api.get(path))).toEqual({ "client-ca-file": "CA", other: "stays" });
});

it("[BM2] where the cluster is, for everybody, and nothing else of that namespace", async () => {
  const { kubeconfig } = await data(api.get(INFO, anonymous));
  expect(kubeconfig).toContain(`    certificate-authority-data: ${btoa("CA")}\n    server: https://k.example\n`);
  expect((await api.get("/api/v1/namespaces/kube-public/configmaps", anonymous)).status).toBe(403);
  await api.patch(INFO, { data: { "jws-kubeconfig-abcdef": "signed" } });
  start({ serverUrl: "https://other.example", isServedByCa: false });
  const moved = await data(api.get(INFO));
  expect(moved.kubeconfig).toContain("- cluster:\n    server: https://other.example\n");
  expect(moved["jws-kubeconfig-abcdef"]).toBe("signed");
});

it("[BM6] who takes it from everybody is not undone by the next start", async () => {
  const path = "/apis/rbac.authorization.k8s.io/v1/namespaces/kube-public/rolebindings";
  expect((await api.delete(`${path}/kubeadm:bootstrap-signer-clusterinfo`)).status).toBe(200);
  start();
  expect((await api.get(INFO, anonymous)).status).toBe(403);
});

it("[BM3] since when the use of tokens in secrets is noted, for good", async () => {
  const path = `${SYSTEM}/kube-apiserver-legacy-service-account-token-tracking`;
  start({ nowMs: START_MS + 5 * 24 * 3600_000 });
  expect(await data(api.get(path))).toEqual({ since: "2026-01-01" });
});

it("[BM4] nothing is written when all is as it should be", () => {
  const { store } = api.services.env;
  const settled = store.revision();
  start();
  expect(store.revision()).toBe(settled);
});

it("[BM5] a cluster that does not know its address tells none", async () => {
  api = await startApi();
  start({ serverUrl: undefined });
  expect((await api.get(INFO)).status).toBe(404);
});

const SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";

it("[BM7] each version that is served has an APIService, which is available; one that is served no more is forgotten", async () => {
  const { body } = await api.get(`${SERVICES}/v1.apps`);
  expect(body.spec).toEqual({ group: "apps", version: "v1", groupPriorityMinimum: 17_800, versionPriority: 15 });
  expect(body.status.conditions[0]).toMatchObject({ type: "Available", status: "True", reason: "Local" });
  expect((await api.get(`${SERVICES}/v1.`)).body.spec).toEqual({
    version: "v1",
    groupPriorityMinimum: 18_000,
    versionPriority: 1,
  });
  const { labels } = body.metadata;
  const spec = { group: "apps", version: "v1beta1", groupPriorityMinimum: 17_800, versionPriority: 1 };
  const old = { apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", spec };
  expect((await api.create(SERVICES, { ...old, metadata: { name: "v1beta1.apps", labels } })).status).toBe(201);
  start();
  expect((await api.get(`${SERVICES}/v1beta1.apps`)).status).toBe(404);
});

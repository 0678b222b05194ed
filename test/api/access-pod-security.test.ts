/** PodSecurity over the real verbs. */
import { beforeEach, describe, expect, it } from "vitest";
import { type Answer, pod, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const NS = "/api/v1/namespaces/safe";
let api: TestApi;

const labels = (fields: object) => ({ metadata: { labels: fields } });
const ENFORCE = "pod-security.kubernetes.io/enforce";
const warnings = ({ headers }: Answer): string => headers.get("warning") ?? "";

beforeEach(async () => {
  api = await startApi();
  const namespace = { metadata: { name: "safe", labels: { [ENFORCE]: "baseline" } } };
  expect((await api.create("/api/v1/namespaces", namespace)).status).toBe(201);
  await api.create(`${NS}/serviceaccounts`, serviceAccount("default"));
});

describe("PodSecurity", () => {
  it("[PS1] refuses pods that break what is enforced, under their generated name too", async () => {
    const { status, body } = await api.create(`${NS}/pods`, pod("p", { hostNetwork: true }));
    expect(status).toBe(403);
    expect(body.message).toBe(
      'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
    );
    const generated = await api.create(`${NS}/pods`, {
      ...pod("", { hostPID: true }),
      metadata: { generateName: "g-" },
    });
    expect(generated.body.message).toMatch(/^pods "g-[a-z0-9]{5}" is forbidden: violates PodSecurity/);
    expect((await api.create(`${NS}/pods`, pod("q"))).status).toBe(201);
  });

  it("[PS2] warns of what is warned of, in pods and in templates", async () => {
    await api.patch("/api/v1/namespaces/safe", labels({ "pod-security.kubernetes.io/warn": "restricted" }));
    const made = await api.create(`${NS}/pods`, pod("p", { securityContext: { runAsNonRoot: true } }));
    expect(made.status).toBe(201);
    expect(warnings(made)).toContain(
      'would violate PodSecurity \\"restricted:latest\\": allowPrivilegeEscalation != false',
    );
    const deployment = {
      metadata: { name: "d" },
      spec: {
        selector: { matchLabels: { a: "b" } },
        template: {
          metadata: { labels: { a: "b" } },
          spec: { hostNetwork: true, containers: [{ name: "c", image: "i" }] },
        },
      },
    };
    const answer = await api.create("/apis/apps/v1/namespaces/safe/deployments", deployment);
    expect(answer.status).toBe(201);
    expect(warnings(answer)).toContain("host namespaces (hostNetwork=true)");
  });

  it("[PS3] lets pods be changed in what it does not look at", async () => {
    await api.create("/api/v1/namespaces", { metadata: { name: "free" } });
    await api.create("/api/v1/namespaces/free/serviceaccounts", serviceAccount("default"));
    const path = "/api/v1/namespaces/free/pods";
    expect((await api.create(path, pod("p", { hostPID: true }))).status).toBe(201);
    const told = await api.patch("/api/v1/namespaces/free", labels({ [ENFORCE]: "baseline" }));
    expect(warnings(told)).toContain(
      'existing pods in namespace \\"free\\" violate the new PodSecurity enforce level \\"baseline:latest\\"',
    );
    expect(warnings(told)).toContain("p: host namespaces");
    expect((await api.patch(`${path}/p`, labels({ a: "b" }))).status).toBe(200);
    const image = { spec: { containers: [{ name: "main", image: "other" }] } };
    expect((await api.patch(`${path}/p`, image, "strategic")).status).toBe(403);
  });

  it("[PS4] refuses labels that mean nothing", async () => {
    const { status, body } = await api.create("/api/v1/namespaces", {
      metadata: { name: "x", labels: { [ENFORCE]: "strict" } },
    });
    expect(status).toBe(422);
    expect(body.message).toBe(
      `Namespace "x" is invalid: metadata.labels[${ENFORCE}]: Invalid value: "strict": must be one of privileged, baseline, restricted`,
    );
  });
});

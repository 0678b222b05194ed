/** What conformance asks of kubectl and needs no nodes: the real kubectl against a control plane of its own. */
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, type TestCluster, testCluster } from "../e2e/harness.ts";

const PORT = 16_449;
let cluster: TestCluster;

beforeAll(async () => {
  cluster = testCluster("conformance", PORT);
  const up = await cluster.kedge("up", "--no-node", "--port", String(PORT));
  expect(up.stderr + up.stdout).toContain("kedge is up");
  await eventually("service account", 20_000, () => cluster.kubectl("get", "serviceaccount", "default"));
});
afterAll(() => cluster.remove());

const create = async (object: object): Promise<void> => {
  const ran = await cluster.kubectlRan(["create", "-f", "-"], JSON.stringify(object));
  if (ran.exitCode !== 0) throw new Error(ran.stderr);
};
const podTemplate = (name: string, image: string) => ({
  metadata: { labels: { app: name } },
  spec: { containers: [{ name, image, ports: [{ containerPort: 6379 }] }] },
});

describe("[sig-cli] Kubectl client", () => {
  it("Kubectl api-versions should check if v1 is in available api versions [Conformance]", async () => {
    expect((await cluster.kubectl("api-versions")).split("\n")).toContain("v1");
  });

  it("Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info [Conformance]", async () => {
    const said = await cluster.kubectl("cluster-info");
    expect(said).toContain("Kubernetes control plane");
    expect(said).toContain("is running at");
  });

  it("Kubectl diff should check if kubectl diff finds a difference for Deployments [Conformance]", async () => {
    const deployment = (image: string) => ({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "diffed", labels: { app: "diffed" } },
      spec: { selector: { matchLabels: { app: "diffed" } }, template: podTemplate("diffed", image) },
    });
    await create(deployment("agnhost:2"));
    const diff = await cluster.kubectlRan(["diff", "-f", "-"], JSON.stringify(deployment("busybox:1")));
    expect(diff.exitCode).toBe(1);
    expect(diff.stdout).toMatch(/^-\s+- image: agnhost:2$/m);
    expect(diff.stdout).toMatch(/^\+\s+- image: busybox:1$/m);
  });

  it("Kubectl version should check is all data is printed [Conformance]", async () => {
    const said = JSON.parse(await cluster.kubectl("version", "-o", "json"));
    for (const side of ["clientVersion", "serverVersion"]) {
      for (const field of ["major", "minor", "gitVersion", "gitTreeState", "buildDate", "platform"]) {
        expect(said[side][field], `${side} ${field}`).toBeTruthy();
      }
    }
    const { serverVersion } = said;
    expect([serverVersion.major, serverVersion.minor]).toEqual(["1", "36"]);
    expect(serverVersion.gitVersion).toMatch(/^v1\.36\.\d+\+kedge\.\d+\.\d+\.\d+$/);
    // Sources that are no git checkout know no commit.
    if (serverVersion.gitTreeState !== "archive") expect(serverVersion.gitCommit).toMatch(/^[0-9a-f]{40}$/);
    expect(Date.parse(serverVersion.buildDate)).toBeGreaterThan(Date.parse("2026-01-01"));
  });

  it("Proxy server should support proxy with --port 0 [Conformance]", async () => {
    const proxy = cluster.kubectlStart(["proxy", "-p", "0", "--disable-filter"]);
    const port = await eventually("a port", 10_000, async () => /127\.0\.0\.1:(\d+)/.exec(proxy.stdout())?.[1]);
    const { versions } = (await (await fetch(`http://127.0.0.1:${port}/api/`)).json()) as { versions: string[] };
    expect(versions.length).toBeGreaterThan(0);
    proxy.child.kill();
  });

  it("Proxy server should support --unix-socket=/path [Conformance]", async () => {
    const socketPath = path.join(path.dirname(cluster.kubeconfig), "proxy.sock");
    const proxy = cluster.kubectlStart(["proxy", `--unix-socket=${socketPath}`]);
    await eventually("a socket", 10_000, async () => fs.existsSync(socketPath));
    const text = await new Promise<string>((resolve, reject) => {
      const request = http.get({ socketPath, path: "/api/", headers: { host: "localhost" } }, (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve(body));
      });
      request.on("error", reject);
    });
    expect(JSON.parse(text).versions.length).toBeGreaterThan(0);
    proxy.child.kill();
  });
});

describe("kubectl and what describes the API", () => {
  it("[KD1] explains fields in words, from both documents", async () => {
    const explained = await cluster.kubectl("explain", "pod.spec.containers");
    expect(explained).toContain("FIELD: containers <[]Container>");
    expect(explained).toContain("List of containers belonging to the pod.");
    expect(explained).toMatch(/imagePullPolicy\t<string>\n\s+enum: Always, IfNotPresent, Never\n\s+Image pull policy/);
    expect(await cluster.kubectl("explain", "deployment", "--recursive")).toMatch(/matchLabels\t<map\[string\]string>/);
    const older = await cluster.kubectl("explain", "ingress.spec", "--output=plaintext-openapiv2");
    expect(older).toContain("ingressClassName\t<string>");
    expect(older).toMatch(/IngressSpec describes the Ingress/);
  });

  it("[KD2] refuses a manifest with a field that is not, before it is sent and after", async () => {
    const manifest = JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "typo" }, dat: {} });
    const ran = await cluster.kubectlRan(["apply", "--validate=strict", "-f", "-"], manifest);
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain('strict decoding error: unknown field "dat"');
    const warned = await cluster.kubectlRan(["apply", "--validate=warn", "-f", "-"], manifest);
    expect([warned.exitCode, warned.stderr]).toEqual([0, 'Warning: unknown field "dat"\n']);
  });

  it("[KD3] is shown what the controllers and the scheduler count, beside the API server", async () => {
    const metrics = await cluster.kubectl("get", "--raw", "/metrics");
    expect(metrics).toMatch(/^apiserver_request_total\{.* \d+$/m);
    expect(metrics).toMatch(/^workqueue_adds_total\{name="deployment"\} [1-9]/m);
    expect(metrics.match(/^# TYPE apiserver_request_total /gm)).toHaveLength(1);
    expect(metrics).toMatch(/^apiserver_storage_objects\{resource="events"\} \d+$/m);
  });
});

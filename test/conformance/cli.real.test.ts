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
const imageOf = (pod: string) => cluster.kubectl("get", "pod", pod, "-o", "jsonpath={.spec.containers[0].image}");
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

  it("Kubectl run pod should create a pod from an image when restart is Never [Conformance]", async () => {
    await cluster.kubectl("run", "never", "--restart=Never", "--image=httpd:1");
    expect(await imageOf("never")).toBe("httpd:1");
    expect(await cluster.kubectl("get", "pod", "never", "-o", "jsonpath={.spec.restartPolicy}")).toBe("Never");
  });

  it("Kubectl replace should update a single-container pod's image [Conformance]", async () => {
    await cluster.kubectl("run", "replaced", "--image=httpd:1", "--labels=run=replaced");
    const pod = await cluster.kubectl("get", "pod", "replaced", "-o", "json");
    const ran = await cluster.kubectlRan(["replace", "-f", "-"], pod.replaceAll("httpd:1", "busybox:1"));
    expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
    expect(await imageOf("replaced")).toBe("busybox:1");
  });

  it("Kubectl server-side dry-run should check if kubectl can dry-run update Pods [Conformance]", async () => {
    await cluster.kubectl("run", "dry", "--image=httpd:1");
    const patch = JSON.stringify({ spec: { containers: [{ name: "dry", image: "busybox:1" }] } });
    const patched = await cluster.kubectl("patch", "pod", "dry", "-p", patch, "--dry-run=server", "-o", "json");
    expect(JSON.parse(patched).spec.containers[0].image).toBe("busybox:1");
    expect(await imageOf("dry")).toBe("httpd:1");
  });

  it("Kubectl label should update the label on a resource [Conformance]", async () => {
    await cluster.kubectl("run", "labelled", "--image=pause:1");
    await cluster.kubectl("label", "pods", "labelled", "testing-label=testing-label-value");
    const line = await cluster.kubectl("get", "pod", "labelled", "-L", "testing-label");
    expect(line).toContain("testing-label-value");
    await cluster.kubectl("label", "pods", "labelled", "testing-label-");
    const after = await cluster.kubectl("get", "pod", "labelled", "-L", "testing-label");
    expect(after).not.toContain("testing-label-value");
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

  it("Kubectl expose should create services for rc [Conformance]", async () => {
    await create({
      apiVersion: "v1",
      kind: "ReplicationController",
      metadata: { name: "exposed" },
      spec: { replicas: 1, selector: { app: "exposed" }, template: podTemplate("exposed", "agnhost:2") },
    });
    const portOf = async (service: string) =>
      JSON.parse(await cluster.kubectl("get", "service", service, "-o", "json")).spec.ports;
    await cluster.kubectl("expose", "rc", "exposed", "--name=rm2", "--port=1234", "--target-port=6379");
    expect(await portOf("rm2")).toMatchObject([{ port: 1234, targetPort: 6379 }]);
    await cluster.kubectl("expose", "service", "rm2", "--name=rm3", "--port=2345", "--target-port=6379");
    expect(await portOf("rm3")).toMatchObject([{ port: 2345, targetPort: 6379 }]);
  });

  it("Kubectl patch should add annotations for pods in rc [Conformance]", async () => {
    const podTexts = () => cluster.kubectl("get", "pods", "-l", "app=patched", "-o", "json");
    await create({
      apiVersion: "v1",
      kind: "ReplicationController",
      metadata: { name: "patched" },
      spec: { replicas: 2, selector: { app: "patched" }, template: podTemplate("patched", "agnhost:2") },
    });
    await eventually("pods", 10_000, async () => JSON.parse(await podTexts()).items.length === 2);
    for (const { metadata } of JSON.parse(await podTexts()).items)
      await cluster.kubectl("patch", "pod", metadata.name, "-p", '{"metadata":{"annotations":{"x":"y"}}}');
    for (const { metadata } of JSON.parse(await podTexts()).items) expect(metadata.annotations.x).toBe("y");
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

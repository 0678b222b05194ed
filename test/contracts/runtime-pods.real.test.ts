/** Pods on a real containerd, with an API in memory. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PodSpec } from "../../kinds/core/v1-types.ts";
import { systemClock } from "../../machinery/clock.ts";
import type { NodePod } from "../../node-daemon/pods/pod.ts";
import { createPodManager, type PodManager } from "../../node-daemon/pods/pod-manager.ts";
import { makeContainer, makePod } from "../../node-daemon/pods/testing/build.ts";
import { FakeApi } from "../../node-daemon/pods/testing/fake-api.ts";
import { fakeEvents, fakeNetwork, silentLog } from "../../node-daemon/pods/testing/fake-services.ts";
import { connectCri } from "../../node-daemon/runtime/cri-client.ts";
import type { Runtime } from "../../node-daemon/runtime/runtime.ts";
import { createImageMounts } from "../../node-daemon/volumes/image-mounts.ts";
import { BUSYBOX_IMAGE, containerdMissing, startContainerd, type TestContainerd } from "../fakes/runtime-containerd.ts";

const missing = containerdMissing();
const directory = `/tmp/kedge-rp-${process.pid}`;
const NODE = `test-${process.pid}`;
const path = (name: string): string => `/api/v1/namespaces/default/pods/${name}`;

describe.skipIf(missing !== undefined)(`pods on containerd${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let containerd: TestContainerd;
  let runtime: Runtime;
  let manager: PodManager;
  const stateDir = join(directory, "node");
  const api = new FakeApi();

  const make = (): PodManager =>
    createPodManager({
      nodeName: NODE,
      stateDir,
      clusterDomain: "cluster.local",
      api,
      runtime,
      network: fakeNetwork(),
      imageMounts: createImageMounts(containerd.socket),
      events: fakeEvents(),
      clock: systemClock,
      log: silentLog,
      services: api.informer({ path: "/api/v1/services" }),
      host: () => ({
        nodeName: NODE,
        hostname: "host",
        hostIps: ["192.0.2.1"],
        memoryCapacityBytes: 2 ** 33,
        appArmor: false,
        allocatable: { cpu: "2" },
      }),
      node: () => undefined,
    });
  const create = (name: string, spec: Partial<PodSpec>): void => {
    api.put(
      path(name),
      makePod(
        { nodeName: NODE, terminationGracePeriodSeconds: 1, ...spec },
        { metadata: { name, uid: `uid-${name}` }, status: { phase: "Pending" } },
      ),
    );
  };
  const pod = (name: string) => api.objects.get(path(name)) as NodePod | undefined;
  const main = (fields: object) => makeContainer("main", { image: BUSYBOX_IMAGE, ...fields });
  const until = (what: () => unknown, wanted: unknown = true) =>
    expect.poll(what, { timeout: 15_000, interval: 20 }).toEqual(wanted);
  const phase = (name: string) => () => pod(name)?.status?.phase;
  const exec = async (name: string, script: string): Promise<string> => {
    const [instance] = manager.lookup.find("default", name)?.containers.get("main") ?? [];
    const { stdout, stderr } = await runtime.execSync({
      containerId: instance?.id ?? "",
      command: ["sh", "-c", script],
      timeoutMs: 10_000,
    });
    return Buffer.concat([stdout, stderr]).toString();
  };

  beforeAll(async () => {
    containerd = await startContainerd(directory, "10.253.0.0/24");
    mkdirSync(stateDir, { recursive: true });
    runtime = connectCri(containerd.socket, { log: silentLog });
    manager = make();
    await manager.start();
  }, 60_000);
  afterAll(async () => {
    // What did not come up has nothing to stop, and must not keep the rest from ending.
    await (manager as PodManager | undefined)?.stop();
    (runtime as Runtime | undefined)?.close();
    await (containerd as TestContainerd | undefined)?.stop();
    for (const hierarchy of ["", ...readdirSync("/sys/fs/cgroup")]) {
      const parent = join("/sys/fs/cgroup", hierarchy, "kedge");
      const own = existsSync(parent) ? readdirSync(parent).filter((name) => name.startsWith(`${NODE}-`)) : [];
      for (const name of own)
        execFileSync("find", [join(parent, name), "-depth", "-type", "d", "-exec", "rmdir", "{}", ";"]);
    }
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  it("[RP1] volumes, environment, limits and names are as the pod says, and a changed ConfigMap arrives", async () => {
    const configMap = (data: object) => ({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "c", namespace: "default" },
      data,
    });
    api.put("/api/v1/namespaces/default/configmaps/c", configMap({ key: "one" }));
    const volumeMounts = [
      { name: "c", mountPath: "/c" },
      { name: "c", mountPath: "/single", subPath: "key" },
      { name: "m", mountPath: "/m" },
      { name: "t", mountPath: "/t" },
      { name: "i", mountPath: "/image" },
      { name: "i", mountPath: "/part", subPath: "bin" },
    ];
    create("full", {
      hostname: "named",
      securityContext: { fsGroup: 4242 },
      volumes: [
        { name: "c", configMap: { name: "c" } },
        { name: "m", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
        { name: "t", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } },
        { name: "i", image: { reference: BUSYBOX_IMAGE, pullPolicy: "IfNotPresent" } },
      ],
      containers: [
        main({
          command: ["sh", "-c", "sleep 1000"],
          env: [
            { name: "A", valueFrom: { configMapKeyRef: { name: "c", key: "key" } } },
            { name: "B", value: "$(A)-$(KUBERNETES)" },
          ],
          resources: { limits: { memory: "64Mi" } },
          securityContext: { runAsUser: 1000, capabilities: { drop: ["ALL"] } },
          volumeMounts,
        }),
      ],
    });
    await until(phase("full"), "Running");
    const seen = await exec(
      "full",
      "hostname; id -u; id -G; echo $A $B; cat /c/key /single; df /m | tail -1; cat /t/token; grep named /etc/hosts; grep CapEff /proc/1/status",
    );
    expect(seen).toMatch(/^named\n1000\n.*\b4242\b.*\none one-\$\(KUBERNETES\)\noneone/);
    expect(seen).toMatch(/tmpfs +1024 /);
    expect(seen).toContain("token-");
    expect(seen).toContain(`${pod("full")?.status?.podIP}\tnamed`);
    expect(seen).toMatch(/CapEff:\s*0000000000000000/);
    expect(await exec("full", "ls /image/bin/busybox /part/busybox; touch /image/x 2>&1")).toBe(
      "/image/bin/busybox\n/part/busybox\ntouch: /image/x: Read-only file system\n",
    );
    api.put("/api/v1/namespaces/default/configmaps/c", configMap({ key: "two" }));
    await expect.poll(() => exec("full", "cat /c/key /single"), { timeout: 5_000 }).toBe("twoone");
  }, 30_000);

  it("[RP2] ends are told as they were: code, reason, last words, out of memory", async () => {
    create("words", {
      restartPolicy: "Never",
      containers: [
        main({
          command: ["sh", "-c", "echo bye > /dev/termination-log; exit 3"],
          terminationMessagePath: "/dev/termination-log",
        }),
      ],
    });
    create("hungry", {
      restartPolicy: "Never",
      containers: [main({ command: ["sh", "-c", "tail /dev/zero"], resources: { limits: { memory: "16Mi" } } })],
    });
    await until(phase("words"), "Failed");
    await until(phase("hungry"), "Failed");
    expect(pod("words")?.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 3,
      reason: "Error",
      message: "bye\n",
    });
    expect(pod("hungry")?.status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: "OOMKilled",
    });
  }, 30_000);

  it("[RP3] new limits reach a running container", async () => {
    create("full-2", { containers: [main({ command: ["sleep", "1000"], resources: { limits: { memory: "64Mi" } } })] });
    await until(phase("full-2"), "Running");
    create("full-2", { containers: [main({ command: ["sleep", "1000"], resources: { limits: { memory: "96Mi" } } })] });
    const limit = () =>
      exec("full-2", "cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null");
    await expect.poll(limit, { timeout: 5_000 }).toContain(String(96 * 2 ** 20));
    await expect.poll(() => pod("full-2")?.status?.containerStatuses?.[0]?.restartCount).toBe(0);
  }, 30_000);

  it("[RP4] the daemon's and the runtime's restarts leave containers running", async () => {
    const before = manager.lookup.find("default", "full")?.containers.get("main");
    await manager.stop();
    await containerd.restart();
    manager = make();
    await manager.start();
    expect(manager.lookup.find("default", "full")?.containers.get("main")).toEqual(before);
    expect(await exec("full", "echo here")).toBe("here\n");
    expect(readFileSync("/proc/self/mounts", "utf8")).toContain(
      `${stateDir}/pods/uid-full/volumes/kubernetes.io~empty-dir/m`,
    );
  }, 30_000);

  it("[RP5] deleted pods leave nothing: no mounts, files, cgroups, sandboxes", async () => {
    for (const name of ["full", "full-2", "words", "hungry"]) api.deletePod(path(name), 1);
    await until(() => ["full", "full-2", "words", "hungry"].filter((name) => pod(name)), []);
    await expect.poll(async () => (await runtime.listSandboxes()).length, { timeout: 10_000 }).toBe(0);
    await until(() => readdirSync(join(stateDir, "pods")), []);
    await until(() => readdirSync(join(stateDir, "memory")), []);
    await until(() => readdirSync(join(stateDir, "logs", "pods")), []);
    expect(readFileSync("/proc/self/mounts", "utf8")).not.toContain(`${stateDir}/pods`);
    const held = ["snapshots", "leases"].map((what) =>
      execFileSync("ctr", ["--address", containerd.socket, "--namespace", "k8s.io", what, "ls"]).toString(),
    );
    expect(held.join()).not.toContain(stateDir);
    const cgroups = execFileSync("find", [
      "/sys/fs/cgroup",
      "-maxdepth",
      "6",
      "-path",
      `*kedge/${NODE}-*`,
      "-name",
      "poduid-*",
    ]).toString();
    expect(cgroups).toBe("");
  }, 30_000);
});

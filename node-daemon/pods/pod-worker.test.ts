import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiCallError } from "../contracts.ts";
import { RuntimeError } from "../runtime/runtime.ts";
import { makeContainer } from "./testing/build.ts";
import { makeWorld, type World } from "./testing/world.ts";

let world: World;
beforeEach(async () => {
  world = await makeWorld();
});
afterEach(() => world.end());

const running = (name: string) => () => world.status(name).phase === "Running";
const idOf = (pod: string, container = "main"): string => world.runtime.find(pod, container)?.status.id ?? "none";
const waiting = (name: string) => world.status(name).containerStatuses?.[0]?.state?.waiting;
const statusWrites = (name: string) => world.api.callsOf("patch", new RegExp(`/pods/${name}/status$`)).length;
const told = (reason: string) => world.events.told.filter((event) => event.reason === reason);
const exits = (code: number) => ({ command: ["sh", "-c", `exit ${code}`] });

describe("a pod's life", () => {
  it("[PW1] starts, is told Running in at most two writes, with kubelet's events", async () => {
    world.create("web");
    await world.until(running("web"));
    expect(statusWrites("web")).toBeLessThanOrEqual(2);
    expect(world.status("web")).toMatchObject({
      podIP: expect.any(String),
      startTime: expect.any(String),
      qosClass: "BestEffort",
    });
    expect(world.status("web").conditions?.find(({ type }) => type === "Ready")?.status).toBe("True");
    expect(world.events.told.map(({ reason }) => reason)).toEqual(["Pulled", "Created", "Started"]);
    await world.pass(15_000);
    expect(statusWrites("web")).toBeLessThanOrEqual(2);
  });

  it("[PW2] a slow start is told as Pending first", async () => {
    world.network.ready = false;
    world.create("web");
    await world.pass(1_500);
    expect(world.status("web")).toMatchObject({ phase: "Pending", startTime: expect.any(String) });
    expect(waiting("web")).toEqual({ reason: "ContainerCreating" });
    world.network.ready = true;
    await world.until(running("web"));
    expect(statusWrites("web")).toBe(2);
    expect(told("NetworkNotReady").length).toBeGreaterThan(0);
  });

  it("[PW3] deleted: stopped with its grace, told, removed from the API, nothing left", async () => {
    world.create("web");
    await world.until(running("web"));
    const logs = join(world.stateDir, "logs", "pods", "default_web_uid-of-web");
    expect(existsSync(logs)).toBe(true);
    world.delete("web", 7);
    await world.pass(6_500);
    expect(world.pod("web")).toBeDefined();
    await world.until(() => world.pod("web") === undefined);
    expect(world.runtime.calls).toContain(
      `stopContainer ${idOf("web")} 7`.replace(
        "none",
        world.runtime.calls.find((c) => c.startsWith("stopContainer"))?.split(" ")[1] ?? "",
      ),
    );
    expect(world.api.callsOf("delete", /pods\/web$/).map(({ body }) => body)).toEqual([
      { gracePeriodSeconds: 0, preconditions: { uid: "uid-of-web" } },
    ]);
    await world.until(() => world.runtime.sandboxes.size === 0);
    expect(existsSync(logs)).toBe(false);
    expect(readdirSync(join(world.stateDir, "pods"))).toEqual([]);
    expect(told("Killing")).toMatchObject([{ message: "Stopping container main" }]);
  });

  it("[PW4] the last status before removal has every container ended", async () => {
    world.create("web", {}, { finalizers: ["example.com/hold"] });
    await world.until(running("web"));
    world.delete("web", 1);
    await world.until(() => world.api.callsOf("delete", /pods\/web$/).length > 0);
    expect(world.status("web").containerStatuses?.[0]?.state).toHaveProperty("terminated");
    expect(world.status("web").phase).toBe("Failed");
    expect(world.runtime.containers.size).toBe(1);
    world.api.drop("/api/v1/namespaces/default/pods/web");
    await world.until(() => world.runtime.containers.size === 0);
  });

  it("[PW5] a second, shorter grace cuts the first", async () => {
    world.create("web");
    await world.until(running("web"));
    world.delete("web", 600);
    await world.pass(1_000);
    world.delete("web", 0);
    await world.until(() => world.pod("web") === undefined, 4_000);
  });

  it("[PW6] gone from the API at once: stopped all the same, nothing written", async () => {
    world.create("web");
    await world.until(running("web"));
    const writes = world.api.calls.length;
    world.api.drop("/api/v1/namespaces/default/pods/web");
    await world.until(() => world.runtime.sandboxes.size === 0);
    expect(world.api.calls.slice(writes)).toEqual([]);
  });

  it("[PW7] replaced by another of its name: the old one ends, the new one starts", async () => {
    world.create("web");
    await world.until(running("web"));
    world.create("web", {}, { uid: "another" });
    await world.until(() => world.runtime.find("web", "main")?.status.labels["io.kubernetes.pod.uid"] === "another");
    await world.until(() => world.runtime.sandboxes.size === 1);
    await world.until(running("web"));
  });

  it("[PW8] deleted before it started: failed, and removed", async () => {
    world.network.ready = false;
    world.create("web", {}, { finalizers: ["example.com/hold"] });
    await world.settle();
    world.delete("web", 30);
    await world.until(() => world.api.callsOf("delete", /pods\/web$/).length > 0);
    expect(world.status("web").phase).toBe("Failed");
  });
});

describe("restarts", () => {
  it("[PW20] a crash starts at once, then waits 10 s, 20 s …", async () => {
    world.create("web", { containers: [makeContainer("main", exits(1))] });
    await world.until(() => world.status("web").containerStatuses?.[0]?.restartCount === 1);
    await world.until(() => waiting("web")?.reason === "CrashLoopBackOff");
    expect(waiting("web")?.message).toBe("back-off 10s restarting failed container=main pod=web_default(uid-of-web)");
    await world.pass(8_000);
    expect(world.status("web").containerStatuses?.[0]?.restartCount).toBe(1);
    await world.until(() => world.status("web").containerStatuses?.[0]?.restartCount === 2, 4_000);
    await world.until(() => waiting("web")?.message?.startsWith("back-off 20s") === true);
    expect(told("BackOff")[0]?.message).toBe(
      "Back-off restarting failed container main in pod web_default(uid-of-web)",
    );
    expect(world.status("web")).toMatchObject({ phase: "Running" });
  });

  it("[PW21] under Never: Succeeded or Failed, sandbox stopped, container kept for its logs", async () => {
    world.create("ok", { restartPolicy: "Never", containers: [makeContainer("main", exits(0))] });
    world.create("bad", { restartPolicy: "Never", containers: [makeContainer("main", exits(2))] });
    await world.until(() => world.status("ok").phase === "Succeeded" && world.status("bad").phase === "Failed");
    await world.until(() => [...world.runtime.sandboxes.values()].every(({ status }) => !status.ready));
    expect(world.runtime.containers.size).toBe(2);
    expect(world.status("ok").containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 0,
      reason: "Completed",
    });
    expect(world.status("bad").conditions?.find(({ type }) => type === "Ready")).toMatchObject({
      status: "False",
      reason: "PodFailed",
    });
  });

  it("[PW22] an exit whose event is lost is found by the relist", async () => {
    world.create("web");
    await world.until(running("web"));
    world.runtime.losesEvents = true;
    world.runtime.exit(idOf("web"), 1);
    await world.until(() => world.status("web").containerStatuses?.[0]?.restartCount === 1, 11_000);
  });

  it("[PW23] a lost sandbox is replaced, init containers run again", async () => {
    world.create("web", { initContainers: [makeContainer("init", exits(0))] });
    await world.until(running("web"));
    const [sandbox] = world.runtime.sandboxes.keys();
    await world.runtime.stopSandbox(sandbox as string);
    await world.until(() => world.status("web").containerStatuses?.[0]?.restartCount === 1);
    expect(world.runtime.sandboxes.size).toBe(2);
    expect(told("SandboxChanged").map(({ message }) => message)).toEqual([
      "Pod sandbox changed, it will be killed and re-created.",
    ]);
    expect([...world.runtime.containers.values()].filter(({ status }) => status.name === "init")).toHaveLength(1);
  });

  it("[PW24] the deadline ends it as Failed, DeadlineExceeded", async () => {
    world.create("web", { activeDeadlineSeconds: 5, terminationGracePeriodSeconds: 1 });
    await world.until(running("web"));
    await world.until(() => world.status("web").phase === "Failed", 8_000);
    expect(world.status("web")).toMatchObject({
      reason: "DeadlineExceeded",
      message: "Pod was active on the node longer than the specified deadline",
    });
  });
});

describe("what keeps it from starting", () => {
  it("[PW30] an image that cannot be pulled: ErrImagePull, then ImagePullBackOff, then tried again", async () => {
    world.create("web", { containers: [makeContainer("main", { image: "nowhere.test/x:1" })] });
    await world.until(() => waiting("web")?.reason === "ErrImagePull");
    await world.until(() => waiting("web")?.reason === "ImagePullBackOff");
    expect(waiting("web")?.message).toBe(
      'Back-off pulling image "nowhere.test/x:1": ErrImagePull: no such host: nowhere.test/x:1',
    );
    world.runtime.addImage("nowhere.test/x:1");
    await world.until(running("web"), 15_000);
    expect(told("Failed").map(({ message }) => message)).toContain(
      'Failed to pull image "nowhere.test/x:1": no such host: nowhere.test/x:1',
    );
  });

  it("[PW31] an image that must not be pulled: ErrImageNeverPull", async () => {
    world.create("web", { containers: [makeContainer("main", { image: "x:1", imagePullPolicy: "Never" })] });
    await world.until(() => waiting("web")?.reason === "ErrImageNeverPull");
    expect(waiting("web")?.message).toBe('Container image "x:1" is not present with pull policy of Never');
    expect(world.runtime.calls.some((call) => call.startsWith("pullImage"))).toBe(false);
  });

  it("[PW71] resources of the pod as a whole change, and with them those of containers without their own", async () => {
    const whole = (memory: string) => ({ resources: { requests: { memory: "1Mi" }, limits: { memory } } });
    world.create("web", whole("4Mi"));
    await world.until(running("web"));
    expect(world.status("web").resources?.limits).toEqual({ memory: "4Mi" });
    const id = idOf("web");
    world.create("web", whole("8Mi"));
    await world.until(() => world.status("web").resources?.limits?.memory === "8Mi");
    expect(world.runtime.calls.filter((call) => call === `updateResources ${id}`)).toHaveLength(1);
    expect([told("ResizeStarted").length, told("ResizeCompleted").length]).toEqual([1, 1]);
    expect(world.status("web").conditions?.filter(({ type }) => type.startsWith("PodResize"))).toEqual([]);
  });

  it("[PW72] what stores more than it may is evicted at once", async () => {
    const resources = { limits: { "ephemeral-storage": "1Ki" } };
    world.create("web", { containers: [makeContainer("main", { resources })] });
    await world.until(running("web"));
    const containerId = idOf("web");
    const stats = { containerId, memoryWorkingSetBytes: 0n, writableLayerBytes: 2048n };
    vi.spyOn(world.runtime, "containerStats").mockResolvedValue([stats as never]);
    await world.until(() => world.status("web").phase === "Failed", 60_000);
    const message = "Pod ephemeral local storage usage exceeds the total limit of containers 1Ki. ";
    expect(world.status("web")).toMatchObject({ reason: "Evicted", message });
    expect(told("Evicted")).toMatchObject([{ type: "Warning", message }]);
    expect(world.runtime.calls).toContain(`stopContainer ${containerId} 2`);
  });

  it("[PW49] the image of a volume is held to its own pull policy, mounted when it is there, and given back", async () => {
    const volumes = [{ name: "v", image: { reference: "x:1", pullPolicy: "Never" as const } }];
    const volumeMounts = [{ name: "v", mountPath: "/v" }];
    world.create("web", { volumes, containers: [makeContainer("main", { volumeMounts })] });
    await world.until(() => waiting("web")?.reason === "ErrImageNeverPull");
    world.runtime.addImage("x:1");
    await world.until(running("web"));
    const { id } = world.runtime.images.get("x:1")!;
    const [[path, mounted]] = [...world.imageMounts] as [[string, string]];
    expect(mounted).toBe(id);
    const { hostPath, readonly } = world.runtime
      .find("web", "main")!
      .config.mounts!.find(({ containerPath }) => containerPath === "/v")!;
    expect([hostPath, readonly]).toEqual([path, true]);
    world.delete("web", 0);
    await world.until(() => world.pod("web") === undefined);
    expect([...world.imageMounts]).toEqual([]);
  });

  it("[PW32] a missing ConfigMap in env: CreateContainerConfigError until it is there", async () => {
    const env = [{ name: "A", valueFrom: { configMapKeyRef: { name: "c", key: "k" } } }];
    world.create("web", { containers: [makeContainer("main", { env })] });
    await world.until(() => waiting("web")?.reason === "CreateContainerConfigError");
    expect(waiting("web")?.message).toBe('configmap "c" not found');
    world.api.put("/api/v1/namespaces/default/configmaps/c", {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "c", namespace: "default" },
      data: { k: "v" },
    });
    await world.until(running("web"));
    expect(world.runtime.find("web", "main")?.config.envs).toContainEqual({
      key: "A",
      value: new TextEncoder().encode("v"),
    });
  });

  it("[PW33] a missing Secret in a volume: FailedMount, ContainerCreating, and it starts as soon as it is there", async () => {
    world.create("web", { volumes: [{ name: "s", secret: { secretName: "s" } }] });
    await world.pass(2_000);
    expect(told("FailedMount")[0]?.message).toBe('MountVolume.SetUp failed for volume "s" : secret "s" not found');
    expect(waiting("web")).toEqual({ reason: "ContainerCreating" });
    expect(world.runtime.sandboxes.size).toBe(0);
    world.api.put("/api/v1/namespaces/default/secrets/s", {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "s", namespace: "default" },
      data: {},
    });
    await world.until(running("web"), 200);
  });

  it("[PW73] a pod that does not fit is rejected, and nothing of it starts", async () => {
    const allocatable = { cpu: "2", memory: "4Gi", pods: "10" };
    world.node = { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" }, spec: {}, status: { allocatable } };
    world.create("web", { containers: [makeContainer("main", { resources: { requests: { cpu: "3" } } })] });
    await world.until(() => world.status("web").phase === "Failed");
    await world.pass(15_000);
    const message = "Node didn't have enough resource: cpu, requested: 3000, used: 0, capacity: 2000";
    expect(world.status("web")).toEqual({
      observedGeneration: 1,
      phase: "Failed",
      reason: "OutOfcpu",
      message: `Pod was rejected: ${message}`,
      startTime: expect.any(String),
      qosClass: "Burstable",
    });
    expect(told("OutOfcpu")).toMatchObject([{ type: "Warning", message }]);
    expect(world.runtime.sandboxes.size).toBe(0);
  });

  it("[PW34] a sandbox that fails is tried again", async () => {
    world.runtime.failNext("runSandbox", new RuntimeError("Unknown", "no network"));
    world.create("web");
    await world.until(running("web"));
    expect(told("FailedCreatePodSandBox")[0]?.message).toContain("no network");
  });

  it("[PW35] a container that cannot start waits with RunContainerError", async () => {
    world.runtime.failNext("startContainer", new RuntimeError("Unknown", "exec: not found"));
    world.create("web");
    await world.until(() => waiting("web")?.reason === "RunContainerError");
    expect(waiting("web")?.message).toBe("exec: not found");
  });
});

describe("changes of a running pod", () => {
  it("[PW36] new limits reach the container without a restart, once", async () => {
    world.create("web");
    await world.until(running("web"));
    const id = idOf("web");
    world.create("web", { containers: [makeContainer("main", { resources: { limits: { memory: "2Mi" } } })] });
    await world.until(() => world.runtime.calls.includes(`updateResources ${id}`));
    await world.pass(15_000);
    expect(world.runtime.calls.filter((call) => call.startsWith("updateResources"))).toHaveLength(1);
    expect(world.status("web").containerStatuses?.[0]).toMatchObject({
      restartCount: 0,
      resources: { limits: { memory: "2Mi" } },
    });
    const summary = `{"containers":[{"name":"main","resources":{"limits":{"memory":"2Mi"}}}],"generation":1}`;
    expect(told("ResizeStarted").map(({ message }) => message)).toEqual([`Pod resize started: ${summary}`]);
    expect(told("ResizeCompleted").map(({ message }) => message)).toEqual([`Pod resize completed: ${summary}`]);
  });

  it("[PW39] what the node cannot give waits, and the pod goes on with what it has", async () => {
    const allocatable = { cpu: "2", memory: "4Gi", pods: "10" };
    world.node = { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" }, spec: {}, status: { allocatable } };
    const asking = (cpu: string) => ({ containers: [makeContainer("main", { resources: { requests: { cpu } } })] });
    const pending = () => world.status("web").conditions?.find(({ type }) => type === "PodResizePending");
    const has = () => world.status("web").containerStatuses?.[0]?.allocatedResources?.cpu;
    world.create("web", asking("500m"));
    world.create("other", asking("1"));
    await world.until(running("web"));
    await world.until(running("other"));
    world.create("web", asking("3"));
    await world.until(() => pending()?.reason === "Infeasible");
    expect(pending()?.message).toBe("Node didn't have enough capacity: cpu, requested: 3000, capacity: 2000");
    world.create("web", asking("1500m"));
    await world.until(() => pending()?.reason === "Deferred");
    expect(pending()?.message).toBe(
      "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000",
    );
    expect([has(), world.runtime.calls.some((call) => call.startsWith("updateResources"))]).toEqual(["500m", false]);
    world.delete("other", 0);
    await world.until(() => has() === "1500m", 4_000);
    await world.until(() => pending() === undefined);
    expect(world.runtime.calls.filter((call) => call.startsWith("updateResources"))).toHaveLength(1);
    const deferred = "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 2000";
    expect(["ResizeInfeasible", "ResizeStarted", "ResizeCompleted"].map((reason) => told(reason).length)).toEqual([
      1, 1, 1,
    ]);
    expect(told("ResizeDeferred")[0]?.message).toBe(
      `Pod resize Deferred: {"containers":[{"name":"main","resources":{"requests":{"cpu":"1500m"}}}],"generation":1,"error":"${deferred}"}`,
    );
  });

  it("[PW48] a memory limit below what is in use is not set, and said to be in progress", async () => {
    const limited = (memory: string) => ({
      containers: [makeContainer("main", { resources: { limits: { memory } } })],
    });
    const progress = () => world.status("web").conditions?.find(({ type }) => type === "PodResizeInProgress");
    world.create("web", limited("8Mi"));
    await world.until(running("web"));
    const stats = vi.spyOn(world.runtime, "containerStats");
    const usage = (bytes: number) =>
      stats.mockResolvedValue([{ containerId: idOf("web"), memoryWorkingSetBytes: BigInt(bytes) } as never]);
    usage(4 * 2 ** 20);
    world.create("web", limited("2Mi"));
    await world.until(() => progress()?.reason === "Error");
    expect(progress()?.message).toBe(
      `attempting to set container "main" memory limit (${2 * 2 ** 20}) below current usage (${4 * 2 ** 20})`,
    );
    const limits = () => world.status("web").containerStatuses?.[0]?.resources?.limits;
    expect(limits()).toEqual({ memory: "8Mi" });
    expect(told("ResizeError")).toHaveLength(1);
    usage(2 ** 20);
    await world.until(() => progress() === undefined);
    expect(limits()).toEqual({ memory: "2Mi" });
    expect(told("ResizeCompleted")).toHaveLength(1);
    expect(world.runtime.calls.filter((call) => call.startsWith("updateResources"))).toHaveLength(1);
  });

  it("[PW49] one container's end restarts the whole pod in place, and what asks for it again waits", async () => {
    const rules = [{ action: "RestartAllContainers", exitCodes: { operator: "In", values: [88] } }];
    const phases = new Set<string | undefined>();
    const restarts = () => {
      const { phase, initContainerStatuses = [], containerStatuses = [] } = world.status("web");
      phases.add(phase);
      return [...initContainerStatuses, ...containerStatuses].map(({ restartCount }) => restartCount);
    };
    const restarting = () =>
      world.status("web").conditions?.find(({ type }) => type === "AllContainersRestarting")?.status;
    world.create("web", {
      restartPolicy: "Never",
      initContainers: [makeContainer("init", exits(0))],
      containers: [makeContainer("main", { restartPolicy: "Never", restartPolicyRules: rules }), makeContainer("more")],
    });
    await world.until(running("web"));
    const [sandbox] = [...world.runtime.sandboxes.keys()];
    const [started, stopped] = [world.clock.now(), idOf("web", "more")];
    world.runtime.exit(idOf("web"), 88);
    await world.until(() => restarts().join() === "1,1,1" && running("web")());
    expect(world.clock.now() - started).toBeLessThan(5_000);
    expect(world.runtime.calls).toContain(`stopContainer ${stopped} 2`);
    expect([[...world.runtime.sandboxes.keys()], restarting()]).toEqual([[sandbox], "False"]);
    const again = world.clock.now();
    world.runtime.exit(idOf("web"), 88);
    await world.until(() => restarting() === "True");
    expect(waiting("web")?.reason).toBe("CrashLoopBackOff");
    await world.until(() => restarts().join() === "2,2,2" && running("web")());
    expect(world.clock.now() - again).toBeGreaterThan(9_000);
    expect([...phases].filter((phase) => phase === "Failed" || phase === "Succeeded")).toEqual([]);
  });

  it("[PW37] a new image replaces the container", async () => {
    world.runtime.addImage("busybox:2");
    world.create("web", { terminationGracePeriodSeconds: 1 });
    await world.until(running("web"));
    world.create("web", {
      terminationGracePeriodSeconds: 1,
      containers: [makeContainer("main", { image: "busybox:2" })],
    });
    await world.until(() => world.runtime.find("web", "main")?.status.image === "busybox:2");
    expect(told("Killing")[0]?.message).toBe("Container main definition changed, will be restarted");
  });

  it("[PW38] what is not built is refused by name", async () => {
    world.create("web", { hostUsers: false });
    await world.until(() => told("FailedCreatePodSandBox").length > 0);
    expect(told("FailedCreatePodSandBox")[0]?.message).toContain(
      "user namespaces (hostUsers: false) are not supported",
    );
    expect(world.runtime.sandboxes.size).toBe(0);
  });
});

describe("hooks and probes", () => {
  it("[PW40] preStop runs first and its time counts", async () => {
    const lifecycle = { preStop: { exec: { command: ["bye"] } } };
    world.runtime.commands.set("bye", { takesMs: 3_000 });
    world.create("web", { containers: [makeContainer("main", { lifecycle })] });
    await world.until(running("web"));
    const id = idOf("web");
    world.delete("web", 10);
    await world.until(() => world.pod("web") === undefined, 15_000);
    const stops = world.runtime.calls.filter(
      (call) => call.startsWith(`execSync ${id} bye`) || call.startsWith(`stopContainer ${id}`),
    );
    expect(stops).toEqual([`execSync ${id} bye`, `stopContainer ${id} 7`]);
  });

  it("[PW41] a failing postStart takes the container down", async () => {
    const lifecycle = { postStart: { exec: { command: ["hi"] } } };
    world.runtime.commands.set("hi", { exitCode: 1 });
    world.create("web", { terminationGracePeriodSeconds: 2, containers: [makeContainer("main", { lifecycle })] });
    await world.until(() => waiting("web")?.reason === "PostStartHookError");
    expect(waiting("web")?.message).toBe(
      `Exec lifecycle hook ([hi]) for Container "main" in Pod "web_default(uid-of-web)" failed - error: command 'hi' exited with 1: , message: ""`,
    );
    expect(told("FailedPostStartHook")).not.toEqual([]);
  });

  it("[PW42] a hanging postStart does not hold up deletion", async () => {
    const lifecycle = { postStart: { exec: { command: ["hang"] } } };
    world.runtime.commands.set("hang", { takesMs: 3_600_000 });
    world.create("web", { containers: [makeContainer("main", { lifecycle })] });
    await world.until(() => world.runtime.calls.some((call) => call.includes(" hang")));
    world.delete("web", 1);
    await world.until(() => world.pod("web") === undefined, 10_000);
  });

  it("[PW43] readiness follows its probe", async () => {
    const readinessProbe = { exec: { command: ["ready?"] }, periodSeconds: 1, failureThreshold: 2 };
    world.runtime.commands.set("ready?", { exitCode: 1, stdout: "not yet" });
    world.create("web", { containers: [makeContainer("main", { readinessProbe })] });
    await world.until(running("web"));
    expect(world.status("web").containerStatuses?.[0]).toMatchObject({ ready: false, started: true });
    await world.until(() => told("Unhealthy").length > 0, 500);
    expect(told("Unhealthy")[0]?.message).toBe("Readiness probe failed: not yet");
    world.runtime.commands.delete("ready?");
    await world.until(() => world.status("web").containerStatuses?.[0]?.ready === true, 2_000);
    const counts = world.manager.probeCounts().map(({ kind, result, count }) => [kind, result, count]);
    expect(counts).toEqual([
      ["Readiness", "successful", 1],
      ["Readiness", "failed", expect.any(Number)],
    ]);
  });

  it("[PW44] liveness kills after its threshold, with its own grace period", async () => {
    const livenessProbe = {
      exec: { command: ["alive?"] },
      periodSeconds: 1,
      failureThreshold: 3,
      terminationGracePeriodSeconds: 4,
    };
    world.create("web", { containers: [makeContainer("main", { livenessProbe })] });
    await world.until(running("web"));
    const id = idOf("web");
    world.runtime.commands.set("alive?", { exitCode: 1 });
    await world.until(() => world.runtime.calls.includes(`stopContainer ${id} 4`), 5_000);
    expect(told("Unhealthy").length).toBe(3);
    expect(told("Killing")[0]?.message).toBe("Container main failed liveness probe, will be restarted");
    world.runtime.commands.delete("alive?");
    await world.until(() => world.status("web").containerStatuses?.[0]?.restartCount === 1, 10_000);
  });

  it("[PW45] nothing else is probed before the startup probe has succeeded", async () => {
    const startupProbe = { exec: { command: ["started?"] }, periodSeconds: 1, failureThreshold: 30 };
    const livenessProbe = { exec: { command: ["alive?"] }, periodSeconds: 1 };
    world.runtime.commands.set("started?", { exitCode: 1 });
    world.create("web", { containers: [makeContainer("main", { startupProbe, livenessProbe })] });
    await world.until(running("web"));
    await world.pass(3_000);
    expect(world.status("web").containerStatuses?.[0]).toMatchObject({ started: false, ready: false });
    expect(world.runtime.calls.some((call) => call.endsWith("alive?"))).toBe(false);
    world.runtime.commands.delete("started?");
    await world.until(() => world.status("web").containerStatuses?.[0]?.ready === true, 2_000);
    await world.until(() => world.runtime.calls.some((call) => call.endsWith("alive?")), 2_000);
  });

  it("[PW47] a cut grace period ends a preStop that waits", async () => {
    const lifecycle = { preStop: { sleep: { seconds: 500 } } };
    world.create("web", { containers: [makeContainer("main", { lifecycle })] });
    await world.until(running("web"));
    world.delete("web", 600);
    await world.pass(1_000);
    world.delete("web", 1);
    await world.until(() => world.pod("web") === undefined, 5_000);
  });

  it("[PW46] sidecars stop after the others", async () => {
    world.create("web", { initContainers: [makeContainer("side", { restartPolicy: "Always" })] });
    await world.until(running("web"));
    const [main, side] = [idOf("web"), idOf("web", "side")];
    world.delete("web", 5);
    await world.until(() => world.pod("web") === undefined, 15_000);
    const stops = world.runtime.calls
      .filter((call) => call.startsWith("stopContainer "))
      .map((call) => call.split(" ")[1]);
    expect(stops).toEqual([main, side]);
  });
});

describe("the daemon's own restart", () => {
  it("[PW60] touches nothing that runs, writes nothing, and keeps restart counts", async () => {
    world.create("web", {
      containers: [makeContainer("main", { readinessProbe: { exec: { command: ["r"] }, periodSeconds: 5 } })],
    });
    await world.until(() => world.status("web").containerStatuses?.[0]?.ready === true);
    world.runtime.exit(idOf("web"), 1);
    await world.until(
      () =>
        world.status("web").containerStatuses?.[0]?.restartCount === 1 &&
        world.status("web").containerStatuses?.[0]?.ready === true,
      30_000,
    );
    const [calls, writes] = [world.runtime.calls.length, statusWrites("web")];
    await world.restart();
    await world.pass(12_000);
    expect(world.runtime.calls.slice(calls).filter((call) => /^(run|create|start|stop|remove)/.test(call))).toEqual([]);
    expect(statusWrites("web")).toBe(writes);
    expect(world.manager.lookup.find("default", "web")?.containers.get("main")?.[0]).toMatchObject({
      state: "running",
      attempt: 1,
    });
  });

  it("[PW63] says nothing new of what was over before it came", async () => {
    const over = { phase: "Failed", reason: "OutOfcpu", message: "Pod was rejected: no" } as const;
    await world.manager.stop();
    world.create("web");
    const pod = world.pod("web");
    world.api.put("/api/v1/namespaces/default/pods/web", { ...pod, status: over } as never);
    const writes = statusWrites("web");
    await world.restart();
    await world.pass(15_000);
    expect([statusWrites("web"), world.status("web")]).toEqual([writes, over]);
  });

  it("[PW61] removes what was deleted meanwhile", async () => {
    world.create("web", { volumes: [{ name: "e", emptyDir: {} }], terminationGracePeriodSeconds: 1 });
    await world.until(running("web"));
    await world.manager.stop();
    world.api.drop("/api/v1/namespaces/default/pods/web");
    const restarted = world.restart();
    await world.pass(6_000);
    await restarted;
    expect(world.runtime.sandboxes.size).toBe(0);
    expect(readdirSync(join(world.stateDir, "pods"))).toEqual([]);
    expect(readdirSync(join(world.stateDir, "logs", "pods"))).toEqual([]);
  });

  it("[PW62] ends a pod whose deletion it missed", async () => {
    world.create("web");
    await world.until(running("web"));
    await world.manager.stop();
    world.delete("web", 1);
    await world.restart();
    await world.until(() => world.pod("web") === undefined);
  });
});

describe("without the API", () => {
  it("[PW70] a crashed container is started again; what happened is told when the API is back", async () => {
    world.create("web");
    await world.until(running("web"));
    world.api.failure = new ApiCallError(0, "no connection");
    world.runtime.exit(idOf("web"), 1);
    await world.pass(3_000);
    expect(world.runtime.find("web", "main")?.status).toMatchObject({ state: "running", attempt: 1 });
    world.api.failure = undefined;
    await world.until(() => world.status("web").containerStatuses?.[0]?.restartCount === 1, 35_000);
  });
});

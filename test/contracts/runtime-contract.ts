/** What every Runtime does: containerd over CRI, and the fake. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NamespaceMode } from "../../node-daemon/runtime/generated/cri-v1-types.ts";
import type { ContainerConfig, PodSandboxConfig, Runtime, RuntimeEvent } from "../../node-daemon/runtime/runtime.ts";

export interface RuntimeUnderTest {
  runtime: Runtime;
  /** An image that is there, with `sh`, `sleep` and `echo`. */
  image: string;
  /** Where containers' logs go; "" when the runtime writes none. */
  logDirectory: string;
  cgroupParent: string;
  close(): Promise<void>;
}

const TRAPPED = "trap 'exit 7' TERM; while :; do sleep 0.05; done";

export function runtimeContract(name: string, make: () => Promise<RuntimeUnderTest>): void {
  describe(`runtime contract: ${name}`, () => {
    let under: RuntimeUnderTest;
    let runtime: Runtime;
    const events: RuntimeEvent[] = [];
    let number = 0;

    beforeAll(async () => {
      under = await make();
      runtime = under.runtime;
      runtime.subscribe((event) => events.push(event));
    }, 60_000);
    afterAll(async () => {
      runtime.close();
      await under.close();
    }, 60_000);

    const sandboxConfig = (): PodSandboxConfig => {
      const pod = `pod-${++number}`;
      return {
        metadata: { name: pod, namespace: "default", uid: `uid-${pod}`, attempt: 2 },
        hostname: pod,
        logDirectory: under.logDirectory,
        labels: { app: pod },
        annotations: { note: "kept" },
        linux: { cgroupParent: `${under.cgroupParent}/${pod}` },
      };
    };
    const start = async (command: string[]): Promise<{ sandboxId: string; id: string }> => {
      const config = sandboxConfig();
      const sandboxId = await runtime.runSandbox(config);
      const container: ContainerConfig = {
        metadata: { name: "main", attempt: 1 },
        image: { image: under.image },
        command,
        labels: { app: config.metadata?.name as string },
        annotations: { restarts: "1" },
        logPath: `${config.metadata?.name}.log`,
        // A process namespace of its own: its first process is not ended by a signal it does not handle.
        linux: { securityContext: { namespaceOptions: { pid: NamespaceMode.CONTAINER } } },
      };
      const id = await runtime.createContainer({ sandboxId, config: container, sandboxConfig: config });
      expect((await runtime.containerStatus(id)).state).toBe("created");
      await runtime.startContainer(id);
      return { sandboxId, id };
    };
    const until = (id: string, state: string): Promise<void> =>
      expect.poll(async () => (await runtime.containerStatus(id)).state, { timeout: 5_000, interval: 10 }).toBe(state);

    it("[RT1] says what it is and how it is", async () => {
      expect((await runtime.version()).name).not.toBe("");
      expect((await runtime.status()).runtime.ok).toBe(true);
    });

    it("[RT2] a sandbox is listed with what it was given, has an address, and goes; stop and remove may be repeated", async () => {
      const config = sandboxConfig();
      const id = await runtime.runSandbox(config);
      const labels = config.labels as { [key: string]: string };
      const [listed] = await runtime.listSandboxes(labels);
      expect(listed).toMatchObject({
        id,
        ready: true,
        attempt: 2,
        namespace: "default",
        labels,
        annotations: { note: "kept" },
      });
      expect((await runtime.sandboxStatus(id)).ips).toHaveLength(1);
      await runtime.stopSandbox(id);
      expect((await runtime.sandboxStatus(id)).ready).toBe(false);
      await runtime.stopSandbox(id);
      await runtime.removeSandbox(id);
      await runtime.removeSandbox(id);
      await runtime.stopSandbox(id);
      expect(await runtime.listSandboxes(labels)).toEqual([]);
      await expect(runtime.sandboxStatus(id)).rejects.toMatchObject({ code: "NotFound" });
    });

    it.each([
      { title: "[RT3] an end with code 0 is Completed", code: 0, reason: "Completed" },
      { title: "[RT4] an end with another code is Error", code: 3, reason: "Error" },
    ])("$title", async ({ code, reason }) => {
      const { sandboxId, id } = await start(["sh", "-c", `exit ${code}`]);
      await until(id, "exited");
      const status = await runtime.containerStatus(id);
      expect(status).toMatchObject({
        exitCode: code,
        reason,
        attempt: 1,
        name: "main",
        annotations: { restarts: "1" },
      });
      expect(status.startedAtMs).toBeGreaterThan(0);
      // The runtime notes the start once it is told of it: of what ends at once, that is a moment after the end.
      expect(status.finishedAtMs).toBeGreaterThan(status.startedAtMs - 1_000);
      await expect.poll(() => events.some((e) => e.type === "exit" && e.id === id), { timeout: 5_000 }).toBe(true);
      await runtime.removeSandbox(sandboxId);
      await expect(runtime.containerStatus(id)).rejects.toMatchObject({ code: "NotFound" });
    });

    it("[RT5] stop sends the stop signal and waits for the end", async () => {
      const { sandboxId, id } = await start(["sh", "-c", TRAPPED]);
      await until(id, "running");
      // The shell sets its trap a moment after it runs.
      await expect
        .poll(async () => (await runtime.execSync({ containerId: id, command: ["echo"], timeoutMs: 5_000 })).exitCode)
        .toBe(0);
      await runtime.stopContainer(id, 5);
      expect(await runtime.containerStatus(id)).toMatchObject({ state: "exited", exitCode: 7 });
      await runtime.stopContainer(id, 5);
      await runtime.removeContainer(id);
      await runtime.removeContainer(id);
      await runtime.stopContainer(id, 5);
      await runtime.removeSandbox(sandboxId);
    });

    it("[RT6] a stop with less time hurries one that waits", async () => {
      const { sandboxId, id } = await start(["sleep", "1000"]);
      const slow = runtime.stopContainer(id, 60);
      await runtime.stopContainer(id, 1);
      await slow;
      expect(await runtime.containerStatus(id)).toMatchObject({ state: "exited", exitCode: 137 });
      await runtime.removeSandbox(sandboxId);
    });

    it("[RT7] lists containers by label, with their sandbox", async () => {
      const { sandboxId, id } = await start(["sleep", "1000"]);
      const { labels } = await runtime.containerStatus(id);
      expect(await runtime.listContainers(labels)).toMatchObject([
        { id, sandboxId, state: "running", name: "main", attempt: 1 },
      ]);
      expect(await runtime.listContainers({ app: "nobody" })).toEqual([]);
      await runtime.removeSandbox(sandboxId);
    });

    it("[RT8] an image that is not there is undefined; one that cannot be pulled rejects", async () => {
      expect(await runtime.imageStatus("missing.invalid/x:1")).toBeUndefined();
      const image = await runtime.imageStatus(under.image);
      expect(image?.tags).toContain(under.image);
      expect((await runtime.listImages()).map(({ id }) => id)).toContain(image?.id);
      await expect(runtime.pullImage("missing.invalid/x:1")).rejects.toMatchObject({ name: "RuntimeError" });
    });

    it("[RT9] what does not exist is NotFound", async () => {
      await expect(runtime.startContainer("none")).rejects.toMatchObject({ code: "NotFound" });
      await expect(runtime.containerStatus("none")).rejects.toMatchObject({ code: "NotFound" });
    });

    it("[RT10] the first event is a resync", () => {
      expect(events[0]).toEqual({ type: "resync" });
    });
  });
}

import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { silentLog } from "../../node-daemon/pods/testing/fake-services.ts";
import { connectCri } from "../../node-daemon/runtime/cri-client.ts";
import { BUSYBOX_IMAGE, containerdMissing, startContainerd, type TestContainerd } from "../fakes/runtime-containerd.ts";
import { runtimeContract } from "./runtime-contract.ts";

const missing = containerdMissing();
// Socket paths hold 108 bytes.
const directory = `/tmp/kedge-rt-${process.pid}`;

if (missing) {
  describe("runtime contract: containerd", () => it.skip(`skipped: ${missing}`, () => {}));
} else {
  let containerd: TestContainerd;
  const logDirectory = join(directory, "logs");
  runtimeContract("containerd", async () => {
    containerd = await startContainerd(directory);
    mkdirSync(logDirectory);
    const runtime = connectCri(containerd.socket, { log: silentLog });
    return {
      runtime,
      image: BUSYBOX_IMAGE,
      logDirectory,
      cgroupParent: `/kedge-test-${process.pid}`,
      close: async () => {
        await containerd.stop();
        removeCgroups(`kedge-test-${process.pid}`);
      },
    };
  });

  describe("containerd", () => {
    it("[RT11] logs go to the file asked for, execSync gives output and code, and a restart is survived", async () => {
      const own = await startContainerd(`${directory}b`, "10.252.0.0/24");
      const runtime = connectCri(own.socket, { log: silentLog });
      let resyncs = 0;
      const subscription = runtime.subscribe(({ type }) => {
        if (type === "resync") resyncs++;
      });
      try {
        const sandboxConfig = {
          metadata: { name: "p", namespace: "default", uid: "u", attempt: 0 },
          logDirectory: `${directory}b/logs`,
          linux: { cgroupParent: `/kedge-test-${process.pid}b/p` },
        };
        mkdirSync(`${directory}b/logs`);
        const sandboxId = await runtime.runSandbox(sandboxConfig);
        const id = await runtime.createContainer({
          sandboxId,
          sandboxConfig,
          config: {
            metadata: { name: "c", attempt: 0 },
            image: { image: BUSYBOX_IMAGE },
            command: ["sh", "-c", "echo out; echo err >&2; sleep 1000"],
            logPath: "c.log",
          },
        });
        await runtime.startContainer(id);
        const log = (): string => readFileSync(`${directory}b/logs/c.log`, "utf8");
        await expect.poll(log, { timeout: 5_000 }).toMatch(/ stdout F out\n/);
        await expect.poll(log, { timeout: 5_000 }).toMatch(/ stderr F err\n/);
        const exec = await runtime.execSync({
          containerId: id,
          command: ["sh", "-c", "echo hi; exit 4"],
          timeoutMs: 5_000,
        });
        expect([Buffer.from(exec.stdout).toString(), exec.exitCode]).toEqual(["hi\n", 4]);
        const late = runtime.execSync({ containerId: id, command: ["sleep", "30"], timeoutMs: 1_000 });
        await expect(late).rejects.toMatchObject({ code: "DeadlineExceeded" });

        await own.restart();
        await expect.poll(() => resyncs, { timeout: 10_000 }).toBeGreaterThan(1);
        expect((await runtime.containerStatus(id)).state).toBe("running");
        await runtime.removeSandbox(sandboxId);
      } finally {
        subscription.close();
        runtime.close();
        await own.stop();
        removeCgroups(`kedge-test-${process.pid}b`);
      }
    }, 60_000);
  });
}

/** A cgroup's directory goes with rmdir once its children are gone. */
function removeCgroups(name: string): void {
  const hierarchies = ["", ...readdirSync("/sys/fs/cgroup")];
  for (const hierarchy of hierarchies) removeTree(join("/sys/fs/cgroup", hierarchy, name));
}

function removeTree(path: string): void {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(path, entry.name));
  }
  rmdirSync(path);
}

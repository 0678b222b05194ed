import { execFileSync, spawn } from "node:child_process";
import { statSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock } from "../machinery/clock.ts";
import { silentLog } from "./pods/testing/fake-services.ts";
import { endNode, ownNamespace, watchNamespace } from "./unplug.ts";

const isRoot = process.getuid?.() === 0;
const name = `kedge-unplug-${process.pid}`;

describe.runIf(isRoot)("unplug", () => {
  afterEach(() => {
    try {
      execFileSync("ip", ["netns", "del", name], { stdio: "ignore" });
    } catch {
      // The test deleted it.
    }
  });

  it("[UP1] is told when its namespace is deleted, and not before", async () => {
    execFileSync("ip", ["netns", "add", name]);
    let told = 0;
    const { ino } = statSync(`/run/netns/${name}`);
    const gone = new Promise<void>((resolve) => {
      const count = (): void => {
        told++;
        resolve();
      };
      watchNamespace({ name, inode: ino }, { clock: systemClock, log: silentLog, gone: count });
    });
    execFileSync("ip", ["netns", "add", `${name}-other`]);
    execFileSync("ip", ["netns", "del", `${name}-other`]);
    expect(told).toBe(0);
    execFileSync("ip", ["netns", "del", name]);
    await gone;
    expect(told).toBe(1);
  });

  it("[UP2] a namespace one is not in is not one's own", async () => {
    execFileSync("ip", ["netns", "add", name]);
    expect(ownNamespace(name)).toBeUndefined();
    expect(ownNamespace("none-such")).toBeUndefined();
    const { ino } = statSync(`/run/netns/${name}`);
    await expect(endNode({ name, inode: ino }, async () => new Set())).rejects.toThrow("nothing is killed");
  });

  it("[UP3] inside, it kills its neighbours and the pods' processes, and nobody else", async () => {
    execFileSync("ip", ["netns", "add", name]);
    const enter = [`--net=/run/netns/${name}`, "--"];
    const ended = (child: ReturnType<typeof spawn>) =>
      new Promise<string | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    const neighbour = spawn("nsenter", [...enter, "sleep", "60"]);
    const pod = spawn("sleep", ["60"]);
    const stranger = spawn("sleep", ["60"]);
    const ends = [ended(neighbour), ended(pod)];
    // Until nsenter has entered, its process is not in the namespace.
    await expect.poll(() => execFileSync("ip", ["netns", "pids", name]).toString().trim()).not.toBe("");
    const module = JSON.stringify(new URL("./unplug.ts", import.meta.url).pathname);
    const script = `import { endNode, ownNamespace } from ${module};
      await endNode(ownNamespace("${name}"), async () => new Set([${pod.pid}]));`;
    execFileSync("nsenter", [...enter, process.execPath, "--input-type=module", "-e", script], { stdio: "pipe" });
    expect(await Promise.all(ends)).toEqual(["SIGKILL", "SIGKILL"]);
    expect(stranger.exitCode === null && stranger.signalCode === null).toBe(true);
    stranger.kill("SIGKILL");
  });
});

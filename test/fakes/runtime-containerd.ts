/** A containerd of a test's own: own root, state, socket and cgroups; gone after `stop`. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLog } from "../../node-daemon/pods/testing/fake-services.ts";
import { connectCri } from "../../node-daemon/runtime/cri-client.ts";
import { busyboxImage } from "./runtime-image.ts";

export const PAUSE_IMAGE = "test.local/pause:1";
export const BUSYBOX_IMAGE = "test.local/busybox:1";

/** Why real containers cannot be had here; undefined when they can. */
export function containerdMissing(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "not root on Linux";
  for (const program of ["containerd", "ctr", "runc", "busybox"]) {
    try {
      execFileSync("which", [program], { stdio: "ignore" });
    } catch {
      return `${program} is not installed`;
    }
  }
  return existsSync("/usr/lib/cni/ptp") ? undefined : "the CNI plugins are not in /usr/lib/cni";
}

export interface TestContainerd {
  socket: string;
  directory: string;
  pid: number;
  /** Kills -9 and starts again on the same state. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** @param directory made if missing and removed by `stop`; short, as socket paths hold 108 bytes */
export async function startContainerd(directory: string, podCidr = "10.251.0.0/24"): Promise<TestContainerd> {
  const socket = join(directory, "containerd.sock");
  mkdirSync(join(directory, "cni"), { recursive: true });
  writeFileSync(
    join(directory, "cni", "10-test.conflist"),
    JSON.stringify({
      cniVersion: "1.0.0",
      name: "kedge-test",
      plugins: [
        {
          type: "ptp",
          ipam: { type: "host-local", ranges: [[{ subnet: podCidr }]], dataDir: join(directory, "ipam") },
        },
      ],
    }),
  );
  writeFileSync(
    join(directory, "config.toml"),
    `version = 2
root = "${directory}/root"
state = "${directory}/state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${directory}/cni"
[plugins."io.containerd.internal.v1.opt"]
  path = "${directory}/opt"
`,
  );
  const ctr = (...args: string[]): void => {
    execFileSync("ctr", ["--address", socket, "--namespace", "k8s.io", ...args], { stdio: "pipe" });
  };
  let child = await launch();

  async function launch(): Promise<ReturnType<typeof spawn>> {
    const started = spawn("containerd", ["--config", join(directory, "config.toml"), "--log-level", "warn"], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    for (let attempt = 0; attempt < 100; attempt++) {
      try {
        ctr("version");
        return started;
      } catch {
        await sleep(50);
      }
    }
    throw new Error("containerd did not answer within 5 s");
  }
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  };

  for (const [reference, command] of [
    [PAUSE_IMAGE, ["sleep", "2147483647"]],
    [BUSYBOX_IMAGE, ["sh"]],
  ] as const) {
    const file = join(directory, "image.tar");
    writeFileSync(file, busyboxImage(reference, { command: [...command] }));
    ctr("images", "import", file);
    rmSync(file);
  }

  return {
    socket,
    directory,
    get pid() {
      return child.pid ?? 0;
    },
    async restart() {
      await end("SIGKILL");
      child = await launch();
    },
    async stop() {
      // A test that failed leaves sandboxes behind: their processes, networks and shims go with them.
      const runtime = connectCri(socket, { log: silentLog });
      for (const { id } of await runtime.listSandboxes()) await runtime.removeSandbox(id);
      runtime.close();
      await end("SIGTERM");
      const mounts = readFileSync("/proc/self/mounts", "utf8")
        .split("\n")
        .map((line) => line.split(" ")[1] ?? "")
        .filter((path) => path.startsWith(`${directory}/`));
      for (const path of mounts.reverse()) execFileSync("umount", ["-l", path]);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

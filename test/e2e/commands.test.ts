import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { projectDir } from "../../cli/layout.ts";
import { run } from "../../cli/system/run.ts";
import { eventually, type Running, skipNodes, start, type TestCluster, testCluster } from "./harness.ts";

const PORT = 16_843;
let cluster: TestCluster;

beforeEach(() => {
  cluster = testCluster("commands", PORT);
});
afterEach(() => cluster.remove());

const up = (...flags: string[]) => cluster.kedge("up", "--no-node", "--port", String(PORT), ...flags);

describe("bad starts are told plainly", () => {
  it("a taken port", async () => {
    const server = net.createServer().listen(PORT, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const ran = await up();
    server.close();
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain(`port ${PORT} is taken by another program`);
  });

  it.each([
    { flags: ["--port", "0"], message: '--port takes a whole number from 1 to 65535, not "0"' },
    { flags: ["--nodes", "many"], message: '--nodes takes a whole number from 1 to 100, not "many"' },
    { flags: ["--colour"], message: "Unknown option '--colour'" },
    { flags: ["again"], message: 'unexpected argument "again"' },
  ])("flags that are none: $flags", async ({ flags, message }) => {
    const ran = await cluster.kedge("up", ...flags);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain(message);
    expect(fs.existsSync(cluster.dataDir)).toBe(false);
  });

  it("a data directory that lost its CA's key is not given a new CA", async () => {
    expect((await up()).exitCode).toBe(0);
    await cluster.kedge("down");
    fs.rmSync(path.join(cluster.dataDir, "pki/ca.key"));
    const ran = await up();
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain("the data directory is damaged");
  });

  it("a half-written run file", async () => {
    fs.mkdirSync(cluster.dataDir, { recursive: true });
    fs.writeFileSync(path.join(cluster.dataDir, "run.json"), '{"formatVersion":');
    const ran = await up();
    expect(ran.exitCode).toBe(1);
    expect(ran.stderr).toContain("run.json is damaged");
    fs.rmSync(path.join(cluster.dataDir, "run.json"));
  });

  it.skipIf(process.getuid?.() !== 0)("not root: a node is refused, the control plane alone runs", async () => {
    const dir = path.dirname(cluster.dataDir);
    fs.chmodSync(dir, 0o777);
    const script = `exec "${process.execPath}" "${projectDir}/cli/main.ts" up --data "${cluster.dataDir}" --port ${PORT}`;
    const asNobody = (flags: string) =>
      run("setpriv", [
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "sh",
        "-c",
        `HOME=${dir} KUBECONFIG=${cluster.kubeconfig} ${script} ${flags}`,
      ]);
    const refused = await asNobody("");
    expect(refused.exitCode, refused.stderr).toBe(1);
    expect(refused.stderr).toContain("joining this machine as a node needs root");
    const alone = await asNobody("--no-node");
    expect(alone.exitCode, alone.stderr).toBe(0);
    expect(await cluster.kubectl("get", "ns", "default", "-o", "name")).toBe("namespace/default\n");
  });

  describe.skipIf(skipNodes)("machines that lack something", () => {
    /** `up` in a mount namespace where `before` has taken things away. */
    const upWithout = (before: string, ...flags: string[]) => {
      const command = `exec "${process.execPath}" "${projectDir}/cli/main.ts" up --data "${cluster.dataDir}" --port ${PORT}`;
      return run("unshare", ["--mount", "sh", "-c", `${before}; ${command} ${flags.join(" ")}`]);
    };
    const noContainerd = "mount -t tmpfs none /usr/lib/cni && mount --bind /dev/null $(command -v containerd)";

    it("says what is missing with --no-install", async () => {
      const ran = await upWithout(noContainerd, "--no-install");
      expect(ran.exitCode, ran.stderr).toBe(1);
      expect(ran.stderr).toContain("missing on this machine: containerd, CNI plugins (ptp, host-local, loopback)");
      expect(ran.stderr).toContain("apt-get install --no-install-recommends containerd containernetworking-plugins");
    });

    it("says so where there is no apt-get", async () => {
      const ran = await upWithout(`${noContainerd} && mount --bind /dev/null $(command -v apt-get)`);
      expect(ran.exitCode, ran.stderr).toBe(1);
      expect(ran.stderr).toContain("There is no apt-get here");
    });

    it("says which cgroup controllers are missing", async () => {
      const ran = await upWithout("umount -R /sys/fs/cgroup");
      expect(ran.exitCode, ran.stderr).toBe(1);
      expect(ran.stderr).toContain("the kernel's cgroup controllers cpu, memory, pids are missing");
    });
  });
});

describe("up --foreground", () => {
  it("brings back what dies, and takes everything down at SIGTERM", async () => {
    const args = ["up", "--no-node", "--foreground", "--port", String(PORT), "--data", cluster.dataDir];
    const env = { ...process.env, HOME: path.dirname(cluster.dataDir), KUBECONFIG: cluster.kubeconfig };
    const running = start(path.join(projectDir, "kedge"), args, env);
    await eventually("up", 20_000, async () => running.stdout().includes("kedge is up"));
    const pidFile = path.join(cluster.dataDir, "control-plane/workerd.pid");
    const pid = () => Number(fs.readFileSync(pidFile, "utf8").split(" ")[0]);
    const first = pid();
    process.kill(first, "SIGKILL");
    await eventually("another workerd", 20_000, async () => pid() !== first && (await cluster.kubectl("get", "ns")));
    running.child.kill("SIGTERM");
    expect(await running.exited).toBe(0);
    expect(fs.existsSync(pidFile)).toBe(false);
  });
});

describe("up --simulated-nodes", () => {
  it("gives nodes that run pods in name only, without root's help", async () => {
    const flags = ["--simulated-nodes", "20", "--port", String(PORT)];
    const ran = await cluster.kedge("up", ...flags);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr).toContain("Simulated nodes: 20 of 20 Ready");
    await cluster.kubectl("create", "deployment", "big", "--image=none", "--replicas=50");
    await cluster.kubectl("rollout", "status", "deployment/big", "--timeout=60s");
    const other = await cluster.kedge("up", "--simulated-nodes", "21", "--port", String(PORT));
    expect(other.stderr).toContain(`already running with --port ${PORT} --no-node --simulated-nodes 20`);
  });
});

describe("node install", () => {
  it.skipIf(skipNodes)("writes units that systemd takes, and enables them", async () => {
    expect((await up()).exitCode).toBe(0);
    const root = fs.mkdtempSync(path.join(os.tmpdir(), "kedge-root-"));
    const ran = await cluster.kedge("node", "install", "--root", root, "--name", "installed");
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stdout).toContain("systemd is not running here");
    const units = ["kedge-containerd.service", "kedge-node.service"].map((unit) =>
      path.join(root, "etc/systemd/system", unit),
    );
    const verified = await run("systemd-analyze", ["verify", ...units]);
    expect([verified.exitCode, verified.stderr]).toEqual([0, ""]);
    const wanted = path.join(root, "etc/systemd/system/multi-user.target.wants/kedge-node.service");
    expect(fs.lstatSync(wanted).isSymbolicLink()).toBe(true);
    expect(fs.statSync(path.join(root, "var/lib/kedge/token")).mode & 0o777).toBe(0o600);
    expect((await cluster.kedge("node", "uninstall", "--root", root)).exitCode).toBe(0);
    expect(units.filter((unit) => fs.existsSync(unit))).toEqual([]);
    fs.rmSync(root, { recursive: true });
  });
});

describe("wrangler", () => {
  let dev: Running | undefined;
  afterEach(async () => {
    dev?.child.kill("SIGTERM");
    await dev?.exited;
    dev = undefined;
  });

  it("npm run dev serves kubectl, watches included", async () => {
    dev = start(
      path.join(projectDir, "kedge"),
      ["dev", "--port", String(PORT), "--data", cluster.dataDir],
      process.env,
    );
    const kubeconfig = path.join(cluster.dataDir, "kubeconfig");
    const kubectl = (...args: string[]) => cluster.kubectl(`--kubeconfig=${kubeconfig}`, ...args);
    await eventually("ready", 40_000, () => kubectl("get", "--raw", "/readyz"));
    const watch = cluster.kubectlStart([`--kubeconfig=${kubeconfig}`, "get", "configmaps", "-w", "-o", "name"]);
    await eventually("first list", 10_000, async () => watch.stdout().includes("configmap/kube-root-ca.crt"));
    await kubectl("create", "configmap", "seen");
    await eventually("watch event", 5_000, async () => watch.stdout().includes("configmap/seen"));
  });

  it("wrangler deploy --dry-run builds the Worker", async () => {
    const out = fs.mkdtempSync(path.join(os.tmpdir(), "kedge-dry-"));
    const wrangler = path.join(projectDir, "node_modules/.bin/wrangler");
    const ran = await run(wrangler, ["deploy", "--dry-run", "--outdir", out], { cwd: projectDir });
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(fs.existsSync(path.join(out, "main.js"))).toBe(true);
    fs.rmSync(out, { recursive: true });
  });
});

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { layoutOf } from "../../cli/layout.ts";
import { hostNodeName } from "../../cli/nodes/local-node.ts";
import { run } from "../../cli/system/run.ts";
import { WEB_IMAGE, webImageArchive } from "../images/busybox.ts";
import { eventually, kernelState, pidOf, skipNodes, type TestCluster, testCluster } from "./harness.ts";

const PORT = 16_643;

/** A new connection each time, so that each request is balanced anew. */
async function fetchText(url: string): Promise<string> {
  const answer = await fetch(url, { headers: { connection: "close" }, signal: AbortSignal.timeout(5_000) });
  return (await answer.text()).trim();
}

interface Pod {
  metadata: { name: string; uid: string };
  spec: { nodeName: string };
  status: {
    phase: string;
    podIP: string;
    conditions: { type: string; status: string }[];
    containerStatuses: { restartCount: number; ready: boolean; containerID: string }[];
  };
}

describe.skipIf(skipNodes)(`two nodes on this machine${skipNodes ? ` (skipped: ${skipNodes})` : ""}`, () => {
  let cluster: TestCluster;
  let before: string[];
  const host = hostNodeName();
  const second = `${host}-2`;
  const kubectl = (...args: string[]) => cluster.kubectl(...args);
  const pods = async (selector: string): Promise<Pod[]> =>
    (JSON.parse(await kubectl("get", "pods", "-l", selector, "-o", "json")) as { items: Pod[] }).items;
  const isReady = (pod: Pod) => pod.status.conditions?.some((c) => c.type === "Ready" && c.status === "True") ?? false;
  const ready = async (selector: string, count: number) => {
    const all = await pods(selector);
    return all.length === count && all.every(isReady) ? all : undefined;
  };
  /** Other clusters may run on the machine, and what they left may lie about. */
  const layout = () => layoutOf(cluster.dataDir);
  const daemonPid = () => pidOf(path.join(layout().runDir, host, "daemon.pid"));

  beforeAll(async () => {
    cluster = testCluster("nodes", PORT);
    before = await kernelState(cluster);
    const up = await cluster.kedge("up", "--nodes", "2", "--port", String(PORT));
    expect(up.stderr + up.stdout).toContain("kedge is up");
    const archive = path.join(os.tmpdir(), `kedge-web-${process.pid}.tar`);
    fs.writeFileSync(archive, webImageArchive());
    const loaded = await cluster.kedge("image", "load", archive);
    expect(loaded.exitCode, loaded.stderr).toBe(0);
    fs.rmSync(archive);
  });

  afterAll(async () => {
    await cluster.remove();
    const after = await kernelState(cluster);
    expect(after.filter((line) => !before.includes(line))).toEqual([]);
  });

  it("both nodes are Ready, and look like nodes", async () => {
    const rows = (await kubectl("get", "nodes", "--no-headers")).trim().split("\n");
    expect(rows.map((row) => row.split(/\s+/).slice(0, 2))).toEqual([
      [host, "Ready"],
      [second, "Ready"],
    ]);
  });

  it("runs a Deployment on both", async () => {
    const started = performance.now();
    await kubectl("create", "deployment", "web", `--image=${WEB_IMAGE}`, "--replicas=3");
    const running = (await eventually("3 pods Ready", 30_000, () => ready("app=web", 3))) ?? [];
    console.log(`kubectl create deployment to 3 pods Ready: ${Math.round(performance.now() - started)} ms`);
    expect(new Set(running.map((pod) => pod.spec.nodeName))).toEqual(new Set([host, second]));
    expect(await kubectl("get", "deployment", "web", "--no-headers")).toMatch(/^web\s+3\/3\s+3\s+3/);
    await kubectl("rollout", "status", "deployment/web", "--timeout=20s");
  });

  it("an autoscaled Deployment starts to work", async () => {
    const busy = ["sh", "-c", "while true; do sleep 0.05; done"];
    await kubectl("create", "namespace", "scaled");
    await kubectl("-n", "scaled", "create", "deployment", "busy", `--image=${WEB_IMAGE}`, "--", ...busy);
    await kubectl("-n", "scaled", "set", "resources", "deployment", "busy", "--requests=cpu=1m");
    await kubectl("-n", "scaled", "autoscale", "deployment", "busy", "--cpu-percent=50", "--min=1", "--max=2");
  });

  it("serves a Service by ClusterIP, NodePort and name, from every node", async () => {
    await kubectl("expose", "deployment", "web", "--port=80", "--type=NodePort");
    const service = JSON.parse(await kubectl("get", "service", "web", "-o", "json")) as {
      spec: { clusterIP: string; ports: { nodePort: number }[] };
    };
    const names = new Set((await pods("app=web")).map((pod) => pod.metadata.name));
    const seen = new Set<string>();
    await eventually("all pods answer at the ClusterIP", 15_000, async () => {
      seen.add(await fetchText(`http://${service.spec.clusterIP}/cgi-bin/hostname`));
      return seen.size === 3;
    });
    expect(seen).toEqual(names);
    for (const pod of await pods("app=web")) {
      const answer = await kubectl(
        "exec",
        pod.metadata.name,
        "--",
        "curl",
        "-sS",
        "-m",
        "5",
        "http://web.default.svc.cluster.local/cgi-bin/hostname",
      );
      expect(names).toContain(answer.trim());
    }
    const nodePort = service.spec.ports[0]?.nodePort;
    const ips = (
      await kubectl("get", "nodes", "-o", 'jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}')
    ).split(" ");
    for (const ip of ips) {
      expect(names).toContain(await fetchText(`http://${ip}:${nodePort}/cgi-bin/hostname`));
    }
  });

  it("reaches kubernetes.default from a pod with the pod's own token", async () => {
    const script = [
      "cd /var/run/secrets/kubernetes.io/serviceaccount",
      'curl -sS --cacert ca.crt -H "Authorization: Bearer $(cat token)" https://kubernetes.default/apis/authentication.k8s.io/v1/selfsubjectreviews',
      `-d '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}' -H 'Content-Type: application/json'`,
    ];
    const review = await kubectl("exec", "deploy/web", "--", "sh", "-c", `${script[0]} && ${script[1]} ${script[2]}`);
    expect(JSON.parse(review).status.userInfo.username).toBe("system:serviceaccount:default:default");
    expect(await kubectl("exec", "deploy/web", "--", "ls", "/var/run/secrets/kubernetes.io/serviceaccount")).toBe(
      "ca.crt\nnamespace\ntoken\n",
    );
  });

  describe("streams", () => {
    beforeAll(async () => {
      const script = 'i=0; while true; do echo "line $i"; i=$((i+1)); sleep 0.2; done';
      await kubectl("run", "talker", `--image=${WEB_IMAGE}`, "--restart=Never", "--command", "--", "sh", "-c", script);
      await kubectl("wait", "--for=condition=Ready", "pod/talker", "--timeout=20s");
    });

    it("logs: all, tail, follow", async () => {
      await eventually("lines", 5_000, async () => (await kubectl("logs", "talker")).includes("line 2"));
      expect((await kubectl("logs", "talker", "--tail=1")).trim().split("\n")).toHaveLength(1);
      const follow = cluster.kubectlStart(["logs", "-f", "talker"]);
      const seen = Number(/line (\d+)\s*$/.exec(await kubectl("logs", "talker"))?.[1]);
      await eventually("a later line", 5_000, async () => follow.stdout().includes(`line ${seen + 3}`));
      follow.child.kill();
    });

    it("exec: output, exit codes, standard input to its end", async () => {
      expect(await kubectl("exec", "talker", "--", "echo", "hello")).toBe("hello\n");
      expect((await cluster.kubectlRan(["exec", "talker", "--", "sh", "-c", "exit 7"])).exitCode).toBe(7);
      const both = await cluster.kubectlRan(["exec", "talker", "--", "sh", "-c", "echo out; echo err >&2"]);
      expect([both.stdout, both.stderr]).toEqual(["out\n", "err\n"]);
      const echoed = await cluster.kubectlRan(["exec", "-i", "talker", "--", "wc", "-c"], "x".repeat(100_000));
      expect(echoed.stdout.trim()).toBe("100000");
    });

    it("exec -it: a real terminal with its size", async ({ skip }) => {
      const pty = await import("node-pty").catch(() => undefined);
      if (!pty) return skip("node-pty is not built here: it needs python3, make and g++");
      const env = { ...process.env, KUBECONFIG: cluster.kubeconfig } as { [name: string]: string };
      const terminal = pty.spawn("kubectl", ["exec", "-it", "talker", "--", "sh"], { cols: 91, rows: 33, env });
      let screen = "";
      terminal.onData((data) => {
        screen += data;
      });
      const exited = new Promise<number>((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)));
      await eventually("a prompt", 10_000, async () => screen.includes("#"));
      terminal.write("stty size\r");
      await eventually("the size", 5_000, async () => screen.includes("33 91"));
      terminal.resize(101, 44);
      await sleep(300);
      terminal.write("stty size\r");
      await eventually("the new size", 5_000, async () => screen.includes("44 101"));
      terminal.write("exit 3\r");
      expect(await exited).toBe(3);
    });

    it("attach sees what the container writes", async () => {
      const attached = cluster.kubectlStart(["attach", "talker"]);
      await eventually("lines", 10_000, async () => /line \d+/.test(attached.stdout()));
      attached.child.kill();
    });

    it("cp: there and back", async () => {
      const file = path.join(os.tmpdir(), `kedge-cp-${process.pid}`);
      fs.writeFileSync(file, Buffer.alloc(3_000_000, "kedge"));
      await kubectl("cp", file, "talker:/tmp/copied");
      await kubectl("cp", "talker:/tmp/copied", `${file}.back`);
      expect(fs.readFileSync(`${file}.back`).equals(fs.readFileSync(file))).toBe(true);
      for (const made of [file, `${file}.back`]) fs.rmSync(made);
    });

    it("port-forward", async () => {
      const forward = cluster.kubectlStart(["port-forward", "deploy/web", "18080:80"]);
      await eventually("listening", 10_000, async () => forward.stdout().includes("Forwarding from"));
      for (let i = 0; i < 3; i++) {
        expect(await fetchText("http://127.0.0.1:18080/")).toBe("kedge");
      }
      forward.child.kill();
    });
  });

  it("containers restart with back-off, and --previous shows the one before", async () => {
    await kubectl("run", "crasher", `--image=${WEB_IMAGE}`, "--command", "--", "sh", "-c", "echo attempt; exit 3");
    await eventually("CrashLoopBackOff", 30_000, async () =>
      (await kubectl("get", "pod", "crasher", "--no-headers")).includes("CrashLoopBackOff"),
    );
    expect(await kubectl("logs", "crasher", "--previous")).toBe("attempt\n");
    await kubectl("delete", "pod", "crasher", "--now");
  });

  it("ConfigMaps and Secrets reach a pod as files and environment, and their changes as files", async () => {
    await kubectl("create", "configmap", "settings", "--from-literal=colour=blue");
    await kubectl("create", "secret", "generic", "hidden", "--from-literal=word=xyzzy");
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "reader" },
      spec: {
        restartPolicy: "Never",
        containers: [
          {
            name: "c",
            image: WEB_IMAGE,
            command: [
              "sh",
              "-c",
              "cat /settings/colour /hidden/word; echo; echo $WORD $COLOUR $NODE;" +
                "until grep red /settings/colour && grep plugh /hidden/word; do sleep 0.1; done",
            ],
            env: [
              { name: "WORD", valueFrom: { secretKeyRef: { name: "hidden", key: "word" } } },
              { name: "NODE", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } },
            ],
            envFrom: [{ configMapRef: { name: "upper" } }],
            volumeMounts: [
              { name: "settings", mountPath: "/settings" },
              { name: "hidden", mountPath: "/hidden" },
            ],
          },
        ],
        volumes: [
          { name: "settings", configMap: { name: "settings" } },
          { name: "hidden", secret: { secretName: "hidden" } },
        ],
      },
    };
    await kubectl("create", "configmap", "upper", "--from-literal=COLOUR=green");
    expect((await cluster.kubectlRan(["create", "-f", "-"], JSON.stringify(pod))).exitCode).toBe(0);
    await kubectl("wait", "--for=condition=Ready", "pod/reader", "--timeout=30s");
    await kubectl("patch", "configmap", "settings", "-p", '{"data":{"colour":"red"}}');
    await kubectl("patch", "secret", "hidden", "-p", '{"stringData":{"word":"plugh"}}');
    await kubectl("wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/reader", "--timeout=30s");
    const [reader] = JSON.parse(await kubectl("get", "pods", "-o", "json", "--field-selector=metadata.name=reader"))
      .items as Pod[];
    expect(await kubectl("logs", "reader")).toMatch(
      new RegExp(`^bluexyzzy\nxyzzy green ${reader?.spec.nodeName}\n(red\n)+plugh\n$`),
    );
  });

  it("kubectl top, and the autoscaler follows what it shows", async () => {
    await eventually("two replicas", 90_000, async () =>
      (await kubectl("-n", "scaled", "get", "deployment", "busy", "--no-headers")).includes(" 2/2 "),
    );
    const nodes = (await kubectl("top", "nodes", "--no-headers")).trim().split("\n");
    expect(nodes.map((row) => row.split(/\s+/)[0])).toEqual([host, second]);
    expect(await kubectl("-n", "scaled", "top", "pods", "--no-headers")).toMatch(/^busy-\S+\s+\d+m\s+\d+Mi/);
    expect(await kubectl("-n", "scaled", "describe", "hpa", "busy")).toMatch(
      /SuccessfulRescale .* New size: 2; reason: cpu resource/,
    );
    await kubectl("delete", "namespace", "scaled", "--wait=false");
  });

  it("kill -9 of the daemon: containers run on, streams come back, nothing restarts", async () => {
    const before = await pods("app=web");
    process.kill(daemonPid(), "SIGKILL");
    await sleep(500);
    const service = await kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");
    expect(await fetchText(`http://${service}/`)).toBe("kedge");
    expect((await cluster.kedge("up", "--nodes", "2", "--port", String(PORT))).exitCode).toBe(0);
    for (const pod of before) {
      await eventually(
        "exec",
        15_000,
        async () => (await kubectl("exec", pod.metadata.name, "--", "hostname")).trim() === pod.metadata.name,
      );
      await kubectl("logs", pod.metadata.name);
    }
    const after = await pods("app=web");
    const facts = (list: Pod[]) =>
      list
        .map((p) => [
          p.metadata.uid,
          p.status.containerStatuses[0]?.containerID,
          p.status.containerStatuses[0]?.restartCount,
        ])
        .sort();
    expect(facts(after)).toEqual(facts(before));
  });

  it("pods deleted while their daemon was away are cleaned up when it is back", async () => {
    const victim = (await pods("app=web")).find((pod) => pod.spec.nodeName === host);
    process.kill(daemonPid(), "SIGKILL");
    await kubectl("delete", "pod", victim?.metadata.name ?? "", "--wait=false");
    expect((await cluster.kedge("up", "--nodes", "2", "--port", String(PORT))).exitCode).toBe(0);
    await eventually("it is gone", 30_000, async () =>
      (await pods("app=web")).every((pod) => pod.metadata.uid !== victim?.metadata.uid),
    );
    await eventually("it is replaced", 30_000, () => ready("app=web", 3));
  });

  it("scales down and deletes with grace", async () => {
    await kubectl("scale", "deployment", "web", "--replicas=1");
    await eventually("1 pod", 60_000, () => ready("app=web", 1));
    await kubectl("scale", "deployment", "web", "--replicas=4");
    await eventually("4 pods", 30_000, () => ready("app=web", 4));
  });

  it("ip netns del of a node: its pods run on the other within 60 s, and the loss is noticed within 5 s", async () => {
    // A first attempt has left but one.
    expect((await cluster.kedge("up", "--nodes", "2", "--port", String(PORT))).exitCode).toBe(0);
    await eventually("both Ready", 60_000, async () =>
      /\sReady/.test(await kubectl("get", "node", second, "--no-headers")),
    );
    const started = performance.now();
    const startedMs = Date.now();
    expect((await run("ip", ["netns", "del", `kedge-${layout().id}-2`])).exitCode).toBe(0);
    await eventually("NotReady", 15_000, async () =>
      /NotReady/.test(await kubectl("get", "node", second, "--no-headers")),
    );
    // By the API's own clock, in whole seconds: kubectl may need its time.
    const { status } = JSON.parse(await kubectl("get", "node", second, "-o", "json"));
    const ready = status.conditions.find(({ type }: { type: string }) => type === "Ready");
    const noticedMs = Date.parse(ready.lastTransitionTime) - startedMs;
    await eventually("4 Ready pods on the other node", 60_000, async () => {
      const alive = (await pods("app=web")).filter((pod) => pod.spec.nodeName === host && isReady(pod));
      return alive.length === 4;
    });
    console.log(
      `node lost: noticed after ${Math.round(noticedMs)} ms, pods Ready elsewhere after ${Math.round(performance.now() - started)} ms`,
    );
    expect(noticedMs).toBeLessThan(5_000);
    expect(performance.now() - started).toBeLessThan(60_000);
  });
});

/** What conformance asks of kubectl about pods that run. Registered by nodes.real.test.ts, which has the nodes. */
import { expect, it } from "vitest";
import { eventually, type TestCluster } from "../e2e/harness.ts";
import { WEB_IMAGE } from "../images/busybox.ts";
import { guestbook } from "./guestbook.ts";

/** The same as WEB_IMAGE under another name. */
export const OTHER_IMAGE = "kedge.test/web:2";

export interface NodeWorld {
  kubectl(...args: string[]): Promise<string>;
  kubectlRan: TestCluster["kubectlRan"];
  /** @throws AssertionError when the object is not created without a word */
  create(object: object): Promise<void>;
  /** Waits until as many pods run, and no others are left. */
  running(selector: string, count: number): Promise<void>;
}

const POD_IMAGE = "jsonpath={.spec.containers[*].image}";
/** Empty while it does not run. */
const RUNNING_CONTAINER = "jsonpath={.status.containerStatuses[?(@.state.running)].containerID}";

/** @param world asked for when a test runs */
export function cliTests(world: () => NodeWorld): void {
  const kubectl = (...args: string[]) => world().kubectl(...args);
  /** As `kubectl run` makes them. */
  const run = async (name: string, ...flags: string[]): Promise<void> => {
    await kubectl("run", name, `--image=${WEB_IMAGE}`, `--labels=run=${name}`, ...flags);
    await world().running(`run=${name}`, 1);
  };
  const listening = (name: string, port: number, replicas: number) => ({
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: { name, labels: { app: name } },
    spec: {
      replicas,
      selector: { app: name },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [
            {
              name: "primary",
              image: WEB_IMAGE,
              command: ["httpd", "-f", "-p", String(port), "-h", "/www"],
              ports: [{ name: "redis-server", containerPort: port }],
            },
          ],
        },
      },
    },
  });

  it("[sig-cli] Kubectl client Kubectl run pod should create a pod from an image when restart is Never [Conformance]", async () => {
    await run("once", "--restart=Never");
    expect(await kubectl("get", "pod", "once", "-o", POD_IMAGE)).toBe(WEB_IMAGE);
    expect(await kubectl("get", "pod", "once", "-o", "jsonpath={.spec.restartPolicy}")).toBe("Never");
  });

  it("[sig-cli] Kubectl client Kubectl label should update the label on a resource [Conformance]", async () => {
    await run("labelled");
    await kubectl("label", "pods", "labelled", "testing-label=testing-label-value");
    expect(await kubectl("get", "pod", "labelled", "-L", "testing-label")).toContain("testing-label-value");
    expect(await kubectl("get", "pod", "-l", "testing-label=testing-label-value", "-o", "name")).toBe("pod/labelled\n");
    await kubectl("label", "pods", "labelled", "testing-label-");
    expect(await kubectl("get", "pod", "labelled", "-L", "testing-label")).not.toContain("testing-label-value");
    expect(await kubectl("get", "pod", "-l", "testing-label", "-o", "name")).toBe("");
  });

  it("[sig-cli] Kubectl client Kubectl replace should update a single-container pod's image [Conformance]", async () => {
    await run("replaced");
    const pod = await kubectl("get", "pod", "replaced", "-o", "json");
    const before = await kubectl("get", "pod", "replaced", "-o", RUNNING_CONTAINER);
    const ran = await world().kubectlRan(["replace", "-f", "-"], pod.replaceAll(WEB_IMAGE, OTHER_IMAGE));
    expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
    expect(await kubectl("get", "pod", "replaced", "-o", POD_IMAGE)).toBe(OTHER_IMAGE);
    await eventually("another container", 60_000, async () => {
      const now = await kubectl("get", "pod", "replaced", "-o", RUNNING_CONTAINER);
      return now !== "" && now !== before;
    });
    const forced = JSON.parse(pod);
    const anew = { ...forced, metadata: { name: "replaced", labels: forced.metadata.labels }, status: undefined };
    const again = await world().kubectlRan(["replace", "--force", "--grace-period=0", "-f", "-"], JSON.stringify(anew));
    expect(again.exitCode, again.stderr).toBe(0);
    await world().running("run=replaced", 1);
    expect(await kubectl("get", "pod", "replaced", "-o", "jsonpath={.metadata.uid}")).not.toBe(forced.metadata.uid);
  });

  it("[sig-cli] Kubectl client Kubectl server-side dry-run should check if kubectl can dry-run update Pods [Conformance]", async () => {
    await run("dry");
    const patch = JSON.stringify({ spec: { containers: [{ name: "dry", image: OTHER_IMAGE }] } });
    const patched = await kubectl("patch", "pod", "dry", "-p", patch, "--dry-run=server", "-o", "json");
    expect(JSON.parse(patched).spec.containers[0].image).toBe(OTHER_IMAGE);
    expect(await kubectl("get", "pod", "dry", "-o", POD_IMAGE)).toBe(WEB_IMAGE);
  });

  it("[sig-cli] Kubectl client Kubectl patch should add annotations for pods in rc [Conformance]", async () => {
    await world().create(listening("patched", 6379, 2));
    await world().running("app=patched", 2);
    const pods = async () => JSON.parse(await kubectl("get", "pods", "-l", "app=patched", "-o", "json")).items;
    for (const { metadata } of await pods()) {
      await kubectl("patch", "pod", metadata.name, "-p", '{"metadata":{"annotations":{"x":"y"}}}');
    }
    const after = await pods();
    expect(after).toHaveLength(2);
    for (const { metadata, status } of after) {
      expect([metadata.annotations.x, status.containerStatuses[0].restartCount]).toEqual(["y", 0]);
    }
  });

  it("[sig-cli] Kubectl client Kubectl expose should create services for rc [Conformance]", async () => {
    await world().create(listening("exposed", 6379, 1));
    await world().running("app=exposed", 1);
    await run("asks");
    const exposed = async (service: string, port: number): Promise<void> => {
      const { spec } = JSON.parse(await kubectl("get", "service", service, "-o", "json"));
      expect(spec.ports).toMatchObject([{ port, targetPort: 6379 }]);
      await eventually(`${service} answers`, 30_000, async () => {
        const url = `http://${service}:${port}/`;
        return (await kubectl("exec", "asks", "--", "curl", "-sS", "--max-time", "2", url)) === "kedge\n";
      });
    };
    await kubectl("expose", "rc", "exposed", "--name=rm2", "--port=1234", "--target-port=6379");
    await exposed("rm2", 1234);
    await kubectl("expose", "service", "rm2", "--name=rm3", "--port=2345", "--target-port=6379");
    await exposed("rm3", 2345);
  });

  it("[sig-cli] Kubectl client Guestbook application should create and stop a working application [Conformance]", async () => {
    for (const object of guestbook) await world().create(object);
    await world().running("app=guestbook", 3);
    await world().running("app=agnhost", 3);
    const ask = (query: string) =>
      kubectl("get", "--raw", `/api/v1/namespaces/default/services/frontend/proxy/cgi-bin/guestbook?${query}`);
    await eventually("frontend answers", 60_000, async () => (await ask("cmd=get&key=messages")) === '{"data":""}\n');
    await eventually("entry taken", 30_000, async () => {
      return (await ask("cmd=set&key=messages&value=TestEntry")) === '{"message":"Updated"}\n';
    });
    await eventually(
      "entry read",
      30_000,
      async () => (await ask("cmd=get&key=messages")) === '{"data":"TestEntry"}\n',
    );
    for (const kind of ["deployments", "services"]) {
      await kubectl("delete", kind, "-l", "guestbook=yes", "--grace-period=0", "--force");
    }
    await eventually("no pods", 60_000, async () => {
      return (await kubectl("get", "pods", "-l", "app in (guestbook,agnhost)", "-o", "name")) === "";
    });
  });

  it("[KD4] what nodes are sent over their WebSockets is counted, as is that they watch", async () => {
    const sample = async (pattern: RegExp): Promise<number> => {
      const metrics = await kubectl("get", "--raw", "/metrics");
      return Number(pattern.exec(metrics)?.[1] ?? Number.NaN);
    };
    const watches = /^apiserver_longrunning_requests\{[^}]*resource="pods"[^}]*\} (\d+)$/m;
    expect(await sample(watches)).toBeGreaterThanOrEqual(2);
    const sent = /^apiserver_watch_events_sizes_count\{group="",resource="pods",version="v1"\} (\d+)$/m;
    const before = (await sample(sent)) || 0;
    await run("counted");
    expect(await sample(sent)).toBeGreaterThan(before);
  });
}

import { describe, expect, it } from "vitest";
import type { HorizontalPodAutoscaler } from "../../kinds/autoscaling/v2-types.ts";
import { registry } from "../../kinds/registry.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { FakeCluster } from "../../test/fakes/cluster.ts";
import { ManualClock } from "../../test/fakes/cluster-clock.ts";
import { pod } from "../../test/fakes/cluster-objects.ts";
import { Runner } from "../runner/runner.ts";
import { AUTOSCALERS, PODS } from "../view/resources.ts";
import { View } from "../view/view.ts";
import { horizontalPodAutoscalerController } from "./controller.ts";
import { SYNC_MS } from "./plan.ts";

function setUp(answers: { [path: string]: unknown }) {
  const clock = new ManualClock();
  const cluster = new FakeCluster({ now: () => clock.now(), random: seededRandom(3) });
  const asked: string[] = [];
  const api = {
    async get(path: string) {
      asked.push(path);
      const found = Object.entries(answers).find(([start]) => path.startsWith(start));
      if (!found) throw new Error("the server could not find the requested resource");
      return typeof found[1] === "function" ? found[1]() : found[1];
    },
  };
  const view = new View(registry);
  const runner = new Runner({
    cluster,
    view,
    controllers: [horizontalPodAutoscalerController(api)],
    clock,
    random: seededRandom(3),
    log: (line) => {
      throw new Error(JSON.stringify(line));
    },
  });
  cluster.subscribe(
    runner,
    [...view.tables()].map(({ resource }) => resource),
  );
  const step = async () => {
    await cluster.deliver();
    await runner.wake(clock.now());
  };
  return { clock, cluster, runner, asked, step };
}

const hpa = {
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: { name: "web", namespace: "ns" },
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
    maxReplicas: 5,
    metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } } }],
  },
};

describe("HorizontalPodAutoscaler controller", () => {
  it("[HC1] asks for the scale, then for the metrics of the pods it selects, every 15 seconds", async () => {
    const { clock, cluster, runner, asked, step } = setUp({
      "/apis/apps/v1/namespaces/ns/deployments/web/scale": {
        spec: { replicas: 1 },
        status: { replicas: 1, selector: "app=web" },
      },
      "/apis/metrics.k8s.io/v1beta1/namespaces/ns/pods": {
        items: [
          {
            metadata: { name: "p" },
            timestamp: "2026-01-01T00:00:00Z",
            window: "15.5s",
            containers: [{ name: "c", usage: { cpu: "80m", memory: "1Mi" } }],
          },
        ],
      },
    });
    cluster.create(
      PODS,
      pod("p", {
        metadata: { namespace: "ns", labels: { app: "web" } },
        spec: { containers: [{ name: "c", resources: { requests: { cpu: "80m" } } }] },
        status: {
          phase: "Running",
          startTime: "2025-01-01T00:00:00Z",
          conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2025-01-01T00:00:00Z" }],
        },
      }),
    );
    cluster.create(AUTOSCALERS, structuredClone(hpa));
    await step();
    expect(asked).toEqual([
      "/apis/apps/v1/namespaces/ns/deployments/web/scale",
      "/apis/metrics.k8s.io/v1beta1/namespaces/ns/pods?labelSelector=app%3Dweb",
    ]);
    expect(cluster.writes.flatMap(({ ops }) => ops).map((op) => `${op.verb} ${op.resource}`)).toContain(
      "patch deployments.apps",
    );
    await step();
    expect(asked).toHaveLength(2);
    expect(runner.nextWakeMs()).toBeGreaterThan(clock.now());
    clock.advance(SYNC_MS);
    await step();
    expect(asked).toHaveLength(4);
  });

  it("[HC1b] what was found out about one target is not done to another", async () => {
    const scale = { spec: { replicas: 9 }, status: { replicas: 9, selector: "app=web" } };
    const { cluster, asked, step } = setUp({
      "/apis/apps/v1/namespaces/ns/deployments/other/scale": { ...scale, spec: { replicas: 0 } },
      "/apis/apps/v1/namespaces/ns/deployments/web/scale": async () => {
        cluster.change(AUTOSCALERS, hpa, (copy: HorizontalPodAutoscaler) => {
          copy.spec.scaleTargetRef.name = "other";
        });
        await cluster.deliver();
        return scale;
      },
    });
    cluster.create(AUTOSCALERS, structuredClone(hpa));
    await step();
    expect(asked).toContain("/apis/apps/v1/namespaces/ns/deployments/other/scale");
    const written = cluster.writes.flatMap(({ ops }) => ops).map(({ resource }) => resource);
    expect(written).not.toContain("deployments.apps");
  });

  it("[HC2] a target that does not exist is said in the status", async () => {
    const { cluster, step } = setUp({});
    cluster.create(AUTOSCALERS, structuredClone(hpa));
    await step();
    await step();
    expect(cluster.list(AUTOSCALERS)[0]?.status).toMatchObject({
      conditions: [{ type: "AbleToScale", status: "False", reason: "FailedGetScale" }],
    });
  });
});

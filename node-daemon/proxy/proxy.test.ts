import { describe, expect, it } from "vitest";
import type { Node, Service } from "../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../kinds/discovery/v1-types.ts";
import type { Clock } from "../../machinery/clock.ts";
import { CommandError, type Run } from "../network/run.ts";
import { collectingLog, FakeInformer } from "../network/testing.ts";
import { createServiceProxy } from "./proxy.ts";
import { makeService, makeSlice } from "./testing.ts";

const config = {
  nodeName: "a",
  clusterCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/16",
  dnsServiceIp: "10.96.0.10",
  apiServiceIp: "10.96.0.1",
};

/** A clock that jumps to the next timer when told, and a kernel that takes or refuses transactions. */
function setUp(options: { synced?: boolean } = {}) {
  let nowMs = 1_000_000;
  let timers: { dueMs: number; callback: () => void }[] = [];
  const clock: Clock = {
    now: () => nowMs,
    after(delayMs, callback) {
      const timer = { dueMs: nowMs + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((t) => t !== timer);
      };
    },
  };
  const transactions: string[] = [];
  const kernel = { refuse: 0, tableGone: false, busy: Promise.resolve() };
  const run: Run = async (_command, args, o) => {
    const fails = args.includes("list") ? kernel.tableGone || args.includes("-j") : kernel.refuse > 0;
    if (o?.input) transactions.push(o.input);
    if (o?.input) await kernel.busy;
    if (fails && o?.input) kernel.refuse--;
    if (fails) throw new CommandError("nft", { exitCode: 1, stderr: "no" });
    return "";
  };
  const services = new FakeInformer<Service>(options.synced === false ? undefined : [makeService()]);
  const slices = new FakeInformer<EndpointSlice>(options.synced === false ? undefined : [makeSlice(["10.244.0.5@a"])]);
  const nodes = new FakeInformer<Node>([]);
  const log = collectingLog();
  const proxy = createServiceProxy({ config, services, slices, nodes, log, clock, run });
  const settle = async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  /** Fires timers due within `ms`, in order. */
  const advance = async (ms: number) => {
    const endMs = nowMs + ms;
    await settle();
    for (;;) {
      const next = timers.filter((t) => t.dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (!next) break;
      nowMs = next.dueMs;
      timers = timers.filter((t) => t !== next);
      next.callback();
      await settle();
    }
    nowMs = endMs;
  };
  return { proxy, services, slices, nodes, log, kernel, transactions, advance };
}

describe("service proxy", () => {
  it("[SP1] touches nothing before services and slices are known", async () => {
    const { proxy, services, slices, advance, transactions } = setUp({ synced: false });
    const started = proxy.start();
    await advance(60_000);
    services.sync();
    await advance(60_000);
    expect(transactions).toEqual([]);
    slices.sync();
    await advance(0);
    await started;
    expect(transactions).toHaveLength(1);
  });

  it("[SP2] applies changes that come together at once, within 50 ms, and nothing without a change", async () => {
    const { proxy, services, slices, advance, transactions } = setUp();
    const started = proxy.start();
    await advance(0);
    await started;
    for (let i = 0; i < 100; i++) slices.put(makeSlice([`10.244.0.${i + 6}@a`]));
    services.put(makeService({ clusterIP: "10.96.0.30" }, "other"));
    await advance(50);
    expect(transactions).toHaveLength(2);
    expect(transactions[1]).toContain("10.244.0.105:8080");
    slices.put(makeSlice(["10.244.0.105@a"]));
    await advance(60_000);
    expect(transactions).toHaveLength(2);
  });

  it("[SP3] after a refused transaction everything is made anew, later and later", async () => {
    const { proxy, slices, advance, transactions, kernel, log } = setUp();
    const started = proxy.start();
    await advance(0);
    await started;
    kernel.refuse = 3; // the change, and the first resync with its second try
    slices.put(makeSlice(["10.244.0.6@a"]));
    await advance(50);
    expect(transactions).toHaveLength(2);
    await advance(1000);
    expect(transactions).toHaveLength(4);
    expect(transactions[3]).toMatch(/^add table ip kedge-services\ndelete table/);
    await advance(1900);
    expect(transactions).toHaveLength(4);
    await advance(200);
    expect(transactions).toHaveLength(5);
    expect(transactions[4]).toContain("10.244.0.6:8080");
    expect(log.lines.filter((l) => l.level === "error")).toHaveLength(2);
  });

  it("[SP4] notices that its table is gone", async () => {
    const { proxy, advance, transactions, kernel } = setUp();
    const started = proxy.start();
    await advance(0);
    await started;
    kernel.tableGone = true;
    await advance(61_000);
    expect(transactions).toHaveLength(2);
    expect(transactions[1]).toContain("add chain ip kedge-services nat-prerouting");
  });

  it("[SP5] emptied chains are deleted after a while", async () => {
    const { proxy, services, advance, transactions } = setUp();
    const started = proxy.start();
    await advance(0);
    await started;
    services.remove("default/web");
    await advance(100);
    expect(transactions[1]).toContain("flush chain ip kedge-services cluster-default/web/tcp/http");
    expect(transactions[1]).not.toContain("delete chain");
    await advance(61_000);
    expect(transactions[2]).toBe("delete chain ip kedge-services cluster-default/web/tcp/http\n");
  });

  it("[SP6] the node's zone counts", async () => {
    const { proxy, slices, nodes, advance, transactions } = setUp();
    const hinted = makeSlice(["10.244.0.5@a", "10.244.1.5@b"]);
    hinted.endpoints!.forEach((e, i) => {
      e.hints = { forZones: [{ name: `z${i}` }] };
    });
    slices.put(hinted);
    const started = proxy.start();
    await advance(0);
    await started;
    nodes.put({
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "a", labels: { "topology.kubernetes.io/zone": "z1" } },
      spec: {},
    });
    await advance(50);
    expect(transactions[1]).toContain("dnat to 10.244.1.5:8080");
  });

  it("[SP7] slices that change their service, and hostPorts", async () => {
    const { proxy, services, slices, advance, transactions } = setUp();
    const started = proxy.start();
    await advance(0);
    await started;
    services.put(makeService({ clusterIP: "10.96.0.30" }, "other"));
    const moved = makeSlice(["10.244.0.5@a"], { service: "other" });
    slices.put({ ...moved, metadata: { ...moved.metadata, name: "web-1" } });
    proxy.setHostPorts([{ hostPort: 80, protocol: "TCP", podIP: "10.244.0.5", containerPort: 8080 }]);
    await advance(50);
    expect(transactions[1]).toContain(
      "add element ip kedge-services no-endpoint-services { 10.96.0.20 . tcp . 80 : goto reject-chain }",
    );
    expect(transactions[1]).toContain("10.96.0.30 . tcp . 80 : goto cluster-default/other/tcp/http");
    expect(transactions[1]).toContain("tcp . 80 : goto hostport-any/tcp/80");
  });

  it("[SP8] hostPorts that come while the kernel is busy are applied after that", async () => {
    const { proxy, slices, kernel, advance, transactions } = setUp();
    const started = proxy.start();
    await advance(0);
    await started;
    const done = Promise.withResolvers<void>();
    kernel.busy = done.promise;
    slices.put(makeSlice(["10.244.0.6@a"]));
    await advance(50);
    proxy.setHostPorts([{ hostPort: 80, protocol: "TCP", podIP: "10.244.0.5", containerPort: 8080 }]);
    await advance(50);
    expect(transactions).toHaveLength(2);
    done.resolve();
    await advance(50);
    expect(transactions[2]).toContain("tcp . 80 : goto hostport-any/tcp/80");
  });
});

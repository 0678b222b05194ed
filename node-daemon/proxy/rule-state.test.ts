import { describe, expect, it } from "vitest";
import type { Service } from "../../kinds/core/v1-types.ts";
import { planHostPorts } from "./host-ports.ts";
import { planService } from "./plan-service.ts";
import { isEmptyDelta, renderDelta } from "./rule-set.ts";
import { RuleState } from "./rule-state.ts";
import { servicePorts } from "./service-ports.ts";
import { makeService, makeSlice, node } from "./testing.ts";

function put(state: RuleState, service: Service | undefined, endpoints: string[] = [], name = "web"): void {
  const slices = endpoints.length > 0 ? [makeSlice(endpoints, { service: name })] : [];
  const ports = service ? servicePorts(service, slices, node.name) : [];
  state.put(`default/${name}`, service ? planService(ports, node) : undefined);
}

/** What the next transaction says; it is then taken as done. */
function step(state: RuleState): string[] {
  const delta = state.delta();
  const lines = renderDelta("t", delta);
  state.committed(delta);
  return lines.map((line) => line.replaceAll(" ip t ", " "));
}

const CHAIN = "cluster-default/web/tcp/http";

describe("incremental rules", () => {
  it("[RD1] a new service", () => {
    const state = new RuleState();
    put(state, makeService(), ["10.244.1.5@b"]);
    expect(step(state)).toEqual([
      `add chain ${CHAIN}`,
      `add rule ${CHAIN} meta l4proto tcp dnat to 10.244.1.5:8080`,
      "add element cluster-ips { 10.96.0.20 }",
      `add element service-ips { 10.96.0.20 . tcp . 80 : goto ${CHAIN} }`,
    ]);
  });

  it("[RD2] nothing changed: nothing is said", () => {
    const state = new RuleState();
    put(state, makeService(), ["10.244.1.5@b"]);
    step(state);
    put(state, makeService(), ["10.244.1.5@b"]);
    expect(isEmptyDelta(state.delta())).toBe(true);
  });

  it("[RD3] other endpoints: only the chain", () => {
    const state = new RuleState();
    put(state, makeService(), ["10.244.1.5@b"]);
    step(state);
    put(state, makeService(), ["10.244.1.6@b"]);
    expect(step(state)).toEqual([`flush chain ${CHAIN}`, `add rule ${CHAIN} meta l4proto tcp dnat to 10.244.1.6:8080`]);
  });

  it("[RD4] the last endpoint goes: refused from then on, and back", () => {
    const state = new RuleState();
    put(state, makeService(), ["10.244.1.5@b"]);
    step(state);
    put(state, makeService());
    expect(step(state)).toEqual([
      `flush chain ${CHAIN}`,
      "delete element service-ips { 10.96.0.20 . tcp . 80 }",
      "add element no-endpoint-services { 10.96.0.20 . tcp . 80 : goto reject-chain }",
    ]);
    put(state, makeService(), ["10.244.1.5@b"]);
    expect(step(state)).toContain("delete element no-endpoint-services { 10.96.0.20 . tcp . 80 }");
  });

  it("[RD5] a changed verdict is taken out before it is put in", () => {
    const state = new RuleState();
    put(state, makeService(), ["10.244.1.5@b"]);
    step(state);
    put(state, makeService({ internalTrafficPolicy: "Local" }), ["10.244.0.5@a"]);
    const lines = step(state);
    const out = lines.indexOf("delete element service-ips { 10.96.0.20 . tcp . 80 }");
    const back = lines.indexOf("add element service-ips { 10.96.0.20 . tcp . 80 : goto local-default/web/tcp/http }");
    expect(out).toBeGreaterThanOrEqual(0);
    expect(back).toBeGreaterThan(out);
  });

  it("[RD6] a service that goes takes its affinity sets along, after the rules that used them", () => {
    const state = new RuleState();
    put(state, makeService({ sessionAffinity: "ClientIP" }), ["10.244.1.5@b"]);
    const made = step(state);
    expect(made[0]).toMatch(/^add set affinity-/);
    put(state, undefined);
    const gone = step(state);
    expect(gone.at(-1)).toMatch(/^delete set affinity-/);
    expect(gone.filter((l) => l.startsWith("flush chain"))).toHaveLength(2);
  });

  it("[RD7] an address two services claim goes to the other when its owner goes", () => {
    const state = new RuleState();
    const external = { externalIPs: ["203.0.113.5"] };
    put(state, makeService({ ...external, clusterIP: "10.96.0.21" }, "abc"), ["10.244.1.6@b"], "abc");
    put(state, makeService(external), ["10.244.1.5@b"]);
    const verdict = (lines: string[]) => lines.join("\n").match(/203\.0\.113\.5 \. tcp \. 80 : goto (\S+?),? /)?.[1];
    expect(verdict(step(state))).toBe("external-default/abc/tcp/http");
    expect(state.conflicts()).toEqual(["service-ips 203.0.113.5 . tcp . 80 is wanted by default/abc, default/web"]);
    put(state, undefined, [], "abc");
    expect(verdict(step(state))).toBe("external-default/web/tcp/http");
    expect(state.conflicts()).toEqual([]);
  });

  it("[RD8] a shared hairpin stays while one service wants it", () => {
    const state = new RuleState();
    put(state, makeService(), ["10.244.0.5@a"]);
    put(state, makeService({ clusterIP: "10.96.0.21" }, "abc"), ["10.244.0.5@a"], "abc");
    step(state);
    put(state, undefined);
    expect(step(state).join("\n")).not.toContain("hairpins");
    put(state, undefined, [], "abc");
    expect(step(state)).toContain("delete element hairpins { 10.244.0.5 . 10.244.0.5 }");
  });

  it("[RD9] a transaction that failed is said again, with what came since", () => {
    const state = new RuleState();
    put(state, makeService(), ["10.244.1.5@b"]);
    const lost = renderDelta("t", state.delta());
    put(state, makeService({ clusterIP: "10.96.0.21" }, "abc"), ["10.244.1.6@b"], "abc");
    expect(renderDelta("t", state.delta()).length).toBeGreaterThan(lost.length);
  });

  it("[RD10] what is found after a restart: foreign chains emptied, known ones rewritten, affinity sets kept", () => {
    const state = new RuleState();
    put(state, makeService({ sessionAffinity: "ClientIP" }), ["10.244.1.5@b"]);
    const set = "affinity-default/web/tcp/http__10.244.1.5/8080_10800";
    state.assumeInstalled({ chains: [CHAIN, "cluster-default/old/tcp/"], sets: [set, "affinity-old"] });
    const lines = step(state);
    expect(lines).toContain(`flush chain ${CHAIN}`);
    expect(lines).not.toContain(`add chain ${CHAIN}`);
    expect(lines).toContain("flush chain cluster-default/old/tcp/");
    expect(lines).toContain("delete set affinity-old");
    expect(lines.some((l) => l.startsWith(`add set ${set}`))).toBe(false);
  });

  it("[RD11] hostPorts: on all addresses or one, the first of two that claim the same", () => {
    const port = { hostPort: 80, protocol: "TCP" as const, podIP: "10.244.0.5", containerPort: 8080 };
    const rules = planHostPorts([
      { ...port, hostIP: "0.0.0.0" },
      { ...port, podIP: "10.244.0.6" },
      { ...port, hostIP: "192.0.2.1", protocol: "UDP" },
      { ...port, podIP: "x" },
    ]);
    expect([...rules.elements].map(([k, v]) => `${k.replace("\t", " ")} ${v}`)).toEqual([
      "host-ports tcp . 80 goto hostport-any/tcp/80",
      "hairpins 10.244.0.5 . 10.244.0.5 ",
      "host-port-ips 192.0.2.1 . udp . 80 goto hostport-192.0.2.1/udp/80",
    ]);
    expect(rules.chains.get("hostport-any/tcp/80")).toEqual(["meta l4proto tcp dnat to 10.244.0.5:8080"]);
  });
});

import { expect, it } from "vitest";
import type { Pod } from "../../kinds/core/v1-types.ts";
import type { DeviceTaintRule } from "../../kinds/generated/api/resource-v1beta2.ts";
import { registry } from "../../kinds/registry.ts";
import type { ResourceClaim, ResourceSlice } from "../../kinds/resource/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { metadata, pod } from "../../test/fakes/cluster-objects.ts";
import type { Plan } from "../runner/controller.ts";
import { View } from "../view/view.ts";
import { deviceTaintEvictionController } from "./controller.ts";
import { planRuleStatus, RULE_STATUS_MS } from "./rule-status.ts";

const NOW = Date.parse("2026-01-01T00:01:00Z");
const rule = (effect: string, conditions?: object[]): DeviceTaintRule =>
  ({
    metadata: metadata("r", { namespace: "" }),
    spec: { deviceSelector: { driver: "d" }, taint: { key: "k", effect } },
    ...(conditions && { status: { conditions } }),
  }) as unknown as DeviceTaintRule;
const claim = (namespace: string, users: readonly string[], tolerations: object[] = []): ResourceClaim =>
  ({
    metadata: metadata("c", { namespace }),
    status: {
      allocation: { devices: { results: [{ driver: "d", pool: "p", device: "gpu", request: "r", tolerations }] } },
      reservedFor: users.map((name) => ({ resource: "pods", name, uid: `uid-of-${name}` })),
    },
  }) as unknown as ResourceClaim;
const slice = (generation: number, devices: number): ResourceSlice =>
  ({
    metadata: metadata("s"),
    spec: {
      driver: "d",
      pool: { name: "p", generation },
      devices: Array.from({ length: devices }, (_, i) => ({ name: `gpu-${i}` })),
    },
  }) as unknown as ResourceSlice;
const told = (status: string, message: string, agoMs: number, observedGeneration = 1) => ({
  type: "EvictionInProgress",
  status,
  observedGeneration,
  lastTransitionTime: formatTime(NOW - agoMs),
  reason: "Completed",
  message,
});

const plan = (it: DeviceTaintRule, seen: Partial<Parameters<typeof planRuleStatus>[0]> = {}): Plan =>
  planRuleStatus({ rule: it, claims: [], slices: [], isThere: () => true, evicted: 0, nowMs: NOW, ...seen });
const conditionIn = ({ actions }: Plan) =>
  (actions[0]?.op as { patch?: DeviceTaintRule } | undefined)?.patch?.status?.conditions?.[0];

const LATER = [{ operator: "Exists", tolerationSeconds: 60 }];
const FOREVER = [{ operator: "Exists" }];

it.each([
  { name: "[DR1] nobody is to leave", claims: [], says: ["False", "NotStarted", ""] },
  {
    name: "[DR2] one pod",
    claims: [claim("a", ["p"])],
    says: ["True", "PodsPendingEviction", "1 pod needs to be evicted in 1 namespace."],
  },
  {
    name: "[DR3] several, some of them later; of two claims each pod counts once",
    claims: [claim("a", ["p", "q"]), claim("a", ["p"]), claim("b", ["r"], LATER), claim("c", ["s"], FOREVER)],
    says: ["True", "PodsPendingEviction", "3 pods need to be evicted in 2 different namespaces."],
  },
  {
    name: "[DR4] all have left",
    claims: [],
    evicted: 2,
    says: ["False", "Completed", "2 pods evicted since starting the controller."],
  },
  {
    name: "[DR5] one has, one has not",
    claims: [claim("a", ["p"])],
    evicted: 1,
    says: [
      "True",
      "PodsPendingEviction",
      "1 pod needs to be evicted in 1 namespace. 1 pod evicted since starting the controller.",
    ],
  },
  {
    name: "[DR6] an effect that drives nobody away",
    effect: "NoSchedule",
    claims: [claim("a", ["p"])],
    says: ["False", "OtherEffect", "Eviction only happens for the NoExecute effect."],
  },
  {
    name: "[DR7] None says what would be; devices of an older generation are no more",
    effect: "None",
    claims: [claim("a", ["p"])],
    slices: [slice(2, 3), slice(1, 9)],
    says: [
      "False",
      "NoEffect",
      "3 published devices selected. 1 allocated device selected. 1 pod would be evicted in 1 namespace if the effect " +
        "was NoExecute. This information will not be updated again. Recreate the DeviceTaintRule to trigger an update.",
    ],
  },
])("$name", ({ effect = "NoExecute", claims, slices = [], evicted = 0, says }) => {
  const condition = conditionIn(plan(rule(effect), { claims, slices, evicted }));
  expect([condition?.status, condition?.reason, condition?.message]).toEqual(says);
  expect(condition).toMatchObject({ observedGeneration: 1, lastTransitionTime: "2026-01-01T00:01:00Z" });
});

it.each([
  { name: "[DR8] not more often than every ten seconds", agoMs: 4_000, againAtMs: NOW - 4_000 + RULE_STATUS_MS },
  { name: "[DR9] then", agoMs: 10_000, says: "True" },
  { name: "[DR10] at once when the rule has changed", agoMs: 0, observedGeneration: 0, says: "True" },
])("$name", ({ agoMs, observedGeneration, says, againAtMs }) => {
  const it = rule("NoExecute", [told("False", "", agoMs, observedGeneration)]);
  const made = plan(it, { claims: [claim("a", ["p"])] });
  expect(conditionIn(made)?.status).toBe(says);
  expect(made.againAtMs).toBe(againAtMs);
});

it("[DR11] what was said of those that have left stays after a restart", () => {
  const before = told("False", "1 pod evicted since starting the controller.", 60_000);
  expect(plan(rule("NoExecute", [before])).actions).toEqual([]);
});

it("[DR12] pods that left are counted once they have been deleted", () => {
  const view = new View(registry);
  const controller = deviceTaintEvictionController();
  const user = pod("p", { spec: { nodeName: "n", resourceClaims: [{ name: "c", resourceClaimName: "c" }] } });
  const it = rule("NoExecute");
  view.pods.put(user);
  view.resourceClaims.put(claim("default", ["p"]));
  view.deviceTaintRules.put(it);
  const seen = { nowMs: NOW, random: () => 0, attempts: 0, failures: [] };
  const message = () => conditionIn(controller.plan("/r", view, seen))?.message;
  expect(message()).toBe("1 pod needs to be evicted in 1 namespace.");
  expect(controller.plan("default/p", view, seen).actions.map(({ op }) => op.verb)).toEqual(["patch", "delete"]);
  const gone = { ...user, metadata: { ...user.metadata, deletionTimestamp: "2026-01-01T00:01:00Z" } } as Pod;
  view.pods.put(gone);
  const change = { type: "changed" as const, resource: "pods", object: gone, previous: user };
  expect([...controller.watches.pods!(change, view)!]).toEqual(["default/p", "/r"]);
  expect(message()).toBe("1 pod evicted since starting the controller.");
});

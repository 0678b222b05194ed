import { describe, expect, it } from "vitest";
import type { Secret } from "../../kinds/core/v1-types.ts";
import { registry } from "../../kinds/registry.ts";
import type { Resource } from "../../machinery/cluster/contract.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { metadata } from "../../test/fakes/cluster-objects.ts";
import { View } from "../view/view.ts";
import { legacyTokenCleaner } from "./controller.ts";
import { INVALID_SINCE, LAST_USED, planLegacyToken, type SeenToken } from "./plan.ts";

const NOW = Date.parse("2028-03-10T08:00:00Z");
const DAY_MS = 24 * 3_600_000;

const token = (labels: { [key: string]: string } = {}, created = "2026-01-01T00:00:00Z"): Secret =>
  ({ apiVersion: "v1", kind: "Secret", metadata: metadata("t", { labels, creationTimestamp: created }) }) as Secret;

const plan = (secret: Secret, more: Partial<SeenToken> = {}) =>
  planLegacyToken({
    secret,
    isListed: true,
    trackedSince: "2026-01-01",
    isMounted: () => false,
    nowMs: NOW,
    ...more,
  });

describe("planLegacyToken", () => {
  it.each([
    { name: "[LT1] never used: becomes invalid", secret: token(), marks: "2028-03-10" },
    { name: "[LT2] used more than a year ago", secret: token({ [LAST_USED]: "2027-03-09" }), marks: "2028-03-10" },
    {
      name: "[LT3] a day of invalidity that cannot be read counts as none",
      secret: token({ [INVALID_SINCE]: "?" }),
      marks: "2028-03-10",
    },
  ])("$name", ({ secret, marks }) => {
    const { actions } = plan(secret);
    expect(actions.map(({ op }) => op.verb === "patch" && op.patch)).toMatchObject([
      { metadata: { labels: { [INVALID_SINCE]: marks } } },
    ]);
  });

  it.each<{ name: string; secret: Secret; more?: Partial<SeenToken>; at?: string }>([
    { name: "[LT4] used within a year", secret: token({ [LAST_USED]: "2027-03-11" }), at: "2028-03-11T00:00:00Z" },
    { name: "[LT5] made within a year", secret: token({}, "2027-06-01T00:00:00Z"), at: "2028-05-31T00:00:01Z" },
    {
      name: "[LT6] uses are not noted for a year yet",
      secret: token(),
      more: { trackedSince: "2027-12-01" },
      at: "2028-12-01T00:00:00Z",
    },
    {
      name: "[LT7] invalid for less than a year",
      secret: token({ [INVALID_SINCE]: "2028-01-01" }),
      at: "2029-01-01T00:00:00Z",
    },
    {
      name: "[LT8] a pod uses it: looked at again tomorrow",
      secret: token(),
      more: { isMounted: () => true },
      at: "2028-03-11T08:00:00Z",
    },
    { name: "[LT9] one that the account does not list is somebody's own", secret: token(), more: { isListed: false } },
    { name: "[LT10] a day of use that cannot be read", secret: token({ [LAST_USED]: "2027-13-01" }) },
    { name: "[LT11] nobody knows since when uses are noted", secret: token(), more: { trackedSince: undefined } },
  ])("$name", ({ secret, more, at }) => {
    expect(plan(secret, more)).toEqual({ actions: [], ...(at && { againAtMs: Date.parse(at) }) });
  });

  it("[LT12] invalid for a year: goes, if nobody has changed it", () => {
    const secret = token({ [INVALID_SINCE]: "2027-03-09" });
    const { uid, resourceVersion } = secret.metadata;
    expect(plan(secret).actions[0]?.op).toMatchObject({
      verb: "delete",
      options: { preconditions: { uid, resourceVersion } },
    });
  });
});

describe("legacyTokenCleaner", () => {
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    type: "kubernetes.io/service-account-token",
    metadata: metadata("old", { annotations: { "kubernetes.io/service-account.name": "robot" } }),
  };
  const tracking = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { ...metadata("kube-apiserver-legacy-service-account-token-tracking"), namespace: "kube-system" },
    data: { since: "2026-01-01" },
  };
  const account = (secrets: object[]) => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: metadata("robot"),
    secrets,
  });
  const podUsing = (spec: object) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: metadata("p"),
    spec: { containers: [], ...spec },
  });
  const look = (...more: [Resource, object][]) => {
    const view = new View(registry);
    for (const [resource, object] of [["secrets", secret], ["configmaps", tracking], ...more] as [
      Resource,
      KubeObject,
    ][]) {
      const table = view.table(resource)!;
      table.put(table.project(object));
    }
    const { actions, againAtMs } = legacyTokenCleaner.plan("default/old", view, {
      nowMs: NOW,
      random: () => 0,
      attempts: 0,
      failures: [],
    });
    return actions.length > 0 ? "marked" : againAtMs === NOW + DAY_MS ? "in use" : "left";
  };

  it.each<{ name: string; more: [Resource, object][]; is: string }>([
    { name: "[LT20] listed by its account", more: [["serviceaccounts", account([{ name: "old" }])]], is: "marked" },
    { name: "[LT21] not listed", more: [["serviceaccounts", account([{ name: "new" }])]], is: "left" },
    { name: "[LT22] without an account", more: [], is: "left" },
    ...[
      { volumes: [{ name: "v", secret: { secretName: "old" } }] },
      { volumes: [{ name: "v", projected: { sources: [{ configMap: {} }, { secret: { name: "old" } }] } }] },
      { containers: [{ name: "c", env: [{ name: "T", valueFrom: { secretKeyRef: { name: "old", key: "token" } } }] }] },
      { containers: [], initContainers: [{ name: "c", envFrom: [{ secretRef: { name: "old" } }] }] },
      { imagePullSecrets: [{ name: "old" }] },
    ].map((spec, i): { name: string; more: [Resource, object][]; is: string } => ({
      name: `[LT23] used by a pod, way ${i + 1}`,
      more: [
        ["serviceaccounts", account([{ name: "old" }])],
        ["pods", podUsing(spec)],
      ],
      is: "in use",
    })),
  ])("$name", ({ more, is }) => {
    expect(look(...more)).toBe(is);
  });
});

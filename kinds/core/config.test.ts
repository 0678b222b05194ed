import { describe, expect, it } from "vitest";
import { created, createErrors, updateErrors } from "../judge.ts";
import { configMap } from "./config-map.ts";
import { limitRange } from "./limit-range.ts";
import { namespace } from "./namespace.ts";
import { resourceQuota } from "./resource-quota.ts";
import { secret } from "./secret.ts";
import type { ConfigMap, LimitRange, Namespace, ResourceQuota, Secret } from "./v1-types.ts";

const metadata = { name: "a", namespace: "default" };
const makeSecret = (more: Partial<Secret> = {}): Secret => ({ apiVersion: "v1", kind: "Secret", metadata, ...more });
const makeMap = (more: Partial<ConfigMap> = {}): ConfigMap => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata,
  ...more,
});
const makeNamespace = (): Namespace => ({ apiVersion: "v1", kind: "Namespace", metadata: { name: "a" }, spec: {} });
const makeQuota = (spec: ResourceQuota["spec"]): ResourceQuota => ({
  apiVersion: "v1",
  kind: "ResourceQuota",
  metadata,
  spec,
});
const makeRange = (limit: NonNullable<LimitRange["spec"]>["limits"][number]): LimitRange => ({
  apiVersion: "v1",
  kind: "LimitRange",
  metadata,
  spec: { limits: [limit] },
});

describe("Namespace", () => {
  it("NS-1 begins active, held by its finalizer, with its name as a label", () => {
    expect(created(namespace, makeNamespace())).toMatchObject({
      metadata: { labels: { "kubernetes.io/metadata.name": "a" } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
  });

  it("NS-2 keeps its finalizers in updates", () => {
    const errors = updateErrors(namespace, makeNamespace(), (next) => {
      next.spec = { finalizers: [] };
    });
    expect(errors).toEqual([]);
  });
});

describe("Secret", () => {
  it("SEC-1 is opaque, and folds text into data", () => {
    const next = created(secret, makeSecret({ data: { a: "eA==" }, stringData: { a: "y", b: "ü" } }));
    expect(next).toMatchObject({ type: "Opaque", data: { a: "eQ==", b: "w7w=" } });
    expect(next).not.toHaveProperty("stringData");
  });

  const bad: [name: string, secret: Partial<Secret>, errors: string[]][] = [
    [
      "TLS without data",
      { type: "kubernetes.io/tls" },
      ["data[tls.crt]: Required value", "data[tls.key]: Required value"],
    ],
    [
      "basic auth without any",
      { type: "kubernetes.io/basic-auth" },
      ["data[username]: Required value", "data[password]: Required value"],
    ],
    ["SSH without key", { type: "kubernetes.io/ssh-auth" }, ["data[ssh-privatekey]: Required value"]],
    [
      "a token of no account",
      { type: "kubernetes.io/service-account-token" },
      ["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
    ],
    [
      "a bad key",
      { data: { "a b": "" } },
      [
        `data[a b]: Invalid value: "a b": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      ],
    ],
  ];
  it.each(bad)("SEC-2 %s", (_, more, errors) => {
    expect(createErrors(secret, makeSecret(more))).toEqual(errors);
  });

  it("SEC-3 the type stays, and so does immutable data", () => {
    expect(
      updateErrors(secret, makeSecret(), (next) => {
        next.type = "example.com/other";
      }),
    ).toEqual(['type: Invalid value: "example.com/other": field is immutable']);
    expect(
      updateErrors(secret, makeSecret({ immutable: true, data: { a: "eA==" } }), (next) => {
        next.data = { a: "eQ==" };
      }),
    ).toEqual(["data: Forbidden: field is immutable when `immutable` is set"]);
    expect(
      updateErrors(secret, makeSecret({ immutable: true }), (next) => {
        delete next.immutable;
      }),
    ).toEqual(["immutable: Forbidden: field is immutable when `immutable` is set"]);
  });
});

describe("ConfigMap", () => {
  it("CM-1 a key is text or binary, not both", () => {
    expect(createErrors(configMap, makeMap({ data: { a: "x" }, binaryData: { a: "eA==" } }))).toEqual([
      'data[a]: Invalid value: "a": duplicate of key present in binaryData',
    ]);
  });

  it("CM-2 a mebibyte is the most", () => {
    expect(createErrors(configMap, makeMap({ data: { a: "x".repeat(1024 * 1024) } }))).toEqual([]);
    expect(createErrors(configMap, makeMap({ data: { a: "x".repeat(1024 * 1024 + 1) } }))).toEqual([
      "[]: Too long: may not be more than 1048576 bytes",
    ]);
  });
});

describe("ResourceQuota", () => {
  const bad: [name: string, spec: ResourceQuota["spec"], errors: string[]][] = [
    [
      "a resource that is not counted",
      { hard: { widgets: "1" } },
      [
        'spec.hard[widgets]: Invalid value: "widgets": must be a standard resource type or fully qualified',
        'spec.hard[widgets]: Invalid value: "widgets": must be a standard resource for quota',
      ],
    ],
    ["half a pod", { hard: { pods: "500m" } }, ['spec.hard[pods]: Invalid value: "500m": must be an integer']],
    [
      "less than nothing",
      { hard: { cpu: "-1" } },
      ['spec.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
    ],
    [
      "scopes that exclude each other",
      { scopes: ["Terminating", "NotTerminating"] },
      ['spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes'],
    ],
    [
      "a scope that does not fit",
      { hard: { cpu: "1" }, scopes: ["BestEffort"] },
      ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
    ],
  ];
  it.each(bad)("QUOTA-1 %s", (_, spec, errors) => {
    expect(createErrors(resourceQuota, makeQuota(spec))).toEqual(errors);
  });

  it("QUOTA-2 row", () => {
    const quota = makeQuota({});
    quota.status = { hard: { pods: "10", cpu: "2", "limits.cpu": "4" }, used: { pods: "1", "limits.cpu": "500m" } };
    expect(resourceQuota.row?.(quota, 0).slice(0, 3)).toEqual(["a", "cpu: 0/2, pods: 1/10", "limits.cpu: 500m/4"]);
  });
});

describe("LimitRange", () => {
  it("LIMIT-1 containers' defaults follow from what is said", () => {
    const range = makeRange({
      type: "Container",
      max: { cpu: "2" },
      min: { memory: "1Mi" },
      default: { memory: "1Gi" },
    });
    expect(created(limitRange, range).spec?.limits[0]).toMatchObject({
      default: { memory: "1Gi", cpu: "2" },
      defaultRequest: { memory: "1Gi", cpu: "2" },
    });
  });

  it("LIMIT-2 the least is not above the most", () => {
    expect(createErrors(limitRange, makeRange({ type: "Pod", max: { cpu: "1" }, min: { cpu: "2" } }))).toEqual([
      'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
    ]);
  });

  it("LIMIT-3 pods have no defaults", () => {
    expect(createErrors(limitRange, makeRange({ type: "Pod", default: { cpu: "1" } }))).toEqual([
      "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
    ]);
  });
});

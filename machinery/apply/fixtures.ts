/** What the tests of this folder share: types of a made-up kind, and writers of it. */
import { formatTime } from "../clock.ts";
import type { KubeObject, ManagedFieldsEntry, ObjectMeta } from "../meta/object.ts";
import { createTypeTable } from "../schema/types.ts";
import { type Applied, applyConfiguration } from "./apply.ts";
import type { Ownership } from "./ownership.ts";
import { applyTypeOf } from "./schema.ts";
import type { FieldScope } from "./scope.ts";
import { type Live, ownershipAfterUpdate, type Versions } from "./update.ts";
import type { Fields } from "./value.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

export const exampleTypes = createTypeTable({
  "example.Workload": {
    fields: {
      apiVersion: "string",
      kind: "string",
      metadata: { type: META, absent: {} },
      spec: { type: "example.Spec", absent: {} },
      status: { type: "example.Status", absent: {} },
    },
  },
  [META]: {
    fields: {
      name: "string",
      namespace: "string",
      uid: "string",
      resourceVersion: "string",
      creationTimestamp: "string(date-time)",
      labels: "map<string>",
      annotations: "map<string>",
      finalizers: { type: "array<string>", listType: "set" },
      managedFields: { type: "array<any>", listType: "atomic" },
    },
  },
  "example.Spec": {
    fields: {
      replicas: "integer(int32)",
      paused: { type: "boolean", omitsZero: true },
      selector: { type: "map<string>", mapType: "atomic" },
      args: "array<string>",
      containers: { type: "array<example.Container>", listType: "map", listMapKeys: ["name"], absent: null },
      strategy: { type: "example.Strategy", absent: {} },
      extra: "any",
    },
  },
  "example.Strategy": { fields: { type: "string", limits: "map<integer(int32)>" } },
  "example.Container": {
    fields: {
      name: { type: "string", required: true, absent: "" },
      image: "string",
      env: { type: "array<example.Env>", listType: "map", listMapKeys: ["name"] },
      ports: { type: "array<example.Port>", listType: "map", listMapKeys: ["port", "protocol"] },
      resources: { type: "example.Strategy", absent: {} },
    },
  },
  "example.Env": { fields: { name: { type: "string", absent: "" }, value: "string" } },
  "example.Port": {
    fields: {
      port: { type: "integer(int32)", required: true, absent: 0 },
      protocol: { type: "string", default: "TCP" },
      hostPort: "integer(int32)",
    },
  },
  "example.Status": { fields: { ready: "integer(int32)", phase: "string" } },
});

export const workloadType = applyTypeOf(exampleTypes, "example.Workload");

const oneVersion: Versions = { type: () => undefined, convert: (object) => object };

export interface WriteOptions {
  force?: boolean;
  scope?: FieldScope;
  subresource?: string;
  apiVersion?: string;
  versions?: Versions;
}

/** One object, written by several managers in turn; the clock goes on by a second each time. */
export class Writer {
  /** Without managedFields. */
  object: KubeObject | undefined;
  /** Its managedFields, as text. */
  managed: string | undefined;
  nowMs = Date.parse("2026-01-01T00:00:00Z");

  #write(manager: string, { scope, subresource = "", apiVersion = "example/v1", versions = oneVersion }: WriteOptions) {
    this.nowMs += 1000;
    const { nowMs } = this;
    return { type: workloadType, apiVersion, subresource, manager, nowMs, versions, ...(scope && { scope }) };
  }

  /** Creates or replaces. `object` needs no kind, version or name. */
  update(manager: string, object: Fields, options: WriteOptions = {}): this {
    const next = this.#complete(object, options.apiVersion);
    this.#keep(next, ownershipAfterUpdate(this.#live, next, this.#write(manager, options)));
    return this;
  }

  /** @throws ApiError */
  apply(manager: string, config: Fields, options: WriteOptions = {}): this {
    const applied = this.tryApply(manager, config, options);
    this.#keep(applied.object as KubeObject, applied.ownership);
    return this;
  }

  tryApply(manager: string, config: Fields, options: WriteOptions = {}): Applied {
    const { metadata, ...rest } = config;
    const whole = {
      apiVersion: options.apiVersion ?? "example/v1",
      kind: "Workload",
      metadata: { name: "w", ...(metadata as ObjectMeta) },
      ...rest,
    };
    const request = { kind: "Workload", group: "example", force: options.force ?? false };
    return applyConfiguration(this.#live, whole, { ...this.#write(manager, options), ...request });
  }

  #complete({ metadata, ...rest }: Fields, apiVersion = "example/v1"): KubeObject {
    const meta = { name: "w", ...(this.object && { uid: "u" }), ...(metadata as ObjectMeta) };
    return { apiVersion, kind: "Workload", metadata: meta, ...rest };
  }

  #keep(object: KubeObject, { managed, isSame }: Ownership): void {
    const { managedFields: _wanted, ...meta } = object.metadata;
    this.object = withoutNull({ ...object, metadata: { ...meta, uid: "u" } }) as KubeObject;
    this.managed = managed;
    this.isSame = isSame;
  }

  /** Of the last write: the same owners own the same. */
  isSame = false;

  get #live(): Live {
    return { object: this.object, managed: this.managed };
  }

  get entries(): ManagedFieldsEntry[] {
    return this.managed === undefined ? [] : (JSON.parse(this.managed) as ManagedFieldsEntry[]);
  }

  /** `manager operation[/subresource]` → its FieldsV1 as text. */
  get owners(): { [manager: string]: string } {
    return Object.fromEntries(
      this.entries.map(({ manager, operation, subresource, fieldsV1 }) => [
        `${manager} ${operation}${subresource ? `/${subresource}` : ""}`,
        JSON.stringify(fieldsV1),
      ]),
    );
  }

  timeOf(manager: string): string | undefined {
    return this.entries.find((entry) => entry.manager === manager)?.time;
  }

  get now(): string {
    return formatTime(this.nowMs);
  }

  get spec(): Fields {
    return (this.object?.spec ?? {}) as Fields;
  }
}

/** As the decoder does before anything is stored. */
function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([name, field]) => [name, withoutNull(field)]),
  );
}

import { describe, expect, it } from "vitest";
import type { Identity } from "../access/identity.ts";
import type { StoredEvent } from "../store/contract.ts";
import { type Asked, type Granting, KeptAnswers, scopeOf } from "./kept-answers.ts";
import { parseRequestInfo } from "./request-info.ts";

const alice: Identity = { user: "alice", groups: [] };
const bob: Identity = { user: "bob", groups: [] };
const node: Identity = { user: "system:node:n1", groups: ["system:nodes"] };
const COLLECTION = "/api/v1/namespaces/default/configmaps";
const urlOf = (name: string) => `https://kedge${COLLECTION}/${name}`;
const object = { resource: "configmaps", namespace: "default", name: "c" };
const scope = scopeOf({ resource: "configmaps", namespace: "default" });

/** An object of which all is durable once it has answered, and the Worker beside it. */
class Cluster {
  revision: number;
  readonly counted: string[] = [];
  readonly kept: KeptAnswers;

  constructor(before?: Cluster, revision = 0) {
    this.revision = revision;
    this.kept = new KeptAnswers(
      {
        revision: () => this.revision,
        count: ({ identity }) => this.counted.push(identity.user),
        prefixOf: (resource) => (resource === "configmaps" ? "{" : undefined),
      },
      before?.kept,
    );
  }

  write(change: Partial<StoredEvent> = {}): void {
    const event = { type: "MODIFIED", ...object, value: "{v1}" } as const;
    this.kept.changed([{ ...event, ...change, revision: ++this.revision }]);
  }

  /** What the Worker gives by itself; else what it sends on. */
  find(of: Partial<Asked> = {}, nowMs = 0): string | { number: number } | undefined {
    const found = this.kept.find({ url: urlOf("c"), accept: null, identity: alice, ...of }, nowMs);
    return found && "text" in found ? found.text : found;
  }

  grant(found: ReturnType<Cluster["find"]>, granting: Partial<Granting> = {}): void {
    const { number } = found as { number: number };
    const info = parseRequestInfo("GET", `${COLLECTION}/c`, undefined);
    this.kept.grant(number, { scope, name: "c", anyName: true, prefix: "{", info, ...granting });
  }

  answered(): void {
    this.kept.answered(this.kept.sent());
  }
}

function granted(granting: Partial<Granting> = {}): Cluster {
  const cluster = new Cluster();
  cluster.write();
  cluster.grant(cluster.find(), granting);
  cluster.answered();
  return cluster;
}

describe("kept answers", () => {
  it("[KA1] are the texts that were written or read, to whom any of the collection was granted, and counted", () => {
    const cluster = granted();
    expect(cluster.find()).toBe("{v1}");
    const other = { url: urlOf("d") };
    expect(cluster.find(other)).toBeUndefined();
    cluster.kept.read({ ...object, name: "d" }, "{read}");
    expect(cluster.find(other)).toBe("{read}");
    cluster.write({ name: "e", type: "ADDED", value: "{new}" });
    cluster.answered();
    expect(cluster.find({ url: urlOf("e") })).toBe("{new}");
    expect(cluster.counted).toEqual(["alice", "alice", "alice"]);
  });

  it("[KA2] are not given from a write of the object on until it is durable", () => {
    const cluster = granted();
    const sentBefore = cluster.kept.sent();
    cluster.write({ value: "{v2}" });
    cluster.kept.answered(sentBefore);
    expect(cluster.find()).toBeUndefined();
    // A read meanwhile makes it no more durable.
    cluster.kept.read(object, "{v2}");
    expect(cluster.find()).toBeUndefined();
    cluster.answered();
    expect(cluster.find()).toBe("{v2}");
  });

  it("[KA3] are not given after its deletion", () => {
    const cluster = granted();
    cluster.write({ type: "DELETED" });
    expect(cluster.find()).toBeUndefined();
    cluster.answered();
    expect(cluster.find()).toBeUndefined();
  });

  it.each([
    ["[KA4] a change of rights", { resource: "rolebindings.rbac.authorization.k8s.io", name: "b" }],
    ["[KA5] a pod's deletion, to which a token may be bound", { resource: "pods", type: "DELETED" }],
    ["[KA6] a pod's end", { resource: "pods", value: '{"metadata":{"deletionTimestamp":"x"}}' }],
    ["[KA7] a change of an account", { resource: "serviceaccounts" }],
  ] as const)("are to be granted anew after %s", (_name, change) => {
    const cluster = granted();
    cluster.write(change);
    const found = cluster.find();
    expect(found).toHaveProperty("number");
    cluster.grant(found);
    // What was granted by what is not durable yet counts no earlier than that does.
    expect(cluster.find()).toBeUndefined();
    cluster.answered();
    expect(cluster.find()).toBe("{v1}");
  });

  it.each([
    ["[KA8] another object", { name: "d" }],
    ["[KA9] a pod that goes on", { resource: "pods" }],
  ])("are given also after a write of %s", (_name, change) => {
    const cluster = granted();
    cluster.write(change);
    expect(cluster.find()).toBe("{v1}");
  });

  it("[KA10] are for who has asked, in the form asked for", () => {
    const cluster = granted();
    expect(cluster.find({ identity: bob })).toHaveProperty("number");
    expect(cluster.find({ accept: "application/yaml" })).toHaveProperty("number");
    expect(cluster.find({ url: urlOf("c").replace("configmaps", "secrets") })).toHaveProperty("number");
  });

  it("[KA11] are never a node's", () => {
    expect(granted().find({ identity: node })).toBeUndefined();
  });

  it("[KA12] are asked for again after eight seconds", () => {
    const cluster = granted();
    expect(cluster.find({}, 7_999)).toBe("{v1}");
    expect(cluster.find({}, 8_000)).toHaveProperty("number");
  });

  it("[KA13] take bounded memory, whatever is asked and whoever goes away", () => {
    const cluster = granted();
    expect(cluster.find({ url: urlOf("x".repeat(512)) })).toBeUndefined();
    expect(cluster.find({ accept: "x".repeat(513) })).toBeUndefined();
    const gone = cluster.find({ identity: bob });
    for (let i = 0; i < 1024; i++) cluster.find({ identity: { user: `u${i}`, groups: [] } });
    cluster.grant(gone);
    expect(cluster.find({ identity: bob })).toHaveProperty("number");
    for (let i = 0; i < 4096; i++) cluster.grant(cluster.find({ identity: { user: `u${i}`, groups: [] } }));
    expect(cluster.find()).toHaveProperty("number");
  });

  it("[KA14] are of one object where only that is granted", () => {
    const cluster = granted({ anyName: false });
    cluster.write({ name: "d" });
    cluster.answered();
    expect(cluster.find()).toBe("{v1}");
    expect(cluster.find({ url: urlOf("d") })).toHaveProperty("number");
  });

  it("[KA15] are texts of the version asked for, by the name that the path ends with", () => {
    const cluster = granted();
    cluster.write({ value: "<other version>" });
    cluster.answered();
    expect(cluster.find()).toBeUndefined();
    const odd = new Cluster();
    odd.write();
    odd.grant(odd.find({ url: `${urlOf("c")}/` }));
    odd.answered();
    expect(odd.find({ url: `${urlOf("c")}/` })).toHaveProperty("number");
  });

  it("[KA16] outlive the object's memory if it has lost nothing; grants do not", () => {
    const before = granted();
    const after = new Cluster(before, before.revision);
    const found = after.find();
    expect(found).toHaveProperty("number");
    after.grant(found);
    expect(after.find()).toBe("{v1}");
    before.write({ value: "{lost}" });
    const crashed = new Cluster(before, after.revision);
    crashed.grant(crashed.find());
    expect(crashed.find()).toBeUndefined();
  });
});

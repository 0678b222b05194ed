import { describe, expect, it } from "vitest";
import type { Identity } from "../access/identity.ts";
import type { StoredEvent } from "../store/contract.ts";
import { type Asked, KeptAnswers, objectId } from "./kept-answers.ts";
import { parseRequestInfo, type RequestInfo } from "./request-info.ts";

const alice: Identity = { user: "alice", groups: [] };
const bob: Identity = { user: "bob", groups: [] };
const node: Identity = { user: "system:node:n1", groups: ["system:nodes"] };
const PATH = "/api/v1/namespaces/default/configmaps/c";
const info = parseRequestInfo("GET", PATH, undefined);
const asked: Asked = { url: `https://kedge${PATH}`, accept: null, identity: alice };
const object = { resource: "configmaps", namespace: "default", name: "c" };
const change = (of: Partial<StoredEvent> = {}): StoredEvent => ({
  ...object,
  type: "MODIFIED",
  revision: 2,
  value: "{}",
  ...of,
});

class Kept extends KeptAnswers {
  readonly counted: RequestInfo[];
  constructor() {
    const counted: RequestInfo[] = [];
    super((counting) => counted.push(counting));
    this.counted = counted;
  }

  /** As the Worker asks, and the object makes the answer. */
  request(of: Partial<Asked> = {}, text = "v1", nowMs = 0): { text: string } | { number: number } | undefined {
    const asking = { ...asked, ...of };
    const found = this.isRepeated(asking.url) ? this.find(asking, nowMs) : undefined;
    if (!found) return undefined;
    if ("answer" in found) return { text: found.answer.text };
    this.made(found.number, objectId(object), { text, info });
    return found;
  }

  keep(of: Partial<Asked> = {}, text = "v1", nowMs = 0): void {
    this.request(of, text, nowMs);
    const found = this.request(of, text, nowMs);
    if (found && "number" in found) this.arrived(found.number);
  }
}

describe("kept answers", () => {
  it("[KA1] are those asked for a second time, and counted", () => {
    const kept = new Kept();
    expect(kept.request()).toBeUndefined();
    const second = kept.request() as { number: number };
    expect(kept.request()).toHaveProperty("number");
    kept.arrived(second.number);
    expect(kept.request()).toEqual({ text: "v1" });
    expect(kept.counted).toEqual([info]);
  });

  it.each([
    ["[KA2] a write of the object", change()],
    ["[KA3] its deletion", change({ type: "DELETED" })],
    ["[KA4] a change of rights", change({ resource: "rolebindings.rbac.authorization.k8s.io", name: "b" })],
    ["[KA5] a pod's deletion, to which a token may be bound", change({ resource: "pods", type: "DELETED" })],
    ["[KA6] a pod's end", change({ resource: "pods", value: '{"metadata":{"deletionTimestamp":"x"}}' })],
    ["[KA7] a change of an account", change({ resource: "serviceaccounts" })],
  ])("are forgotten after %s, also on their way", (_name, event) => {
    const kept = new Kept();
    kept.keep();
    const other = { identity: bob };
    const underWay = kept.request(other) as { number: number };
    kept.changed([event]);
    kept.arrived(underWay.number);
    expect(kept.request()).toHaveProperty("number");
    expect(kept.request(other)).toHaveProperty("number");
  });

  it.each([
    ["[KA8] another object", change({ name: "d" })],
    ["[KA9] a pod that goes on", change({ resource: "pods" })],
  ])("stay after a write of %s", (_name, event) => {
    const kept = new Kept();
    kept.keep();
    kept.changed([event]);
    expect(kept.request()).toEqual({ text: "v1" });
  });

  it("[KA10] are for who has asked, in the form asked for", () => {
    const kept = new Kept();
    kept.keep();
    expect(kept.request({ identity: bob })).toHaveProperty("number");
    expect(kept.request({ accept: "application/yaml" })).toHaveProperty("number");
  });

  it("[KA11] are never a node's, nor what was lost on its way", () => {
    const kept = new Kept();
    kept.keep({ identity: node });
    expect(kept.request({ identity: node })).toBeUndefined();
    kept.request();
    kept.lost((kept.request() as { number: number }).number);
    expect(kept.request()).toHaveProperty("number");
  });

  it("[KA13] take bounded memory, whatever is asked and whoever goes away", () => {
    const kept = new Kept();
    kept.isRepeated(`https://kedge/${"x".repeat(512)}`);
    expect(kept.isRepeated(`https://kedge/${"x".repeat(512)}`)).toBe(false);
    kept.request();
    const gone = kept.request() as { number: number };
    for (let i = 0; i < 1024; i++) kept.request({ identity: { user: `u${i}`, groups: [] } });
    kept.arrived(gone.number);
    expect(kept.request()).toHaveProperty("number");
  });

  it("[KA12] grow old, and give way to newer ones", () => {
    const kept = new Kept();
    kept.keep();
    expect(kept.request({}, "v1", 9_999)).toEqual({ text: "v1" });
    expect(kept.request({}, "v1", 10_000)).toHaveProperty("number");
    kept.keep({}, "v1", 10_000);
    const large = "x".repeat(64 * 1024);
    for (let i = 0; i < 128; i++) kept.keep({ url: `https://kedge/${i}` }, large, 10_000);
    expect(kept.request({}, "v1", 10_001)).toHaveProperty("number");
    expect(kept.request({ url: "https://kedge/127" }, large, 10_001)).toEqual({ text: large });
    kept.keep({ url: "https://kedge/large" }, `${large}x`, 10_001);
    expect(kept.request({ url: "https://kedge/large" }, large, 10_001)).toHaveProperty("number");
  });
});

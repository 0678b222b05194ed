import { describe, expect, it } from "vitest";
import { KeptTexts } from "./kept-texts.ts";

const MB = 1024 * 1024;
const about = (revision: number, prefix = "") => ({ prefix, revision });
const upTo = (revision: number, prefix = "") => ({ prefix, upTo: revision });

describe("kept texts", () => {
  it("[KT1] are the newest, and not given before their time nor where they begin otherwise", () => {
    const texts = new KeptTexts(MB);
    texts.set("a", "v1", about(1));
    expect(texts.get("a", upTo(1))).toBe("v1");
    texts.set("a", "vé漢😀2", about(5));
    expect([texts.get("a", upTo(4)), texts.get("a", upTo(5))]).toEqual([undefined, "vé漢😀2"]);
    expect(texts.get("a", upTo(5, "v"))).toBeUndefined();
    texts.delete("a");
    texts.delete("a");
    expect([texts.get("a", upTo(9)), texts.has("a")]).toEqual([undefined, false]);
  });

  it("[KT2] stay what they are while others come and go, the newest for as long as there is room", () => {
    const texts = new KeptTexts(3 * MB);
    const newest = new Map<string, string>();
    for (let i = 0; i < 6_000; i++) {
      const id = `n${(i * 7919) % 1_500}`;
      newest.set(id, `${i}é`.repeat(200 + (i % 977)));
      texts.set(id, newest.get(id)!, about(i));
      if (i % 5 === 0) texts.delete(id);
      const [some, last] = [`n${(i * 104_729) % 1_500}`, i % 5 === 0 ? undefined : newest.get(id)];
      expect(texts.get(id, upTo(i))).toBe(last);
      const found = texts.get(some, upTo(i));
      if (found !== undefined) expect(found).toBe(newest.get(some));
    }
    const there = [...newest.keys()].filter((id) => texts.has(id));
    const bytes = there.reduce((sum, id) => sum + Buffer.byteLength(newest.get(id)!), 0);
    expect(bytes).toBeLessThan(3 * MB);
    expect(bytes).toBeGreaterThan(MB);
  });

  it("[KT3] none is too long", () => {
    const texts = new KeptTexts(MB);
    texts.set("a", "x", about(1));
    texts.set("a", "x".repeat(64 * 1024 + 1), about(2));
    expect(texts.has("a")).toBe(false);
    for (let i = 0; i < 20; i++) texts.set("a", "漢".repeat(64 * 1024), about(i));
    expect(texts.get("a", upTo(20))).toBe("漢".repeat(64 * 1024));
  });
});

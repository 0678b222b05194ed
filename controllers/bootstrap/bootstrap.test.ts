import { describe, expect, it } from "vitest";
import type { ConfigMap, Secret } from "../../kinds/core/v1-types.ts";
import { metadata } from "../../test/fakes/cluster-objects.ts";
import type { Answer } from "../runner/controller.ts";
import { detachedSignature } from "./jws.ts";
import { planSignatures } from "./signer.ts";
import { planExpiry } from "./token-cleaner.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const token = (id: string, data: { [key: string]: string } = {}, type = "bootstrap.kubernetes.io/token"): Secret => {
  const all: { [key: string]: string } = {
    "token-id": id,
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-signing": "true",
    ...data,
  };
  const encoded = Object.fromEntries(Object.entries(all).map(([key, value]) => [key, btoa(value)]));
  const name = { metadata: metadata(`bootstrap-token-${id}`, { namespace: "kube-system" }) };
  return { apiVersion: "v1", kind: "Secret", ...name, type, data: encoded } as Secret;
};
const info = (data: { [key: string]: string }): ConfigMap =>
  ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: metadata("cluster-info", { namespace: "kube-public" }),
    data,
  }) as ConfigMap;

describe("planExpiry", () => {
  it.each([
    { name: "[TC1] without expiration it stays", plan: { actions: [] } },
    {
      name: "[TC2] waits",
      expiration: "2026-01-01T01:00:00+01:00",
      at: NOW - 1,
      plan: { actions: [], againAtMs: NOW },
    },
    { name: "[TC3] goes when due", expiration: "2026-01-01T00:00:00Z", deleted: true },
    { name: "[TC4] goes when unreadable", expiration: "tomorrow", deleted: true },
  ])("$name", ({ expiration, at = NOW, plan, deleted }) => {
    const made = planExpiry(token("abcdef", expiration ? { expiration } : {}), at);
    if (deleted) expect(made.actions[0]?.op).toMatchObject({ verb: "delete", name: "bootstrap-token-abcdef" });
    else expect(made).toEqual(plan);
  });
});

describe("planSignatures", () => {
  /** Plans, answers what is asked, and plans again. */
  async function sign(seen: { info: ConfigMap; secrets: Secret[] }) {
    const first = planSignatures({ ...seen, nowMs: NOW });
    if (!first.asks) return first;
    const answers = new Map<string, Answer>();
    for (const { name, ask } of first.asks) answers.set(name, { ok: true, value: await ask() });
    return planSignatures({ ...seen, nowMs: NOW, answers });
  }

  it("[BS1] signs as the example of RFC 7515 is signed", async () => {
    const signature = await detachedSignature({ payload: "payload", keyId: "abcdef", key: "0123456789abcdef" });
    const [header = "", payload, mac = ""] = signature.split(".");
    expect([atob(header), payload]).toEqual(['{"alg":"HS256","kid":"abcdef"}', ""]);
    // openssl dgst -sha256 -hmac 0123456789abcdef over "<header>.cGF5bG9hZA"
    const { createHmac } = await import("node:crypto");
    expect(mac).toBe(createHmac("sha256", "0123456789abcdef").update(`${header}.cGF5bG9hZA`).digest("base64url"));
  });

  it("[BS2] one signature for each token that is for signing, then rests", async () => {
    const secrets = [
      token("aaaaaa"),
      token("bbbbbb", { "usage-bootstrap-signing": "false" }),
      token("cccccc", { expiration: "2025-12-31T00:00:00Z" }),
      token("dddddd", { "token-secret": "" }),
      token("eeeeee", {}, "Opaque"),
    ];
    const plan = await sign({ info: info({ kubeconfig: "k", "jws-kubeconfig-gone": "x" }), secrets });
    const { patch } = plan.actions[0]!.op as unknown as { patch: { data: { [key: string]: string | null } } };
    expect(Object.keys(patch.data).sort()).toEqual(["jws-kubeconfig-aaaaaa", "jws-kubeconfig-gone"]);
    expect(patch.data["jws-kubeconfig-gone"]).toBeNull();
    const signed = info({ kubeconfig: "k", "jws-kubeconfig-aaaaaa": patch.data["jws-kubeconfig-aaaaaa"]! });
    expect(await sign({ info: signed, secrets })).toEqual({ actions: [] });
    const otherwise = await sign({ info: info({ ...signed.data, kubeconfig: "other" }), secrets });
    expect(otherwise.actions).toHaveLength(1);
  });

  it("[BS3] signatures go with their token, and with the kubeconfig", async () => {
    const signed = { "jws-kubeconfig-aaaaaa": "x" };
    for (const [data, secrets] of [
      [{ kubeconfig: "k", ...signed }, []],
      [signed, [token("aaaaaa")]],
    ] as const) {
      const plan = await sign({ info: info(data), secrets: [...secrets] });
      expect(plan.actions[0]?.op).toMatchObject({ patch: { data: { "jws-kubeconfig-aaaaaa": null } } });
    }
  });

  it("[BS4] comes back when the first token expires", async () => {
    const secrets = [token("aaaaaa", { expiration: "2026-01-01T00:10:00Z" }), token("bbbbbb")];
    expect((await sign({ info: info({ kubeconfig: "k" }), secrets })).againAtMs).toBe(NOW + 600_000);
  });
});

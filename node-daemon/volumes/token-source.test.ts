import { describe, expect, it } from "vitest";
import { ApiCallError } from "../contracts.ts";
import { FakeApi } from "../pods/testing/fake-api.ts";
import { JumpClock } from "../pods/testing/jump-clock.ts";
import { TokenSource } from "./token-source.ts";

const wanted = {
  pod: { namespace: "default", name: "web", uid: "u" },
  serviceAccount: "sa",
  audience: "",
  expirationSeconds: 3600,
};

function make() {
  const clock = new JumpClock();
  const api = new FakeApi();
  const lifeMs = 3_600_000;
  const create = api.create.bind(api);
  api.create = async (path, object) => {
    const answer = (await create(path, object)) as unknown as { status: { expirationTimestamp: string } };
    answer.status.expirationTimestamp = new Date(clock.now() + lifeMs).toISOString();
    return answer as never;
  };
  const pass = (ms: number): void => clock.goTo(clock.now() + ms);
  return { clock, api, tokens: new TokenSource(api, clock), pass };
}

describe("TokenSource", () => {
  it("[TS1] asks for a token bound to the pod, and keeps it for 80% of its life", async () => {
    const { api, tokens, pass } = make();
    const first = await tokens.token(wanted);
    expect(api.calls[0]).toMatchObject({
      path: "/api/v1/namespaces/default/serviceaccounts/sa/token",
      body: {
        spec: { audiences: [], expirationSeconds: 3600, boundObjectRef: { kind: "Pod", name: "web", uid: "u" } },
      },
    });
    pass(2_879_000);
    expect(await tokens.token(wanted)).toBe(first);
    expect(tokens.due().size).toBe(0);
    pass(1_000);
    expect(tokens.due()).toEqual(new Set(["u"]));
    expect(await tokens.token(wanted)).not.toBe(first);
  });

  it("[TS2] keeps the old one while the API does not answer, until it has expired", async () => {
    const { api, tokens, pass } = make();
    const first = await tokens.token(wanted);
    api.failure = new ApiCallError(0, "no connection");
    pass(3_000_000);
    expect(await tokens.token(wanted)).toBe(first);
    pass(600_000);
    await expect(tokens.token(wanted)).rejects.toThrow("no connection");
  });

  it("[TS3] one for each audience; forgotten with the pod", async () => {
    const { tokens, pass } = make();
    const first = await tokens.token(wanted);
    expect(await tokens.token({ ...wanted, audience: "vault" })).not.toBe(first);
    tokens.forget("u");
    pass(3_000_000);
    expect(tokens.due().size).toBe(0);
  });
});

import { describe, expect, it, vi } from "vitest";
import { HANDED_HEADER, type HandedRequest, serveHanded } from "../http/handed-over.ts";
import { Reply } from "../http/reply.ts";
import { HandOver, handedOf } from "./hand-over.ts";

const identity = { user: "u", groups: [] };
const URL = "https://kedge.test";

const handed = async (method: string, path: string, body?: string, type = "application/json") => {
  const headers = { accept: "a/b", authorization: "secret", "user-agent": "agent" };
  const withBody = body !== undefined && { body };
  const more = body === undefined ? {} : { "content-type": type, "content-length": String(body.length) };
  const request = new Request(URL + path, { method, headers: { ...headers, ...more }, ...withBody });
  return await handedOf(request, { identity });
};

describe("what is handed over", () => {
  it.each([
    ["GET", "/api/v1/namespaces/a/pods/b", true],
    ["GET", "/api/v1/nodes/b", true],
    ["GET", "/api/v1/namespaces/a", true],
    ["GET", "/apis/apps/v1/namespaces/a/deployments/b", true],
    ["GET", "/apis/rbac.authorization.k8s.io/v1/clusterroles/b", true],
    ["GET", "/api/v1/namespaces/a/pods", false],
    ["GET", "/api/v1/pods", false],
    ["GET", "/api/v1/namespaces/a/pods/b/status", false],
    ["GET", "/api/v1/namespaces/a/pods/b?watch=1", false],
    ["GET", "/api/v1/namespaces/a/pods?limit=500&continue=x", true],
    ["GET", "/api/v1/pods?labelSelector=a&limit=1", true],
    ["GET", "/apis/apps/v1/deployments?limit=2", true],
    ["GET", "/api/v1/pods?limit=0", false],
    ["GET", "/api/v1/pods?limit=1&watch=true", false],
    ["GET", "/api/v1/watch/pods?limit=1", false],
    ["GET", "/api/v1/namespaces/a/pods/b?limit=1", false],
    ["GET", "/apis?limit=1", false],
    ["GET", "/api/v1?limit=1", false],
    ["GET", "/api/v1/watch/pods", false],
    ["GET", "/api/v1/watch/namespaces/a/pods", false],
    ["GET", "/apis/apps/v1", false],
    ["GET", "/openapi/v3/apis/apps/v1", false],
    ["GET", "/metrics", false],
    ["POST", "/api/v1/namespaces/a/pods?dryRun=All", true],
    ["POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", true],
    ["POST", "/kedge/v1/nodes/a/token", false],
    ["PUT", "/api/v1/namespaces/a/pods/b/status", true],
    ["PATCH", "/api/v1/nodes/b", true],
    ["DELETE", "/api/v1/namespaces/a/pods/b", true],
    ["DELETE", "/api/v1/namespaces/a/pods", false],
    ["OPTIONS", "/api/v1/nodes/b", false],
    ["HEAD", "/api/v1/nodes/b", false],
  ])("[HO1] %s %s: %s", async (method, path, expected) => {
    const body = method === "GET" || method === "HEAD" || method === "OPTIONS" ? undefined : "{}";
    expect((await handed(method, path, body)) !== undefined).toBe(expected);
  });

  it("[HO2] carries what the object looks at, and no credentials", async () => {
    const request = (await handed("POST", "/api/v1/namespaces/a/pods", '{"a":"ä"}')) as HandedRequest;
    expect([...request.headers.entries()].sort()).toEqual([
      ["accept", "a/b"],
      ["content-length", "9"],
      ["content-type", "application/json"],
      ["user-agent", "agent"],
    ]);
    expect(request.headers.get("authorization")).toBeNull();
    expect(request.headers.get("constructor")).toBeNull();
    expect(await request.text()).toBe('{"a":"ä"}');
    expect(new TextDecoder().decode(await request.arrayBuffer())).toBe('{"a":"ä"}');
    expect(request.body).not.toBeNull();
  });

  it("[HO3] protobuf stays as it is", async () => {
    const body = "k8s\0\xff";
    const request = await handed("POST", "/api/v1/namespaces/a/pods", body, "application/vnd.kubernetes.protobuf");
    expect(new Uint8Array(await request!.arrayBuffer())).toEqual(new TextEncoder().encode(body));
  });

  it("[HO4] large content, or of unknown length, is streamed", async () => {
    expect(await handed("POST", "/api/v1/namespaces/a/pods", "x".repeat(65 * 1024))).toBeUndefined();
    const request = new Request(`${URL}/api/v1/namespaces/a/pods`, { method: "POST", body: "{}" });
    expect(await handedOf(request, { identity })).toBeUndefined();
  });
});

/** An object that answers with the request's name, as slowly as the name says, and counts its calls. */
function setUp() {
  const object = {
    life: {},
    restarts: false,
    calls: [] as number[],
    answered: [] as string[],
    /** What the answers of calls wait for. */
    wayBack: undefined as Promise<void> | undefined,
    fails: undefined as Error | undefined,
  };
  const handOver = new HandOver();
  const background: Promise<unknown>[] = [];
  const call = async (headers: { [name: string]: string }): Promise<Response> => {
    if (object.fails) throw object.fails;
    let answered = 0;
    const response = await serveHanded(headers[HANDED_HEADER]!, {
      life: object.life,
      async answer({ url }) {
        answered++;
        const name = url.slice(url.lastIndexOf("/") + 1);
        if (name === "broken") throw new Error("broken");
        if (name.startsWith("slow")) await new Promise((resolve) => setTimeout(resolve, 100));
        object.answered.push(name);
        return new Reply(200, {}, name);
      },
    });
    object.calls.push(answered);
    if (object.restarts) object.life = {};
    await object.wayBack;
    return response;
  };
  const ask = async (name: string) => {
    const path = name.includes("?") ? `/api/v1/${name}` : `/api/v1/nodes/${name}`;
    const request = (await handed("GET", path)) as HandedRequest;
    return handOver.ask(request, { call, waitUntil: (work) => void background.push(work) });
  };
  return { object, ask, background };
}

const bodies = async (replies: Promise<Reply>[]) => (await Promise.all(replies)).map(({ body }) => body);

describe("calls", () => {
  it("[HO5] one that is alone goes at once; those that come while it is under way go together", async () => {
    const { object, ask } = setUp();
    expect(await bodies([ask("a"), ask("b"), ask("c"), ask("d")])).toEqual(["a", "b", "c", "d"]);
    expect(object.calls).toEqual([1, 3]);
  });

  it("[HO11] those that wait for others do so with promises that know whose they are", async () => {
    const { ask } = setUp();
    const made = vi.spyOn(Promise, "withResolvers");
    await bodies([ask("a"), ask("b")]);
    expect(made).toHaveBeenCalledTimes(2);
    made.mockRestore();
  });

  it("[HO12] where several came together, the next wait for one another, too, until one is alone again", async () => {
    const { object, ask } = setUp();
    await bodies([ask("a"), ask("b"), ask("c")]);
    await bodies([ask("d"), ask("e")]);
    await bodies([ask("f")]);
    await bodies([ask("g"), ask("h")]);
    expect(object.calls).toEqual([1, 2, 2, 1, 1, 1]);
  });

  it("[HO13] a page of a list has a call of its own", async () => {
    const { object, ask } = setUp();
    await bodies([ask("a"), ask("b?limit=1"), ask("c"), ask("d")]);
    expect(object.calls.toSorted()).toEqual([1, 1, 2]);
  });

  it("[HO14] content that does not come in time is waited for no longer, and nobody is asked", async () => {
    vi.useFakeTimers();
    try {
      const call = vi.fn(async () => new Response(null, { status: 204 }));
      const means = { call, waitUntil: () => {} };
      const asked = new HandOver().ask(new Promise(() => {}), means).catch((error) => error);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await asked).toMatchObject({ code: 504, status: { reason: "Timeout" } });
      expect(call).not.toHaveBeenCalled();
    } finally {
      vi.useRealTimers();
    }
  });

  it("[HO6] nobody waits long for a slower one, which is answered all the same, once", async () => {
    const { object, ask } = setUp();
    const order: string[] = [];
    const asked = ["a", "b", "slow", "c"].map((name) => ask(name).then(({ body }) => void order.push(String(body))));
    await Promise.all(asked);
    expect(order).toEqual(["a", "b", "c", "slow"]);
    expect(object.calls).toEqual([1, 3, 0]);
  });

  it("[HO15] an answer that was not there when the call was answered may not be durable: it is called for", async () => {
    const { object, ask } = setUp();
    await bodies([ask("a")]);
    const wayBack = Promise.withResolvers<void>();
    object.wayBack = wayBack.promise;
    const asked = [ask("b"), ask("c"), ask("slow")];
    // Two calls are on their way back, without what is slow; then that has its answer, too.
    await vi.waitFor(() => expect(object.calls).toEqual([1, 1, 2]));
    await vi.waitFor(() => expect(object.answered).toContain("slow"));
    wayBack.resolve();
    expect(await bodies(asked)).toEqual(["b", "c", "slow"]);
    expect(object.calls).toEqual([1, 1, 2, 0]);
  });

  it("[HO7] all of a call that fails are told so, and later ones are served", async () => {
    const { object, ask } = setUp();
    object.fails = Object.assign(new Error("gone"), { retryable: true });
    const results = await Promise.allSettled([ask("a"), ask("b"), ask("c")]);
    expect(results.map((result) => (result as PromiseRejectedResult).reason.message)).toEqual(["gone", "gone", "gone"]);
    object.fails = undefined;
    expect(await bodies([ask("a"), ask("b")])).toEqual(["a", "b"]);
  });

  it("[HO8] what cannot be answered fails alone", async () => {
    const { ask } = setUp();
    const results = await Promise.allSettled([ask("a"), ask("broken"), ask("b")]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });

  it("[HO9] an object that has started anew meanwhile does not answer for what the earlier one had begun", async () => {
    const { object, ask } = setUp();
    object.restarts = true;
    const [first, slow, other] = await Promise.allSettled([ask("a"), ask("slow"), ask("b")]);
    expect([first.status, slow.status, other.status]).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(slow).toMatchObject({ reason: { durableObjectReset: true } });
  });

  it("[HO10] when the one that should make the call is gone, another does", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      const { ask } = setUp();
      const handOver = new HandOver();
      const means = { call: () => new Promise<Response>(() => {}), waitUntil: () => {} };
      const request = async (name: string) => (await handed("GET", `/api/v1/nodes/${name}`)) as HandedRequest;
      // In workerd what waits ends with its request; here it is told after two minutes that no answer came.
      const abandon = (asked: HandedRequest) => void handOver.ask(asked, means).catch(() => undefined);
      abandon(await request("hangs"));
      // Gathers for a second call that is never made: its timer belongs to somebody who is gone.
      const timers = vi.spyOn(globalThis, "setTimeout").mockImplementation((() => 0) as never);
      abandon(await request("gone"));
      timers.mockRestore();
      vi.setSystemTime(Date.now() + 1_500);
      let calls = 0;
      const call = async () => {
        calls++;
        throw new Error("called");
      };
      await expect(handOver.ask(await request("next"), { ...means, call })).rejects.toThrow("called");
      expect(calls).toBe(1);
      expect((await ask("a")).body).toBe("a");
    } finally {
      vi.useRealTimers();
    }
  });
});

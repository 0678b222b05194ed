import { describe, expect, it } from "vitest";
import type { PodStatus } from "../../kinds/core/v1-types.ts";
import { ApiCallError } from "../contracts.ts";
import type { NodePod } from "./pod.ts";
import { createStatusWriter } from "./status-writer.ts";
import { makePod } from "./testing/build.ts";
import { FakeApi } from "./testing/fake-api.ts";
import { silentLog } from "./testing/fake-services.ts";
import { JumpClock } from "./testing/jump-clock.ts";

const PATH = "/api/v1/namespaces/default/pods/web";
const RUNNING: PodStatus = { phase: "Running", startTime: "2026-01-01T00:00:00Z" };
const STARTING: PodStatus = { phase: "Pending", startTime: "2026-01-01T00:00:00Z" };

function make() {
  const clock = new JumpClock();
  const api = new FakeApi();
  api.put(PATH, makePod({}, { status: { phase: "Pending" } }));
  const writer = createStatusWriter({ api, clock, log: silentLog });
  const pod = () => api.objects.get(PATH) as NodePod;
  const pass = async (ms: number): Promise<void> => {
    for (const endMs = clock.now() + ms; clock.now() < endMs; ) {
      clock.goTo(Math.min(clock.nextMs(), endMs));
      for (let i = 0; i < 10; i++) await Promise.resolve();
    }
  };
  const writes = () => api.callsOf("patch", /status$/).length;
  return { api, writer, pod, pass, writes };
}

describe("StatusWriter", () => {
  it("[SW1] news goes at once, a pod that is still starting waits for better news", async () => {
    const { writer, pod, pass, writes } = make();
    writer.set(pod(), STARTING);
    await pass(500);
    expect(writes()).toBe(0);
    writer.set(pod(), RUNNING);
    await pass(20);
    expect([writes(), pod().status?.phase]).toEqual([1, "Running"]);
    await pass(5_000);
    expect(writes()).toBe(1);
  });

  it("[SW2] without better news it goes after a second", async () => {
    const { writer, pod, pass, writes } = make();
    writer.set(pod(), STARTING);
    writer.set(pod(), { ...STARTING });
    await pass(1_000);
    expect(writes()).toBe(1);
  });

  it("[SW3] what the API makes of a status is not sent again, until somebody else has written and ten seconds are over", async () => {
    const { api, writer, pod, pass, writes } = make();
    const patch = api.patch.bind(api);
    // A server that drops a field.
    api.patch = async (path, type, body) => {
      await patch(path, type, body);
      const { startTime: _, ...status } = pod().status ?? {};
      return api.put(PATH, { ...pod(), status });
    };
    writer.set(pod(), RUNNING);
    await pass(100);
    for (let i = 0; i < 5; i++) {
      writer.set(pod(), { ...RUNNING });
      await pass(2_000);
    }
    expect(writes()).toBe(1);
    api.put(PATH, { ...pod(), status: { phase: "Pending" } });
    writer.set(pod(), { ...RUNNING });
    await pass(9_000);
    writer.set(pod(), { ...RUNNING });
    expect([writes(), pod().status?.phase]).toEqual([1, "Pending"]);
    await pass(1_000);
    expect([writes(), pod().status?.phase]).toEqual([2, "Running"]);
  });

  it("[SW8] news goes at once over what somebody else has written, and so does what is waited for", async () => {
    for (const next of [{ ...RUNNING, reason: "New" }, RUNNING]) {
      const { api, writer, pod, pass } = make();
      writer.set(pod(), RUNNING);
      await pass(100);
      api.put(PATH, { ...pod(), status: { phase: "Failed" } });
      writer.set(pod(), { ...RUNNING });
      await pass(100);
      expect(pod().status?.phase).toBe("Failed");
      if (next === RUNNING) void writer.flushed(pod().metadata.uid);
      else writer.set(pod(), next);
      await pass(20);
      expect(pod().status).toMatchObject(next);
    }
  });

  it("[SW4] an informer that lags behind does not bring back what was overwritten", async () => {
    const { writer, pod, pass, writes } = make();
    const stale = pod();
    writer.set(stale, RUNNING);
    await pass(100);
    writer.set(stale, RUNNING);
    await pass(2_000);
    expect(writes()).toBe(1);
    expect(writer.current(stale)?.phase).toBe("Running");
  });

  it("[SW5] tries again while the API does not answer; flushed waits for it", async () => {
    const { api, writer, pod, pass } = make();
    api.failure = new ApiCallError(0, "no connection");
    writer.set(pod(), RUNNING);
    let flushed = false;
    void writer.flushed(pod().metadata.uid).then(() => {
      flushed = true;
    });
    await pass(3_000);
    expect(flushed).toBe(false);
    api.failure = undefined;
    await pass(5_000);
    expect([flushed, pod().status?.phase]).toEqual([true, "Running"]);
  });

  it("[SW6] nobody waits for a status that was refused, or for a pod that is gone", async () => {
    for (const code of [422, 404]) {
      const { api, writer, pod, pass } = make();
      const { uid } = pod().metadata;
      api.failure = new ApiCallError(code, "no");
      writer.set(pod(), RUNNING);
      const flushed = writer.flushed(uid);
      await pass(100);
      await flushed;
    }
  });

  it("[SW7] conditions of others are kept beside ours", () => {
    const { writer, pod } = make();
    const gated = { ...pod(), status: { conditions: [{ type: "example.com/gate", status: "True" }] } };
    writer.set(gated, { ...RUNNING, conditions: [{ type: "Ready", status: "True" }] });
    expect(writer.current(gated)?.conditions?.map(({ type }) => type)).toEqual(["Ready", "example.com/gate"]);
  });
});

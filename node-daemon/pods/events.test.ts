import { expect, it } from "vitest";
import { ApiCallError } from "../contracts.ts";
import { createEventRecorder } from "./events.ts";
import { makePod } from "./testing/build.ts";
import { FakeApi } from "./testing/fake-api.ts";
import { silentLog } from "./testing/fake-services.ts";
import { JumpClock } from "./testing/jump-clock.ts";

const EVENTS = "/api/v1/namespaces/default/events";

function make() {
  const clock = new JumpClock();
  const api = new FakeApi();
  const events = createEventRecorder({ api, clock, log: silentLog, nodeName: "n1" });
  const tell = async (message: string): Promise<void> => {
    events.pod(makePod({}), "Warning", "BackOff", message);
    await events.idle();
  };
  const stored = () => [...api.objects].filter(([path]) => path.startsWith(EVENTS)).map(([, object]) => object);
  return { api, clock, events, tell, stored };
}

it("[ER1] a repeat counts up what is stored; when that has expired, it is told anew with its count", async () => {
  const { api, tell, stored } = make();
  await tell("m");
  await tell("m");
  expect(stored()).toMatchObject([{ count: 2, message: "m", source: { component: "kubelet", host: "n1" } }]);
  api.drop(`${EVENTS}/${stored()[0]?.metadata.name}`);
  await tell("m");
  await tell("m");
  expect(stored()).toMatchObject([{ count: 4 }]);
});

it("[ER2] an attempt that fails is made again and counts once", async () => {
  const { api, clock, events, stored } = make();
  api.failure = new ApiCallError(0, "no connection");
  events.pod(makePod({}), "Warning", "BackOff", "m");
  for (let i = 0; i < 10; i++) await Promise.resolve();
  expect([api.calls.length, stored()]).toEqual([1, []]);
  api.failure = undefined;
  clock.goTo(clock.nextMs());
  await events.idle();
  expect(stored()).toMatchObject([{ count: 1 }]);
});

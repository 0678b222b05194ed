import { systemClock } from "../../machinery/clock.ts";
import { FakeRuntime } from "../fakes/runtime.ts";
import { runtimeContract } from "./runtime-contract.ts";

runtimeContract("fake", async () => {
  const runtime = new FakeRuntime(systemClock);
  runtime.addImage("busybox:1");
  return { runtime, image: "busybox:1", logDirectory: "", cgroupParent: "/none", close: async () => {} };
});

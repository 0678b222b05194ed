import { expect, it } from "vitest";
import { systemClock } from "../../machinery/clock.ts";
import { NodeUsage } from "./node-usage.ts";

const figures = { timestampMs: 1_000, windowMs: 15_000, cpuNanoCores: 5, memoryWorkingSetBytes: 7 };
const report = {
  node: figures,
  pods: [{ namespace: "a", name: "b", uid: "c", containers: [{ name: "d", ...figures }] }],
};

async function asked(body: string | ReadableStream): Promise<{ answer: unknown; errors: number }> {
  let errors = 0;
  const usage = new NodeUsage({
    ask: async () => new Response(body),
    clock: systemClock,
    report: () => void errors++,
  });
  return { answer: await usage.of("n1"), errors };
}

it("[NU1] a report is what its node says", async () => {
  expect(await asked(JSON.stringify(report))).toEqual({ answer: report, errors: 0 });
});

it.each([
  ["nothing", null],
  ["no pods", { node: figures }],
  ["a pod without containers", { ...report, pods: [{ ...report.pods[0], containers: undefined }] }],
  ["a time that is none", { ...report, node: { ...figures, timestampMs: 1e300 } }],
  ["less than no memory", { ...report, node: { ...figures, memoryWorkingSetBytes: -1 } }],
])("[NU2] a node that says %s says nothing", async (_name, value) => {
  expect(await asked(JSON.stringify(value))).toEqual({ answer: undefined, errors: 1 });
});

it("[NU3] an endless answer is read no further than a report may be long", async () => {
  let sent = 0;
  const endless = new ReadableStream({
    pull(controller) {
      sent += 1 << 20;
      controller.enqueue(new Uint8Array(1 << 20));
    },
  });
  expect(await asked(endless)).toEqual({ answer: undefined, errors: 1 });
  expect(sent).toBeLessThan(10 << 20);
});

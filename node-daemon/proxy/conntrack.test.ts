import { describe, expect, it } from "vitest";
import { CommandError } from "../network/run.ts";
import { collectingLog } from "../network/testing.ts";
import { ConntrackCleaner, planStaleFlows } from "./conntrack.ts";
import { type ServicePort, servicePorts } from "./service-ports.ts";
import { makeService, makeSlice } from "./testing.ts";

const ports = (endpoints: string[], protocol: "TCP" | "UDP" = "UDP"): ServicePort[] =>
  servicePorts(
    makeService({ type: "NodePort", ports: [{ name: "dns", port: 53, protocol, nodePort: 30053 }] }),
    [makeSlice(endpoints, { name: "dns", protocol })],
    "a",
  );
const [one, two] = ["10.244.0.5@a", "10.244.1.5@b"];

describe("stale UDP flows", () => {
  it.each([
    {
      name: "[CT1] an endpoint that went",
      before: ports([one, two]),
      after: ports([two]),
      want: [
        { ip: "10.96.0.20", port: 53, endpoint: "10.244.0.5" },
        { port: 30053, endpoint: "10.244.0.5" },
      ],
    },
    { name: "[CT2] an endpoint that came", before: ports([one]), after: ports([one, two]), want: [] },
    {
      name: "[CT3] the first endpoint",
      before: ports([]),
      after: ports([one]),
      want: [{ ip: "10.96.0.20", port: 53 }, { port: 30053 }],
    },
    {
      name: "[CT4] the service went",
      before: ports([one]),
      after: [],
      want: [{ ip: "10.96.0.20", port: 53 }, { port: 30053 }],
    },
    { name: "[CT5] TCP ends by itself", before: ports([one], "TCP"), after: ports([two], "TCP"), want: [] },
    {
      name: "[CT6] an endpoint that drains keeps its flows",
      before: ports([one, two]),
      after: ports([`~${one}`, two]),
      want: [],
    },
  ])("$name", ({ before, after, want }) => {
    expect(planStaleFlows(before, after)).toEqual(want);
  });

  it("[CT7] forgets with conntrack; finding nothing is fine, a missing tool is said once", async () => {
    const log = collectingLog();
    const lines: string[] = [];
    const cleaner = new ConntrackCleaner(async (_command, args) => {
      lines.push(args.join(" "));
      if (lines.length === 1)
        throw new CommandError("conntrack", { exitCode: 1, stderr: "0 flow entries have been deleted." });
      throw new CommandError("conntrack", { stderr: "", missing: true, why: "ENOENT" });
    }, log);
    await cleaner.forget([{ ip: "10.96.0.20", port: 53, endpoint: "10.244.0.5" }, { port: 1 }, { port: 2 }]);
    await cleaner.forget([{ port: 3 }]);
    expect(lines[0]).toBe("-D -f ipv4 -p udp --orig-port-dst 53 --orig-dst 10.96.0.20 --dst-nat 10.244.0.5");
    expect(lines).toHaveLength(2);
    expect(log.lines.map((l) => l.level)).toEqual(["warn"]);
  });
});

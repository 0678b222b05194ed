/** What conformance asks of replica sets and replication controllers, with containers that run. */
import { describe, expect, it } from "vitest";
import { NET_IMAGE } from "../images/netexec.ts";
import { template } from "./nodes-kit.ts";
import { becomes, named, type Workloads } from "./workloads-kit.ts";

export function replicaTests({ api }: Workloads): void {
  describe.concurrent("[sig-apps] ReplicaSet and ReplicationController", () => {
    it.each([
      { kind: "ReplicaSet", apiVersion: "apps/v1", selector: { matchLabels: { app: "served" } } },
      { kind: "ReplicationController", apiVersion: "v1", selector: { app: "served" } },
    ])(
      "[sig-apps] $kind should serve a basic image on each replica with a public image [Conformance]",
      async ({ kind, apiVersion, selector }) => {
        const space = await api().space(`served-${kind.toLowerCase()}`);
        const container = { image: NET_IMAGE, command: ["netexec", "http", "80", "udp", "80"] };
        await space.create({
          apiVersion,
          kind,
          metadata: { name: "served" },
          spec: { replicas: 2, selector, template: template({ app: "served" }, container) },
        });
        const pods = await space.ready(2);
        const [asking] = named(pods);
        for (const { metadata, status } of pods) {
          // It runs before it listens: nothing asks whether it is ready.
          const proxied = space.path(`pods/${metadata.name}:80/proxy/hostname`);
          await becomes(proxied, async () => (await api().request("GET", proxied)).text, metadata.name, 20_000);
          const dialled = `curl -sS --max-time 5 http://${status.podIP}/hostname; echo; netexec ask ${status.podIP} 80 hostname`;
          expect(await space.sh(asking as string, dialled)).toBe(`${metadata.name}\n${metadata.name}`);
        }
        await space.remove();
      },
    );
  });
}

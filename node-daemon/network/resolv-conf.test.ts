import { describe, expect, it } from "vitest";
import type { PodSpec } from "../../kinds/core/v1-types.ts";
import { parseResolvConf, planResolvConf } from "./resolv-conf.ts";

const host = parseResolvConf(`# comment
domain old.example
nameserver 127.0.0.53
nameserver 192.0.2.53 # the router
nameserver 2001:db8::53
nameserver 10.96.0.10
search corp.example . lab.example
options edns0 ndots:2
sortlist 1.2.3.4
`);

const plan = (spec: Partial<PodSpec>) =>
  planResolvConf({
    spec,
    namespace: "prod",
    host,
    clusterDnsIp: "10.96.0.10",
    clusterDomain: "cluster.local",
  });
const cluster = ["prod.svc.cluster.local", "svc.cluster.local", "cluster.local"];

describe("resolv.conf of pods", () => {
  it("[RC1] reads the node's", () => {
    expect(host).toEqual({
      nameservers: ["127.0.0.53", "192.0.2.53", "2001:db8::53", "10.96.0.10"],
      searches: ["corp.example", "lab.example"],
      options: ["edns0", "ndots:2"],
    });
  });

  const clusterFirst = {
    nameservers: ["10.96.0.10"],
    searches: [...cluster, "corp.example", "lab.example"],
    options: ["ndots:5"],
  };
  it.each<[string, Partial<PodSpec>, object]>([
    ["[RC2] ClusterFirst is the default", {}, clusterFirst],
    ["[RC2] ClusterFirst", { dnsPolicy: "ClusterFirst" }, clusterFirst],
    ["[RC3] ClusterFirstWithHostNet", { dnsPolicy: "ClusterFirstWithHostNet", hostNetwork: true }, clusterFirst],
    [
      "[RC4] ClusterFirst on the host's network is the node's own",
      { dnsPolicy: "ClusterFirst", hostNetwork: true },
      {
        nameservers: ["127.0.0.53", "192.0.2.53", "2001:db8::53"],
        searches: ["corp.example", "lab.example"],
        options: ["edns0", "ndots:2"],
        omitted: [expect.stringContaining("Nameserver limits were exceeded")],
      },
    ],
    [
      "[RC5] Default is the node's own, without what a pod cannot reach",
      { dnsPolicy: "Default" },
      {
        nameservers: ["192.0.2.53", "2001:db8::53"],
        searches: ["corp.example", "lab.example"],
        options: ["edns0", "ndots:2"],
      },
    ],
    [
      "[RC6] None is dnsConfig alone",
      {
        dnsPolicy: "None",
        dnsConfig: {
          nameservers: ["1.1.1.1"],
          searches: ["a.b"],
          options: [{ name: "ndots", value: "2" }, { name: "edns0" }],
        },
      },
      { nameservers: ["1.1.1.1"], searches: ["a.b"], options: ["ndots:2", "edns0"] },
    ],
    [
      "[RC7] dnsConfig is added, each thing once, and its options win",
      {
        dnsConfig: {
          nameservers: ["10.96.0.10", "1.1.1.1"],
          searches: ["cluster.local", "a.b"],
          options: [{ name: "ndots", value: "1" }, { name: "rotate" }],
        },
      },
      {
        nameservers: ["10.96.0.10", "1.1.1.1"],
        searches: [...cluster, "corp.example", "lab.example", "a.b"],
        options: ["ndots:1", "rotate"],
      },
    ],
  ])("%s", (_title, spec, want) => {
    expect(plan(spec)).toEqual(want);
  });

  it("[RC8] limits: three name servers, 32 search domains, 2048 characters", () => {
    const many = plan({
      dnsPolicy: "None",
      dnsConfig: {
        nameservers: ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"],
        searches: Array.from({ length: 40 }, (_, i) => `s${i}.example`),
      },
    });
    expect(many.nameservers).toHaveLength(3);
    expect(many.searches).toHaveLength(32);
    expect(many.omitted).toEqual([
      "Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: 1.1.1.1 1.1.1.2 1.1.1.3",
      expect.stringMatching(
        /^Search Line limits were exceeded, some search paths have been omitted, the applied search line is: s0\.example .* s31\.example$/,
      ),
    ]);
    const long = plan({
      dnsPolicy: "None",
      dnsConfig: { searches: Array.from({ length: 20 }, (_, i) => `${i}${"x".repeat(199)}`) },
    });
    expect(long.searches.join(" ").length).toBeLessThanOrEqual(2048);
    expect(long.searches.length).toBeGreaterThan(8);
  });
});

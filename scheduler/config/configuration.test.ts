import { describe, expect, it } from "vitest";
import { parseConfiguration, readConfiguration } from "./configuration.ts";

const document = (more: object) => ({
  apiVersion: "kubescheduler.config.k8s.io/v1",
  kind: "KubeSchedulerConfiguration",
  ...more,
});
const argsOf = (name: string, args: object) => ({ profiles: [{ pluginConfig: [{ name, args }] }] });
const profileOf = (profile: object) => {
  const { profiles } = readConfiguration(document({ profiles: [profile] }));
  return [...profiles.values()][0]!;
};
const names = (plugins: readonly { name: string }[]) => plugins.map(({ name }) => name);
const weights = (profile: ReturnType<typeof profileOf>) =>
  Object.fromEntries([...profile.scores, ...profile.clusterScores].map(({ plugin, weight }) => [plugin.name, weight]));

describe("KubeSchedulerConfiguration", () => {
  it("[KC1] without a document, upstream's default profile", () => {
    const { profiles, initialBackoffMs, maxBackoffMs } = readConfiguration(undefined);
    expect([...profiles.keys()]).toEqual(["default-scheduler"]);
    expect([initialBackoffMs, maxBackoffMs]).toEqual([1_000, 10_000]);
    expect(weights(profiles.get("default-scheduler")!)).toMatchObject({
      TaintToleration: 3,
      NodeAffinity: 2,
      PodTopologySpread: 2,
      InterPodAffinity: 2,
      DynamicResources: 2,
      NodeResourcesFit: 1,
      NodeResourcesBalancedAllocation: 1,
      ImageLocality: 1,
    });
  });

  it("[KC2] profiles by schedulerName", () => {
    const { profiles } = readConfiguration(
      document({ profiles: [{ schedulerName: "default-scheduler" }, { schedulerName: "packer" }] }),
    );
    expect([...profiles.keys()]).toEqual(["default-scheduler", "packer"]);
  });

  it("[KC3] plugins are taken out and given other weights", () => {
    const profile = profileOf({
      plugins: {
        score: { disabled: [{ name: "ImageLocality" }], enabled: [{ name: "NodeAffinity", weight: 7 }] },
        multiPoint: { disabled: [{ name: "TaintToleration" }] },
      },
    });
    expect(weights(profile)).toEqual({
      NodeAffinity: 7,
      PodTopologySpread: 2,
      InterPodAffinity: 2,
      DynamicResources: 2,
      NodeResourcesFit: 1,
      NodeResourcesBalancedAllocation: 1,
    });
    expect(names(profile.filters)).not.toContain("TaintToleration");
    expect(names(profile.filters)).toContain("NodeAffinity");
  });

  it("[KC4] all of a point, and others instead", () => {
    const profile = profileOf({
      plugins: { score: { disabled: [{ name: "*" }], enabled: [{ name: "NodeResourcesFit", weight: 5 }] } },
    });
    expect(weights(profile)).toEqual({ NodeResourcesFit: 5 });
    expect(names(profile.filters)).toContain("NodePorts");
  });

  it("[KC5] no preemption", () => {
    expect(profileOf({ plugins: { postFilter: { disabled: [{ name: "*" }] } } }).preemption).toBeUndefined();
  });

  it("[KC6] arguments reach their plugin", () => {
    const profile = profileOf({
      pluginConfig: [
        { name: "DefaultPreemption", args: { minCandidateNodesPercentage: 5, minCandidateNodesAbsolute: 7 } },
        {
          name: "NodeResourcesFit",
          args: {
            apiVersion: "kubescheduler.config.k8s.io/v1",
            kind: "NodeResourcesFitArgs",
            scoringStrategy: { type: "MostAllocated", resources: [{ name: "cpu" }] },
          },
        },
      ],
    });
    expect(profile.preemption).toEqual({
      name: "DefaultPreemption",
      minCandidateNodesPercentage: 5,
      minCandidateNodesAbsolute: 7,
    });
  });

  it("[KC18] from text, YAML or JSON; none is none", () => {
    const yaml = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\nprofiles:\n- {}\n";
    expect(parseConfiguration(yaml)).toEqual(document({ profiles: [{}] }));
    expect(parseConfiguration(JSON.stringify(document({})))).toEqual(document({}));
    expect([parseConfiguration(undefined), parseConfiguration("\n")]).toEqual([undefined, undefined]);
    expect(() => parseConfiguration("{")).toThrow("document: is not YAML");
    expect(() => parseConfiguration("kind: Pod")).toThrow("apiVersion: must be");
  });

  it.each<[string, object, string]>([
    ["[KC7] another version", { apiVersion: "v1" }, "apiVersion: must be kubescheduler.config.k8s.io/v1"],
    ["[KC8] an unknown field", { profils: [] }, "document.profils: is not known"],
    ["[KC9] extenders", { extenders: [{ urlPrefix: "http://x" }] }, "extenders: calling out to extenders is not built"],
    [
      "[KC10] the same name twice",
      { profiles: [{ schedulerName: "a" }, { schedulerName: "a" }] },
      "profiles[1].schedulerName: is used twice",
    ],
    ["[KC21] one of several without a name", { profiles: [{}, {}] }, "profiles[0].schedulerName: must be a text"],
    ["[KC22] nothing at once", { parallelism: 0 }, "parallelism: must be a whole number from 1"],
    [
      "[KC23] more nodes than there are",
      { profiles: [{ percentageOfNodesToScore: 101 }] },
      "profiles[0].percentageOfNodesToScore: must be a whole number from 0 to 100",
    ],
    [
      "[KC24] weights where there are none",
      argsOf("NodeResourcesBalancedAllocation", { resources: [{ name: "cpu", weight: 2 }] }),
      "NodeResourcesBalancedAllocationArgs.resources[0].weight: resource weight of cpu should be 1, got 2",
    ],
    [
      "[KC25] a group that is a resource",
      argsOf("NodeResourcesFit", { ignoredResourceGroups: ["example.com/foo"] }),
      "NodeResourcesFitArgs.ignoredResourceGroups[0]: resource group name can't contain '/'",
    ],
    [
      "[KC26] default constraints without a skew",
      argsOf("PodTopologySpread", {
        defaultingType: "List",
        defaultConstraints: [{ topologyKey: "zone", whenUnsatisfiable: "ScheduleAnyway" }],
      }),
      "PodTopologySpreadArgs.defaultConstraints[0].maxSkew: must be a whole number from 1",
    ],
    [
      "[KC27] default constraints that say it twice",
      argsOf("PodTopologySpread", {
        defaultingType: "List",
        defaultConstraints: [1, 2].map((maxSkew) => ({
          maxSkew,
          topologyKey: "zone",
          whenUnsatisfiable: "ScheduleAnyway",
        })),
      }),
      "PodTopologySpreadArgs.defaultConstraints[1]: there is one",
    ],
    [
      "[KC11] an unknown plugin",
      { profiles: [{ plugins: { filter: { enabled: [{ name: "Magic" }] } } }] },
      'profiles[0].plugins.filter.enabled[0].name: there is no plugin "Magic"',
    ],
    [
      "[KC12] no way to bind",
      { profiles: [{ plugins: { bind: { disabled: [{ name: "*" }] } } }] },
      "profiles[0].plugins.bind: one plugin is needed",
    ],
    ["[KC13] back-off", { podInitialBackoffSeconds: 20 }, "podMaxBackoffSeconds: must be greater than or equal"],
    [
      "[KC14] a weight out of range",
      { profiles: [{ pluginConfig: [{ name: "InterPodAffinity", args: { hardPodAffinityWeight: 101 } }] }] },
      "InterPodAffinityArgs.hardPodAffinityWeight: must be a whole number from 0 to 100",
    ],
    [
      "[KC15] defaults of both kinds",
      {
        profiles: [
          { pluginConfig: [{ name: "PodTopologySpread", args: { defaultConstraints: [{ topologyKey: "zone" }] } }] },
        ],
      },
      "PodTopologySpreadArgs.defaultingType",
    ],
    [
      "[KC16] a function that falls back",
      {
        profiles: [
          {
            pluginConfig: [
              {
                name: "NodeResourcesFit",
                args: {
                  scoringStrategy: {
                    type: "RequestedToCapacityRatio",
                    requestedToCapacityRatio: {
                      shape: [
                        { utilization: 50, score: 1 },
                        { utilization: 50, score: 2 },
                      ],
                    },
                  },
                },
              },
            ],
          },
        ],
      },
      "values must be sorted in increasing order",
    ],
    [
      "[KC19] added affinity by an operator that is none",
      {
        profiles: [
          {
            pluginConfig: [
              {
                name: "NodeAffinity",
                args: {
                  addedAffinity: {
                    requiredDuringSchedulingIgnoredDuringExecution: {
                      nodeSelectorTerms: [{ matchExpressions: [{ key: "a", operator: "Is" }] }],
                    },
                  },
                },
              },
            ],
          },
        ],
      },
      "NodeAffinityArgs.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator: ",
    ],
    [
      "[KC20] a time to wait that is none",
      { profiles: [{ pluginConfig: [{ name: "DynamicResources", args: { bindingTimeout: "soon" } }] }] },
      "DynamicResourcesArgs.bindingTimeout: must be a duration",
    ],
    [
      "[KC17] arguments for a plugin that takes none",
      { profiles: [{ pluginConfig: [{ name: "NodePorts", args: { a: 1 } }] }] },
      "pluginConfig of NodePorts.a: is not known",
    ],
  ])("%s is refused", (_name, more, message) => {
    expect(() => readConfiguration(document(more))).toThrow(message);
  });
});

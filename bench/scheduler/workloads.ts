/**
 * The workloads of upstream's scheduler_perf, by the same shapes of nodes and pods. Numbers are those of its cases with
 * 5,000 nodes, and grow and shrink with the nodes.
 */
import type { PodSpec } from "../../kinds/core/v1-types.ts";

export interface PodTemplate {
  prefix: string;
  namespace?: string;
  labels?: { [key: string]: string };
  cpu?: string;
  spec?: Partial<PodSpec>;
}

export interface Workload {
  name: string;
  /** Pods a second upstream demands of itself with 5,000 nodes; undefined: none stated. */
  floor: number | undefined;
  /** What we want. */
  target?: number;
  /** Values of the zone label, given in turn; undefined: no such label. */
  zones?: readonly string[];
  namespaces?: readonly { name: string; labels?: { [key: string]: string } }[];
  services?: readonly { namespace: string; selector: { [key: string]: string } }[];
  /** Every so many nodes one with a taint. */
  taintedEvery?: number;
  init: readonly { template: PodTemplate; perNode: number }[];
  measured: { template: PodTemplate; perNode: number };
  /** Put in between measured pods, one for each so many of them. */
  between?: { template: PodTemplate; every: number };
}

const ZONE = "topology.kubernetes.io/zone";
const HOSTNAME = "kubernetes.io/hostname";
const MOONS = ["moon-1", "moon-2", "moon-3"];
const BOTH = ["sched-1", "sched-0"];
const NAMESPACES = [{ name: "sched-0" }, { name: "sched-1" }];

const plain: PodTemplate = { prefix: "pod" };
const term = (labels: { [key: string]: string }, topologyKey: string) => ({
  labelSelector: { matchLabels: labels },
  topologyKey,
  namespaces: BOTH,
});
const byTeam = (labels: { [key: string]: string }) => ({
  labelSelector: { matchLabels: labels },
  topologyKey: HOSTNAME,
  namespaceSelector: { matchLabels: { team: "devops" } },
});
const inNamespace = (template: PodTemplate, namespace: string): PodTemplate => ({ ...template, namespace });

const green = { color: "green" };
const blue = { color: "blue" };
const red = { color: "red" };
const yellow = { color: "yellow" };

const antiAffinity: PodTemplate = {
  prefix: "anti",
  labels: green,
  spec: {
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(green, HOSTNAME)] } },
  },
};
const affinity: PodTemplate = {
  prefix: "affinity",
  labels: blue,
  spec: { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term(blue, ZONE)] } } },
};
const preferredAffinity: PodTemplate = {
  prefix: "preferred",
  labels: red,
  spec: {
    affinity: {
      podAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term(red, HOSTNAME) }],
      },
    },
  },
};
const preferredAntiAffinity: PodTemplate = {
  prefix: "preferred-anti",
  labels: yellow,
  spec: {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term(yellow, HOSTNAME) }],
      },
    },
  },
};
const teamAntiAffinity: PodTemplate = {
  prefix: "team-anti",
  labels: green,
  spec: {
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [byTeam(green)] } },
  },
};
const spread = (whenUnsatisfiable: "DoNotSchedule" | "ScheduleAnyway"): PodTemplate => ({
  prefix: "spread",
  labels: blue,
  spec: {
    topologySpreadConstraints: [
      { maxSkew: 5, topologyKey: ZONE, whenUnsatisfiable, labelSelector: { matchLabels: blue } },
    ],
  },
});
const nodeAffinity: PodTemplate = {
  prefix: "node-affinity",
  spec: {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: ZONE, operator: "In", values: ["zone1", "zone2"] }] }],
        },
      },
    },
  },
};
const inclusionPolicy: PodTemplate = {
  prefix: "inclusion",
  labels: { foo: "" },
  spec: {
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: HOSTNAME,
        whenUnsatisfiable: "DoNotSchedule",
        labelSelector: { matchLabels: { foo: "" } },
        nodeTaintsPolicy: "Honor",
      },
    ],
  },
};
const low: PodTemplate = { prefix: "low", cpu: "900m", spec: { terminationGracePeriodSeconds: 0 } };
const high: PodTemplate = { prefix: "high", cpu: "3000m", spec: { priority: 10 } };
const hopeless: PodTemplate = { prefix: "hopeless", cpu: "9000m", spec: { priority: 10 } };
const TEAMS = Array.from({ length: 100 }, (_, i) => ({ name: `team-${i}`, labels: { team: "devops" } }));

export const WORKLOADS: readonly Workload[] = [
  {
    name: "SchedulingBasic",
    floor: 680,
    target: 4_000,
    init: [{ template: plain, perNode: 0.2 }],
    measured: { template: plain, perNode: 2 },
  },
  {
    name: "TopologySpreading",
    floor: 460,
    target: 2_000,
    zones: MOONS,
    init: [{ template: plain, perNode: 1 }],
    measured: { template: spread("DoNotSchedule"), perNode: 1 },
  },
  {
    name: "PreferredTopologySpreading",
    floor: 340,
    zones: MOONS,
    init: [{ template: plain, perNode: 1 }],
    measured: { template: spread("ScheduleAnyway"), perNode: 1 },
  },
  {
    name: "DefaultTopologySpreading",
    floor: 160,
    zones: MOONS,
    services: [{ namespace: "service-ns", selector: { foo: "" } }],
    init: [{ template: plain, perNode: 1 }],
    measured: { template: { prefix: "labelled", namespace: "service-ns", labels: { foo: "" } }, perNode: 2 },
  },
  {
    name: "SchedulingWithNodeInclusionPolicy",
    floor: 270,
    taintedEvery: 5,
    init: [],
    measured: { template: inclusionPolicy, perNode: 0.8 },
  },
  {
    name: "SchedulingNodeAffinity",
    floor: 220,
    target: 2_000,
    zones: ["zone1"],
    init: [{ template: nodeAffinity, perNode: 1 }],
    measured: { template: nodeAffinity, perNode: 2 },
  },
  {
    name: "SchedulingPodAntiAffinity",
    floor: 60,
    target: 600,
    namespaces: NAMESPACES,
    init: [{ template: inNamespace(antiAffinity, "sched-0"), perNode: 0.2 }],
    measured: { template: inNamespace(antiAffinity, "sched-1"), perNode: 0.4 },
  },
  {
    name: "SchedulingPodMatchingAntiAffinity",
    floor: 543,
    namespaces: NAMESPACES,
    init: [{ template: inNamespace(antiAffinity, "sched-0"), perNode: 0.2 }],
    measured: { template: { prefix: "matching", namespace: "sched-1", labels: green }, perNode: 1 },
  },
  {
    name: "SchedulingRequiredPodAntiAffinityWithNSSelector",
    floor: 24,
    namespaces: [...TEAMS, { name: "measured", labels: { team: "devops" } }],
    init: TEAMS.map(({ name }) => ({ template: inNamespace(teamAntiAffinity, name), perNode: 0.006 })),
    measured: { template: inNamespace(teamAntiAffinity, "measured"), perNode: 0.3 },
  },
  {
    name: "SchedulingPodAffinity",
    floor: 35,
    target: 400,
    zones: ["zone1"],
    namespaces: NAMESPACES,
    init: [{ template: inNamespace(affinity, "sched-0"), perNode: 1 }],
    measured: { template: inNamespace(affinity, "sched-1"), perNode: 1 },
  },
  {
    name: "SchedulingPreferredPodAffinity",
    floor: 90,
    namespaces: NAMESPACES,
    init: [{ template: inNamespace(preferredAffinity, "sched-0"), perNode: 1 }],
    measured: { template: inNamespace(preferredAffinity, "sched-1"), perNode: 1 },
  },
  {
    name: "SchedulingPreferredPodAntiAffinity",
    floor: 90,
    namespaces: NAMESPACES,
    init: [{ template: inNamespace(preferredAntiAffinity, "sched-0"), perNode: 1 }],
    measured: { template: inNamespace(preferredAntiAffinity, "sched-1"), perNode: 1 },
  },
  {
    name: "MixedSchedulingBasePod",
    floor: 140,
    zones: ["zone1"],
    namespaces: NAMESPACES,
    init: [plain, affinity, antiAffinity, preferredAffinity, preferredAntiAffinity].map((template) => ({
      template: inNamespace(template, "sched-0"),
      perNode: 0.4,
    })),
    measured: { template: plain, perNode: 1 },
  },
  {
    name: "PreemptionAsync",
    floor: 570,
    target: 1_500,
    init: [{ template: low, perNode: 4 }],
    measured: { template: plain, perNode: 1 },
    // Upstream puts in five a second: at its floor, one for each hundred.
    between: { template: high, every: 100 },
  },
  {
    name: "PreemptionBasic",
    floor: undefined,
    target: 1_500,
    init: [{ template: low, perNode: 4 }],
    measured: { template: high, perNode: 1 },
  },
  {
    name: "Unschedulable",
    floor: 600,
    init: [{ template: plain, perNode: 4 }],
    measured: { template: plain, perNode: 2 },
    between: { template: hopeless, every: 100 },
  },
];

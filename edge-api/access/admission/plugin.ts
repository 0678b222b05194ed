import type { Kind, Registry } from "../../../kinds/kind.ts";
import type { Clock } from "../../../machinery/clock.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { AdmissionCounts, Runs, Step } from "../../observe/admission-counts.ts";
import type { Store } from "../../store/contract.ts";
import type { Identity } from "../identity.ts";
import type { Parameters } from "../policies/parameters.ts";
import type { Reinvocation } from "../policies/reinvocation.ts";
import type { Rights } from "../rbac/escalation.ts";
import type { Quotas } from "./resource-quota.ts";

/** What is about to happen to one object: admission.Attributes of kube-apiserver. */
export interface Attributes {
  operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  kind: Kind;
  /** "" for cluster-scoped kinds. */
  namespace: string;
  /** "" when a name is still to be generated. */
  name: string;
  subresource: string;
  /**
   * The object as it would become; absent for DELETE. `admit` may change it in place. For CONNECT the options of the
   * connection, which have no metadata.
   */
  object?: KubeObject;
  /** The object as it is; absent for CREATE. Must not be changed. */
  old?: KubeObject;
  identity: Identity;
  dryRun: boolean;
  warn(message: string): void;
  /** Kept by policies; absent: none has been asked. */
  reinvocation?: Reinvocation;
  /** Adds to the audit event of the request; absent where none is written. */
  annotate?(key: string, value: string): void;
}

export interface AdmissionEnvironment {
  store: Store;
  registry: Registry;
  clock: Clock;
  /** At least 0, below 1. */
  random(): number;
  /** For plugins that ask what else the writer may do; absent where only administrators and programs write. */
  rights?: Rights;
  /** Absent where nothing is counted. */
  quotas?: Quotas;
  /** Absent where the store holds them. */
  parameters?: Parameters;
  /** Absent where nothing is counted. */
  counts?: AdmissionCounts;
}

/**
 * One admission plugin, named as in kube-apiserver. Both functions run inside the writing turn, so what they read of
 * the store still holds when the write is made. @throws ApiError to refuse
 */
export interface AdmissionPlugin {
  name: string;
  /** Storage keys it looks at; absent: all. */
  resources?: readonly string[];
  /** Whether it looks at connections too: exec, attach, port-forward, proxy. */
  connects?: boolean;
  /** Changes `object`. All plugins' admit run before any validate, and before the kind's own validation. */
  admit?(attributes: Attributes, env: AdmissionEnvironment): void;
  validate?(attributes: Attributes, env: AdmissionEnvironment): void;
}

export interface Admission {
  admit(attributes: Attributes): void;
  validate(attributes: Attributes): void;
  /** For CONNECT: both. */
  connect(attributes: Attributes): void;
}

interface Counted {
  plugin: AdmissionPlugin;
  runs: Runs | undefined;
}

interface Chain {
  admitting: readonly Counted[];
  validating: readonly Counted[];
}

/** In the order given. Most plugins look at one or two kinds: which ones a kind goes through is found out once. */
export function admissionChain(plugins: readonly AdmissionPlugin[], env: AdmissionEnvironment): Admission {
  const chains = new Map<string, Chain>();
  const chainOf = ({ storage }: Kind): Chain => {
    let chain = chains.get(storage);
    if (!chain) {
      const looking = plugins.filter(({ resources }) => resources?.includes(storage) ?? true);
      const counted = (step: Step): Counted[] =>
        looking
          .filter((plugin) => plugin[step])
          .map((plugin) => ({ plugin, runs: env.counts?.plugin(step, plugin.name) }));
      chain = { admitting: counted("admit"), validating: counted("validate") };
      chains.set(storage, chain);
    }
    return chain;
  };
  const runAll = (step: Step, plugins: readonly Counted[], attributes: Attributes): void => {
    const { operation } = attributes;
    let rejected = true;
    let at = 0;
    try {
      for (; at < plugins.length; at++) {
        const { plugin, runs } = plugins[at]!;
        plugin[step]!(attributes, env);
        runs?.add(operation, { rejected: false });
      }
      rejected = false;
    } finally {
      if (rejected) plugins[at]!.runs?.add(operation, { rejected });
      env.counts?.steps[step].add(operation, { rejected });
    }
  };
  /** Twice where policies have changed the object. */
  const admitBy = (plugins: readonly Counted[], attributes: Attributes): void => {
    runAll("admit", plugins, attributes);
    const { reinvocation } = attributes;
    if (!reinvocation?.isWanted) return;
    reinvocation.isSecond = true;
    runAll("admit", plugins, attributes);
  };
  return {
    admit(attributes) {
      admitBy(chainOf(attributes.kind).admitting, attributes);
    },
    validate(attributes) {
      runAll("validate", chainOf(attributes.kind).validating, attributes);
    },
    connect(attributes) {
      const { admitting, validating } = chainOf(attributes.kind);
      const connecting = (plugins: readonly Counted[]) => plugins.filter(({ plugin }) => plugin.connects);
      admitBy(connecting(admitting), attributes);
      runAll("validate", connecting(validating), attributes);
    },
  };
}

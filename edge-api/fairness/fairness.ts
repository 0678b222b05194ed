/**
 * API Priority and Fairness of one object: finds each request's flow, and knows all priority levels. Its configuration
 * is read from the store and followed there.
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
 */
import type {
  FlowSchema,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
} from "../../kinds/flowcontrol/v1-types.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Identity } from "../access/identity.ts";
import type { RequestInfo } from "../http/request-info.ts";
import type { Schedule } from "../store/commit-group.ts";
import type { Store } from "../store/contract.ts";
import { bySchemaOrder, matches, rulesFor } from "./classify.ts";
import { type Flow, Level, type LevelOptions, noWaits, type SchemaCounts } from "./level.ts";
import { allocateSeats, planLimits, SERVER_SEATS } from "./limits.ts";
import { flowHash } from "./shuffle.ts";

export const FLOW_SCHEMAS = "flowschemas.flowcontrol.apiserver.k8s.io";
export const PRIORITY_LEVELS = "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io";

/** Seats are divided anew this often, and only while they are asked for. */
const ADJUST_INTERVAL_MS = 10_000;
/** As upstream's request timeout. */
const MAX_STREAM_MS = 60_000;
const CATCH_ALL = "catch-all";
/** Flows by namespace that are kept of one user; more begin anew. */
const MAX_FLOWS = 1000;

export interface FairnessOptions {
  store: Pick<Store, "list" | "subscribe">;
  clock: Clock;
  schedule: Schedule;
  serverSeats?: number;
}

/** A schema that is about an identity. */
interface Candidate {
  schema: Schema;
  rules: readonly PolicyRulesWithSubjects[];
  /** The identity's flow, if it does not depend on the namespace. */
  flow: Flow | undefined;
  byNamespace: Map<string, Flow> | undefined;
}

interface Schema {
  object: FlowSchema;
  counts: SchemaCounts;
  level: Level;
}

export class Fairness {
  readonly #options: FairnessOptions;
  readonly #levels = new Map<string, Level>();
  readonly #counts = new Map<string, SchemaCounts>();
  #schemas: Schema[] = [];
  /** What each caller's requests can be; forgotten when the configuration changes. */
  #candidates = new WeakMap<Identity, Candidate[]>();
  #stale = true;
  #adjustedMs = 0;
  readonly #turning = new Set<Level>();
  /** Answers that are still on their way. */
  readonly #streams = new Set<{ level: Level; seats: number; untilMs: number }>();
  #cancelWake: (() => void) | undefined;
  #wakeAtMs = Number.POSITIVE_INFINITY;

  constructor(options: FairnessOptions) {
    this.#options = options;
    options.store.subscribe((events) => {
      if (events.some(({ resource }) => resource === FLOW_SCHEMAS || resource === PRIORITY_LEVELS)) this.#stale = true;
    });
  }

  /** Where a request stands; undefined when there is no configuration at all. */
  flowOf(identity: Identity, info: RequestInfo): Flow | undefined {
    if (this.#stale) this.#configure();
    let candidates = this.#candidates.get(identity);
    if (!candidates) {
      candidates = this.#candidatesFor(identity);
      this.#candidates.set(identity, candidates);
    }
    for (const candidate of candidates) {
      if (!matches(candidate.rules, info)) continue;
      return candidate.flow ?? flowIn(candidate, info.namespace);
    }
    return candidates.at(-1)?.flow;
  }

  #candidatesFor(identity: Identity): Candidate[] {
    const candidates: Candidate[] = [];
    for (const schema of this.#schemas) {
      const rules = rulesFor(schema.object, identity);
      // What nobody else takes is the last one's, whoever asks.
      const isLast = schema.counts.name === CATCH_ALL;
      if (rules.length === 0 && !isLast) continue;
      const by = schema.object.spec.distinguisherMethod?.type;
      candidates.push({
        schema,
        rules,
        flow: by === "ByNamespace" ? undefined : makeFlow(schema, by === "ByUser" ? identity.user : ""),
        byNamespace: by === "ByNamespace" ? new Map() : undefined,
      });
    }
    return candidates;
  }

  #configure(): void {
    this.#stale = false;
    const { store, serverSeats = SERVER_SEATS } = this.#options;
    const levels = objectsOf<PriorityLevelConfiguration>(store, PRIORITY_LEVELS);
    const limits = planLimits(levels, serverSeats);
    const present = new Set(levels.map(({ metadata }) => metadata.name ?? ""));
    // A level that is gone serves those it has, and takes no more.
    for (const name of this.#levels.keys()) if (!present.has(name)) this.#levels.delete(name);
    for (const object of levels) {
      const name = object.metadata.name ?? "";
      let level = this.#levels.get(name);
      if (!level) {
        level = new Level(name, this.#levelOptions());
        this.#levels.set(name, level);
      }
      level.configure(object, limits.get(name)!);
    }
    this.#schemas = [];
    const schemas = objectsOf<FlowSchema>(store, FLOW_SCHEMAS).sort(bySchemaOrder);
    const names = new Set(schemas.map(({ metadata }) => metadata.name));
    for (const name of this.#counts.keys()) if (!names.has(name)) this.#counts.delete(name);
    for (const object of schemas) {
      const level = this.#levels.get(object.spec.priorityLevelConfiguration.name);
      if (level) this.#schemas.push({ object, level, counts: this.#countsOf(object) });
    }
    this.#candidates = new WeakMap();
  }

  #countsOf({ metadata: { name = "", uid = "" } }: FlowSchema): SchemaCounts {
    let counts = this.#counts.get(name);
    if (!counts) {
      const refused = { "queue-full": 0, "concurrency-limit": 0, "time-out": 0 };
      const waited = { true: noWaits(), false: noWaits() };
      counts = { name, uid, dispatched: 0, executing: 0, executingSeats: 0, inQueue: 0, refused, waited };
      this.#counts.set(name, counts);
    }
    counts.uid = uid;
    return counts;
  }

  #levelOptions(): LevelOptions {
    const { clock, schedule } = this.#options;
    return {
      now: () => clock.now(),
      wantsTurn: (level) => {
        this.#turning.add(level);
        if (this.#turning.size === 1) schedule(() => this.#turn());
      },
      drained: () => this.#sleep(),
      wantsWake: (_level, atMs) => this.#wakeBy(atMs),
    };
  }

  #turn(): void {
    const levels = [...this.#turning];
    this.#turning.clear();
    if (levels.some(({ queues }) => queues !== undefined && queues.waiting > 0)) this.#adjust();
    for (const level of levels) level.turn();
  }

  /** Those who wait are looked after when the first of them has waited long enough. */
  #wakeBy(atMs: number): void {
    if (this.#wakeAtMs <= atMs) return;
    const { clock } = this.#options;
    this.#cancelWake?.();
    this.#wakeAtMs = atMs;
    this.#cancelWake = clock.after(Math.max(atMs - clock.now(), 1), () => {
      this.#wakeAtMs = Number.POSITIVE_INFINITY;
      this.#cancelWake = undefined;
      this.#endStreams();
      for (const level of this.#levels.values())
        if (level.queues !== undefined && level.queues.waiting > 0) level.turn();
    });
  }

  /** Nothing keeps an idle object awake. */
  #sleep(): void {
    for (const { queues } of this.#levels.values()) if (queues !== undefined && queues.waiting > 0) return;
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
  }

  /** Levels that need seats borrow from those that do not. */
  #adjust(): void {
    const now = this.#options.clock.now();
    if (now - this.#adjustedMs < ADJUST_INTERVAL_MS) return;
    this.#adjustedMs = now;
    const levels = [...this.#levels.values()].filter(({ isExempt }) => !isExempt);
    const seats = allocateSeats(
      levels.map(({ limits, demand }) => ({ ...limits, demand })),
      this.#options.serverSeats ?? SERVER_SEATS,
    );
    for (const [i, level] of levels.entries()) level.seats = seats[i]!;
  }

  /** Keeps the seats of an answer that is still on its way. @returns what is to be called when it is over */
  streamOf(level: Level, seats: number): () => void {
    const stream = { level, seats, untilMs: this.#options.clock.now() + MAX_STREAM_MS };
    this.#streams.add(stream);
    return () => {
      if (this.#streams.delete(stream)) level.end(seats, { sameTurn: false });
    };
  }

  /** A client that does not read its answer must not keep others out. */
  #endStreams(): void {
    const now = this.#options.clock.now();
    for (const stream of this.#streams) {
      if (stream.untilMs > now) continue;
      this.#streams.delete(stream);
      stream.level.end(stream.seats, { sameTurn: false });
    }
  }

  /** For metrics and the debug endpoints. */
  levels(): Level[] {
    if (this.#stale) this.#configure();
    return [...this.#levels.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  schemas(): readonly Schema[] {
    if (this.#stale) this.#configure();
    return this.#schemas;
  }
}

function flowIn(candidate: Candidate, namespace: string): Flow {
  const flows = candidate.byNamespace!;
  let flow = flows.get(namespace);
  if (!flow) {
    if (flows.size >= MAX_FLOWS) flows.clear();
    flow = makeFlow(candidate.schema, namespace);
    flows.set(namespace, flow);
  }
  return flow;
}

const makeFlow = ({ counts, level }: Schema, distinguisher: string): Flow => ({
  schema: counts,
  level,
  distinguisher,
  hash: flowHash(counts.name, distinguisher),
  hand: undefined,
});

const objectsOf = <T>(store: Pick<Store, "list">, resource: string): T[] =>
  [...store.list({ resource })].map(({ value }) => JSON.parse(value) as T);

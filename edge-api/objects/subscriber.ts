import { DurableObject } from "cloudflare:workers";
import { systemClock } from "../../machinery/clock.ts";
import type { ChangeBatch, ChangeEvent, ChangeSubscriber, Cluster } from "../../machinery/cluster/contract.ts";
import { Dormancy } from "../../machinery/cluster/dormancy.ts";
import type { Program } from "../../machinery/cluster/program.ts";
import { ProgramHost } from "../../machinery/cluster/program-host.ts";
import type { Shard } from "../worker/shard.ts";
import { writeSharded } from "./shard-writer.ts";

export interface SubscriberEnvironment {
  CLUSTER_STORE: DurableObjectNamespace;
  /** Absent: events lie with all else. */
  EVENT_STORE?: DurableObjectNamespace;
}

/** A program's life ends with its build: another one may see work where this one saw none. */
declare const KEDGE_BUILD: { gitCommit: string; buildDate: string } | undefined;
const BUILD = typeof KEDGE_BUILD === "undefined" ? "" : `${KEDGE_BUILD.gitCommit} ${KEDGE_BUILD.buildDate}`;

const IDLE_KEY = "idle";
interface Idle {
  position: number;
  build: string;
}

/**
 * A Durable Object that follows the change feed of the ClusterStore of the same name with a Program. All that is stored
 * is up to where the program had seen everything when it had nothing left to do: after an eviction it starts from a
 * snapshot, and only when there is something new.
 */
export abstract class SubscriberObject<Environment extends SubscriberEnvironment = SubscriberEnvironment>
  extends DurableObject<Environment>
  implements ChangeSubscriber
{
  #host: ProgramHost | undefined;

  readonly #dormancy = new Dormancy({
    position: {
      get: () => {
        const idle = this.ctx.storage.kv.get<Idle>(IDLE_KEY);
        return idle?.build === BUILD ? idle.position : undefined;
      },
      set: (position) => {
        if (position === undefined) this.ctx.storage.kv.delete(IDLE_KEY);
        else this.ctx.storage.kv.put(IDLE_KEY, { position, build: BUILD } satisfies Idle);
      },
    },
    mayIgnore: (event) => this.mayIgnore(event),
  });

  /** Whether a program with nothing to do may go on sleeping when this happens. */
  protected mayIgnore(_event: ChangeEvent): boolean {
    return false;
  }

  /** As wrangler.toml names it. A bundler may give the class itself another name. */
  protected abstract readonly className: string;

  /** Makes the program; called once for each life of the object. `clusterName` is the name of the Durable Object. */
  protected abstract createProgram(cluster: Cluster, clusterName: string): Program | Promise<Program>;

  async changes(batch: ChangeBatch): Promise<void> {
    if (!this.#host && this.#dormancy.covers(batch)) return;
    await (await this.#started()).changes(batch);
  }

  override async alarm(): Promise<void> {
    await (await this.#started()).rang();
  }

  /** What the program counts since it was started, in the text format of Prometheus. Does not start it. */
  async metrics(): Promise<string> {
    if (this.#host) return this.#host.metricsText();
    return (await this.#createProgram()).metricsText?.() ?? "";
  }

  #createProgram(): Program | Promise<Program> {
    const { name } = this.ctx.id;
    if (name === undefined) throw new Error(`${this.className} must be addressed by the cluster's name`);
    return this.createProgram(this.#cluster(name), name);
  }

  async #started(): Promise<ProgramHost> {
    if (this.#host) return this.#host;
    const program = await this.#createProgram();
    // Two calls may have awaited createProgram: the first host stays.
    this.#host ??= new ProgramHost({
      program,
      clock: systemClock,
      alarm: {
        set: (atMs) => this.ctx.waitUntil(this.ctx.storage.setAlarm(atMs)),
        clear: () => this.ctx.waitUntil(this.ctx.storage.deleteAlarm()),
      },
      onSettled: (position) => this.#dormancy.settled(position),
      onError: (error) =>
        console.error(
          JSON.stringify({
            level: "error",
            object: this.className,
            cluster: this.ctx.id.name,
            error: error instanceof Error ? (error.stack ?? error.message) : String(error),
          }),
        ),
    });
    return this.#host;
  }

  /** A fresh stub for every call: a stub is broken for good once its object has restarted. */
  #cluster(name: string): Cluster {
    const stub = () => this.env.CLUSTER_STORE.getByName(name) as unknown as Cluster;
    const { EVENT_STORE } = this.env;
    const events = () => (EVENT_STORE ? (EVENT_STORE.getByName(name) as unknown as Cluster) : stub());
    const writeTo = (shard: Shard): Cluster["write"] => {
      const owner = shard === "events" ? events() : stub();
      return (actor, ops) => owner.write(actor, ops);
    };
    return {
      snapshot: (resources, next) => stub().snapshot(resources, next),
      write: (actor, ops) => writeSharded(writeTo, actor, ops),
      signCertificate: (request) => stub().signCertificate!(request),
    };
  }
}

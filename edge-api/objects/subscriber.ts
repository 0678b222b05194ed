import { DurableObject } from "cloudflare:workers";
import { systemClock } from "../../machinery/clock.ts";
import type { ChangeBatch, ChangeSubscriber, Cluster } from "../../machinery/cluster/contract.ts";
import type { Program } from "../../machinery/cluster/program.ts";
import { ProgramHost } from "../../machinery/cluster/program-host.ts";
import type { Shard } from "../worker/shard.ts";
import { writeSharded } from "./shard-writer.ts";

export interface SubscriberEnvironment {
  CLUSTER_STORE: DurableObjectNamespace;
  /** Absent: events lie with all else. */
  EVENT_STORE?: DurableObjectNamespace;
}

/**
 * A Durable Object that follows the change feed of the ClusterStore of the same name with a Program. Nothing is
 * stored: after an eviction the program starts from a snapshot.
 */
export abstract class SubscriberObject<Environment extends SubscriberEnvironment = SubscriberEnvironment>
  extends DurableObject<Environment>
  implements ChangeSubscriber
{
  #host: ProgramHost | undefined;

  /** Makes the program; called once for each life of the object. `clusterName` is the name of the Durable Object. */
  protected abstract createProgram(cluster: Cluster, clusterName: string): Program | Promise<Program>;

  async changes(batch: ChangeBatch): Promise<void> {
    await (await this.#started()).changes(batch);
  }

  override async alarm(): Promise<void> {
    await (await this.#started()).rang();
  }

  /** What the program counts since it was started, in the text format of Prometheus. Starts it if it is not running. */
  async metrics(): Promise<string> {
    return (await this.#started()).metricsText();
  }

  async #started(): Promise<ProgramHost> {
    if (this.#host) return this.#host;
    const name = this.ctx.id.name;
    if (name === undefined) throw new Error(`${this.constructor.name} must be addressed by the cluster's name`);
    const program = await this.createProgram(this.#cluster(name), name);
    // Two calls may have awaited createProgram: the first host stays.
    this.#host ??= new ProgramHost({
      program,
      clock: systemClock,
      alarm: {
        set: (atMs) => this.ctx.waitUntil(this.ctx.storage.setAlarm(atMs)),
        clear: () => this.ctx.waitUntil(this.ctx.storage.deleteAlarm()),
      },
      onError: (error) =>
        console.error(
          JSON.stringify({
            level: "error",
            object: this.constructor.name,
            cluster: name,
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

// The Worker of cluster-worker.ts: the Controllers object over a fake store. JavaScript, because one file cannot have
// the typings of Workers and of Node.
import { DurableObject } from "cloudflare:workers";
import { controllerResources, controllersProgram } from "../../controllers/program.ts";
import { SubscriberObject } from "../../edge-api/objects/subscriber.ts";
import { systemClock } from "../../machinery/clock.ts";
import { FakeCluster } from "./cluster.ts";

export class Store extends DurableObject {
  #cluster = new FakeCluster({ now: () => systemClock.now(), random: Math.random });
  #subscribed = false;

  #snapshots = 0;

  snapshot(resources, next) {
    if (next === undefined) this.#snapshots++;
    return this.#cluster.snapshot(resources, next);
  }

  async write(actor, ops) {
    const results = await this.#cluster.write(actor, ops);
    this.ctx.waitUntil(this.#deliver());
    return results;
  }

  /** As a user: then everybody is told. */
  async create(resource, object) {
    this.#cluster.create(resource, object);
    await this.#deliver();
  }

  /** How often everything was read. */
  snapshots() {
    return this.#snapshots;
  }

  /** Whether the controllers have settled, having seen everything. */
  async isIdle() {
    return (await this.env.CONTROLLERS.getByName("default").idle()) === this.#cluster.revision;
  }

  /** Starts anew: whoever follows is told where things are. */
  async remind() {
    await this.#cluster.remind();
    await this.#deliver();
  }

  list(resource) {
    return this.#cluster.list(resource);
  }

  writes() {
    return this.#cluster.writes.map(({ ops }) =>
      ops.map(({ verb, resource, namespace }) => `${verb} ${resource} ${namespace}`),
    );
  }

  async #deliver() {
    if (!this.#subscribed) {
      const changes = (batch) => this.env.CONTROLLERS.getByName("default").changes(batch);
      this.#cluster.subscribe({ changes }, controllerResources);
      this.#subscribed = true;
      // So that it takes a snapshot: what was created before is in no batch.
      await this.#cluster.remind();
    }
    return this.#cluster.deliver();
  }
}

export class Controllers extends SubscriberObject {
  idle() {
    return this.ctx.storage.kv.get("idle")?.position;
  }

  createProgram(cluster, clusterName) {
    return controllersProgram({ cluster, caCertificate: `CA of ${clusterName}` });
  }
}

export default {
  async fetch(request, env) {
    const { method, parameters } = await request.json();
    return Response.json((await env.CLUSTER_STORE.getByName("default")[method](...parameters)) ?? null);
  },
};

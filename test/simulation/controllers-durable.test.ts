import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { namespace } from "../fakes/cluster-objects.ts";
import { type ClusterWorker, startClusterWorker } from "../fakes/cluster-worker.ts";

describe("the Controllers object in workerd", () => {
  let worker: ClusterWorker;
  beforeAll(async () => {
    worker = await startClusterWorker();
  }, 30_000);
  afterAll(() => worker.stop());

  /** Asks until the answer is the one that is waited for; the test's own time limit ends it. */
  const until = async <T>(ask: () => Promise<T>, isIt: (answer: T) => boolean): Promise<T> => {
    for (;;) {
      const answer = await ask();
      if (isIt(answer)) return answer;
    }
  };
  const accounts = async () =>
    ((await worker.call("list", "serviceaccounts")) as KubeObject[]).map(({ metadata }) => metadata.namespace);
  const writes = async () => (await worker.call("writes")) as string[][];

  it("[DO1] acts on a change, in one commit", async () => {
    await worker.call("create", "namespaces", namespace("one"));
    expect(await until(accounts, (found) => found.length === 1)).toEqual(["one"]);
    expect(await writes()).toEqual([["create serviceaccounts one", "create configmaps one"]]);
    const [configMap] = (await worker.call("list", "configmaps")) as (KubeObject & { data: object })[];
    expect(configMap?.data).toEqual({ "ca.crt": "CA of default" });
  });

  it("[DO2] after an eviction it reads everything anew and does nothing twice", async () => {
    await worker.evict();
    await worker.call("create", "namespaces", namespace("two"));
    expect(await until(accounts, (found) => found.length === 2)).toEqual(["one", "two"]);
    expect((await writes()).slice(1)).toEqual([["create serviceaccounts two", "create configmaps two"]]);
  });
});

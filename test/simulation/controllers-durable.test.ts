import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { namespace } from "../fakes/cluster-objects.ts";
import { type ClusterWorker, startClusterWorker } from "../fakes/cluster-worker.ts";

describe("the Controllers object in workerd", () => {
  let worker: ClusterWorker;
  beforeAll(async () => {
    worker = await startClusterWorker();
  });
  afterAll(() => worker?.stop());

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

  it("[DO3] once it has settled, it is not started just to be told that nothing is new", async () => {
    const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
    await until(
      async () => (await pause()) ?? worker.call("isIdle"),
      (isIdle) => isIdle === true,
    );
    await worker.evict();
    const before = await worker.call("snapshots");
    await worker.call("remind");
    await pause();
    expect(await worker.call("snapshots")).toBe(before);
    await worker.call("create", "namespaces", namespace("three"));
    expect(await until(accounts, (found) => found.length === 3)).toEqual(["one", "two", "three"]);
    expect(await worker.call("snapshots")).toBe((before as number) + 1);
  });
});

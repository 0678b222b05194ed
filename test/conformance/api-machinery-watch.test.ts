import { beforeEach, describe, expect, it } from "vitest";
import { configMap, startApi, type TestApi } from "../api/in-process.ts";
import { ok, openWatch } from "./kit.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const LABEL = "watch-this-configmap";
const selecting = (values: string, from?: string): string =>
  `${MAPS}?labelSelector=${encodeURIComponent(`${LABEL} in (${values})`)}${from ? `&resourceVersion=${from}` : ""}`;
const labelled = (name: string, value: string) => configMap(name, { metadata: { name, labels: { [LABEL]: value } } });

let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});
const mutate = async (name: string, mutation: number) =>
  ok(await api.patch(`${MAPS}/${name}`, { data: { mutation: String(mutation) } }));
const revision = () => String(api.services.env.store.revision());

describe("[sig-api-machinery] Watchers", () => {
  it("should observe add, update, and delete watch notifications on configmaps [Conformance]", async () => {
    const [a, b, both] = [
      await openWatch(api, selecting("multiple-watchers-A", revision())),
      await openWatch(api, selecting("multiple-watchers-B", revision())),
      await openWatch(api, selecting("multiple-watchers-A,multiple-watchers-B", revision())),
    ];
    ok(await api.create(MAPS, labelled("a", "multiple-watchers-A")));
    await mutate("a", 1);
    await mutate("a", 2);
    ok(await api.delete(`${MAPS}/a`));
    ok(await api.create(MAPS, labelled("b", "multiple-watchers-B")));
    ok(await api.delete(`${MAPS}/b`));
    const ofA = ["ADDED a", "MODIFIED a", "MODIFIED a", "DELETED a"];
    const ofB = ["ADDED b", "DELETED b"];
    expect(await a.take(4)).toEqual(ofA);
    // Its first events are b's: nothing of a came before them.
    expect(await b.take(2)).toEqual(ofB);
    expect(await both.take(6)).toEqual([...ofA, ...ofB]);
    ok(await api.create(MAPS, labelled("end", "multiple-watchers-A")));
    expect(await a.take(1)).toEqual(["ADDED end"]);
    for (const watch of [a, b, both]) await watch.cancel();
  });

  it("should be able to start watching from a specific resource version [Conformance]", async () => {
    ok(await api.create(MAPS, labelled("a", "from-resource-version")));
    const first = await mutate("a", 1);
    await mutate("a", 2);
    ok(await api.delete(`${MAPS}/a`));
    const watch = await openWatch(api, selecting("from-resource-version", first.metadata.resourceVersion));
    const modified = await watch.next();
    expect([modified.type, modified.object.data.mutation]).toEqual(["MODIFIED", "2"]);
    const deleted = await watch.next();
    expect([deleted.type, deleted.object.data.mutation]).toEqual(["DELETED", "2"]);
    await watch.cancel();
  });

  it("should be able to restart watching from the last resource version observed by the previous watch [Conformance]", async () => {
    const watch = await openWatch(api, selecting("watch-closed", revision()));
    ok(await api.create(MAPS, labelled("a", "watch-closed")));
    await mutate("a", 1);
    await watch.next();
    const last = await watch.next();
    await watch.cancel();
    await mutate("a", 2);
    ok(await api.delete(`${MAPS}/a`));
    const again = await openWatch(api, selecting("watch-closed", last.object.metadata.resourceVersion));
    expect(await again.take(2)).toEqual(["MODIFIED a", "DELETED a"]);
    await again.cancel();
  });

  it("should observe an object deletion if it stops meeting the requirements of the selector [Conformance]", async () => {
    const watch = await openWatch(api, selecting("label-changed", revision()));
    const relabel = async (value: string) =>
      ok(await api.patch(`${MAPS}/a`, { metadata: { labels: { [LABEL]: value } } }));
    ok(await api.create(MAPS, labelled("a", "label-changed")));
    await mutate("a", 1);
    await relabel("wrong-value");
    expect(await watch.take(3)).toEqual(["ADDED a", "MODIFIED a", "DELETED a"]);
    await mutate("a", 2);
    await relabel("label-changed");
    await mutate("a", 3);
    ok(await api.delete(`${MAPS}/a`));
    const added = await watch.next();
    expect([added.type, added.object.data.mutation]).toEqual(["ADDED", "2"]);
    expect(await watch.take(2)).toEqual(["MODIFIED a", "DELETED a"]);
    await watch.cancel();
  });

  it("should receive events on concurrent watches in same order [Conformance]", async () => {
    const writes = 100;
    const from = revision();
    const writer = async (): Promise<void> => {
      for (let i = 0; i < writes; i++) {
        const name = `map-${i % 7}`;
        const operation = i % 3;
        if (operation === 0) await api.create(MAPS, configMap(name));
        else if (operation === 1) await api.patch(`${MAPS}/map-${(i - 1) % 7}`, { data: { i: String(i) } });
        else await api.delete(`${MAPS}/map-${(i - 2) % 7}`);
      }
    };
    const first = await openWatch(api, `${MAPS}?resourceVersion=${from}`);
    const writing = writer();
    const versions: string[] = [];
    const others: Awaited<ReturnType<typeof openWatch>>[] = [];
    while (versions.length < writes) {
      const { resourceVersion } = (await first.next()).object.metadata;
      others.push(await openWatch(api, `${MAPS}?resourceVersion=${versions.at(-1) ?? from}`));
      versions.push(resourceVersion);
    }
    await writing;
    for (const [start, watch] of others.entries()) {
      for (const version of versions.slice(start))
        expect((await watch.next()).object.metadata.resourceVersion).toBe(version);
      await watch.cancel();
    }
    await first.cancel();
  });
});

/** What a node's pods refer to, read and followed as a whole. */
import { beforeEach, expect, it } from "vitest";
import type { Identity } from "../../edge-api/access/identity.ts";
import type { WatchSpec, WatchStart } from "../../edge-api/store/watch-types.ts";
import { configMap, pod, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const NAMESPACE = "/api/v1/namespaces/default";
const MAPS = "/kedge/v1/nodes/n1/configmaps";
const node = (name: string): { as: Identity } => ({
  as: { user: `system:node:${name}`, groups: ["system:nodes", "system:authenticated"] },
});

let api: TestApi;
beforeEach(async () => {
  api = await startApi();
  await api.create(`${NAMESPACE}/serviceaccounts`, serviceAccount("default"));
  for (const name of ["used", "later", "others", "nobodys"]) {
    await api.create(`${NAMESPACE}/configmaps`, configMap(name));
  }
  await bind("p", "n1", "used");
  await bind("q", "n2", "others");
});

const bind = async (name: string, nodeName: string, map: string): Promise<void> => {
  const volumes = [{ name: "c", configMap: { name: map } }];
  const { status, text } = await api.create(`${NAMESPACE}/pods`, pod(name, { nodeName, volumes }));
  expect(status, text).toBe(201);
};

const namesIn = ({ body }: { body: { items: { metadata: { name: string } }[] } }): string[] =>
  body.items.map(({ metadata }) => metadata.name);

/** A watch over a socket as the edge would hold it. @returns what it is sent, as "TYPE name" */
async function follow(path: string): Promise<{ told: string[]; revision(): number }> {
  let asked: { spec: WatchSpec; start: WatchStart } | undefined;
  api.services.acceptWatch = (watch) => {
    asked = watch;
    return new Response("a socket", { status: 299 });
  };
  const answer = await api.get(path, { ...node("n1"), headers: { upgrade: "websocket" } });
  expect(answer.status, answer.text).toBe(299);
  const told: string[] = [];
  const watcher = api.services.hub.open({
    ...asked!,
    sink: {
      send(data) {
        const { type, object } = JSON.parse(data as string);
        told.push(`${type} ${object.metadata.name}`);
      },
      pendingBytes: () => 0,
      close: () => undefined,
    },
  });
  return { told, revision: () => watcher.revision };
}

it("[NO1] lists what the node's pods refer to, and no more", async () => {
  const answer = await api.get(MAPS, node("n1"));
  expect(answer.body).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1" });
  expect(namesIn(answer)).toEqual(["used"]);
  expect(namesIn(await api.get("/kedge/v1/nodes/n1/secrets", node("n1")))).toEqual([]);
  await bind("r", "n1", "later");
  expect(namesIn(await api.get(MAPS, node("n1"))).sort()).toEqual(["later", "used"]);
});

it("[NO2] follows their changes, live and from history, as pods come and go", async () => {
  const start = Number((await api.get(MAPS, node("n1"))).body.metadata.resourceVersion);
  const change = (name: string) =>
    api.patch(`${NAMESPACE}/configmaps/${name}`, { data: { at: String(Math.random()) } });
  const live = await follow(`${MAPS}?watch=1&resourceVersion=${start}`);
  for (const name of ["used", "later", "others"]) await change(name);
  await bind("r", "n1", "later");
  await change("later");
  await api.delete(`${NAMESPACE}/configmaps/used`);
  await api.create(`${NAMESPACE}/configmaps`, configMap("used"));
  expect(live.told).toEqual(["MODIFIED used", "MODIFIED later", "DELETED used", "ADDED used"]);
  // What was behind is judged by who refers to it now.
  const late = await follow(`${MAPS}?watch=1&resourceVersion=${start}`);
  expect(late.told).toEqual(["MODIFIED used", "MODIFIED later", "MODIFIED later", "DELETED used", "ADDED used"]);
  await api.delete(`${NAMESPACE}/pods/r`, { gracePeriodSeconds: 0 });
  await change("later");
  expect(live.told).toHaveLength(4);
});

it("[NO3] is for the node itself, over a WebSocket where it is to last", async () => {
  const status = async (path: string, options?: object) => (await api.get(path, options)).status;
  expect(await status(MAPS, node("n2"))).toBe(403);
  expect(await status(MAPS, { as: { user: "u", groups: ["system:authenticated"] } })).toBe(403);
  expect(await status(MAPS)).toBe(200);
  expect(await status(`${MAPS}?watch=1`, node("n1"))).toBe(400);
  expect(await status("/kedge/v1/nodes/n1/pods", node("n1"))).toBe(404);
});

import { beforeEach, expect, it } from "vitest";
import type { ConfigMap } from "../../kinds/core/v1-types.ts";
import type { FollowListener } from "../contracts.ts";
import { FakeApi } from "../pods/testing/fake-api.ts";
import { ObjectCache } from "./object-cache.ts";

const pathOf = (name: string) => `/api/v1/namespaces/default/configmaps/${name}`;
const idOf = (name: string) => ({ namespace: "default", name });

let api: FakeApi;
let cache: ObjectCache;
let told: string[];
let followed: string[];
/** Of the last that was followed. */
let listener: FollowListener<ConfigMap>;

beforeEach(() => {
  api = new FakeApi();
  followed = [];
  const follow = api.follow.bind(api);
  api.follow = (path, given) => {
    followed.push(path);
    listener = given as unknown as FollowListener<ConfigMap>;
    return follow(path, given);
  };
  cache = new ObjectCache(api, "n1");
  told = [];
  cache.onChange((uid) => told.push(uid));
});

const put = (name: string, value: string) =>
  api.put<ConfigMap>(pathOf(name), { metadata: idOf(name), data: { value } });
const read = async (name: string) =>
  ((await cache.read("configmaps", "default", name)) as ConfigMap | undefined)?.data?.value;
const reads = () => api.callsOf("get", /configmaps/).length;

it("[OC1] one watch of a kind for all its objects; what is held is read once and told of", async () => {
  for (const name of ["a", "b", "c"]) put(name, "1");
  for (const name of ["a", "b"]) cache.hold("configmaps", idOf(name), "p1");
  cache.hold("configmaps", idOf("a"), "p2");
  for (const name of ["a", "b", "a", "b"]) expect(await read(name)).toBe("1");
  expect([followed, reads()]).toEqual([["/kedge/v1/nodes/n1/configmaps"], 2]);
  put("a", "2");
  put("c", "2");
  expect([told, await read("a"), reads()]).toEqual([["p1", "p2"], "2", 2]);
});

it("[OC2] what is gone is asked for each time, until it is back", async () => {
  cache.hold("configmaps", idOf("a"), "p");
  expect(await read("a")).toBeUndefined();
  put("a", "1");
  expect([told, await read("a"), reads()]).toEqual([["p"], "1", 1]);
  api.drop(pathOf("a"));
  expect([told, await read("a"), reads()]).toEqual([["p", "p"], undefined, 2]);
});

it("[OC3] nothing is kept of what no pod mounts any more", async () => {
  put("a", "1");
  cache.hold("configmaps", idOf("a"), "p");
  expect(await read("a")).toBe("1");
  cache.release("p");
  put("a", "2");
  expect([told, await read("a"), reads()]).toEqual([[], "2", 2]);
});

it("[OC4] a new list tells of what has gone and changed meanwhile; older news is none", async () => {
  for (const name of ["a", "b"]) {
    put(name, "1");
    cache.hold("configmaps", idOf(name), name);
    await read(name);
  }
  const [a, b] = ["a", "b"].map((name) => api.objects.get(pathOf(name)) as ConfigMap) as [ConfigMap, ConfigMap];
  listener.listed([a], b.metadata.resourceVersion ?? "");
  expect(told).toEqual(["b"]);
  const old = (object: ConfigMap) => ({ ...object, metadata: { ...object.metadata, resourceVersion: "1" } });
  listener.changed("MODIFIED", { ...old(a), data: { value: "0" } });
  listener.changed("DELETED", old(a));
  expect([told, await read("a")]).toEqual([["b"], "1"]);
});

/** What the conformance tests share: an API server with its controllers around it, watches, and what every resource must do. */
import { expect } from "vitest";
import { controllerResources, controllersProgram } from "../../controllers/program.ts";
import { Feed } from "../../edge-api/store/feed.ts";
import { writeBatch } from "../../edge-api/verbs/batch.ts";
import { snapshotPage } from "../../edge-api/verbs/snapshot.ts";
import type { Clock } from "../../machinery/clock.ts";
import type { Cluster } from "../../machinery/cluster/contract.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import { type Answer, startApi, type TestApi } from "../api/in-process.ts";

export type TestCluster = TestApi & {
  /** Controllers, and kubelets (if any) that end what is deleted, until nothing moves or falls due within a minute. */
  settle(options?: { kubelets?: boolean }): Promise<void>;
};

/**
 * The API with the controllers over its store; time stands still but for what `settle` waits for.
 *
 * @param more what the cluster can do besides; without it certificate requests wait
 */
export async function startCluster(more: Pick<Cluster, "signCertificate"> = {}): Promise<TestCluster> {
  const api = await startApi();
  const { env } = api.services;
  const { store } = env;
  const clock: Clock = { now: () => env.clock.now(), after: () => () => undefined };
  const random = seededRandom(1);
  const program = controllersProgram({
    caCertificate: "PEM",
    clock,
    random,
    log: () => undefined,
    cluster: {
      ...more,
      snapshot: async (resources, next) => snapshotPage(store, resources, next),
      write: async (actor, ops) =>
        structuredClone(
          store.transaction(() => writeBatch(env, actor, structuredClone(ops), (error) => void api.errors.push(error))),
        ),
    },
  });
  const feed = new Feed({ store, clock, random, report: (_, error) => void api.errors.push(error) });
  feed.add({ name: "controllers", resources: controllerResources, target: program });

  const endPods = async (): Promise<void> => {
    for (const { metadata } of (await api.get("/api/v1/pods")).body.items) {
      if (!metadata.deletionTimestamp) continue;
      await api.delete(`/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}?gracePeriodSeconds=0`);
    }
  };
  const settle: TestCluster["settle"] = async ({ kubelets = true } = {}) => {
    const untilMs = env.clock.now() + 60_000;
    for (let step = 0; step < 500; step++) {
      const before = store.revision();
      await feed.settled();
      const next = program.nextWakeMs();
      const due = next !== undefined && next <= env.clock.now();
      if (due) await program.wake(env.clock.now());
      if (kubelets) await endPods();
      if (due || store.revision() !== before) continue;
      if (next === undefined || next > untilMs) return;
      api.advance(next - env.clock.now());
    }
    throw new Error("not at rest");
  };
  await settle();
  return { ...api, settle };
}

export interface WatchEvent {
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: objects of every kind
  object: any;
}

export interface Watch {
  next(): Promise<WatchEvent>;
  /** Type and name of the next `count` events. */
  take(count: number): Promise<string[]>;
  cancel(): Promise<void>;
}

/** @param path with its query */
export async function openWatch(api: TestApi, path: string): Promise<Watch> {
  const response = await api.raw("GET", `${path}${path.includes("?") ? "&" : "?"}watch=true`);
  expect(response.status).toBe(200);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  const next = async (): Promise<WatchEvent> => {
    for (;;) {
      const end = buffer.indexOf("\n");
      if (end >= 0) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 1);
        return JSON.parse(line) as WatchEvent;
      }
      const { done, value } = await reader.read();
      if (done) throw new Error("the watch has ended");
      buffer += value;
    }
  };
  const take = async (count: number): Promise<string[]> => {
    const events: string[] = [];
    while (events.length < count) {
      const { type, object } = await next();
      events.push(`${type} ${object.metadata.name}`);
    }
    return events;
  };
  return { next, take, cancel: () => reader.cancel() };
}

/** @throws AssertionError with what the server said instead */
export function ok<T extends Answer>(answer: T, status?: number): T["body"] {
  if (status === undefined ? answer.status >= 300 : answer.status !== status) {
    throw new Error(`status ${answer.status}, wanted ${status ?? "success"}: ${answer.text}`);
  }
  return answer.body;
}

export const namesOf = (list: { items: { metadata: { name: string } }[] }): string[] =>
  list.items.map(({ metadata }) => metadata.name).sort();

/** The group, its version and its resources are in discovery. */
export async function discovered(api: TestApi, groupVersion: string, resources: readonly string[]): Promise<void> {
  const [group] = groupVersion.split("/");
  const { groups } = ok(await api.get("/apis"));
  const found = groups.find(({ name }: { name: string }) => name === group);
  expect(found.versions.map((v: { groupVersion: string }) => v.groupVersion)).toContain(groupVersion);
  const { versions } = ok(await api.get(`/apis/${group}`));
  expect(versions.map((v: { groupVersion: string }) => v.groupVersion)).toContain(groupVersion);
  const listed = ok(await api.get(`/apis/${groupVersion}`)).resources.map(({ name }: { name: string }) => name);
  expect(listed).toEqual(expect.arrayContaining([...resources]));
}

const LABEL = "conformance%3Dyes";

/**
 * Create, get, list, watch, patch, update, delete and deletecollection of a resource, the last three without a touch to
 * what the selector leaves out; @param make an object by its name
 */
export async function supportsApiOperations(
  api: TestApi,
  path: string,
  make: (name: string) => { metadata: object; [field: string]: unknown },
): Promise<void> {
  const labelled = (name: string) => {
    const object = make(name);
    return { ...object, metadata: { ...object.metadata, name, labels: { conformance: "yes" } } };
  };
  const created = ok(await api.create(path, labelled("one")), 201);
  expect(created.metadata).toMatchObject({ name: "one", uid: expect.any(String) });
  expect((await api.create(path, labelled("one"))).body.reason).toBe("AlreadyExists");
  expect(ok(await api.get(`${path}/one`)).metadata.uid).toBe(created.metadata.uid);
  ok(await api.create(path, labelled("two")), 201);
  ok(await api.create(path, labelled("three")), 201);
  const besides = ok(await api.create(path, { ...make("besides") }), 201);
  const list = ok(await api.get(`${path}?labelSelector=${LABEL}`));
  expect(namesOf(list)).toEqual(["one", "three", "two"]);

  const from = `${path}?labelSelector=${LABEL}&resourceVersion=${list.metadata.resourceVersion}`;
  const watch = await openWatch(api, from);
  const patched = ok(await api.patch(`${path}/one`, { metadata: { annotations: { patched: "true" } } }));
  expect(patched.metadata.annotations).toMatchObject({ patched: "true" });
  patched.metadata.annotations.updated = "true";
  const updated = ok(await api.replace(`${path}/one`, patched));
  expect(updated.metadata.annotations).toMatchObject({ patched: "true", updated: "true" });
  expect((await api.replace(`${path}/one`, patched)).body.reason).toBe("Conflict");
  ok(await api.delete(`${path}/one`));
  expect((await api.get(`${path}/one`)).body.reason).toBe("NotFound");
  ok(await api.request("DELETE", `${path}?labelSelector=${LABEL}`));
  expect(namesOf(ok(await api.get(`${path}?labelSelector=${LABEL}`)))).toEqual([]);
  expect(ok(await api.get(`${path}/besides`))).toEqual(besides);
  ok(await api.delete(`${path}/besides`));
  expect(await watch.take(3)).toEqual(["MODIFIED one", "MODIFIED one", "DELETED one"]);
  expect((await watch.take(2)).sort()).toEqual(["DELETED three", "DELETED two"]);
  await watch.cancel();
}

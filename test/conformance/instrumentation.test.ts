import { beforeAll, describe, expect, it } from "vitest";
import { startApi, type TestApi } from "../api/in-process.ts";
import { namesOf, ok } from "./kit.ts";

const NS = "events-here";
const CORE = `/api/v1/namespaces/${NS}/events`;
const EVENTS = `/apis/events.k8s.io/v1/namespaces/${NS}/events`;
const AT = "2026-01-01T00:00:00.123456Z";

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  ok(await api.create("/api/v1/namespaces", { metadata: { name: NS } }), 201);
});

const selected = (path: string, label: string): string => `${path}?labelSelector=${encodeURIComponent(label)}`;
const involved = { kind: "Pod", apiVersion: "v1", name: "a", namespace: NS };

describe("[sig-instrumentation] Events", () => {
  const event = (name: string, labels: object = {}) => ({
    metadata: { name, labels },
    message: "This is a test event",
    reason: "Test",
    type: "Normal",
    count: 1,
    involvedObject: involved,
    firstTimestamp: "2026-01-01T00:00:00Z",
  });

  it("should manage the lifecycle of an event [Conformance]", async () => {
    const labels = { "testevent-constant": "true" };
    ok(await api.create(CORE, event("lived", labels)), 201);
    const everywhere = ok(await api.get(selected("/api/v1/events", "testevent-constant=true")));
    expect(namesOf(everywhere)).toEqual(["lived"]);
    const path = `${CORE}/lived`;
    ok(await api.patch(path, { message: "This is a test event - patched" }, "strategic"));
    const read = ok(await api.get(path));
    expect(read.message).toBe("This is a test event - patched");
    const series = { count: 100, lastObservedTime: AT };
    ok(await api.replace(path, { ...read, series }));
    expect(ok(await api.get(path))).toMatchObject({ series, message: read.message });
    ok(await api.delete(path));
    expect((await api.get(path)).body.reason).toBe("NotFound");
    expect(namesOf(ok(await api.get("/api/v1/events")))).not.toContain("lived");
  });

  it("should delete a collection of events [Conformance]", async () => {
    const labels = { "testevent-set": "true" };
    for (const i of [1, 2, 3]) ok(await api.create(CORE, event(`set-${i}`, labels)), 201);
    ok(await api.create(CORE, event("besides")), 201);
    const ofSet = selected(CORE, "testevent-set=true");
    expect(namesOf(ok(await api.get(ofSet)))).toEqual(["set-1", "set-2", "set-3"]);
    ok(await api.request("DELETE", ofSet));
    expect(namesOf(ok(await api.get(ofSet)))).toEqual([]);
    expect(namesOf(ok(await api.get(CORE)))).toEqual(["besides"]);
  });
});

describe("[sig-instrumentation] Events API", () => {
  const event = (name: string, labels: object = {}) => ({
    metadata: { name, labels },
    regarding: involved,
    note: "",
    eventTime: AT,
    action: "Do",
    reason: "Test",
    type: "Normal",
    reportingController: "test-controller",
    reportingInstance: "test-node",
  });
  /** The one of this name in a list. */
  const listed = async (path: string, query: string, name: string) => {
    const { items } = ok(await api.get(`${path}${query}`));
    return items.find(({ metadata }: { metadata: { name: string } }) => metadata.name === name);
  };

  it("should ensure that an event can be fetched, patched, deleted, and listed [Conformance]", async () => {
    const label = "testevent-constant";
    const created = ok(await api.create(EVENTS, event("api-lived", { [label]: "api" })), 201);
    expect(created).toMatchObject({
      apiVersion: "events.k8s.io/v1",
      kind: "Event",
      eventTime: AT,
      regarding: involved,
    });
    const query = `?labelSelector=${label}%3Dapi`;
    for (const path of ["/apis/events.k8s.io/v1/events", EVENTS]) {
      const found = await listed(path, query, "api-lived");
      expect(found).toMatchObject({ metadata: { uid: created.metadata.uid }, eventTime: AT, regarding: involved });
    }
    const selector = `?fieldSelector=${encodeURIComponent("reportingController=test-controller")}`;
    expect(namesOf(ok(await api.get(`/apis/events.k8s.io/v1/events${selector}`)))).toEqual(["api-lived"]);
    expect(ok(await api.get(`${CORE}${selector.replace("reportingController", "source")}`)).items).toHaveLength(1);
    const path = `${EVENTS}/api-lived`;
    // Of this version only the series may change: the note is as it was told.
    expect((await api.patch(path, { note: "another" }, "strategic")).status).toBe(422);
    ok(await api.patch(path, { series: { count: 2, lastObservedTime: AT } }, "strategic"));
    const patched = ok(await api.get(path));
    expect(patched).toMatchObject({ eventTime: AT, series: { count: 2, lastObservedTime: AT } });
    const series = { count: 100, lastObservedTime: "2026-01-01T00:01:00.000001Z" };
    ok(await api.replace(path, { ...patched, series }));
    const updated = ok(await api.get(path));
    expect(updated.series).toEqual(series);
    // The same event, as those see it who read core/v1.
    expect(ok(await api.get(`${CORE}/api-lived`))).toMatchObject({ involvedObject: involved, series });
    ok(await api.delete(path));
    expect(await listed(EVENTS, "", "api-lived")).toBeUndefined();
    expect(await listed("/apis/events.k8s.io/v1/events", "", "api-lived")).toBeUndefined();
  });

  it("should delete a collection of events [Conformance]", async () => {
    const label = "testevent-set=api";
    for (const i of [1, 2, 3]) ok(await api.create(EVENTS, event(`api-${i}`, { "testevent-set": "api" })), 201);
    const of = selected(EVENTS, label);
    expect(namesOf(ok(await api.get(of)))).toEqual(["api-1", "api-2", "api-3"]);
    ok(await api.request("DELETE", of));
    expect(namesOf(ok(await api.get(of)))).toEqual([]);
    expect(namesOf(ok(await api.get(selected("/apis/events.k8s.io/v1/events", label))))).toEqual([]);
  });
});

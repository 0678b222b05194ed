import { describe, expect, it } from "vitest";
import { shardFor, shardOfUrl } from "./shard.ts";

describe("shardOfUrl", () => {
  it.each([
    "/api/v1/events",
    "/api/v1/events?watch=1&fieldSelector=type%3DWarning",
    "/api/v1/namespaces/default/events",
    "/api/v1/namespaces/default/events/a.1",
    "/api/v1/watch/namespaces/default/events",
    "/apis/events.k8s.io/v1/namespaces/events/events",
    "/api//v1/namespaces/default/%65vents/",
  ])("[SH1] %s is for the events", (path) => expect(shardOfUrl(`https://edge.example${path}`)).toBe("events"));

  it.each([
    "",
    "/",
    "/api/v1/namespaces/events",
    "/api/v1/namespaces/events/pods/events",
    "/api/v1/namespaces/default/pods?fieldSelector=x%2Fevents",
    "/apis/example.com/v1/namespaces/default/events",
    "/apis/events.k8s.io/v1",
    "/api/v1/namespaces/%zz/events",
  ])("[SH2] %s is not", (path) => expect(shardOfUrl(`https://edge.example${path}`)).toBe("main"));

  it("[SH3] says it of storage keys", () => {
    expect([shardFor("events"), shardFor("pods")]).toEqual(["events", "main"]);
  });
});

import { describe, expect, it } from "vitest";
import { registry } from "./registry.ts";
import { types } from "./types.ts";

describe("registry", () => {
  it("REG-1 has every served kind once", () => {
    const kinds = registry.all();
    expect(kinds).toHaveLength(97);
    expect(new Set(kinds.map((kind) => `${kind.group}/${kind.version}/${kind.plural}`)).size).toBe(kinds.length);
  });

  it("REG-3 finds by URL, by kind and by storage key", () => {
    const deployment = registry.find("apps", "v1", "deployments");
    expect(deployment?.kind).toBe("Deployment");
    expect(registry.findKind("apps/v1", "Deployment")).toBe(deployment);
    expect(registry.findKind("v1", "Pod")).toBe(registry.find("", "v1", "pods"));
    expect(registry.findStorage("deployments.apps")).toBe(deployment);
    expect(registry.find("apps", "v1beta1", "deployments")).toBeUndefined();
    expect(registry.find("", "v1", "constructor")).toBeUndefined();
  });

  it("REG-4 prefers the newest stable version of a storage key", () => {
    expect(registry.findStorage("horizontalpodautoscalers.autoscaling")?.version).toBe("v2");
    expect(registry.findStorage("volumeattributesclasses.storage.k8s.io")?.version).toBe("v1");
  });

  it("REG-5 keeps the events of both groups in one place", () => {
    expect(registry.find("events.k8s.io", "v1", "events")?.storage).toBe("events");
    expect(registry.find("", "v1", "events")?.storage).toBe("events");
  });

  it("REG-6 knows the kind that each subresource speaks", () => {
    const { scale, status } = registry.find("apps", "v1", "deployments")?.subresources ?? {};
    expect(scale).toMatchObject({ group: "autoscaling", version: "v1", kind: "Scale" });
    expect(status).toMatchObject({ group: "apps", version: "v1", kind: "Deployment" });
    expect(registry.find("", "v1", "pods")?.subresources.eviction).toMatchObject({
      group: "policy",
      version: "v1",
      kind: "Eviction",
    });
  });

  it("REG-7 has a type for every kind, and a name column first or an event's", () => {
    for (const kind of registry.all()) {
      expect(types.resolve(kind.type)?.form).toBe("struct");
      if (kind.storage !== "events") expect(kind.columns[0]).toMatchObject({ name: "Name", format: "name" });
    }
  });
});

import { describe, expect, it } from "vitest";
import { registry } from "./registry.ts";
import { parseRuntimeConfig, servedRegistry } from "./serving.ts";

const versions = (config?: string): Set<string> =>
  new Set(
    servedRegistry(config)
      .all()
      .map(({ group, version }) => `${group}/${version}`),
  );

describe("served versions", () => {
  it("SRV-1 stable ones, what gangs need, and what metrics-server serves", () => {
    expect([...versions()].filter((version) => /alpha|beta/.test(version))).toEqual([
      "scheduling.k8s.io/v1alpha2",
      "metrics.k8s.io/v1beta1",
    ]);
    expect(servedRegistry().find("resource.k8s.io", "v1", "resourceclaims")?.kind).toBe("ResourceClaim");
    expect(servedRegistry().findStorage("devicetaintrules.resource.k8s.io")).toBeUndefined();
  });

  it("SRV-2 others on demand, by level, version or resource; the narrower one counts", () => {
    expect(servedRegistry("api/all=true").all()).toHaveLength(registry.all().length);
    const beta = versions("api/beta=true,storage.k8s.io/v1beta1=false");
    expect(beta).toContain("resource.k8s.io/v1beta2");
    expect(beta).not.toContain("storage.k8s.io/v1beta1");
    expect(beta).not.toContain("resource.k8s.io/v1alpha3");
    const one = servedRegistry("networking.k8s.io/v1beta1/ipaddresses,api/ga=true");
    expect(one.find("networking.k8s.io", "v1beta1", "ipaddresses")).toBeDefined();
    expect(one.find("networking.k8s.io", "v1beta1", "servicecidrs")).toBeUndefined();
    expect(versions("autoscaling/v1=false")).not.toContain("autoscaling/v1");
  });

  it("SRV-3 what is neither true nor false is refused", () => {
    expect(() => parseRuntimeConfig("api/all=yes")).toThrow(RangeError);
    expect(parseRuntimeConfig("")).toEqual(new Map());
  });
});

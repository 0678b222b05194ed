import { describe, expect, it } from "vitest";
import { TestCluster } from "../testing/builders.ts";
import { imageLocality } from "./image-locality.ts";

const MB = 1024 * 1024;

function scores(images: string[], ...nodes: { [image: string]: number }[]): number[] | "all the same" {
  const cluster = new TestCluster();
  for (const [i, each] of nodes.entries()) cluster.node({ name: `n${i}`, images: each });
  const containers = images.map((image, i) => ({ name: `c${i}`, image }));
  const prepared = imageLocality.prepareScore(cluster.classOf({ spec: { containers } }), cluster.view)!;
  const rows = Int32Array.from(nodes.map((_, i) => cluster.row(`n${i}`)));
  const result = new Int32Array(nodes.length);
  return prepared.score({ rows, count: nodes.length }, result) ? [...result] : "all the same";
}

describe("ImageLocality", () => {
  it.each<[string, string[], { [image: string]: number }[], number[] | "all the same"]>([
    ["[IL1] nobody has it", ["web"], [{}, { "db:latest": 500 * MB }], "all the same"],
    ["[IL2] one of two has it: half counts", ["web"], [{ "web:latest": 500 * MB }, {}], [23, 0]],
    ["[IL3] all have it", ["web"], [{ "web:latest": 500 * MB }, { "web:latest": 500 * MB }], [48, 48]],
    ["[IL4] a tag is a tag", ["web:v1"], [{ "web:v1": 900 * MB }], [89]],
    ["[IL5] a registry's port is none", ["host:5000/web"], [{ "host:5000/web:latest": 900 * MB }], [89]],
    ["[IL6] small images make no difference", ["web"], [{ "web:latest": 20 * MB }, {}], "all the same"],
    ["[IL7] more than enough", ["web"], [{ "web:latest": 5000 * MB }], [100]],
    ["[IL8] of several images the sum", ["web", "db"], [{ "web:latest": 900 * MB, "db:latest": 900 * MB }], [89]],
  ])("%s", (_name, images, nodes, expected) => {
    expect(scores(images, ...nodes)).toEqual(expected);
  });

  it("[IL9] follows what nodes have", () => {
    const cluster = new TestCluster().node({ name: "a" });
    const podClass = cluster.classOf({ spec: { containers: [{ name: "c", image: "web" }] } });
    const prepared = imageLocality.prepareScore(podClass, cluster.view)!;
    const feasible = { rows: Int32Array.of(0), count: 1 };
    const result = new Int32Array(1);
    expect(prepared.score(feasible, result)).toBe(false);
    cluster.node({ name: "a", images: { "web:latest": 900 * MB } });
    expect(prepared.score(feasible, result)).toBe(true);
    cluster.remove("nodes", "", "a");
    expect(prepared.score(feasible, result)).toBe(false);
  });
});

import { expect, it } from "vitest";
import { negotiate, negotiateStream } from "./negotiation.ts";

it.each([
  ["[NE1] nothing", null, { media: "json", as: "Object" }],
  ["[NE2] anything", "*/*", { media: "json", as: "Object" }],
  ["[NE3] the first that is served", "text/html, application/yaml, application/json", { media: "yaml" }],
  ["[NE4] the one liked best", "application/yaml;q=0.5, application/json;q=0.9", { media: "json" }],
  [
    "[NE5] as kubectl asks for tables",
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json",
    { media: "json", as: "Table", version: "meta.k8s.io/v1" },
  ],
  [
    "[NE6] a form nobody knows, and JSON",
    "application/json;as=Poem;v=v1;g=meta.k8s.io,application/json",
    { as: "Object" },
  ],
  ["[NE7] protobuf, and JSON", "application/vnd.kubernetes.protobuf, */*", { media: "protobuf" }],
  [
    "[NE8] metadata as protobuf",
    "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
    { media: "protobuf", as: "PartialObjectMetadataList" },
  ],
])("%s", (_name, accept, expected) => {
  expect(negotiate(accept)).toMatchObject(expected);
});

it.each([
  ["[NE9] nothing of ours", "text/html"],
  ["[NE10] JSON refused", "application/json;q=0"],
  ["[NE11] longer than anybody needs", `${"text/html,".repeat(1000)}application/json`],
])("%s is not acceptable", (_name, accept) => {
  expect(() => negotiate(accept)).toThrow(/only the following media types are accepted/);
});

it("[NE12] YAML cannot be streamed", () => {
  expect(negotiateStream("application/yaml, application/vnd.kubernetes.protobuf")).toMatchObject({ media: "protobuf" });
  expect(() => negotiateStream("application/yaml")).toThrow(
    "only the following media types are accepted: application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch",
  );
});

it("[NE13] a refusal names what is served", () => {
  expect(() => negotiate("text/html")).toThrow(
    "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  );
});

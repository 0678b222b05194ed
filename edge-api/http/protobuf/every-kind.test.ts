import { expect, it } from "vitest";
import { registry } from "../../../kinds/registry.ts";
import { sampleObject } from "../../../kinds/sample-objects.ts";
import { types } from "../../../kinds/types.ts";
import { seededRandom } from "../../../machinery/meta/random.ts";
import { decodeObject } from "../../../machinery/schema/decode.ts";
import { decodeProtobufBody } from "./body.ts";
import { toProtobuf } from "./encode.ts";
import { messageFor } from "./names.ts";

const SEED = 20_260_103;
const SAMPLES = 20;

/** Their samples hold values that no object of them may have. */
const OTHERWISE = new Set([
  "customresourcedefinitions.apiextensions.k8s.io",
  "nodes.metrics.k8s.io",
  "pods.metrics.k8s.io",
]);

/** Without what protobuf has no difference for: empty texts, lists and maps, zeroes, null, kinds of inner objects. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map((item) => bare(item) ?? null);
  if (typeof value !== "object" || value === null) return value === "0" || !value ? undefined : value;
  const entries = Object.entries(value)
    .filter(([key]) => key !== "volumeClaimTemplates")
    .map(([key, field]) => [key, bare(field)] as const);
  const kept = entries.filter(([, field]) => field !== undefined);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

it.each(
  registry
    .all()
    .filter(({ storage }) => !OTHERWISE.has(storage))
    .filter((kind) => messageFor(registry, kind.group ? `${kind.group}/${kind.version}` : kind.version, kind.kind))
    .map((kind) => [`${kind.group || "core"}/${kind.version} ${kind.kind}`, kind] as const),
)(`PBK-1 %s comes back from protobuf (seed ${SEED})`, (_, kind) => {
  const random = seededRandom(SEED);
  for (let i = 0; i < SAMPLES; i++) {
    const { value } = decodeObject({ types, type: kind.type, value: sampleObject(kind, random) });
    expect(bare(decodeProtobufBody(toProtobuf(value as object, registry), registry))).toEqual(bare(value));
  }
});

it("PBK-2 schemas of custom resources come back with their unions and literals", () => {
  const schema = {
    type: "object",
    default: { a: [1, "x", null] },
    enum: [1, "a"],
    properties: {
      open: { type: "object", additionalProperties: true },
      map: { type: "object", additionalProperties: { type: "string", maxLength: 3 } },
      list: { type: "array", items: { type: "integer", minimum: -1.5 } },
      any: { "x-kubernetes-preserve-unknown-fields": true },
    },
  };
  const versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } }];
  const object = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition", spec: { versions } };
  const back = decodeProtobufBody(toProtobuf(object, registry), registry) as typeof object;
  expect(back.spec.versions[0]?.schema.openAPIV3Schema).toEqual(schema);
});

import { describe, expect, test } from "vitest";
import type { KubeObject } from "../meta/object.ts";
import { ApiError } from "../meta/status.ts";
import { setOfPath } from "./field-set.ts";
import { Writer, workloadType } from "./fixtures.ts";
import type { Fields } from "./value.ts";

function refusal(work: () => unknown): ApiError {
  try {
    work();
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

describe("apply", () => {
  test("[AP1] creates; the applier owns what it named, no containers of fields", () => {
    const writer = new Writer().apply("me", {
      metadata: { labels: { a: "1" }, finalizers: ["f"] },
      spec: { replicas: 1, selector: { a: "1" }, containers: [{ name: "c", ports: [{ port: 80 }] }], args: ["x"] },
    });
    expect(writer.spec).toMatchObject({ replicas: 1, containers: [{ name: "c", ports: [{ port: 80 }] }] });
    expect(writer.owners).toEqual({
      "me Apply": JSON.stringify({
        "f:metadata": { "f:finalizers": { 'v:"f"': {} }, "f:labels": { "f:a": {} } },
        "f:spec": {
          "f:args": {},
          "f:containers": {
            'k:{"name":"c"}': {
              ".": {},
              "f:name": {},
              "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { ".": {}, "f:port": {} } },
            },
          },
          "f:replicas": {},
          "f:selector": {},
        },
      }),
    });
  });

  test("[AP2] twice changes nothing, the time neither", () => {
    const writer = new Writer().apply("me", { spec: { replicas: 1 } });
    const before = [writer.object, writer.managed];
    writer.apply("me", { spec: { replicas: 1 } });
    expect([writer.object, writer.managed]).toEqual(before);
    expect(writer.isSame).toBe(true);
  });

  test("[AP3] the same value is owned by both; removing it needs both", () => {
    const writer = new Writer()
      .apply("a", { spec: { replicas: 3 } })
      .apply("b", { spec: { replicas: 3, args: ["x"] } });
    expect(writer.owners).toMatchObject({ "a Apply": '{"f:spec":{"f:replicas":{}}}' });
    expect(writer.apply("a", {}).spec.replicas).toBe(3);
    expect(Object.keys(writer.owners)).toEqual(["b Apply"]);
    expect(writer.apply("b", { spec: { args: ["x"] } }).spec.replicas).toBeUndefined();
  });

  test("[AP4] what others own with another value is a conflict", () => {
    const writer = new Writer().apply("a", { spec: { replicas: 3 } });
    const error = refusal(() => writer.apply("b", { spec: { replicas: 4 } }));
    expect(error.message).toBe('Apply failed with 1 conflict: conflict with "a": .spec.replicas');
    expect(error.status).toMatchObject({
      code: 409,
      reason: "Conflict",
      details: {
        causes: [{ reason: "FieldManagerConflict", message: 'conflict with "a"', field: ".spec.replicas" }],
      },
    });
    expect(writer.spec.replicas).toBe(3);
  });

  test("[AP5] many conflicts are told manager by manager", () => {
    const writer = new Writer()
      .update("cli", { spec: { replicas: 1, args: ["x"], containers: [{ name: "c", image: "i" }] } })
      .update(
        "ctl",
        { spec: { replicas: 1, args: ["x"], containers: [{ name: "c", image: "i" }] }, status: { ready: 1 } },
        { subresource: "status" },
      );
    const error = refusal(() =>
      writer.apply("b", { spec: { replicas: 2, containers: [{ name: "c", image: "j" }] }, status: { ready: 2 } }),
    );
    expect(error.message).toBe(
      [
        'Apply failed with 3 conflicts: conflicts with "cli" using example/v1:',
        "- .spec.replicas",
        '- .spec.containers[name="c"].image',
        'conflicts with "ctl" with subresource "status" using example/v1:',
        "- .status.ready",
      ].join("\n"),
    );
  });

  test("[AP6] force takes over", () => {
    const writer = new Writer()
      .apply("a", { spec: { replicas: 3, args: ["x"] } })
      .apply("b", { spec: { replicas: 4 } }, { force: true });
    expect(writer.spec.replicas).toBe(4);
    expect(writer.owners).toEqual({
      "a Apply": '{"f:spec":{"f:args":{}}}',
      "b Apply": '{"f:spec":{"f:replicas":{}}}',
    });
  });

  test("[AP7] what is no longer applied goes, what others own stays, what nobody owned stays", () => {
    const writer = new Writer()
      .apply("a", { metadata: { labels: { a: "1", b: "1" } }, spec: { containers: [{ name: "c1" }, { name: "c2" }] } })
      .update("other", {
        metadata: { labels: { a: "1", b: "1", c: "1" } },
        spec: { containers: [{ name: "c1" }, { name: "c2", image: "other's" }, { name: "c3" }] },
      })
      .apply("a", { metadata: { labels: { a: "1" } } });
    expect(writer.object?.metadata.labels).toEqual({ a: "1", c: "1" });
    const names = (writer.spec.containers as Fields[]).map(({ name }) => name);
    // An item goes as a whole, with what others have in it.
    expect(names).toEqual(["c3"]);
    expect(writer.owners["a Apply"]).toBe('{"f:metadata":{"f:labels":{"f:a":{}}}}');
  });

  test("[AP8] giving up a field to others: they own it, it keeps its value", () => {
    const writer = new Writer()
      .apply("a", { spec: { replicas: 3, args: ["x"] } })
      .update("hpa", { spec: { replicas: 5, args: ["x"] } })
      .apply("a", { spec: { args: ["x"] } });
    expect(writer.spec).toMatchObject({ replicas: 5, args: ["x"] });
  });

  test("[AP9] items keep the order of whoever applies last; others keep their place among them", () => {
    const writer = new Writer()
      .apply("a", { spec: { containers: [{ name: "c1" }, { name: "c2" }, { name: "c3" }] } })
      .apply("b", { spec: { containers: [{ name: "c3" }, { name: "c4" }, { name: "c1" }] } });
    expect((writer.spec.containers as Fields[]).map(({ name }) => name)).toEqual(["c2", "c3", "c4", "c1"]);
  });

  test("[AP10] the default of a key is the key: port 80 and port 80/TCP are one", () => {
    const writer = new Writer()
      .apply("a", { spec: { containers: [{ name: "c", ports: [{ port: 80 }] }] } })
      .apply("b", { spec: { containers: [{ name: "c", ports: [{ port: 80, protocol: "TCP", hostPort: 1 }] }] } });
    expect((writer.spec.containers as { ports: unknown[] }[])[0]!.ports).toEqual([
      { port: 80, protocol: "TCP", hostPort: 1 },
    ]);
  });

  test("[AP11] of an object that nobody tracked, the rest belongs to before-first-apply", () => {
    const writer = new Writer().update("cli", { spec: { replicas: 1 } });
    writer.update("cli", { metadata: { managedFields: [{}] }, spec: { replicas: 1, args: ["x"] } });
    writer.apply("a", { spec: { replicas: 1 } });
    expect(writer.owners).toEqual({
      "a Apply": '{"f:spec":{"f:replicas":{}}}',
      "before-first-apply Update": '{"f:spec":{"f:args":{},"f:replicas":{}}}',
    });
  });

  test("[AP12] what the endpoint resets is not owned", () => {
    const writer = new Writer().apply(
      "a",
      { spec: { replicas: 1 }, status: { ready: 1 } },
      { scope: { excluded: setOfPath(["f:status"]) } },
    );
    expect(writer.owners).toEqual({ "a Apply": '{"f:spec":{"f:replicas":{}}}' });
  });

  test("[AP13] null takes a value away, as far as the applier may", () => {
    const writer = new Writer().apply("a", { spec: { replicas: 1, args: ["x"] } });
    expect(writer.apply("a", { spec: { replicas: null, args: ["x"] } }).spec.replicas).toBeUndefined();
    const conflict = refusal(() => writer.apply("b", { spec: { args: null } }));
    expect(conflict.message).toContain('conflict with "a": .spec.args');
  });

  test("[AP14] an applier that comes with another version stays one", () => {
    const versions = {
      type: () => workloadType,
      convert: (object: Fields, to: string) => ({ ...object, apiVersion: to }),
    };
    const writer = new Writer()
      .apply("a", { spec: { replicas: 1, args: ["x"] } }, { apiVersion: "example/v1beta1", versions })
      .apply("a", { spec: { replicas: 1 } }, { versions });
    expect(writer.entries).toHaveLength(1);
    expect(writer.entries[0]).toMatchObject({ apiVersion: "example/v1", fieldsV1: { "f:spec": { "f:replicas": {} } } });
    expect(writer.spec.args).toBeUndefined();
  });

  test("[AP15] owners of parts of what is of one piece now own the whole", () => {
    const writer = new Writer().apply("a", { spec: { selector: { x: "1" }, replicas: 1 } });
    writer.managed = writer.managed!.replace('"f:selector":{}', '"f:selector":{".":{},"f:x":{}}');
    const error = refusal(() => writer.apply("b", { spec: { selector: { x: "2" } } }));
    expect(error.message).toBe('Apply failed with 1 conflict: conflict with "a": .spec.selector');
  });
});

describe("bad configurations", () => {
  const apply = (config: Fields, whole: Fields = {}) => refusal(() => new Writer().apply("a", { ...config, ...whole }));

  test.each([
    [
      "[AP20] a field that is not in the schema",
      { spec: { replica: 1 } },
      "failed to create typed patch object (/w; example/v1, Kind=Workload): .spec.replica: field not declared in schema",
    ],
    [
      "[AP21] an item given twice",
      { spec: { containers: [{ name: "c", env: [{ name: "A" }, { name: "A" }] }] } },
      'failed to create typed patch object (/w; example/v1, Kind=Workload): .spec.containers[name="c"].env: duplicate entries for key [name="A"]',
    ],
    [
      "[AP22] an item without its key",
      { spec: { containers: [{ name: "c", ports: [{ protocol: null }, "x"] }] } },
      'failed to create typed patch object (/w; example/v1, Kind=Workload): .spec.containers[name="c"].ports: element 1: associative list with keys may not have non-map elements',
    ],
    [
      "[AP23] several errors, each on its line",
      { metadata: { namespace: "ns" }, spec: { replicas: "1", paused: 1, args: {} } },
      [
        "failed to create typed patch object (ns/w; example/v1, Kind=Workload): errors:",
        "  .spec.replicas: expected numeric (int or float), got string",
        "  .spec.paused: expected boolean, got 1",
        "  .spec.args: expected list, got map[]",
      ].join("\n"),
    ],
  ])("%s", (_rule, config, message) => {
    const error = apply(config);
    expect(error.message).toBe(message);
    expect(error.status).toMatchObject({ code: 500 });
  });

  test("[AP24] another kind or version", () => {
    expect(apply({}, { kind: "Other" }).status).toMatchObject({
      code: 400,
      message: "invalid object type: example/v1, Kind=Other",
    });
    expect(apply({}, { apiVersion: "v2" }).message).toBe("invalid object type: /v2, Kind=Workload");
  });

  test("[AP25] managedFields may not be applied", () => {
    const error = refusal(() => new Writer().apply("a", { metadata: { managedFields: [] } }));
    expect(error.status).toMatchObject({ code: 400, message: "metadata.managedFields must be nil" });
  });
});

describe("from client-side to server-side apply", () => {
  const config = { spec: { replicas: 1, args: ["x"] } };
  const applied = (object: Fields) =>
    JSON.stringify({ apiVersion: "example/v1", kind: "Workload", metadata: { name: "w" }, ...object });
  const clientApplied = () =>
    new Writer().update("kubectl-client-side-apply", {
      metadata: { annotations: { [LAST_APPLIED]: applied(config) } },
      ...config,
    });

  test("[AP30] what kubectl applied itself is no conflict for kubectl", () => {
    const writer = clientApplied().apply("kubectl", { spec: { replicas: 2, args: ["x"] } });
    expect(writer.spec.replicas).toBe(2);
    expect(writer.owners["kubectl Apply"]).toBe('{"f:spec":{"f:args":{},"f:replicas":{}}}');
  });

  test("[AP31] but for anybody else, and for what somebody has changed since", () => {
    expect(refusal(() => clientApplied().apply("other", { spec: { replicas: 2 } })).message).toContain(
      ".spec.replicas",
    );
    const annotations = { [LAST_APPLIED]: applied(config) };
    const changed = clientApplied().update("hpa", { metadata: { annotations }, spec: { replicas: 7, args: ["x"] } });
    expect(refusal(() => changed.apply("kubectl", { spec: { replicas: 2 } })).message).toBe(
      'Apply failed with 1 conflict: conflict with "hpa" using example/v1: .spec.replicas',
    );
  });

  test("[AP32] the annotation follows, as long as it is there", () => {
    const writer = clientApplied().apply("kubectl", { spec: { replicas: 2, args: ["<&"] } }, { force: true });
    expect((writer.object as KubeObject).metadata.annotations?.[LAST_APPLIED]).toBe(
      '{"apiVersion":"example/v1","kind":"Workload","metadata":{"name":"w"},"spec":{"args":["\\u003c\\u0026"],"replicas":2}}\n',
    );
    expect(new Writer().apply("kubectl", config).object?.metadata.annotations).toBeUndefined();
  });
});

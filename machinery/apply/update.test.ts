import { describe, expect, test } from "vitest";
import { setOfPath } from "./field-set.ts";
import { Writer, workloadType } from "./fixtures.ts";
import type { Versions } from "./update.ts";

describe("create", () => {
  test("[UP1] the creator owns every field but identity, containers included", () => {
    const { owners, entries, now } = new Writer().update("cli", {
      metadata: { labels: { app: "x" }, uid: "1", creationTimestamp: "2026-01-01T00:00:00Z" },
      spec: { replicas: 1, selector: { app: "x" }, containers: [{ name: "c", image: "i" }] },
    });
    expect(owners).toEqual({
      "cli Update": JSON.stringify({
        "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
        "f:spec": {
          "f:containers": { 'k:{"name":"c"}': { ".": {}, "f:image": {}, "f:name": {}, "f:resources": {} } },
          "f:replicas": {},
          "f:selector": {},
        },
      }),
    });
    expect(entries[0]).toMatchObject({ apiVersion: "example/v1", fieldsType: "FieldsV1", time: now });
  });

  test("[UP2] what Kubernetes' encoder leaves out has no owner", () => {
    const { owners } = new Writer().update("cli", { spec: { paused: false, args: [], selector: {}, replicas: 0 } });
    expect(owners).toEqual({ "cli Update": '{"f:spec":{"f:replicas":{}}}' });
  });

  test("[UP3] keys of a list take their default: protocol TCP", () => {
    const { owners } = new Writer().update("cli", { spec: { containers: [{ name: "c", ports: [{ port: 80 }] }] } });
    expect(owners["cli Update"]).toContain('k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}'.replaceAll("\\", "\\"));
  });

  test("[UP4] a nameless manager is unknown", () => {
    expect(Object.keys(new Writer().update("", { spec: { replicas: 1 } }).owners)).toEqual(["unknown Update"]);
  });

  test("[UP5] an object without fields of its own has no managers", () => {
    expect(new Writer().update("cli", {}).entries).toEqual([]);
  });
});

describe("update", () => {
  const made = () => new Writer().update("cli", { metadata: { labels: { a: "1", b: "1" } }, spec: { replicas: 1 } });

  test("[UP6] a changed field changes hands, an unchanged one stays", () => {
    const { owners } = made().update("hpa", { metadata: { labels: { a: "1", b: "1" } }, spec: { replicas: 2 } });
    expect(owners).toEqual({
      "cli Update": '{"f:metadata":{"f:labels":{".":{},"f:a":{},"f:b":{}}}}',
      "hpa Update": '{"f:spec":{"f:replicas":{}}}',
    });
  });

  test("[UP7] a removed field is owned by nobody", () => {
    const { owners } = made().update("other", { metadata: { labels: { a: "1" } }, spec: { replicas: 1 } });
    expect(owners).toEqual({
      "cli Update": '{"f:metadata":{"f:labels":{".":{},"f:a":{}}},"f:spec":{"f:replicas":{}}}',
    });
  });

  test("[UP8] who owns nothing any more is gone", () => {
    const writer = new Writer().update("cli", { spec: { replicas: 1 } }).update("hpa", { spec: { replicas: 2 } });
    expect(writer.owners).toEqual({ "hpa Update": '{"f:spec":{"f:replicas":{}}}' });
  });

  test("[UP9] a write that changes nothing leaves the list as it is, times included", () => {
    const writer = made();
    const before = writer.managed;
    writer.update("other", { metadata: { labels: { a: "1", b: "1" } }, spec: { replicas: 1 } });
    expect(writer.managed).toBe(before);
    expect(writer.isSame).toBe(true);
  });

  test("[UP10] the time is that of the manager's last change", () => {
    const writer = made().update("cli", { metadata: { labels: { a: "1", b: "1" } }, spec: { replicas: 5 } });
    expect(writer.timeOf("cli")).toBe(writer.now);
    const { now } = writer;
    writer.update("hpa", { metadata: { labels: { a: "2", b: "1" } }, spec: { replicas: 5 } });
    expect(writer.timeOf("cli")).toBe(now);
  });

  test("[UP11] what is of one piece changes hands as a whole", () => {
    const { owners } = new Writer()
      .update("cli", { spec: { selector: { a: "1" }, args: ["x", "y"], replicas: 1 } })
      .update("other", { spec: { selector: { a: "1", b: "2" }, args: ["x", "z"], replicas: 1 } });
    expect(owners).toEqual({
      "cli Update": '{"f:spec":{"f:replicas":{}}}',
      "other Update": '{"f:spec":{"f:args":{},"f:selector":{}}}',
    });
  });

  test("[UP12] items of a keyed list and of a set have owners of their own, wherever they stand", () => {
    const { owners } = new Writer()
      .update("cli", { metadata: { finalizers: ["a", "b"] }, spec: { containers: [{ name: "c1" }, { name: "c2" }] } })
      .update("other", {
        metadata: { finalizers: ["c", "b", "a"] },
        spec: { containers: [{ name: "c3" }, { name: "c2", image: "i" }, { name: "c1" }] },
      });
    expect(owners["other Update"]).toBe(
      JSON.stringify({
        "f:metadata": { "f:finalizers": { 'v:"c"': {} } },
        "f:spec": {
          "f:containers": {
            'k:{"name":"c2"}': { "f:image": {} },
            'k:{"name":"c3"}': { ".": {}, "f:name": {}, "f:resources": {} },
          },
        },
      }),
    );
  });

  test("[UP13] subresources have entries of their own", () => {
    const { owners } = made()
      .update(
        "ctl",
        { metadata: { labels: { a: "1", b: "1" } }, spec: { replicas: 1 }, status: { ready: 1 } },
        {
          subresource: "status",
          scope: { excluded: setOfPath(["f:spec"]) },
        },
      )
      .update("ctl", { metadata: { labels: { a: "2", b: "1" } }, spec: { replicas: 1 }, status: { ready: 1 } });
    expect(owners["ctl Update/status"]).toBe('{"f:status":{"f:ready":{}}}');
    expect(owners["ctl Update"]).toBe('{"f:metadata":{"f:labels":{"f:a":{}}}}');
  });

  test("[UP14] what the endpoint resets changes no owner", () => {
    const { owners } = made().update(
      "other",
      { metadata: { labels: { a: "1", b: "1" } }, spec: { replicas: 9 }, status: { ready: 3 } },
      { scope: { excluded: { "f:spec": {}, "f:status": {} } } },
    );
    expect(Object.keys(owners)).toEqual(["cli Update"]);
  });

  test("[UP15] an endpoint that lets only some fields through", () => {
    const scope = { included: [["f:spec", "f:containers", "*", "f:resources"]] };
    const { owners } = new Writer()
      .update("cli", { spec: { replicas: 1, containers: [{ name: "c", image: "i" }] } })
      .update(
        "resizer",
        { spec: { replicas: 2, containers: [{ name: "c", image: "j", resources: { limits: { cpu: 1 } } }] } },
        { scope, subresource: "resize" },
      );
    expect(owners["resizer Update/resize"]).toBe(
      '{"f:spec":{"f:containers":{"k:{\\"name\\":\\"c\\"}":{"f:resources":{"f:limits":{".":{},"f:cpu":{}}}}}}}',
    );
    expect(owners["cli Update"]).toContain('"f:image"');
  });

  test("[UP16] only ten updaters are told apart: the oldest become ancient-changes", () => {
    const writer = new Writer();
    const limits: { [name: string]: number } = {};
    for (let i = 0; i < 15; i++) {
      limits[`l${i}`] = i;
      writer.update(`m${i}`, { spec: { strategy: { limits: { ...limits } } } });
    }
    expect(writer.entries).toHaveLength(10);
    expect(writer.entries.map(({ manager }) => manager)).toEqual([
      "ancient-changes",
      ...Array.from({ length: 9 }, (_, i) => `m${i + 6}`),
    ]);
    const ancient = writer.owners["ancient-changes Update"]!;
    for (let i = 0; i < 6; i++) expect(ancient).toContain(`"f:l${i}"`);
  });
});

describe("entries that clients send", () => {
  const made = () => new Writer().update("cli", { spec: { replicas: 1 } });

  test("[UP17] one empty entry forgets all ownership, and it stays forgotten until the next apply", () => {
    const writer = made().update("cli", { metadata: { managedFields: [{}] }, spec: { replicas: 1 } });
    expect(writer.entries).toEqual([]);
    expect(writer.update("cli", { spec: { replicas: 2 } }).entries).toEqual([]);
  });

  test("[UP18] an edited list is taken, in canonical form", () => {
    const [entry] = made().entries;
    const fieldsV1 = { "f:spec": { "f:z": {}, "f:a": {} } };
    const writer = made().update("x", {
      metadata: { managedFields: [{ ...entry, manager: "new", fieldsV1 }] },
      spec: { replicas: 1 },
    });
    expect(writer.owners).toEqual({ "new Update": '{"f:spec":{"f:a":{},"f:z":{}}}' });
  });

  test.each([
    ["an empty list", []],
    ["another operation", [{ manager: "m", operation: "Steal", apiVersion: "example/v1", fieldsType: "FieldsV1" }]],
    ["no version", [{ manager: "m", operation: "Update", fieldsType: "FieldsV1" }]],
    ["another type", [{ manager: "m", operation: "Update", apiVersion: "example/v1", fieldsType: "V2" }]],
    [
      "broken fields",
      [{ manager: "m", operation: "Update", apiVersion: "example/v1", fieldsType: "FieldsV1", fieldsV1: { x: {} } }],
    ],
  ])("[UP19] %s is not listened to", (_what, managedFields) => {
    const writer = made().update("hpa", { metadata: { managedFields }, spec: { replicas: 1 } });
    expect(Object.keys(writer.owners)).toEqual(["cli Update"]);
  });

  test("[UP20] through a subresource nothing is listened to", () => {
    const writer = made().update(
      "ctl",
      { metadata: { managedFields: [{}] }, spec: { replicas: 1 }, status: { ready: 1 } },
      { subresource: "status" },
    );
    expect(Object.keys(writer.owners)).toEqual(["cli Update", "ctl Update/status"]);
  });
});

describe("versions", () => {
  test("[UP21] what is owned in a version that is not served any more is forgotten", () => {
    const writer = new Writer()
      .update("old", { spec: { replicas: 1, args: ["a"] } }, { apiVersion: "example/v1beta1" })
      .update("new", { spec: { replicas: 2, args: ["a"] } });
    expect(writer.owners).toEqual({ "new Update": '{"f:spec":{"f:replicas":{}}}' });
  });

  test("[UP22] an updater of two versions has two entries; a change takes from both", () => {
    const versions: Versions = {
      type: () => workloadType,
      convert: (object, to) => ({ ...object, apiVersion: to }),
    };
    const writer = new Writer()
      .update("m", { spec: { replicas: 1, args: ["a"] } }, { apiVersion: "example/v1beta1", versions })
      .update("m", { spec: { replicas: 1, args: ["b"] } }, { versions });
    expect(writer.entries.map(({ apiVersion, fieldsV1 }) => [apiVersion, JSON.stringify(fieldsV1)])).toEqual([
      ["example/v1beta1", '{"f:spec":{"f:replicas":{}}}'],
      ["example/v1", '{"f:spec":{"f:args":{}}}'],
    ]);
  });
});

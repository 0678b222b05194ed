import { beforeAll, describe, expect, it } from "vitest";
import type { Kind } from "../../kinds/kind.ts";
import { registry } from "../../kinds/registry.ts";
import { minimalObjects } from "../builders/minimal-objects.ts";
import { type Answer, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const PROTOBUF = "application/vnd.kubernetes.protobuf";
const TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1";
/** What a request needs besides an object of its own: nothing is made of these as it is. */
const NEEDS_MORE = new Set([
  "certificatesigningrequests.certificates.k8s.io",
  "podcertificaterequests.certificates.k8s.io",
]);

/** The least that a status says, where that is not nothing. */
const STATUS: { readonly [storage: string]: object } = {
  "resourcepoolstatusrequests.resource.k8s.io": { poolCount: 0 },
};
const leastStatus = ({ storage }: Kind): object => STATUS[storage] ?? {};

const kinds = registry
  .all()
  .filter(({ verbs, storage }) => verbs.includes("create") && verbs.includes("get") && !NEEDS_MORE.has(storage));

const apiVersionOf = ({ group, version }: Kind): string => (group ? `${group}/${version}` : version);

function collection({ group, version, plural, namespaced }: Kind): string {
  return `${group ? `/apis/${group}` : "/api"}/${version}${namespaced ? "/namespaces/default" : ""}/${plural}`;
}

function sample(kind: Kind): { metadata: { name: string }; [field: string]: unknown } {
  const own = `${kind.plural}.${kind.group}@${kind.version}`;
  const given = minimalObjects[own] ?? minimalObjects[kind.storage];
  if (!given) throw new Error(`no minimal object for ${kind.storage}`);
  return {
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    ...structuredClone(given),
    metadata: { name: given.metadata?.name ?? "a" },
  };
}

const done = ({ status, text, body }: Answer, code = 200) => {
  expect(`${status} ${status === code ? "" : text}`).toBe(`${code} `);
  return body;
};

/** Deletes, and does what controllers would do for an object that is protected by finalizers. */
async function dispose(kind: Kind, path: string): Promise<void> {
  done(await api.delete(path));
  if (kind.storage === "namespaces") {
    done(await api.replace(`${path}/finalize`, { metadata: { name: path.split("/").at(-1) }, spec: {} }));
  }
  await api.patch(path, { metadata: { finalizers: null } });
}

let api: TestApi;
beforeAll(async () => {
  api = await startApi({ runtimeConfig: "api/all=true" });
  await api.create("/api/v1/namespaces/default/serviceaccounts", serviceAccount("default"));
});

describe.each(kinds.map((kind) => [`${apiVersionOf(kind)} ${kind.kind}`, kind] as const))("%s", (_, kind) => {
  it("LIFE-1 is created, read, replaced, patched, shown and deleted", async () => {
    const list = collection(kind);
    const object = sample(kind);
    const path = `${list}/${object.metadata.name}`;
    const made = done(await api.create(`${list}?fieldManager=creator`, object), 201);
    // A quota is counted as soon as it is there.
    if (kind.storage !== "resourcequotas") expect(done(await api.get(path))).toEqual(made);
    const { metadata: _metadata, apiVersion: _version, kind: _kind, ...content } = object;
    const owns = Object.values(content).some((field) => Object.keys(field as object).length > 0);
    if (owns) expect(made.metadata.managedFields[0]).toMatchObject({ manager: "creator", operation: "Update" });

    const live = done(await api.get(path));
    const again = done(await api.replace(path, live));
    expect(again.metadata.resourceVersion).toBe(live.metadata.resourceVersion);

    const labelled = { ...live, metadata: { ...live.metadata, labels: { put: "1" } } };
    done(await api.replace(path, labelled));
    const { status: conflicting } = await api.replace(path, {
      ...labelled,
      metadata: { ...labelled.metadata, labels: {} },
    });
    expect(conflicting).toBe(409);

    done(await api.patch(path, { metadata: { labels: { merge: "1" } } }));
    done(await api.patch(path, { metadata: { labels: { strategic: "1" } } }, "strategic"));
    done(await api.patch(path, [{ op: "add", path: "/metadata/labels/json", value: "1" }], "json"));
    const applied = { ...object, metadata: { ...object.metadata, labels: { apply: "1" } } };
    const contentType = "application/apply-patch+yaml";
    const last = done(
      await api.request("PATCH", `${path}?fieldManager=applier&force=true`, { body: applied, contentType }),
    );
    expect(Object.keys(last.metadata.labels ?? {})).toEqual(
      expect.arrayContaining(["put", "merge", "strategic", "json", "apply"]),
    );
    expect(last.metadata.managedFields).toContainEqual(
      expect.objectContaining({ manager: "applier", operation: "Apply", apiVersion: apiVersionOf(kind) }),
    );

    const table = done(await api.get(list, { headers: { accept: TABLE } }));
    const cells: unknown[][] = table.rows.map((row: { cells: unknown[] }) => row.cells);
    for (const row of cells) expect(row).toHaveLength(table.columnDefinitions.length);

    await dispose(kind, path);
    expect((await api.get(path)).status).toBe(404);
  });

  it("LIFE-4 dry runs answer alike and leave nothing behind", async () => {
    const list = collection(kind);
    const object = sample(kind);
    const path = `${list}/${object.metadata.name}`;
    const revision = (): number => api.services.env.store.revision();
    const before = revision();
    const wished = done(await api.create(`${list}?dryRun=All`, object), 201);
    expect([revision(), (await api.get(path)).status]).toEqual([before, 404]);
    const made = done(await api.create(list, object), 201);
    const same = ({ metadata: { uid: _uid, resourceVersion: _version, ...metadata }, ...rest }: typeof made) => [
      metadata.name,
      Object.keys(rest),
    ];
    expect(same(wished)).toEqual(same(made));

    const live = done(await api.get(path));
    const stored = revision();
    const labels = { dry: "1" };
    const changed = [
      await api.replace(`${path}?dryRun=All`, { ...live, metadata: { ...live.metadata, labels } }),
      await api.patch(`${path}?dryRun=All`, { metadata: { labels } }),
      await api.patch(`${path}?dryRun=All`, { metadata: { labels } }, "strategic"),
    ];
    for (const answer of changed) expect(done(answer).metadata.labels.dry).toBe("1");
    if ("status" in kind.subresources)
      done(await api.patch(`${path}/status?dryRun=All`, { status: leastStatus(kind) }));
    if ("scale" in kind.subresources) done(await api.patch(`${path}/scale?dryRun=All`, { spec: { replicas: 7 } }));
    done(await api.delete(path, { dryRun: ["All"], propagationPolicy: "Foreground" }));
    if (kind.verbs.includes("deletecollection")) done(await api.request("DELETE", `${list}?dryRun=All`));
    expect(revision()).toBe(stored);
    await dispose(kind, path);
  });

  it("LIFE-2 comes back from protobuf as it was", async () => {
    const list = collection(kind);
    const object = sample(kind);
    const path = `${list}/${object.metadata.name}`;
    done(await api.create(list, object), 201);
    const before = done(await api.get(path));
    const response = await api.raw("GET", path, { headers: { accept: PROTOBUF } });
    if (response.status !== 406) {
      expect(response.status).toBe(200);
      const body = new Uint8Array(await response.arrayBuffer());
      const after = done(await api.replace(path, body, { contentType: PROTOBUF }));
      expect(after).toEqual(before);
    }
    await dispose(kind, path);
  });

  if ("status" in kind.subresources)
    it("LIFE-3 status is written apart from everything else", async () => {
      const list = collection(kind);
      const object = sample(kind);
      const path = `${list}/${object.metadata.name}`;
      done(await api.create(list, object), 201);
      const before = done(await api.get(path));
      const wanted = { ...before, spec: { ...before.spec, kedge: 1 }, metadata: { ...before.metadata } };
      const after = done(await api.replace(`${path}/status?fieldManager=status&fieldValidation=Ignore`, wanted));
      expect(after.spec).toEqual(before.spec);
      expect(after.metadata.generation).toBe(before.metadata.generation);
      const patched = done(await api.patch(`${path}/status`, { spec: null, status: leastStatus(kind) }));
      expect(patched.spec).toEqual(before.spec);
      expect(done(await api.get(`${path}/status`)).metadata.uid).toBe(before.metadata.uid);
      // And the object itself leaves status alone.
      const main = done(await api.patch(path, { status: { conditions: [{ type: "A", status: "True" }] } }));
      expect(main.status ?? {}).toEqual(patched.status ?? {});
      await dispose(kind, path);
    });
});

/** What the API server answers in, and what it refuses: content negotiation over every kind of answer. */
import { beforeEach, describe, expect, it } from "vitest";
import { decodeProtobufBody } from "../../edge-api/http/protobuf/body.ts";
import { registry } from "../../kinds/registry.ts";
import { configMap, startApi, type TestApi } from "./in-process.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const PROTOBUF = "application/vnd.kubernetes.protobuf";

let api: TestApi;
beforeEach(async () => {
  api = await startApi();
});

// biome-ignore lint/suspicious/noExplicitAny: answers of every shape
async function protobuf(path: string, method = "GET", accept = PROTOBUF): Promise<{ code: number; body: any }> {
  const response = await api.raw(method, path, { headers: { accept } });
  expect(response.headers.get("content-type")).toBe(PROTOBUF);
  const bytes = new Uint8Array(await response.arrayBuffer());
  return { code: response.status, body: decodeProtobufBody(bytes, registry) };
}

describe("protobuf", () => {
  it("[CT1] objects, lists, pages and metadata", async () => {
    await api.create(MAPS, configMap("a", { data: { k: "v" } }));
    await api.create(MAPS, configMap("b"));
    expect((await protobuf(`${MAPS}/a`)).body).toMatchObject({ kind: "ConfigMap", data: { k: "v" } });
    const all = (await protobuf(MAPS)).body;
    expect(all).toMatchObject({ kind: "ConfigMapList", apiVersion: "v1" });
    expect(all.items.map((i: { metadata: { name: string } }) => i.metadata.name)).toEqual(
      ["a", "b"].concat(all.items.slice(2).map((i: { metadata: { name: string } }) => i.metadata.name)),
    );
    const page = (await protobuf(`${MAPS}?limit=1`)).body;
    expect(page.items).toHaveLength(1);
    expect(page.metadata.continue).toBeTruthy();
    const meta = (await protobuf(MAPS, "GET", `${PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`)).body;
    expect(meta.kind).toBe("PartialObjectMetadataList");
    expect(meta.items[0]).toEqual({ metadata: expect.objectContaining({ name: "a" }) });
  });

  it("[CT8] a list beyond what is kept is streamed, whole, also from a continue token on", async () => {
    const data = { text: "x".repeat(900_000) };
    for (let i = 0; i < 12; i++) await api.create(MAPS, configMap(`c${String(i).padStart(2, "0")}`, { data }));
    expect((await protobuf(MAPS)).body.items.length).toBeGreaterThanOrEqual(12);
    const token = (await protobuf(`${MAPS}?limit=1`)).body.metadata.continue;
    const rest = (await protobuf(`${MAPS}?continue=${encodeURIComponent(token)}`)).body;
    expect(rest.items.length).toBeGreaterThanOrEqual(11);
    expect(rest.items[0].metadata.name).toBe("c01");
  });

  it("[CT2] errors and discovery", async () => {
    const { code, body } = await protobuf(`${MAPS}/none`);
    expect(code).toBe(404);
    expect(body).toMatchObject({ kind: "Status", reason: "NotFound", code: 404 });
    expect((await protobuf("/apis")).body.groups.length).toBeGreaterThan(10);
  });

  it("[CT3] a table is refused, with fallback it is not", async () => {
    await api.create(MAPS, configMap("a"));
    const table = `${PROTOBUF};as=Table;g=meta.k8s.io;v=v1`;
    const refused = await api.raw("GET", MAPS, { headers: { accept: table } });
    expect(refused.status).toBe(406);
  });

  it("[CT4] watches in frames", async () => {
    await api.create(MAPS, configMap("a"));
    const response = await api.raw("GET", `${MAPS}?watch=1&fieldSelector=metadata.name=a`, {
      headers: { accept: `${PROTOBUF};stream=watch` },
    });
    expect(response.headers.get("content-type")).toBe(`${PROTOBUF};stream=watch`);
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    const bytes = value!;
    expect(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)).toBe(bytes.length - 4);
    const at = Buffer.from(bytes).indexOf("k8s\0");
    expect(decodeProtobufBody(bytes.subarray(at), registry)).toMatchObject({
      kind: "ConfigMap",
      metadata: { name: "a" },
    });
  });
});

describe("refusals", () => {
  it("[CT5] 406 names what is served, as JSON", async () => {
    const { status, body } = await api.get(MAPS, { headers: { accept: "text/html" } });
    expect(status).toBe(406);
    expect(body).toMatchObject({
      reason: "NotAcceptable",
      message: `only the following media types are accepted: application/json, application/yaml, ${PROTOBUF}`,
    });
  });

  it("[CT6] 415 names what may be sent", async () => {
    const { status, body } = await api.create(MAPS, "<a/>", { contentType: "text/xml" });
    expect(status).toBe(415);
    expect(body.message).toBe(
      `the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, ${PROTOBUF}`,
    );
  });

  it("[CT7] a watch cannot be YAML", async () => {
    const { status } = await api.get(`${MAPS}?watch=1`, { headers: { accept: "application/yaml" } });
    expect(status).toBe(406);
  });
});

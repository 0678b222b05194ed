/** Bad input: each gets the status and message kube-apiserver gives, and nothing is written. */
import { beforeAll, describe, expect, it } from "vitest";
import { toProtobuf } from "../../edge-api/http/protobuf/encode.ts";
import { registry } from "../../kinds/registry.ts";
import { configMap, pod, type RequestOptions, serviceAccount, startApi, type TestApi } from "./in-process.ts";

const MAPS = "/api/v1/namespaces/default/configmaps";
const PODS = "/api/v1/namespaces/default/pods";
const ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts";
const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const YAML = "application/yaml";
const PROTOBUF = "application/vnd.kubernetes.protobuf";
const JSON_PATCH = "application/json-patch+json";
const MERGE = "application/merge-patch+json";
const STRATEGIC = "application/strategic-merge-patch+json";
const APPLY = "application/apply-patch+yaml";

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
  await api.create(ACCOUNTS, serviceAccount("default"));
  await api.create(MAPS, configMap("a", { data: { k: "v" } }));
  await api.create(ACCOUNTS, { ...serviceAccount("keyless"), secrets: [{}] });
});

interface Case {
  name: string;
  method: string;
  path: string;
  body?: string | Uint8Array;
  contentType?: string;
  headers?: { [name: string]: string };
  code: number;
  /** Part of it. */
  message: string;
}

const post = (
  name: string,
  body: string | Uint8Array,
  code: number,
  message: string,
  more: Partial<Case> = {},
): Case => ({
  name,
  method: "POST",
  path: MAPS,
  body,
  code,
  message,
  ...more,
});
const patch = (
  name: string,
  contentType: string,
  body: string,
  code: number,
  message: string,
  more: Partial<Case> = {},
): Case => ({
  name,
  method: "PATCH",
  path: `${MAPS}/a`,
  contentType,
  body,
  code,
  message,
  ...more,
});
const get = (name: string, path: string, code: number, message: string, more: Partial<Case> = {}): Case => ({
  name,
  method: "GET",
  path,
  code,
  message,
  ...more,
});

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
const token = (value: unknown): string => btoa(JSON.stringify(value)).replace(/=+$/, "");
const protobuf = (): Uint8Array => toProtobuf(configMap("p", { data: { k: "v" } }), registry);

const CASES: Case[] = [
  // Bodies.
  post(
    "[BI1] JSON that ends too soon",
    '{"metadata":',
    400,
    `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input ({"metadata":)`,
  ),
  post(
    "[BI2] JSON with something else in it",
    '{"metadata":}',
    400,
    "invalid character '}' looking for beginning of value",
  ),
  post(
    "[BI3] nothing",
    "",
    400,
    "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)",
  ),
  post("[BI4] JSON nested without end", nested(20_000), 400, "exceeded max depth"),
  post("[BI5] YAML nested without end", `${"[".repeat(5_000)}`, 400, "exceeded max depth", { contentType: YAML }),
  post(
    "[BI6] a list",
    "[]",
    400,
    "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: " +
      'json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; ' +
      'Kind string "json:\\"kind,omitempty\\"" } (5b5d)',
  ),
  post("[BI6] null, an object without fields", "null", 422, "metadata.name: Required value"),
  post("[BI6] comments alone", "# none\n", 422, "metadata.name: Required value", { contentType: YAML }),
  post("[BI7] a wrong type", '{"metadata":{"name":5}}', 400, "json: cannot unmarshal number into Go struct field"),
  post(
    "[BI8] a kind that is no text",
    '{"kind":{}}',
    400,
    "couldn't get version/kind; json parse error: json: cannot unmarshal object into Go struct field .kind of type string",
  ),
  post(
    "[BI9] an unknown field, strictly",
    '{"metadata":{"name":"x"},"nope":1}',
    400,
    'strict decoding error: unknown field "nope"',
    { path: `${MAPS}?fieldValidation=Strict` },
  ),
  post(
    "[BI10] a field twice, strictly",
    '{"metadata":{"name":"x"},"data":{"k":"1","k":"2"}}',
    400,
    'strict decoding error: duplicate field "data.k"',
    { path: `${MAPS}?fieldValidation=Strict` },
  ),
  post(
    "[BI86] unknown fields and fields given twice, in the order in which they are read",
    '{"metadata":{"name":"w","name":"x","nope":1},"more":2,"data":{"k":"1","k":"2"},"last":{"last":1},"last":3}',
    400,
    'strict decoding error: duplicate field "metadata.name", unknown field "metadata.nope", unknown field "more", duplicate field "data.k", unknown field "last"',
    { path: `${MAPS}?fieldValidation=Strict` },
  ),
  post(
    "[BI11] bad base64",
    '{"metadata":{"name":"x"},"binaryData":{"k":"b!"}}',
    400,
    "illegal base64 data at input byte 1",
  ),
  post(
    "[BI12] a number that is too large",
    '{"metadata":{"name":"x"},"spec":{"replicas":99999999999999999999}}',
    400,
    "cannot unmarshal number",
    { path: DEPLOYMENTS },
  ),
  post(
    "[BI13] __proto__ as a name",
    '{"metadata":{"name":"__proto__"}}',
    422,
    'metadata.name: Invalid value: "__proto__"',
  ),
  post(
    "[BI14] __proto__ as a field, strictly",
    '{"metadata":{"name":"x"},"__proto__":{"polluted":1}}',
    400,
    'unknown field "__proto__"',
    { path: `${MAPS}?fieldValidation=Strict` },
  ),
  post(
    "[BI15] a name that is too long",
    `{"metadata":{"name":"${"a".repeat(254)}"}}`,
    422,
    "must be no more than 253 ",
  ),
  post(
    "[BI16] too many annotations",
    JSON.stringify(configMap("x", { metadata: { name: "x", annotations: { a: "a".repeat(262_144) } } })),
    422,
    "metadata.annotations: Too long: may not be more than 262144 bytes",
  ),
  post("[BI17] a media type nobody knows", "x", 415, "the body of the request was in an unknown format", {
    contentType: "text/html",
  }),
  post("[BI18] YAML that is none", `a: [${"b".repeat(40)}`, 400, `(613a205b${"62".repeat(26)} ...)`, {
    contentType: YAML,
  }),
  post(
    "[BI19] a bomb of YAML aliases",
    `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh".replace(/./g, (letter, i) => `${letter}: &${letter} [${`*${"abcdefg"[i]},`.repeat(9)}]\n`)}`,
    400,
    "yaml",
    { contentType: YAML },
  ),
  post("[BI20] a map as a key of YAML", "{a: 1}: x\n", 400, "yaml: invalid map key", { contentType: YAML }),
  post("[BI21] protobuf cut off", protobuf().subarray(0, 20), 400, "", { contentType: PROTOBUF }),
  post("[BI22] protobuf that is none", "k8s\0\xff\xff\xff\xff", 400, "", { contentType: PROTOBUF }),
  post("[BI23] a body that is packed", "\x1f\x8b\x08", 400, "invalid character", {
    headers: { "content-encoding": "gzip" },
  }),
  post(
    "[BI24] more than 3 MiB",
    `{"data":{"k":"${"x".repeat(3_145_728)}"}}`,
    413,
    "Request entity too large: limit is 3145728",
  ),
  post(
    "[BI25] an object larger than 1.5 MiB",
    JSON.stringify(
      configMap("big", {
        spec: {},
        metadata: {
          name: "big",
          finalizers: Array.from({ length: 30_000 }, (_, i) => `example.com/${"f".repeat(40)}-${i}`),
        },
      }),
    ),
    500,
    "etcdserver: request is too large",
  ),
  post(
    "[BI26] a form in which the answer cannot be shown",
    '{"metadata":{"name":"x"}}',
    406,
    "but the requested object is not a list",
    { headers: { accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io" } },
  ),
  post("[BI27] rows that cannot be shown", '{"metadata":{"name":"x"}}', 400, "unrecognized includeObject value", {
    path: `${MAPS}?includeObject=All`,
    headers: { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
  }),

  post(
    "[BI28] a volume without name",
    JSON.stringify(pod("x", { volumes: [{ emptyDir: {} }] })),
    422,
    "spec.volumes[0].name: Required value",
    { path: PODS },
  ),
  post(
    "[BI29] __proto__ as a resource",
    '{"metadata":{"name":"x"},"spec":{"containers":[{"name":"c","image":"i","resources":{"requests":{"__proto__":"1"},"limits":{}}}]}}',
    422,
    'spec.containers[0].resources.requests[__proto__]: Invalid value: "__proto__"',
    { path: PODS },
  ),

  // Patches.
  patch(
    "[BI30] a JSON patch that is none",
    JSON_PATCH,
    "{}",
    400,
    "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp",
  ),
  patch(
    "[BI46] a JSON patch whose operation is no text",
    JSON_PATCH,
    '[{"op":5,"path":"/data"}]',
    400,
    "error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string",
  ),
  patch(
    "[BI47] a JSON patch that is no JSON",
    JSON_PATCH,
    "[",
    400,
    "error decoding patch: unexpected end of JSON input",
  ),
  patch(
    "[BI48] a JSON patch that nobody checks",
    JSON_PATCH,
    "{}",
    400,
    "json: cannot unmarshal object into Go value of type jsonpatch.Patch",
    { path: `${MAPS}/a?fieldValidation=Ignore` },
  ),
  patch(
    "[BI49] unknown fields of an operation, strictly",
    JSON_PATCH,
    '[{"op":"add","path":"/data/x","value":"y","more":1}]',
    422,
    'strict decoding error: json patch unknown field "[0].more"',
    { path: `${MAPS}/a?fieldValidation=Strict` },
  ),
  ...(["merge", "strategic"] as const).map((type) =>
    patch(
      `[BI73] a ${type} patch to a wrong type`,
      type === "merge" ? MERGE : STRATEGIC,
      '{"data":[5]}',
      422,
      "json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string",
    ),
  ),
  patch(
    "[BI74] a strategic patch with an unknown field, strictly",
    STRATEGIC,
    '{"metadata":{"x":["y",{"b":true,"a":null}]}}',
    422,
    ` "" is invalid: patch: Invalid value: "map[metadata:map[x:[y map[a:<nil> b:true]]]]": strict decoding error: unknown field "metadata.x"`,
    { path: `${MAPS}/a?fieldValidation=Strict` },
  ),
  patch(
    "[BI75] a merge patch with a field twice, strictly",
    MERGE,
    '{"data":{"k":"1","k":"2"}}',
    422,
    'strict decoding error: duplicate field "data.k"',
    { path: `${MAPS}/a?fieldValidation=Strict` },
  ),
  patch(
    "[BI76] a merge patch to another kind",
    MERGE,
    '{"kind":"Pot"}',
    422,
    'no kind "Pot" is registered for version "v1" in scheme "pkg/api/legacyscheme/scheme.go:30"',
  ),
  patch(
    "[BI77] a configuration that is no YAML",
    APPLY,
    "a: [",
    400,
    "error decoding YAML: error converting YAML to JSON: yaml: ",
    { path: `${MAPS}/a?fieldManager=me` },
  ),
  patch(
    "[BI31] a path that is not there",
    JSON_PATCH,
    '[{"op":"remove","path":"/data/nope"}]',
    422,
    "the server rejected our request due to an error in our request",
  ),
  patch(
    "[BI32] a test that fails",
    JSON_PATCH,
    '[{"op":"test","path":"/data/k","value":"w"}]',
    422,
    "the server rejected our request due to an error in our request",
  ),
  patch(
    "[BI33] too many operations",
    JSON_PATCH,
    JSON.stringify(Array.from({ length: 10_001 }, () => ({ op: "test", path: "/data/k", value: "v" }))),
    413,
    "The allowed maximum operations in a JSON patch is 10000, got 10001",
  ),
  patch(
    "[BI34] copies that double",
    JSON_PATCH,
    JSON.stringify([
      { op: "add", path: "/data/k", value: "x".repeat(1000) },
      ...Array.from({ length: 30 }, (_, i) => ({ op: "copy", from: "/data", path: `/data/k${i}` })),
    ]),
    422,
    "the server rejected our request",
  ),
  patch(
    "[BI35] copies into themselves",
    JSON_PATCH,
    JSON.stringify(
      Array.from({ length: 1_100 }, (_, i) => ({ op: "copy", from: "/data", path: `/data${"/x".repeat(i + 1)}` })),
    ),
    422,
    "the server rejected our request",
  ),
  patch(
    "[BI36] a merge patch that is a list",
    MERGE,
    "[]",
    400,
    "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}",
  ),
  patch("[BI37] nesting that ends a stack", MERGE, nested(9_000), 400, "exceeded max depth"),
  patch("[BI38] a directive nobody knows", STRATEGIC, '{"$patch":{"a":1}}', 400, "unknown patch type: map in map"),
  patch(
    "[BI39] the whole object deleted by a directive",
    STRATEGIC,
    '{"$patch":"delete"}',
    400,
    "the name of the object (a based on URL) was undeterminable: name must be provided",
  ),
  patch(
    "[BI40] a configuration without manager",
    APPLY,
    '{"apiVersion":"v1","kind":"ConfigMap"}',
    422,
    "fieldManager: Required value: is required for apply patch",
  ),
  patch(
    "[BI41] a configuration of another kind",
    APPLY,
    '{"apiVersion":"v1","kind":{"a":1}}',
    400,
    "invalid object type: /v1, Kind=",
    { path: `${MAPS}/a?fieldManager=me` },
  ),
  patch(
    "[BI42] a configuration with unknown fields",
    APPLY,
    '{"apiVersion":"v1","kind":"ConfigMap","nope":1}',
    500,
    ".nope: field not declared in schema",
    { path: `${MAPS}/a?fieldManager=me` },
  ),
  patch(
    "[BI43] onto an object whose elements cannot be told apart",
    APPLY,
    '{"apiVersion":"v1","kind":"ServiceAccount","secrets":[{"name":"a"}]}',
    500,
    'failed to create typed live object (default/keyless; /v1, Kind=ServiceAccount): .secrets: element 0: associative list with keys has an element that omits key field "name"',
    { path: `${ACCOUNTS}/keyless?fieldManager=me` },
  ),
  patch(
    "[BI44] another name",
    MERGE,
    '{"metadata":{"name":"b"}}',
    400,
    "the name of the object (b) does not match the name on the URL (a)",
  ),
  patch(
    "[BI45] a media type that is no patch",
    "application/json",
    "{}",
    415,
    "the body of the request was in an unknown format - accepted media types include: application/json-patch+json",
  ),

  // Queries.
  patch(
    "[BI84] a configuration that is a list",
    APPLY,
    "[1]",
    400,
    "cannot unmarshal array into Go value of type map",
    {
      path: `${MAPS}/a?fieldManager=me`,
    },
  ),
  patch("[BI85] a configuration of nothing", APPLY, "", 400, "invalid object type: /, Kind=", {
    path: `${MAPS}/a?fieldManager=me`,
  }),
  get(
    "[BI83] a name that is none",
    `${MAPS}/a%2Fb%25`,
    400,
    `Name parameter invalid: "a/b%": may not contain '/';may not contain '%'`,
  ),
  get("[BI50] a label selector", `${MAPS}?labelSelector=a%20in%20(`, 400, "unable to parse requirement"),
  get("[BI51] a field selector", `${MAPS}?fieldSelector=a`, 400, "invalid selector: 'a'; can't understand 'a'"),
  get("[BI52] a field nobody selects by", `${PODS}?fieldSelector=spec.nope%3D1`, 400, "field label not supported"),
  get(
    "[BI53] a token that is no base64",
    `${MAPS}?continue=%25%25`,
    400,
    "invalid continue token: continue key is not valid: illegal base64 data at input byte 0",
  ),
  get(
    "[BI54] a token that is no JSON",
    `${MAPS}?continue=${btoa("x").replace(/=+$/, "")}`,
    400,
    "invalid continue token: continue key is not valid: invalid character 'x' looking for beginning of value",
  ),
  get(
    "[BI55] a token of another version",
    `${MAPS}?continue=${token({ v: "v9" })}`,
    400,
    'server does not recognize this encoded version "v9"',
  ),
  get(
    "[BI56] a token without revision",
    `${MAPS}?continue=${token({ v: "meta.k8s.io/v1" })}`,
    400,
    "incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
  ),
  get(
    "[BI57] a token without key",
    `${MAPS}?continue=${token({ v: "meta.k8s.io/v1", rv: 1 })}`,
    400,
    "encoded start key empty (version meta.k8s.io/v1)",
  ),
  get(
    "[BI58] a token out of its place",
    `${MAPS}?continue=${token({ v: "meta.k8s.io/v1", rv: 1, start: "../../x\0" })}`,
    400,
    "continue key is not valid",
  ),
  get("[BI59] a resourceVersion that is none", `${MAPS}?resourceVersion=x`, 400, ""),
  get(
    "[BI60] a revision yet to come",
    `${MAPS}?resourceVersion=999999&resourceVersionMatch=Exact`,
    504,
    "Too large resource version: 999999, current: ",
  ),
  get("[BI61] a limit that is none", `${MAPS}?limit=1e3`, 400, "strconv.ParseInt"),
  get(
    "[BI62] a timeout that is none",
    `${MAPS}?timeout=abc`,
    400,
    'invalid timeout specified in the request URL - time: invalid duration "abc"',
  ),
  get("[BI63] a timeout without unit", `${MAPS}?timeout=30`, 400, 'time: missing unit in duration "30"'),
  get("[BI64] a timeout of an unknown unit", `${MAPS}?timeout=3x`, 400, 'time: unknown unit "x" in duration "3x"'),
  get("[BI65] a URI that is no UTF-8", `${MAPS}/%ff`, 400, "the request URI is not percent-encoded UTF-8"),
  get("[BI66] a URI without end", `${MAPS}?labelSelector=${"a".repeat(70_000)}`, 414, "the request URI is too long"),
  get(
    "[BI67] parameters without end",
    `${MAPS}?${"a=1&".repeat(9_000)}`,
    400,
    "a request has at most 8192 query parameters",
  ),
  get(
    "[BI78] a selector without end",
    `${MAPS}?labelSelector=${Array.from({ length: 1_025 }, (_, i) => `!label-that-is-not-there-${i}`).join(",")}`,
    400,
    "a labelSelector has at most 1024 requirements",
  ),
  get("[BI68] a form nobody serves", MAPS, 406, "only the following media types are accepted", {
    headers: { accept: "text/html" },
  }),

  // Deletions.
  {
    name: "[BI70] preconditions that are none",
    method: "DELETE",
    path: `${MAPS}/a`,
    body: '{"preconditions":1e300}',
    code: 400,
    message: "json: cannot unmarshal number into Go struct field DeleteOptions.preconditions of type v1.Preconditions",
  },
  {
    name: "[BI71] a policy that is none",
    method: "DELETE",
    path: `${MAPS}/a`,
    body: '{"propagationPolicy":{}}',
    code: 400,
    message: "json: cannot unmarshal object into Go struct field DeleteOptions.propagationPolicy of type string",
  },
  {
    name: "[BI72] a policy nobody knows",
    method: "DELETE",
    path: `${MAPS}/a?propagationPolicy=Some`,
    code: 422,
    message: 'propagationPolicy: Unsupported value: "Some"',
  },
];

it("[BI78] a strategic patch does not say what it is for", async () => {
  const answer = await api.patch(`${MAPS}/a`, { apiVersion: "v9", kind: "Pot", data: { k: "v" } }, "strategic");
  expect(answer.body).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
});

it("[BI79] what is unknown and twice is only unknown", async () => {
  const answer = await api.create(`${MAPS}?dryRun=All`, '{"metadata":{"name":"x"},"nope":1,"nope":2}');
  expect(answer.headers.get("warning")).toBe('299 - "unknown field \\"nope\\""');
});

describe("bad input", () => {
  it.each(CASES)("$name", async ({ method, path, body, contentType, headers, code, message }) => {
    const { store } = api.services.env;
    const before = store.revision();
    const options: RequestOptions = {
      ...(headers && { headers }),
      ...(body !== undefined && { body, contentType: contentType ?? "application/json" }),
    };
    const answer = await api.request(method, path, options);
    expect(`${answer.status} ${answer.body?.message}`).toContain(`${code} `);
    expect(answer.body).toMatchObject({ kind: "Status", apiVersion: "v1", status: "Failure", code });
    expect(answer.body.message).toContain(message);
    expect(store.revision()).toBe(before);
    expect(api.errors).toEqual([]);
  });

  it("[BI80] half a character is read as what Go reads, and stored as it is answered", async () => {
    const { status, body } = await api.create(MAPS, '{"metadata":{"name":"half"},"data":{"k":"a\\ud83d"}}');
    expect([status, body.data.k]).toEqual([201, "a\ufffd"]);
    expect((await api.get(`${MAPS}/half`)).body.data.k).toBe("a\ufffd");
  });

  it("[BI81] invalid UTF-8 is read as what Go reads", async () => {
    const text = new TextEncoder().encode('{"metadata":{"name":"utf"},"data":{"k":"?"}}');
    text[text.lastIndexOf(63)] = 0xff;
    expect((await api.request("POST", MAPS, { body: text })).body.data.k).toBe("\ufffd");
  });

  it("[BI82] ten thousand bad labels are not all told", async () => {
    const labels = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, "!"]));
    const { status, text } = await api.create(MAPS, configMap("x", { metadata: { name: "x", labels } }));
    expect(status).toBe(422);
    expect(text.length).toBeLessThan(1024 * 1024);
    expect(text).toMatch(/and \d+ more errors/);
  });
});

describe("limits", () => {
  it("[LM1] a body that does not come is waited for a minute: 504", async () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"metadata":')),
    });
    const answer = api.raw("POST", MAPS, { body });
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    api.advance(60_000);
    api.fire();
    const response = await answer;
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({
      reason: "Timeout",
      message: "Timeout: request did not complete within the allotted timeout",
    });
    // Nothing keeps an idle server awake.
    await api.create(MAPS, configMap("after"));
    expect(api.fire()).toBe(0);
  });

  it("[LM2] a user's watches are counted, and too many refused", async () => {
    const { hub } = api.services;
    const before = hub.countOf("admin");
    const response = await api.raw("GET", `${MAPS}?watch=true`);
    expect(hub.countOf("admin")).toBe(before + 1);
    const counted = hub.countOf;
    hub.countOf = () => 5_000;
    const refused = await api.get(`${MAPS}?watch=true`);
    hub.countOf = counted;
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("10");
    expect(refused.body).toMatchObject({ reason: "TooManyRequests" });
    await response.body!.cancel();
    expect(hub.countOf("admin")).toBe(before);
  });

  it("[LM3] a watch whose client reads nothing costs no more than its buffer, and is ended after a minute", async () => {
    const response = await api.raw("GET", `${MAPS}?watch=true`);
    const { hub } = api.services;
    const open = hub.countOf("admin");
    for (let i = 0; i < 20; i++) await api.patch(`${MAPS}/a`, { data: { k: `${i}${"x".repeat(50_000)}` } });
    api.advance(61_000);
    hub.tick();
    expect(hub.countOf("admin")).toBe(open - 1);
    const text = await response.text();
    expect(text.length).toBeLessThan(400_000);
  });

  it("[LM4] a watch that shall last less than nothing is over at once", async () => {
    const response = await api.raw("GET", `${MAPS}?watch=true&timeoutSeconds=-1`);
    api.services.hub.tick();
    expect(response.status).toBe(200);
    await response.text();
  });

  it("[LM5] warnings are cut where they are too long altogether, and no more than fit are given", async () => {
    const warned = async (count: number, length: number): Promise<string[]> => {
      const data = Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}`.padStart(length, "x"), 1]));
      const body = { metadata: { name: `warned-${count}` }, ...data };
      const { headers } = await api.create(`${MAPS}?fieldValidation=Warn`, body);
      return headers.get("warning")!.split(/, (?=299 )/);
    };
    const few = await warned(3, 300);
    expect([few.length, few[0]!.length]).toEqual([3, '299 - ""'.length + 'unknown field \\"\\"'.length + 300]);
    const many = await warned(20, 300);
    expect(many).toHaveLength(16);
    expect(many[0]).toMatch(/^299 - "unknown field \\"x{241}"$/);
  });
});

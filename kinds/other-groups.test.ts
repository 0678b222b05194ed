import { describe, expect, it } from "vitest";
import type { MutatingWebhook, MutatingWebhookConfiguration } from "./admissionregistration/v1-types.ts";
import { mutatingWebhookConfiguration } from "./admissionregistration/webhooks.ts";
import { customResourceDefinition } from "./apiextensions/custom-resource-definition.ts";
import type { CustomResourceDefinition } from "./apiextensions/v1-types.ts";
import { apiService } from "./apiregistration/api-service.ts";
import type { APIService } from "./apiregistration/v1-types.ts";
import { certificateSigningRequest } from "./certificates/certificate-signing-request.ts";
import type { CertificateSigningRequest } from "./certificates/v1-types.ts";
import { lease } from "./coordination/lease.ts";
import { event } from "./core/event.ts";
import { node } from "./core/node.ts";
import type { Event, Node } from "./core/v1-types.ts";
import { endpointSlice } from "./discovery/endpoint-slice.ts";
import { eventFromCore, eventToCore } from "./events/event.ts";
import { flowSchema } from "./flowcontrol/flow-schema.ts";
import { priorityLevelConfiguration } from "./flowcontrol/priority-level-configuration.ts";
import type { StorageVersionMigration } from "./generated/api/storagemigration-v1beta1.ts";
import { created, createErrors } from "./judge.ts";
import { storageVersionMigration } from "./storagemigration/storage-version-migration.ts";

const NOW_MS = Date.parse("2026-01-01T00:05:00Z");
const metadata = { name: "a", namespace: "default", creationTimestamp: "2026-01-01T00:00:00Z" };

describe("webhooks", () => {
  const good: MutatingWebhook = {
    name: "hook.example.com",
    clientConfig: { service: { name: "hook", namespace: "default", path: "/mutate" } },
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
    rules: [{ operations: ["CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }],
  };
  const make = (hook: Partial<MutatingWebhook>): MutatingWebhookConfiguration => ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata,
    webhooks: [{ ...good, ...hook }],
  });

  it("HOOK-1 defaults", () => {
    expect(created(mutatingWebhookConfiguration, make({})).webhooks?.[0]).toMatchObject({
      failurePolicy: "Fail",
      matchPolicy: "Equivalent",
      reinvocationPolicy: "Never",
      timeoutSeconds: 10,
      namespaceSelector: {},
      objectSelector: {},
      clientConfig: { service: { port: 443 } },
      rules: [{ scope: "*" }],
    });
    expect(createErrors(mutatingWebhookConfiguration, make({}))).toEqual([]);
  });

  const bad: [name: string, hook: Partial<MutatingWebhook>, errors: string[]][] = [
    [
      "a short name",
      { name: "hook" },
      ['webhooks[0].name: Invalid value: "hook": should be a domain with at least three segments separated by dots'],
    ],
    [
      "side effects",
      { sideEffects: "Some" },
      ['webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"'],
    ],
    [
      "no way to it",
      { clientConfig: {} },
      ["webhooks[0].clientConfig: Required value: exactly one of url or service is required"],
    ],
    [
      "plain text",
      { clientConfig: { url: "http://example.com/x" } },
      [
        "webhooks[0].clientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme; desired format: https://host[/path]",
      ],
    ],
    [
      "all and some",
      { rules: [{ operations: ["*", "CREATE"], apiGroups: [""], apiVersions: ["v1"], resources: ["pods"] }] },
      [
        `webhooks[0].rules[0].operations: Invalid value: ["*","CREATE"]: if '*' is present, must not specify other operations`,
      ],
    ],
    [
      "a minute",
      { timeoutSeconds: 60 },
      ["webhooks[0].timeoutSeconds: Invalid value: 60: the timeout value must be between 1 and 30 seconds"],
    ],
  ];
  it.each(bad)("HOOK-2 %s", (_, hook, errors) => {
    expect(createErrors(mutatingWebhookConfiguration, make(hook))).toEqual(errors);
  });
});

describe("CustomResourceDefinition", () => {
  const make = (): CustomResourceDefinition => ({
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { ...metadata, name: "things.example.com" },
    spec: {
      group: "example.com",
      scope: "Namespaced",
      names: { plural: "things", kind: "Thing" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    },
  });

  it("CRD-1 names follow from the kind, and the stored version is noted", () => {
    expect(created(customResourceDefinition, make())).toMatchObject({
      spec: { names: { singular: "thing", listKind: "ThingList" }, conversion: { strategy: "None" } },
      status: { storedVersions: ["v1"] },
    });
    expect(createErrors(customResourceDefinition, make())).toEqual([]);
  });

  it("CRD-2 is named after plural and group", () => {
    const wrong = make();
    wrong.metadata.name = "things";
    expect(createErrors(customResourceDefinition, wrong)).toEqual([
      'metadata.name: Invalid value: "things": must be spec.names.plural+"."+spec.group',
    ]);
  });
});

describe("CertificateSigningRequest", () => {
  // openssl req -new -subj "/O=system:masters/CN=admin"
  const der =
    "MIHlMIGLAgEAMCkxFzAVBgNVBAoMDnN5c3RlbTptYXN0ZXJzMQ4wDAYDVQQDDAVhZG1pbjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGSYyNZotZWYVFX3+rSOyAIygDixH/Rq5PUqEylcoBKy/T6i6EIMjeDRPslGRsdOreLXCes3dEfmi0rP7q7ub7OgADAKBggqhkjOPQQDAgNJADBGAiEA8XjdleLgdu15QEN4y3vMfb+HxiOdyPppGkKLzf6apPkCIQCFn/RY32xAjntN6SxcKvkFUlsMP6ZeeU7xRaWrJFu5cg==";
  const pemOf = (text: string): string =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${text}\n-----END CERTIFICATE REQUEST-----\n`;
  const pem = pemOf(der);
  const make = (): CertificateSigningRequest => ({
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata,
    spec: { request: btoa(pem), signerName: "kubernetes.io/kube-apiserver-client", usages: ["client auth"] },
  });

  it("CSR-1 wants a request, usages and a signer", () => {
    expect(createErrors(certificateSigningRequest, make())).toEqual([]);
    const bare = { ...make(), spec: { request: "", signerName: "me" } };
    expect(createErrors(certificateSigningRequest, bare)).toEqual([
      'spec.request: Invalid value: "": PEM block type must be CERTIFICATE REQUEST',
      "spec.usages: Required value",
      `spec.signerName: Invalid value: "me": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
    ]);
  });

  it("CSR-3 wants what is a request all through", () => {
    const cut = { ...make(), spec: { ...make().spec, request: btoa(pemOf(der.slice(0, 80))) } };
    expect(createErrors(certificateSigningRequest, cut)).toEqual([
      expect.stringMatching(/^spec.request: .*truncated$/),
    ]);
  });

  it("CSR-4 a signer leaves the decision as it is", () => {
    const prev = { ...make(), status: { conditions: [{ type: "Approved", status: "True", reason: "a" }] } };
    const conditions = [
      { type: "Failed", status: "True" },
      { type: "Approved", status: "True", reason: "b" },
    ];
    const next = certificateSigningRequest.subresources?.status?.prepareForUpdate?.(
      { ...prev, status: { conditions } },
      prev,
    );
    expect(next?.status?.conditions?.map(({ reason }) => reason)).toEqual([undefined, "a"]);
  });

  it("CSR-2 only approval approves", () => {
    const prev = created(certificateSigningRequest, make());
    const approved = { ...prev, status: { conditions: [{ type: "Approved", status: "True" }] } };
    const { approval, status } = certificateSigningRequest.subresources ?? {};
    expect(approval?.validateUpdate?.(approved, prev)).toEqual([]);
    expect(status?.validateUpdate?.(approved, prev).map((error) => error.message)).toEqual([
      'Forbidden: updates may not add a condition of type "Approved"',
    ]);
    expect(certificateSigningRequest.row?.(approved, NOW_MS)).toEqual([
      "a",
      "5m",
      "kubernetes.io/kube-apiserver-client",
      "",
      "<none>",
      "Approved",
    ]);
  });
});

describe("rows of other kinds", () => {
  it("OTHER-1 API services", () => {
    const object = {
      apiVersion: "apiregistration.k8s.io/v1",
      kind: "APIService",
      metadata: { ...metadata, name: "v1.apps" },
      spec: { group: "apps", version: "v1", groupPriorityMinimum: 17_800, versionPriority: 15 },
    };
    expect(createErrors(apiService, object)).toEqual([]);
    expect(apiService.row?.(created(apiService, object), NOW_MS)).toEqual(["v1.apps", "Local", "True", "5m"]);
  });

  it.each<[string, Partial<APIService["spec"]>, string[]]>([
    [
      "no group",
      { group: "", version: "v2" },
      ["spec.group: Required value: only v1 may have an empty group and it better be legacy kube"],
    ],
    [
      "no version",
      { version: "" },
      [
        expect.stringMatching(
          /^spec.version: Invalid value: "": a DNS-1035 label must consist of/,
        ) as unknown as string,
      ],
    ],
  ])("OTHER-6 API services: %s", (_, change, errors) => {
    const spec = { group: "apps", version: "v1", groupPriorityMinimum: 1, versionPriority: 1, ...change };
    const name = `${spec.version}.${spec.group}`;
    const object = { apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", metadata: { name }, spec };
    expect(createErrors(apiService, object)).toEqual(errors);
  });

  it("OTHER-7 migrations of storage versions end once", () => {
    const make = (...types: string[]): StorageVersionMigration => ({
      apiVersion: "storagemigration.k8s.io/v1beta1",
      kind: "StorageVersionMigration",
      metadata,
      spec: { resource: { group: "apps", resource: "deployments" } },
      status: {
        resourceVersion: "5",
        conditions: types.map((type) => ({
          type,
          status: "True",
          reason: "R",
          message: "",
          lastTransitionTime: "2026-01-01T00:00:00Z",
        })),
      },
    });
    const judge = (next: StorageVersionMigration, prev: StorageVersionMigration): string[] =>
      storageVersionMigration.subresources?.status?.validateUpdate?.(next, prev).map(({ field }) => field) ?? [];
    expect(createErrors(storageVersionMigration, make())).toEqual([]);
    expect(judge(make("Succeeded"), make("Running"))).toEqual([]);
    expect(judge(make("Succeeded", "Failed"), make())).toEqual(["status.conditions"]);
    expect(judge(make(), make("Failed"))).toEqual(["status.conditions"]);
    expect(judge({ ...make(), status: { resourceVersion: "6" } }, make())).toEqual(["status.resourceVersion"]);
  });

  it("OTHER-2 priority levels", () => {
    const object = {
      apiVersion: "flowcontrol.apiserver.k8s.io/v1",
      kind: "PriorityLevelConfiguration",
      metadata,
      spec: { type: "Limited", limited: { limitResponse: { type: "Queue", queuing: {} } } },
    };
    expect(createErrors(priorityLevelConfiguration, object)).toEqual([]);
    expect(priorityLevelConfiguration.row?.(created(priorityLevelConfiguration, object), NOW_MS)).toEqual([
      "a",
      "Limited",
      "30",
      "64",
      "8",
      "50",
      "5m",
    ]);
  });

  it("OTHER-2 flow schemas", () => {
    const subject = {
      kind: "User",
      user: { name: "u" },
      group: { name: "g" },
      serviceAccount: { name: "s", namespace: "n" },
    };
    const account = { kind: "ServiceAccount", serviceAccount: { name: "*", namespace: "A" } };
    const object = {
      apiVersion: "flowcontrol.apiserver.k8s.io/v1",
      kind: "FlowSchema",
      metadata,
      spec: {
        priorityLevelConfiguration: { name: "p" },
        rules: [
          { subjects: [subject, account], nonResourceRules: [{ verbs: ["get", "post"], nonResourceURLs: ["/a*"] }] },
        ],
      },
    };
    expect(createErrors(flowSchema, object).map((line) => line.split(": ", 2))).toEqual([
      ["spec.rules[0].subjects[0].serviceAccount", "Forbidden"],
      ["spec.rules[0].subjects[0].group", "Forbidden"],
      ["spec.rules[0].subjects[1].serviceAccount.namespace", "Invalid value"],
      ["spec.rules[0].nonResourceRules[0].verbs", "Unsupported value"],
      ["spec.rules[0].nonResourceRules[0].nonResourceURLs[0]", "Invalid value"],
    ]);
  });

  it("OTHER-3 leases", () => {
    const object = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec: { holderIdentity: "n" } };
    expect(lease.row?.(object, NOW_MS)).toEqual(["a", "n", "5m"]);
  });

  it("OTHER-4 nodes", () => {
    const object: Node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: { ...metadata, labels: { "node-role.kubernetes.io/control-plane": "" } },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: "Ready", status: "True" }],
        addresses: [{ type: "InternalIP", address: "10.0.0.1" }],
      } as NonNullable<Node["status"]>,
    };
    expect(node.row?.(object, NOW_MS)).toEqual([
      "a",
      "Ready,SchedulingDisabled",
      "control-plane",
      "5m",
      "",
      "10.0.0.1",
      "<none>",
      "<unknown>",
      "<unknown>",
      "<unknown>",
    ]);
  });

  it("OTHER-5 endpoint slices", () => {
    const object = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata,
      addressType: "IPv4" as const,
      ports: [{ port: 80 }],
      endpoints: ["1", "2", "3", "4"].map((n) => ({ addresses: [`10.0.0.${n}`] })),
    };
    expect(endpointSlice.row?.(object, NOW_MS)).toEqual([
      "a",
      "IPv4",
      "80",
      "10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...",
      "5m",
    ]);
  });
});

describe("events of both groups", () => {
  const core: Event = {
    apiVersion: "v1",
    kind: "Event",
    metadata,
    involvedObject: { kind: "Pod", name: "web", namespace: "default" },
    reason: "Started",
    message: "Started container",
    type: "Normal",
    source: { component: "kubelet", host: "node-1" },
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-01T00:04:00Z",
    count: 3,
    reportingComponent: "kubelet",
    reportingInstance: "node-1",
  };

  it("EVENT-1 are one object under two names", () => {
    const newer = eventFromCore(core);
    expect(newer).toMatchObject({
      apiVersion: "events.k8s.io/v1",
      regarding: core.involvedObject,
      note: "Started container",
      deprecatedCount: 3,
      reportingController: "kubelet",
    });
    expect(newer).not.toHaveProperty("involvedObject");
    expect(eventToCore(newer)).toEqual(core);
  });

  it("EVENT-2 row", () => {
    expect(event.row?.(core, NOW_MS)).toEqual([
      "60s",
      "Normal",
      "Started",
      "pod/web",
      "",
      "kubelet, node-1",
      "Started container",
      "5m",
      3,
      "a",
    ]);
  });
});

import { describe, expect, it } from "vitest";
import type { Volume } from "../../kinds/core/v1-types.ts";
import { makeContainer, makePod } from "../pods/testing/build.ts";
import { commonUser, isWritten, tokenKey, volumeNeeds, volumePayload } from "./payload.ts";

const configMap = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "c" },
  data: { a: "1", b: "2" },
  binaryData: { bin: "/w==" },
};
const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "s" }, data: { key: "aGk=" } };

const payload = (volume: Omit<Volume, "name">, pod = makePod({}, { metadata: { labels: { app: "x" } } })) =>
  Object.fromEntries(
    [
      ...volumePayload(
        { name: "v", ...volume },
        {
          pod,
          node: { nodeName: "n", hostIps: ["h"], allocatable: {} },
          podIps: [],
          configMap: (name) => (name === "c" ? configMap : undefined),
          secret: (name) => (name === "s" ? secret : undefined),
          tokens: new Map([
            [tokenKey({}), "token"],
            [tokenKey({ audience: "vault", expirationSeconds: 600 }), "vault-token"],
          ]),
        },
      ),
    ].map(([path, { content, mode, uid }]) => [path, [content.toString("latin1"), mode.toString(8), uid ?? "root"]]),
  );

describe("volumePayload", () => {
  it("[VP1] a ConfigMap with all keys, binary ones too", () => {
    expect(payload({ configMap: { name: "c" } })).toEqual({
      a: ["1", "644", "root"],
      b: ["2", "644", "root"],
      bin: ["\xff", "644", "root"],
    });
  });

  it("[VP2] chosen keys at chosen paths and modes", () => {
    const items = [
      { key: "a", path: "x/y", mode: 0o400 },
      { key: "b", path: "z" },
    ];
    expect(payload({ configMap: { name: "c", items, defaultMode: 0o600 } })).toEqual({
      "x/y": ["1", "400", "root"],
      z: ["2", "600", "root"],
    });
  });

  it.each<[string, Omit<Volume, "name">, string]>([
    ["[VP3] a missing ConfigMap", { configMap: { name: "none" } }, 'configmap "none" not found'],
    ["[VP4] a missing Secret", { secret: { secretName: "none" } }, 'secret "none" not found'],
    [
      "[VP5] a missing key",
      { configMap: { name: "c", items: [{ key: "k", path: "p" }] } },
      "configmap references non-existent config key: k",
    ],
    [
      "[VP6] a missing key of a Secret",
      { secret: { secretName: "s", items: [{ key: "k", path: "p" }] } },
      "references non-existent secret key: k",
    ],
    [
      "[VP7] an unknown projection",
      { projected: { sources: [{ clusterTrustBundle: { path: "p" } }] } },
      "clusterTrustBundle is not supported",
    ],
  ])("%s is an error", (_, volume, message) => expect(() => payload(volume)).toThrow(message));

  it("[VP8] optional ones are left out", () => {
    expect(payload({ configMap: { name: "none", optional: true } })).toEqual({});
    expect(payload({ secret: { secretName: "s", optional: true, items: [{ key: "k", path: "p" }] } })).toEqual({});
  });

  it("[VP9] the service account's volume: token, CA, namespace", () => {
    const sources = [
      { serviceAccountToken: { path: "token" } },
      { configMap: { name: "c", items: [{ key: "a", path: "ca.crt" }] } },
      { downwardAPI: { items: [{ path: "namespace", fieldRef: { fieldPath: "metadata.namespace" } }] } },
      { secret: { name: "s" } },
    ];
    expect(payload({ projected: { sources, defaultMode: 0o640 } })).toEqual({
      token: ["token", "640", "root"],
      "ca.crt": ["1", "640", "root"],
      namespace: ["default", "640", "root"],
      key: ["hi", "640", "root"],
    });
  });

  it("[VP10] a token belongs to the one user the pod runs as", () => {
    const sources = [{ serviceAccountToken: { path: "t", audience: "vault", expirationSeconds: 600 } }];
    const pod = makePod({ securityContext: { runAsUser: 1000 } });
    expect(payload({ projected: { sources } }, pod)).toEqual({ t: ["vault-token", "600", 1000] });
    const two = makePod({
      containers: [makeContainer("a", { securityContext: { runAsUser: 1 } }), makeContainer("b")],
    });
    expect(commonUser(two)).toBeUndefined();
  });

  it("[VP11] labels and resources of the pod itself", () => {
    const items = [
      { path: "labels", fieldRef: { fieldPath: "metadata.labels" } },
      { path: "mem", resourceFieldRef: { containerName: "main", resource: "requests.memory" }, mode: 0o400 },
    ];
    const pod = makePod(
      { containers: [makeContainer("main", { resources: { requests: { memory: "1Ki" } } })] },
      { metadata: { labels: { app: "x" } } },
    );
    expect(payload({ downwardAPI: { items } }, pod)).toEqual({
      labels: ['app="x"', "644", "root"],
      mem: ["1024", "400", "root"],
    });
  });

  it("[VP12] knows what to read before, and which volumes are its own", () => {
    const sources = [{ configMap: { name: "c" } }, { secret: { name: "s" } }, { serviceAccountToken: { path: "t" } }];
    expect(volumeNeeds({ name: "v", projected: { sources } })).toEqual({
      configMaps: ["c"],
      secrets: ["s"],
      tokens: [{ path: "t" }],
    });
    expect([isWritten({ name: "v", emptyDir: {} }), isWritten({ name: "v", secret: {} })]).toEqual([false, true]);
  });
});

import { expect, it } from "vitest";
import { referencesOf } from "./pod-references.ts";

it("[PR1] finds every kind of reference a pod can hold", () => {
  const spec = {
    serviceAccountName: "sa",
    imagePullSecrets: [{ name: "pull" }],
    containers: [
      {
        envFrom: [{ secretRef: { name: "env-secret" } }, { configMapRef: { name: "env-map" } }],
        env: [
          { valueFrom: { secretKeyRef: { name: "key-secret", key: "k" } } },
          { valueFrom: { configMapKeyRef: { name: "key-map", key: "k" } } },
        ],
      },
    ],
    initContainers: [{ envFrom: [{ secretRef: { name: "init-secret" } }] }],
    ephemeralContainers: [{ envFrom: [{ configMapRef: { name: "debug-map" } }] }],
    volumes: [
      { secret: { secretName: "volume-secret" } },
      { configMap: { name: "volume-map" } },
      { projected: { sources: [{ secret: { name: "projected-secret" } }, { configMap: { name: "projected-map" } }] } },
      { persistentVolumeClaim: { claimName: "claim" } },
      { csi: { nodePublishSecretRef: { name: "csi-secret" } } },
      { cephfs: { secretRef: { name: "ceph-secret" } } },
      { name: "scratch", ephemeral: { volumeClaimTemplate: {} } },
    ],
    resourceClaims: [{ name: "given", resourceClaimName: "gpu" }, { name: "made" }, { name: "pending" }],
  };
  const status = {
    resourceClaimStatuses: [{ name: "made", resourceClaimName: "p-made-x" }],
    extendedResourceClaimStatus: { resourceClaimName: "extended" },
  };
  expect([...referencesOf({ metadata: { name: "p" }, spec, status })].sort()).toEqual([
    "account/sa",
    "claim/claim",
    "claim/p-scratch",
    "configMap/debug-map",
    "configMap/env-map",
    "configMap/key-map",
    "configMap/projected-map",
    "configMap/volume-map",
    "resourceClaim/extended",
    "resourceClaim/gpu",
    "resourceClaim/p-made-x",
    "secret/ceph-secret",
    "secret/csi-secret",
    "secret/env-secret",
    "secret/init-secret",
    "secret/key-secret",
    "secret/projected-secret",
    "secret/pull",
    "secret/volume-secret",
  ]);
});

it("[PR2] what a node made itself refers to nothing", () => {
  const metadata = { name: "p", annotations: { "kubernetes.io/config.mirror": "hash" } };
  expect(referencesOf({ metadata, spec: { volumes: [{ secret: { secretName: "s" } }] } })).toEqual([]);
});

import { beforeEach, describe, expect, it } from "vitest";
import { pod, serviceAccount } from "../api/in-process.ts";
import { discovered, namesOf, ok, openWatch, startCluster, supportsApiOperations, type TestCluster } from "./kit.ts";

const ACCOUNTS = "/api/v1/namespaces/default/serviceaccounts";
const MAPS = "/api/v1/namespaces/default/configmaps";
/** A certificate request for CN=e2e. */
const REQUEST = `-----BEGIN CERTIFICATE REQUEST-----
MIHIMHACAQAwDjEMMAoGA1UEAwwDZTJlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD
QgAEd2BygnWIrhzeBD/7W8S6At1q5VVoQAMvGMOEDUvBKYRszwvfhXA5iHGHJ0r1
etKXpcrXxrp3qHkkrwd64nF6gaAAMAoGCCqGSM49BAMCA0gAMEUCIGLWSNp/1n63
wxh2Q4pAXNeqVufS3eiNouY4ZfyVTM2aAiEA3kB6xzFKeHfHoCS0pQDCIrwiYPGh
EbjbcejdHhV8ErE=
-----END CERTIFICATE REQUEST-----
`;

let cluster: TestCluster;
beforeEach(async () => {
  cluster = await startCluster();
});

describe("[sig-auth] ServiceAccounts", () => {
  it("should create a serviceAccountToken and ensure a successful TokenReview [Conformance]", async () => {
    ok(await cluster.create(ACCOUNTS, serviceAccount("sa")), 201);
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
    const { status } = ok(await cluster.create(`${ACCOUNTS}/sa/token`, request), 201);
    expect(status.token).not.toBe("");
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token: status.token } };
    const reviewed = ok(await cluster.create("/apis/authentication.k8s.io/v1/tokenreviews", review), 201);
    expect(reviewed.status).toMatchObject({
      authenticated: true,
      user: { username: "system:serviceaccount:default:sa" },
    });
    expect(reviewed.status.error ?? "").toBe("");
  });

  it("should guarantee kube-root-ca.crt exist in any namespace [Conformance]", async () => {
    const path = `${MAPS}/kube-root-ca.crt`;
    const { data } = ok(await cluster.get(path));
    expect(data["ca.crt"]).toBeTruthy();
    ok(await cluster.delete(path));
    await cluster.settle();
    expect(ok(await cluster.get(path)).data).toEqual(data);
    ok(await cluster.patch(path, { data: { "ca.crt": "" } }));
    await cluster.settle();
    expect(ok(await cluster.get(path)).data).toEqual(data);
  });

  it("should run through the lifecycle of a ServiceAccount [Conformance]", async () => {
    const selected = `${ACCOUNTS}?labelSelector=test%3Dstatic`;
    const watch = await openWatch(cluster, selected);
    const made = { ...serviceAccount("sa"), metadata: { name: "sa", labels: { test: "static" } } };
    ok(await cluster.create(ACCOUNTS, made), 201);
    expect(await watch.take(1)).toEqual(["ADDED sa"]);
    const patch = { automountServiceAccountToken: false };
    expect(ok(await cluster.patch(`${ACCOUNTS}/sa`, patch)).automountServiceAccountToken).toBe(false);
    const listed = ok(await cluster.get("/api/v1/serviceaccounts?labelSelector=test%3Dstatic"));
    expect(namesOf(listed)).toEqual(["sa"]);
    expect(listed.items[0].automountServiceAccountToken).toBe(false);
    ok(await cluster.request("DELETE", selected));
    expect(await watch.take(2)).toEqual(["MODIFIED sa", "DELETED sa"]);
    await watch.cancel();
  });

  it("should update a ServiceAccount [Conformance]", async () => {
    const made = ok(await cluster.create(ACCOUNTS, serviceAccount("sa")), 201);
    expect(made.automountServiceAccountToken).toBeUndefined();
    const updated = ok(await cluster.replace(`${ACCOUNTS}/sa`, { ...made, automountServiceAccountToken: true }));
    expect(updated.automountServiceAccountToken).toBe(true);
  });

  it("should allow opting out of API token automount [Conformance]", async () => {
    const choices = { unset: undefined, true: true, false: false };
    for (const [name, automount] of Object.entries(choices)) {
      const more = automount === undefined ? {} : { automountServiceAccountToken: automount };
      ok(await cluster.create(ACCOUNTS, { ...serviceAccount(`account-${name}`), ...more }), 201);
    }
    const mounted: { [name: string]: boolean } = {};
    for (const [byPod, automount] of Object.entries(choices)) {
      for (const byAccount of Object.keys(choices)) {
        const made = pod(`pod-${byPod}-${byAccount}`, {
          serviceAccountName: `account-${byAccount}`,
          ...(automount !== undefined && { automountServiceAccountToken: automount }),
        });
        const { spec } = ok(await cluster.create("/api/v1/namespaces/default/pods", made), 201);
        const mounts: { mountPath: string }[] = spec.containers[0].volumeMounts ?? [];
        mounted[`pod ${byPod}, account ${byAccount}`] = mounts.some(
          ({ mountPath }) => mountPath === "/var/run/secrets/kubernetes.io/serviceaccount",
        );
      }
    }
    expect(mounted).toEqual({
      "pod unset, account unset": true,
      "pod unset, account true": true,
      "pod unset, account false": false,
      "pod true, account unset": true,
      "pod true, account true": true,
      "pod true, account false": true,
      "pod false, account unset": false,
      "pod false, account true": false,
      "pod false, account false": false,
    });
  });
});

describe("[sig-auth] SubjectReview", () => {
  it("should support SubjectReview API operations [Conformance]", async () => {
    ok(await cluster.create(ACCOUNTS, serviceAccount("e2e")), 201);
    const user = "system:serviceaccount:default:e2e";
    const answerAs = async () =>
      (await cluster.get("/api/v1/namespaces/default/pods", { headers: { "impersonate-user": user } })).status === 200;
    const reviewed = async (kind: string, path: string): Promise<boolean> => {
      const resourceAttributes = { verb: "list", resource: "pods", namespace: "default", version: "v1" };
      const namespace = kind.startsWith("Local") ? { namespace: "default" } : {};
      const review = { kind, apiVersion: "authorization.k8s.io/v1", metadata: namespace };
      const answer = await cluster.create(`/apis/authorization.k8s.io/v1/${path}`, {
        ...review,
        spec: { resourceAttributes, user },
      });
      return ok(answer, 201).status.allowed;
    };
    const binding = {
      metadata: { name: "view" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ kind: "ServiceAccount", name: "e2e", namespace: "default" }],
    };
    for (const allowed of [false, true]) {
      if (allowed) {
        const path = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings";
        ok(await cluster.create(path, binding), 201);
      }
      expect(await answerAs()).toBe(allowed);
      expect(await reviewed("SubjectAccessReview", "subjectaccessreviews")).toBe(allowed);
      const local = "namespaces/default/localsubjectaccessreviews";
      expect(await reviewed("LocalSubjectAccessReview", local)).toBe(allowed);
    }
  });
});

describe("[sig-auth] Certificates API [Privileged:ClusterAdmin]", () => {
  it("should support CSR API operations [Conformance]", async () => {
    const names = ["certificatesigningrequests"].flatMap((name) => [name, `${name}/approval`, `${name}/status`]);
    await discovered(cluster, "certificates.k8s.io/v1", names);
    const path = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    const make = (name: string) => ({
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { name },
      spec: { request: btoa(REQUEST), signerName: "example.com/e2e", usages: ["digital signature", "client auth"] },
    });
    await supportsApiOperations(cluster, path, make);

    ok(await cluster.create(path, make("csr")), 201);
    const request = ok(await cluster.get(`${path}/csr/approval`));
    const condition = { type: "Approved", status: "True", reason: "E2E", message: "Set from an e2e test" };
    const approved = ok(
      await cluster.patch(`${path}/csr/approval`, {
        metadata: { annotations: { patchedapproval: "true" } },
        status: { conditions: [condition] },
      }),
    );
    expect(approved.metadata.annotations).toEqual({ patchedapproval: "true" });
    // The API server says when that was, where the approver does not.
    const time = expect.stringMatching(/^20.*Z$/);
    expect(approved.status.conditions).toEqual([{ ...condition, lastUpdateTime: time, lastTransitionTime: time }]);
    expect(approved.spec).toEqual(request.spec);
    approved.status.conditions[0].message = "updated";
    expect(ok(await cluster.replace(`${path}/csr/approval`, approved)).status.conditions[0].message).toBe("updated");

    const current = ok(await cluster.get(`${path}/csr/status`));
    const failed = { type: "Failed", status: "True", reason: "E2E", message: "Set from an e2e test" };
    current.status.conditions.push(failed);
    const updated = ok(await cluster.replace(`${path}/csr/status`, current));
    expect(updated.status.conditions[1]).toMatchObject(failed);
    const patched = ok(
      await cluster.patch(`${path}/csr/status`, { metadata: { annotations: { patchedstatus: "true" } } }),
    );
    expect(patched.metadata.annotations).toMatchObject({ patchedstatus: "true" });
    expect(patched.status).toEqual(updated.status);
  });
});

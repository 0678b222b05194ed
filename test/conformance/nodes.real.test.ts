/** What conformance asks of running pods, on two nodes of this machine. */
import { createPublicKey, verify } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, skipNodes, type TestCluster, testCluster } from "../e2e/harness.ts";
import { WEB_IMAGE, webImageArchive } from "../images/busybox.ts";
import { cliTests, OTHER_IMAGE } from "./cli-on-nodes.ts";

const PORT = 16_749;

describe.skipIf(skipNodes)(`conformance on nodes${skipNodes ? ` (skipped: ${skipNodes})` : ""}`, () => {
  let cluster: TestCluster;
  const kubectl = (...args: string[]) => cluster.kubectl(...args);
  const apply = async (object: object) => {
    const ran = await cluster.kubectlRan(["create", "-f", "-"], JSON.stringify(object));
    expect([ran.exitCode, ran.stderr]).toEqual([0, ""]);
  };
  const running = (selector: string, count: number) =>
    eventually(`${count} pods of ${selector}`, 60_000, async () => {
      const said = await kubectl("get", "pods", "-l", selector, "-o", "jsonpath={.items[*].status.phase}");
      return said === Array(count).fill("Running").join(" ");
    }).then(() => undefined);

  beforeAll(async () => {
    cluster = testCluster("conformance-nodes", PORT);
    const up = await cluster.kedge("up", "--nodes", "2", "--port", String(PORT));
    expect(up.stderr + up.stdout).toContain("kedge is up");
    const archive = path.join(os.tmpdir(), `kedge-conformance-${process.pid}.tar`);
    for (const image of [WEB_IMAGE, OTHER_IMAGE]) {
      fs.writeFileSync(archive, webImageArchive(image));
      const loaded = await cluster.kedge("image", "load", archive);
      expect(loaded.exitCode, loaded.stderr).toBe(0);
    }
    fs.rmSync(archive);
  });
  afterAll(() => cluster.remove());

  it("[sig-architecture] Conformance Tests should have at least two untainted nodes [Conformance]", async () => {
    const { items } = JSON.parse(await kubectl("get", "nodes", "-o", "json"));
    const free = items.filter(({ spec }: { spec: { taints?: []; unschedulable?: boolean } }) => {
      return !spec.unschedulable && (spec.taints ?? []).length === 0;
    });
    expect(free.length).toBeGreaterThanOrEqual(2);
  });

  cliTests(() => ({ kubectl, kubectlRan: cluster.kubectlRan, create: apply, running }));

  const controller = (name: string) => ({
    apiVersion: "v1",
    kind: "ReplicationController",
    metadata: { name },
    spec: {
      replicas: 2,
      selector: { name },
      template: { metadata: { labels: { name } }, spec: { containers: [{ name: "web", image: WEB_IMAGE }] } },
    },
  });

  it("[sig-cli] Kubectl client Update Demo should create and stop a replication controller [Conformance]", async () => {
    await apply(controller("stopped"));
    await running("name=stopped", 2);
    await kubectl("delete", "rc", "stopped", "--grace-period=0", "--force");
    await eventually(
      "no pods",
      60_000,
      async () => (await kubectl("get", "pods", "-l", "name=stopped", "-o", "name")) === "",
    );
  });

  it("[sig-cli] Kubectl client Update Demo should scale a replication controller [Conformance]", async () => {
    await apply(controller("scaled"));
    await running("name=scaled", 2);
    for (const replicas of [1, 2]) {
      await kubectl("scale", "rc", "scaled", `--replicas=${replicas}`, "--timeout=1m");
      await running("name=scaled", replicas);
    }
    await kubectl("delete", "rc", "scaled", "--grace-period=0", "--force");
  });

  it("[sig-auth] ServiceAccounts should mount an API token into pods [Conformance]", async () => {
    await kubectl("run", "mounts", `--image=${WEB_IMAGE}`, "--labels=name=mounts");
    await running("name=mounts", 1);
    const read = (file: string) =>
      kubectl("exec", "mounts", "--", "cat", `/var/run/secrets/kubernetes.io/serviceaccount/${file}`);
    const claims = JSON.parse(Buffer.from((await read("token")).split(".")[1] ?? "", "base64url").toString());
    expect(claims.sub).toBe("system:serviceaccount:default:default");
    const root = await kubectl("get", "configmap", "kube-root-ca.crt", "-o", "jsonpath={.data.ca\\.crt}");
    expect((await read("ca.crt")).trim()).toBe(root.trim());
    expect(await read("namespace")).toBe("default");
  });

  it("[sig-auth] ServiceAccounts should mount projected service account token [Conformance]", async () => {
    const sources = [{ serviceAccountToken: { path: "token", expirationSeconds: 43_200, audience: "test" } }];
    const mount = { name: "projected", mountPath: "/token" };
    await apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "projected", labels: { name: "projected" } },
      spec: {
        containers: [{ name: "web", image: WEB_IMAGE, volumeMounts: [mount] }],
        volumes: [{ name: "projected", projected: { sources } }],
      },
    });
    await running("name=projected", 1);
    const token = await kubectl("exec", "projected", "--", "cat", "/token/token");
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(claims).toMatchObject({ aud: ["test"], sub: "system:serviceaccount:default:default" });
  });

  it("[sig-auth] ServiceAccounts ServiceAccountIssuerDiscovery should support OIDC discovery of service account issuer [Conformance]", async () => {
    await kubectl("create", "serviceaccount", "verifier");
    const sources = [
      { serviceAccountToken: { path: "token", expirationSeconds: 7_200, audience: "oidc-discovery-test" } },
    ];
    await apply({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "verifier", labels: { name: "verifier" } },
      spec: {
        serviceAccountName: "verifier",
        containers: [{ name: "web", image: WEB_IMAGE, volumeMounts: [{ name: "own", mountPath: "/own" }] }],
        volumes: [{ name: "own", projected: { sources } }],
      },
    });
    await running("name=verifier", 1);
    const sh = (script: string) => kubectl("exec", "verifier", "--", "sh", "-c", script);
    const [head = "", body = "", signature = ""] = (await sh("cat /own/token")).split(".");
    const parse = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString());
    const { iss, aud, sub } = parse(body);
    // The pod asks, by name, trusting the cluster's CA alone, with its own credentials.
    const mounted = "/var/run/secrets/kubernetes.io/serviceaccount";
    const fetched = async (url: string) =>
      JSON.parse(
        await sh(`curl -sSf --cacert ${mounted}/ca.crt -H "Authorization: Bearer $(cat ${mounted}/token)" ${url}`),
      );
    const config = await fetched(`${iss}/.well-known/openid-configuration`);
    expect(config).toMatchObject({ issuer: iss, response_types_supported: ["id_token"] });
    const { keys } = await fetched(config.jwks_uri);
    const { kid, alg } = parse(head);
    expect(config.id_token_signing_alg_values_supported).toContain(alg);
    const jwk = keys.find((key: { kid: string }) => key.kid === kid);
    const verified = verify(
      "sha256",
      Buffer.from(`${head}.${body}`),
      { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" },
      Buffer.from(signature, "base64url"),
    );
    expect(verified).toBe(true);
    expect([aud, sub]).toEqual([["oidc-discovery-test"], "system:serviceaccount:default:verifier"]);
  });

  it("[sig-cli] Kubectl logs logs should be able to retrieve and filter logs [Conformance]", async () => {
    const script = "for i in 1 2 3 4 5; do echo line $i; done; sleep 600";
    await kubectl("run", "talks", `--image=${WEB_IMAGE}`, "--labels=name=talks", "--command", "--", "sh", "-c", script);
    await running("name=talks", 1);
    await eventually("lines", 20_000, async () => (await kubectl("logs", "talks")).includes("line 5"));
    expect(await kubectl("logs", "talks", "--tail=1")).toBe("line 5\n");
    expect(await kubectl("logs", "talks", "--limit-bytes=1")).toBe("l");
    const stamped = await kubectl("logs", "talks", "--tail=1", "--timestamps");
    expect(stamped).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d) line 5\n$/);
    expect((await kubectl("logs", "talks", "--since=24h")).split("\n")).toHaveLength(6);
    await eventually("only what is younger", 10_000, async () => (await kubectl("logs", "talks", "--since=1s")) === "");
  });

  it("[sig-cli] Kubectl client Kubectl describe should check if kubectl describe prints relevant information for rc and pods [Conformance]", async () => {
    await apply(controller("described"));
    await kubectl("expose", "rc", "described", "--port=6379", "--target-port=80");
    await running("name=described", 2);
    const names = (await kubectl("get", "pods", "-l", "name=described", "-o", "name")).trim().split("\n");
    const said = async (...what: string[]) => await kubectl("describe", ...what);
    for (const name of names)
      for (const text of [
        "Controlled By:",
        "ReplicationController/described",
        "Image:",
        "State:",
        "Running",
        "QoS Class:",
      ])
        expect(await said(name)).toContain(text);
    for (const text of ["Name:", "Selector:", "name=described", "Replicas:", "2 Running", "Pod Template:", "Events:"])
      expect(await said("rc", "described")).toContain(text);
    for (const text of [
      "Name:",
      "Selector:",
      "Type:",
      "ClusterIP",
      "IP:",
      "6379/TCP",
      "Endpoints:",
      "Session Affinity:",
    ])
      expect(await said("service", "described")).toContain(text);
    for (const text of ["Conditions:", "Addresses:", "Capacity:", "Kubelet Version:", "Pods:"])
      expect(await said("nodes")).toContain(text);
    for (const text of ["Name:", "Labels:", "Status:", "Active", "No resource quota", "No LimitRange"])
      expect(await said("namespace", "default")).toContain(text);
  });
});

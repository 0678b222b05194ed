import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { mergeKubeconfig, unmergeKubeconfig } from "./kubeconfig.ts";

const access = { serverUrl: "https://127.0.0.1:6443", caPem: "the CA", token: "the token" };
let dir: string;
let file: string;

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "kedge-kubeconfig-"));
  file = path.join(dir, "config");
});
afterEach(() => fs.rmSync(dir, { recursive: true }));

const theirs = `apiVersion: v1
kind: Config
# a comment that must stay
clusters:
- name: work
  cluster: {server: "https://work"}
users:
- name: work
  user: {token: secret}
contexts:
- name: work
  context: {cluster: work, user: work}
current-context: work
preferences: {}
`;

describe("merging into the user's kubeconfig", () => {
  it("[KC1] makes a new file readable by its owner alone", () => {
    mergeKubeconfig(file, access);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    const config = parse(fs.readFileSync(file, "utf8"));
    expect(config["current-context"]).toBe("kedge");
    expect(config.clusters[0].cluster.server).toBe(access.serverUrl);
  });

  it("[KC2] keeps what is there, comments and mode included", () => {
    fs.writeFileSync(file, theirs, { mode: 0o640 });
    mergeKubeconfig(file, access);
    const text = fs.readFileSync(file, "utf8");
    expect(text).toContain("# a comment that must stay");
    expect(fs.statSync(file).mode & 0o777).toBe(0o640);
    const config = parse(text);
    expect(config.clusters.map((c: { name: string }) => c.name)).toEqual(["work", "kedge"]);
    expect(config.users[0].user.token).toBe("secret");
  });

  it("[KC3] merging twice leaves one context", () => {
    mergeKubeconfig(file, access);
    mergeKubeconfig(file, { ...access, serverUrl: "https://127.0.0.1:7443" });
    const config = parse(fs.readFileSync(file, "utf8"));
    expect(config.clusters).toHaveLength(1);
    expect(config.clusters[0].cluster.server).toBe("https://127.0.0.1:7443");
  });

  it.each([
    { name: "broken YAML", text: "clusters: [unclosed" },
    { name: "a list", text: "- a\n- b\n" },
  ])("[KC4] $name is refused and not touched", ({ text }) => {
    fs.writeFileSync(file, text);
    expect(() => mergeKubeconfig(file, access)).toThrow(file);
    expect(fs.readFileSync(file, "utf8")).toBe(text);
    expect(fs.existsSync(`${file}.lock`)).toBe(false);
  });

  it("[KC5] waits for nobody: a held lock is reported", () => {
    fs.writeFileSync(`${file}.lock`, "");
    expect(() => mergeKubeconfig(file, access)).toThrow("config.lock exists");
  });

  it("[KC6] a symbolic link stays one", () => {
    const real = path.join(dir, "real");
    fs.writeFileSync(real, theirs);
    fs.symlinkSync(real, file);
    mergeKubeconfig(file, access);
    expect(fs.lstatSync(file).isSymbolicLink()).toBe(true);
    expect(fs.readFileSync(real, "utf8")).toContain("kedge");
  });

  it("[KC7] taking it out again leaves the others, and only if the context is this cluster's", () => {
    fs.writeFileSync(file, theirs);
    mergeKubeconfig(file, access);
    unmergeKubeconfig(file, "another CA");
    expect(parse(fs.readFileSync(file, "utf8")).clusters).toHaveLength(2);
    unmergeKubeconfig(file, access.caPem);
    const config = parse(fs.readFileSync(file, "utf8"));
    expect(config.clusters.map((c: { name: string }) => c.name)).toEqual(["work"]);
    expect(config["current-context"]).toBe("");
  });
});

import { describe, expect, it } from "vitest";
import { ConfigError, parseConfig, readConfig } from "./config.ts";
import { createLog } from "./log.ts";

const good = {
  nodeName: "node-1",
  serverUrl: "https://edge.example.com:8443",
  tokenFile: "/var/lib/kedge/token",
  runtimeSocket: "/run/containerd/containerd.sock",
  stateDir: "/var/lib/kedge/state",
  cniBinDir: "/usr/lib/cni",
  clusterCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/16",
  dnsServiceIp: "10.96.0.10",
  apiServiceIp: "10.96.0.1",
  clusterDomain: "cluster.local",
};

describe("parseConfig", () => {
  it("[NC1] takes a complete file, optional fields too", () => {
    const more = { ...good, nodeIp: "192.168.0.1", networkNamespace: "node-2", labels: { zone: "a" }, serverCa: "PEM" };
    expect(parseConfig(JSON.stringify(more))).toEqual(more);
  });

  it.each<[string, object, string]>([
    ["[NC2] a missing field", { nodeName: undefined }, "nodeName is missing"],
    ["[NC3] a bad name", { nodeName: "Node_1" }, "nodeName "],
    ["[NC4] http", { serverUrl: "http://edge" }, "serverUrl must begin with https://"],
    ["[NC5] a URL with a path", { serverUrl: "https://edge/x" }, "serverUrl must be https://host:port, no more"],
    ["[NC6] a relative path", { stateDir: "state" }, "stateDir must be an absolute path"],
    ["[NC7] a bad range", { clusterCidr: "10.244.0.0" }, "clusterCidr "],
    ["[NC8] a bad address", { dnsServiceIp: "dns" }, "dnsServiceIp "],
    ["[NC9] an unknown field", { nodename: "x" }, "nodename is unknown"],
    ["[NC10] a namespace that is a path", { networkNamespace: "../x" }, "networkNamespace is not a namespace's name"],
    ["[NC11] labels that are no strings", { labels: { a: 1 } }, "labels must be an object of strings"],
    ["[NC12] a wrong type", { tokenFile: 7 }, "tokenFile must be a non-empty string"],
  ])("%s is told", (_, change, message) => {
    expect(() => parseConfig(JSON.stringify({ ...good, ...change }))).toThrow(message);
  });

  it("[NC13] tells all that is wrong at once; what is no object is told", () => {
    expect(() => parseConfig("{}")).toThrow(/nodeName is missing; serverUrl is missing; .*clusterDomain is missing/);
    for (const text of ["", "[]", "null", "7", "{"]) expect(() => parseConfig(text)).toThrow(ConfigError);
  });

  it("[NC14] a file that cannot be read is told", async () => {
    await expect(readConfig("/none/config.json")).rejects.toThrow("cannot be read");
  });
});

describe("createLog", () => {
  it("[LG1] writes a JSON line, from its level on", () => {
    const lines: string[] = [];
    const log = createLog({ level: "info", write: (line) => lines.push(line), now: () => 0 });
    log.debug("no");
    log.warn("yes", { pod: "web" });
    expect(lines).toEqual(['{"time":"1970-01-01T00:00:00.000Z","level":"warn","message":"yes","pod":"web"}\n']);
  });
});

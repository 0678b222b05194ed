import { describe, expect, it } from "vitest";
import { Channel, chooseForwardProtocol, chooseProtocol, decodeChannel, encodeChannel } from "./channel-protocol.ts";
import { containerPath, forwardedPorts, podPath, streamOptions } from "./kubelet-path.ts";
import { proxyTarget, reachable } from "./proxy-target.ts";

const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value));

describe("channel protocols", () => {
  it.each([
    { offered: ["v5.channel.k8s.io", "v4.channel.k8s.io"], name: "v5.channel.k8s.io" },
    { offered: ["unknown", "base64.channel.k8s.io"], name: "base64.channel.k8s.io" },
    { offered: [], name: "" },
    { offered: ["unknown"], name: undefined },
  ])("[CP1] of $offered, $name", ({ offered, name }) => expect(chooseProtocol(offered)?.name).toBe(name));

  it.each([
    { offered: ["v5.channel.k8s.io", "v4.channel.k8s.io"], name: "v4.channel.k8s.io" },
    { offered: ["v4.base64.channel.k8s.io"], name: "v4.base64.channel.k8s.io" },
    { offered: [], name: "" },
    { offered: ["v5.channel.k8s.io"], name: undefined },
    { offered: ["channel.k8s.io"], name: undefined },
  ])("[CP1b] for port-forward of $offered, $name", ({ offered, name }) =>
    expect(chooseForwardProtocol(offered)?.name).toBe(name),
  );

  it.each(["v5.channel.k8s.io", "v4.base64.channel.k8s.io"])("[CP2] %s carries what is given", (name) => {
    const protocol = chooseProtocol([name])!;
    for (const data of ["", "x", "žluť\0"]) {
      const decoded = decodeChannel(protocol, encodeChannel(protocol, Channel.STDERR, text(data)))!;
      expect([decoded.channel, Buffer.from(decoded.data).toString()]).toEqual([2, data]);
    }
  });

  it("[CP3] what names no channel is nothing", () => {
    expect(decodeChannel(chooseProtocol([])!, new Uint8Array(0))).toBeUndefined();
    expect(decodeChannel(chooseProtocol(["base64.channel.k8s.io"])!, "!")).toBeUndefined();
  });
});

describe("kubelet paths", () => {
  it("[KP1] with and without the pod's uid", () => {
    expect(containerPath(["ns", "pod", "c"])).toEqual({ namespace: "ns", pod: "pod", container: "c" });
    expect(containerPath(["ns", "pod", "uid", "c"])).toEqual({ namespace: "ns", pod: "pod", container: "c" });
    expect(podPath(["ns", "pod", "uid"])).toEqual({ namespace: "ns", pod: "pod" });
  });

  it.each([[[]], [["ns", "pod"]], [["a", "b", "c", "d", "e"]]])("[KP2] %j is none", (segments) =>
    expect(() => containerPath(segments)).toThrow(expect.objectContaining({ status: 404 })),
  );

  it("[KP3] a terminal has one output", () => {
    const options = streamOptions(new URLSearchParams("input=1&output=1&error=1&tty=1"));
    expect(options).toEqual({ tty: true, stdin: true, stdout: true, stderr: false });
    expect(() => streamOptions(new URLSearchParams("tty=1&error=1"))).toThrow("at least 1 of");
  });

  it("[KP4] ports", () => {
    expect(forwardedPorts(new URLSearchParams("ports=80,81&ports=82"))).toEqual([80, 81, 82]);
    for (const bad of ["0", "65536", "http", "80,"]) {
      expect(() => forwardedPorts(new URLSearchParams({ ports: bad }))).toThrow("invalid port");
    }
  });
});

describe("what may be proxied to", () => {
  const allowed = reachable({ cidrs: ["10.244.0.0/16", "10.96.0.0/16", "fd00:1::/64"], addresses: ["192.168.1.5"] });
  it.each([
    ["/proxy/http/10.244.3.4:8080/a%2Fb?c=d", "http://10.244.3.4:8080", "/a%2Fb?c=d"],
    ["/proxy/https/10.96.0.1:443", "https://10.96.0.1:443", "/"],
    ["/proxy/http/192.168.1.5:80/", "http://192.168.1.5:80", "/"],
    ["/proxy/http/[fd00:1::9]:80/x", "http://[fd00:1::9]:80", "/x"],
  ])("[PT1] %s", (path, origin, rest) => expect(proxyTarget(path, allowed)).toMatchObject({ origin, path: rest }));

  it.each([
    ["/proxy/http/127.0.0.1:80/", 403],
    ["/proxy/http/169.254.169.254:80/latest/meta-data", 403],
    ["/proxy/http/192.168.1.6:80/", 403],
    ["/proxy/http/10.245.0.1:80/", 403],
    ["/proxy/http/[::1]:80/", 403],
    ["/proxy/http/[::ffff:127.0.0.1]:80/", 403],
    ["/proxy/http/localhost:80/", 400],
    ["/proxy/http/10.244.3.4/", 400],
    ["/proxy/http/10.244.3.4:0/", 400],
    ["/proxy/http/10.244.3.4:99999/", 400],
    ["/proxy/http/010.244.3.4:80/", 400],
    ["/proxy/http/10.244.3.4@evil:80/", 400],
    ["/proxy/ftp/10.244.3.4:80/", 400],
  ])("[PT2] %s is refused with %i", (path, status) =>
    expect(() => proxyTarget(path, allowed)).toThrow(expect.objectContaining({ status })),
  );
});

/** The networking half of a node daemon, its informers filled over IPC. */
import type { Node, Service } from "../../../kinds/core/v1-types.ts";
import type { EndpointSlice } from "../../../kinds/discovery/v1-types.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { type ApiEndpoint, createApiEndpoint } from "../../../node-daemon/api-endpoint/api-endpoint.ts";
import type { Log, NodeConfig } from "../../../node-daemon/contracts.ts";
import { createDnsServer, type DnsServer } from "../../../node-daemon/dns/dns-server.ts";
import { cleanup } from "../../../node-daemon/network/cleanup.ts";
import { createNetwork, type Network } from "../../../node-daemon/network/network.ts";
import { FakeInformer } from "../../../node-daemon/network/testing.ts";
import type { HostPort } from "../../../node-daemon/proxy/host-ports.ts";
import { createServiceProxy, type ServiceProxy } from "../../../node-daemon/proxy/proxy.ts";
import { serveCalls } from "./ipc.ts";

const collections = {
  nodes: new FakeInformer<Node>([]),
  services: new FakeInformer<Service>([]),
  slices: new FakeInformer<EndpointSlice>([]),
};
let config: NodeConfig;
let network: Network;
let proxy: ServiceProxy;
let dns: DnsServer;
let api: ApiEndpoint;

const print =
  (level: string) =>
  (message: string, fields: object = {}): void => {
    if (process.env.KEDGE_TEST_LOG) console.error(`${config.nodeName} ${level} ${message}`, fields);
  };
const log: Log = { debug: print("debug"), info: print("info"), warn: print("warn"), error: print("error") };

serveCalls({
  async start(nodeConfig: NodeConfig, podCidr: string, options: { hostResolvConfPath: string; certificate?: string }) {
    config = nodeConfig;
    const common = { config, log, ...collections, hostResolvConfPath: options.hostResolvConfPath };
    network = createNetwork(common);
    await network.start();
    await network.configure(podCidr);
    proxy = createServiceProxy(common);
    await proxy.start();
    dns = createDnsServer(common);
    await dns.start();
    if (options.certificate === undefined) return;
    api = createApiEndpoint({ config, log });
    await api.start();
  },
  put(collection: keyof typeof collections, object: KubeObject) {
    (collections[collection] as unknown as FakeInformer<KubeObject>).put(object);
  },
  remove(collection: keyof typeof collections, key: string) {
    collections[collection].remove(key);
  },
  setHostPorts(ports: HostPort[]) {
    proxy.setHostPorts(ports);
  },
  status: () => network.status(),
  async stop() {
    proxy.stop();
    await network.stop();
    await dns.stop();
    await api?.stop();
  },
  cleanup: () => cleanup(config, log),
});

/** A Worker that is nothing but the road to NodeGateway: no authentication, and a store that only takes notes. */
import { DurableObject } from "cloudflare:workers";
import { NodeGateway } from "../../edge-api/objects/node-gateway.ts";
import { gatewayFor, gatewayRequest, nodeSocketOf } from "../../edge-api/tunnel/route.ts";

export { NodeGateway };

export class NoteTaker extends DurableObject {
  notes = [];
  failures = 0;

  nodeConnection(name, connected) {
    if (this.failures-- > 0) throw new Error("the store is down");
    this.notes.push([name, connected]);
  }

  async fetch(request) {
    this.failures = Number(new URL(request.url).searchParams.get("fail") ?? 0);
    return Response.json(this.notes);
  }
}

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/notes") return env.CLUSTER_STORE.getByName("default").fetch(request);
    const dialled = nodeSocketOf(url.pathname);
    const node = dialled?.node ?? url.hostname.split(".")[0];
    const to = dialled
      ? { node }
      : { node: request.headers.get("x-test-node") ?? "n1", path: url.pathname + url.search };
    return gatewayFor(env.NODE_GATEWAY, { cluster: "default", node }).fetch(gatewayRequest(request, to));
  },
};

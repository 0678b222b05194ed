import { DurableObject } from "cloudflare:workers";
import { systemClock } from "../../machinery/clock.ts";
import { PING, PONG } from "../../machinery/tunnel/contract.ts";
import { sendableClose } from "../../machinery/tunnel/frame.ts";
import { Gateway } from "../tunnel/gateway.ts";
import type { GatewayHost, PresenceRecord } from "../tunnel/host.ts";

export interface NodeGatewayEnvironment {
  CLUSTER_STORE: DurableObjectNamespace;
}

/** What ClusterStore is told, by RPC. */
interface NodeConnections {
  nodeConnection(name: string, connected: boolean, atMs: number): Promise<void>;
}

const RECORD_PREFIX = "presence/";
const CLUSTER_KEY = "cluster";
const OPEN = 1;

/**
 * Ends the nodes' tunnels and pairs clients with them: a thin shell over Gateway, which says how. Sleeps whenever
 * nothing but WebSockets is open; the nodes' pings do not wake it.
 */
export class NodeGateway<
  Environment extends NodeGatewayEnvironment = NodeGatewayEnvironment,
> extends DurableObject<Environment> {
  readonly #gateway: Gateway<WebSocket>;

  constructor(ctx: DurableObjectState, env: Environment) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    this.#gateway = new Gateway(this.#host());
  }

  override fetch(request: Request): Promise<Response> {
    // An alarm does not everywhere know the name its object was addressed by.
    const { name } = this.ctx.id;
    if (name !== undefined && this.ctx.storage.kv.get(CLUSTER_KEY) !== name) this.ctx.storage.kv.put(CLUSTER_KEY, name);
    return this.#gateway.fetch(request);
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.#gateway.message(socket, typeof message === "string" ? message : new Uint8Array(message));
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string): void {
    this.#gateway.closed(socket, code, reason);
    // Completes the closing handshake where neither the gateway nor the runtime has.
    const answer = sendableClose(code, reason);
    socket.close(answer.code, answer.reason);
  }

  override webSocketError(socket: WebSocket, error: unknown): void {
    this.#gateway.closed(socket, 1006, error instanceof Error ? error.message : String(error));
  }

  override alarm(): Promise<void> {
    return this.#gateway.alarm();
  }

  #host(): GatewayHost<WebSocket> {
    const { ctx, env } = this;
    const { kv } = ctx.storage;
    return {
      clock: systemClock,
      randomId: () => crypto.randomUUID().replaceAll("-", ""),
      pair: () => {
        const { 0: client, 1: server } = new WebSocketPair();
        return { client, server };
      },
      accept: (socket, tags) => ctx.acceptWebSocket(socket, tags),
      discard: (socket, code, reason) => {
        socket.accept();
        socket.close(code, reason);
      },
      upgrade: (webSocket, protocol) =>
        new Response(null, {
          status: 101,
          webSocket,
          ...(protocol && { headers: { "sec-websocket-protocol": protocol } }),
        }),
      sockets: (tag) => ctx.getWebSockets(tag).filter((socket) => socket.readyState === OPEN),
      lastPingMs: (socket) => ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime(),
      records: {
        all: () =>
          new Map(
            [...kv.list<PresenceRecord>({ prefix: RECORD_PREFIX })].map(([key, record]) => [
              key.slice(RECORD_PREFIX.length),
              record,
            ]),
          ),
        get: (node) => kv.get<PresenceRecord>(RECORD_PREFIX + node),
        put: (node, record) => kv.put(RECORD_PREFIX + node, record),
        delete: (node) => void kv.delete(RECORD_PREFIX + node),
      },
      setAlarm: (atMs) => ctx.waitUntil(atMs === undefined ? ctx.storage.deleteAlarm() : ctx.storage.setAlarm(atMs)),
      reportNode: async (name, connected, atMs) => {
        const cluster = ctx.id.name ?? kv.get<string>(CLUSTER_KEY);
        if (cluster === undefined) throw new Error("NodeGateway must be addressed by the cluster's name");
        // A fresh stub for every call: a stub is broken for good once its object has restarted.
        const store = env.CLUSTER_STORE.getByName(cluster) as unknown as NodeConnections;
        await store.nodeConnection(name, connected, atMs);
      },
      audit: (line) => console.log(line),
      log: (message, fields) =>
        console.warn(JSON.stringify({ level: "warn", object: "NodeGateway", message, ...fields })),
    };
  }
}

import { ApiError, badRequest } from "../../machinery/meta/status.ts";
import { TUNNEL_PROTOCOL, TunnelCloseCode, type TunnelRequest } from "../../machinery/tunnel/contract.ts";
import { cutReason } from "../../machinery/tunnel/frame.ts";
import { TooManyStreamsError } from "../../machinery/tunnel/mux.ts";
import { Channels, isBulk } from "./channels.ts";
import type { ClientAttachment } from "./client-session.ts";
import {
  isLogs,
  isProxy,
  isSession,
  logError,
  sessionError,
  statusResponse,
  tooManyStreams,
  unreachable,
} from "./errors.ts";
import { offeredProtocols, requestHeaders, responseHeaders } from "./headers.ts";
import type { GatewayHost, GatewaySocket } from "./host.ts";
import { type HttpExchange, StreamResetError } from "./http-exchange.ts";
import { NodeTunnel, type TunnelAttachment } from "./node-tunnel.ts";
import { PresenceKeeper } from "./presence-keeper.ts";
import { proxyPlace, rootRedirect, throughProxy } from "./proxy-answer.ts";
import { addressOf, auditOf, nodeSocketOf } from "./route.ts";

/** How long a client waits for a node that has just lost its tunnel and may dial again. */
const RETURN_MS = 5_000;
/** How long a kubelet may take to begin its answer; a proxied service may take as long as it likes. */
const ANSWER_MS = 30_000;
const MAX_ERROR_BYTES = 64 * 1024;
const TUNNEL_TAG = "tunnel";

type Attachment = TunnelAttachment | ClientAttachment;

/** Pairs clients with the nodes' tunnels. All it knows survives hibernation in the sockets' attachments. */
export class Gateway<Socket extends GatewaySocket> {
  readonly #host: GatewayHost<Socket>;
  readonly #presence: PresenceKeeper<Socket>;
  readonly #channels: Channels<Socket>;
  /** By id; restored from attachments when first asked for. */
  readonly #tunnels = new Map<string, NodeTunnel<Socket>>();
  /** Clients that wait for a node to come back. */
  readonly #awaited = new Map<string, Set<() => void>>();

  constructor(host: GatewayHost<Socket>) {
    this.#host = host;
    this.#channels = new Channels(host);
    this.#presence = new PresenceKeeper({
      host,
      tunnels: () =>
        new Map(
          host.sockets(TUNNEL_TAG).map((socket) => {
            const { node, sinceMs } = socket.deserializeAttachment() as TunnelAttachment;
            return [node, { socket, sinceMs }];
          }),
        ),
      closeSilent: (node) => this.#dropTunnels(node, TunnelCloseCode.SILENT, "no ping for too long"),
    });
  }

  /** A request of the Worker: a node that dials, or a client for a node. Never throws. */
  async fetch(request: Request): Promise<Response> {
    try {
      const address = addressOf(request);
      if (!address) throw badRequest("the gateway is asked through the Worker only");
      if (address.path !== undefined) return await this.#forward(request, address.node, address.path);
      return this.#dialled(request, address.node);
    } catch (error) {
      if (error instanceof ApiError) return statusResponse(error);
      if (error instanceof TooManyStreamsError) return statusResponse(tooManyStreams(error.message));
      throw error;
    }
  }

  /** A message on an accepted socket. */
  message(socket: Socket, message: string | Uint8Array): void {
    const attachment = socket.deserializeAttachment() as Attachment | null;
    if (attachment?.kind === "client") {
      const session = this.#tunnel(attachment.tunnel)?.session(attachment.stream);
      if (session) session.fromClient(message);
      else socket.close(1011, "the node's tunnel is gone");
      return;
    }
    const tunnel = attachment && this.#tunnel(attachment.id);
    // Text is "ping", which the platform answers; an old daemon's other texts mean nothing.
    if (tunnel && typeof message !== "string") tunnel.receive(message);
  }

  /** An accepted socket has closed, or failed. */
  closed(socket: Socket, code: number, reason: string): void {
    const attachment = socket.deserializeAttachment() as Attachment | null;
    if (attachment?.kind === "client") {
      const tunnel = attachment.over ? undefined : this.#tunnel(attachment.tunnel);
      (tunnel?.session(attachment.stream) ?? tunnel?.restore(socket, attachment))?.clientClosed(code, reason);
      return;
    }
    if (!attachment) return;
    const tunnel = this.#tunnel(attachment.id) ?? new NodeTunnel(this.#host, socket, attachment);
    this.#forget(tunnel, `the node closed its tunnel (${code}${reason && ` ${reason}`})`);
    if (!this.#tunnelOf(attachment.node)) this.#presence.lost(attachment.node);
  }

  alarm(): Promise<void> {
    return this.#presence.check();
  }

  #dialled(request: Request, node: string): Response | Promise<Response> {
    const dialled = nodeSocketOf(new URL(request.url).pathname);
    if (dialled?.node !== node) throw badRequest("not a path a node dials");
    if (!isUpgrade(request)) throw new ApiError(426, "BadRequest", "a node dials with a WebSocket");
    if (dialled.socket === "channel") return this.#channels.join(dialled);
    if (!offeredProtocols(request.headers).includes(TUNNEL_PROTOCOL))
      throw badRequest(`the tunnel speaks ${TUNNEL_PROTOCOL}`);
    this.#dropTunnels(node, TunnelCloseCode.REPLACED, "this node has dialled again");
    const { client, server } = this.#host.pair();
    const id = this.#host.randomId();
    this.#host.accept(server, [TUNNEL_TAG, nodeTag(node), tunnelTag(id)]);
    const attachment: TunnelAttachment = { kind: "tunnel", id, node, sinceMs: this.#host.clock.now(), lastNumber: 0 };
    const tunnel = new NodeTunnel(this.#host, server, attachment);
    tunnel.attach();
    this.#tunnels.set(id, tunnel);
    for (const wake of this.#awaited.get(node) ?? []) wake();
    this.#awaited.delete(node);
    void this.#presence.check();
    return this.#host.upgrade(client, TUNNEL_PROTOCOL);
  }

  async #forward(request: Request, node: string, path: string): Promise<Response> {
    for (let attempt = 0; ; attempt++) {
      const redirect = rootRedirect(request);
      if (redirect) return redirect;
      const tunnel = this.#tunnelOf(node) ?? (await this.#returning(node));
      if (!tunnel) throw unreachable(path, `node "${node}" is not connected`);
      try {
        return await this.#ask(request, tunnel, path);
      } catch (error) {
        if (!(error instanceof StreamResetError)) throw error;
        // The tunnel went while the node had yet to answer. What has no body can be asked again on the next one.
        const lost = this.#tunnels.get(tunnel.id) !== tunnel;
        if (!lost || request.body || attempt > 0) throw unreachable(path, error.message);
      }
    }
  }

  async #ask(request: Request, tunnel: NodeTunnel<Socket>, path: string): Promise<Response> {
    const opened: TunnelRequest = { method: request.method, path, headers: requestHeaders(request.headers) };
    if (isUpgrade(request)) return this.#upgrade(request, tunnel, opened);
    const place = proxyPlace(request, path);
    if (place) opened.headers.push(["x-forwarded-uri", place.forwardedUri]);
    const exchange = tunnel.request(opened, request.body);
    request.signal?.addEventListener("abort", () => exchange.cancel("the client left"));
    const answer = await this.#answer(exchange, request.method, path);
    return place ? throughProxy(answer, place) : answer;
  }

  async #upgrade(request: Request, tunnel: NodeTunnel<Socket>, opened: TunnelRequest): Promise<Response> {
    opened.protocols = offeredProtocols(request.headers);
    const channel = isBulk(opened.path) ? this.#host.randomId() : undefined;
    if (channel !== undefined) opened.channel = channel;
    const pending = tunnel.upgrade(opened, {
      audit: auditOf(request),
      channel:
        channel === undefined
          ? undefined
          : ({ protocol }) => ({
              response: this.#channels.open({ channel, node: tunnel.node, protocol }),
              lost: (why) => this.#channels.fail(channel, why),
            }),
    });
    const answered = this.#inTime(pending.outcome, opened.path, () => pending.exchange.cancel("no answer in time"));
    if (channel !== undefined) this.#channels.asked({ channel, node: tunnel.node, answered });
    return (await answered) ?? this.#answer(pending.exchange, "GET", opened.path);
  }

  async #answer(exchange: HttpExchange, method: string, path: string): Promise<Response> {
    const head = await this.#inTime(exchange.answer, path, () => exchange.cancel("no answer in time"));
    if (head.status === 101) throw unreachable(path, "the node upgraded what was no upgrade");
    if (isLogs(path) && head.status >= 300) throw logError(path, head.status, await exchange.text(MAX_ERROR_BYTES));
    if (isSession(path) && head.status >= 300) return sessionError(head.status, await exchange.text(MAX_ERROR_BYTES));
    const bodiless = method === "HEAD" || head.status === 204 || head.status === 205 || head.status === 304;
    if (bodiless) void exchange.text(0);
    return new Response(bodiless ? null : exchange.body(), {
      status: head.status,
      headers: responseHeaders(head.headers, { keepLength: bodiless }),
    });
  }

  /** @throws ApiError when a kubelet's answer does not begin in time */
  async #inTime<T>(answer: Promise<T>, path: string, giveUp: () => void): Promise<T> {
    if (isProxy(path)) return answer;
    let stop!: () => void;
    const late = new Promise<never>((_resolve, reject) => {
      stop = this.#host.clock.after(ANSWER_MS, () => {
        reject(unreachable(path, `the node did not answer within ${ANSWER_MS / 1000} s`));
        giveUp();
      });
    });
    return Promise.race([answer, late]).finally(stop);
  }

  /** Waits for a node that was connected until just now. */
  async #returning(node: string): Promise<NodeTunnel<Socket> | undefined> {
    if (!this.#presence.maybeReturning(node)) return undefined;
    await new Promise<void>((resolve) => {
      const waiting = this.#awaited.get(node) ?? new Set();
      this.#awaited.set(node, waiting.add(resolve));
      this.#host.clock.after(RETURN_MS, () => {
        waiting.delete(resolve);
        resolve();
      });
    });
    return this.#tunnelOf(node);
  }

  #tunnelOf(node: string): NodeTunnel<Socket> | undefined {
    return this.#tunnelsOf(node).at(0);
  }

  #tunnelsOf(node: string): NodeTunnel<Socket>[] {
    return this.#host
      .sockets(nodeTag(node))
      .map((socket) => this.#tunnel((socket.deserializeAttachment() as TunnelAttachment).id))
      .filter((tunnel) => tunnel !== undefined);
  }

  #tunnel(id: string): NodeTunnel<Socket> | undefined {
    const known = this.#tunnels.get(id);
    if (known) return known;
    const socket = this.#host.sockets(tunnelTag(id)).at(0);
    if (!socket) return undefined;
    const tunnel = new NodeTunnel(this.#host, socket, socket.deserializeAttachment() as TunnelAttachment);
    this.#tunnels.set(id, tunnel);
    return tunnel;
  }

  #dropTunnels(node: string, code: number, reason: string): void {
    for (const tunnel of this.#tunnelsOf(node)) {
      tunnel.socket.close(code, cutReason(reason));
      this.#forget(tunnel, reason);
    }
  }

  #forget(tunnel: NodeTunnel<Socket>, why: string): void {
    this.#tunnels.delete(tunnel.id);
    tunnel.end(why);
  }
}

const nodeTag = (node: string): string => `n:${node}`;
const tunnelTag = (id: string): string => `t:${id}`;

const isUpgrade = (request: Request): boolean => request.headers.get("upgrade")?.toLowerCase() === "websocket";

import { TunnelCloseCode, type TunnelHead, type TunnelRequest } from "../../machinery/tunnel/contract.ts";
import { cutReason } from "../../machinery/tunnel/frame.ts";
import { TunnelMux } from "../../machinery/tunnel/mux.ts";
import type { TunnelStream } from "../../machinery/tunnel/stream.ts";
import { decodeRemote, remoteLine } from "../observe/audit/remote.ts";
import { type ClientAttachment, ClientSession } from "./client-session.ts";
import type { GatewayHost, GatewaySocket } from "./host.ts";
import { HttpExchange } from "./http-exchange.ts";
import { PendingUpgrade } from "./pending-upgrade.ts";

export interface TunnelAttachment {
  kind: "tunnel";
  id: string;
  node: string;
  sinceMs: number;
  /** The stream number used last. */
  lastNumber: number;
}

/** While there are sessions whose state is not in their attachments, it is looked after this often. */
const TICK_MS = 20;

export const clientTag = (tunnel: string): string => `c:${tunnel}`;

/** One node's tunnel at the edge: its streams and the clients' sessions on them. */
export class NodeTunnel<Socket extends GatewaySocket> {
  readonly id: string;
  readonly node: string;
  readonly sinceMs: number;
  readonly socket: Socket;
  readonly #host: GatewayHost<Socket>;
  readonly #mux: TunnelMux;
  readonly #sessions = new Map<number, ClientSession<Socket>>();
  readonly #dirty = new Set<ClientSession<Socket>>();
  #ticking = false;

  /** Goes on from what the attachments say: of a tunnel just accepted, or of one that slept. */
  constructor(host: GatewayHost<Socket>, socket: Socket, attachment: TunnelAttachment) {
    this.#host = host;
    this.socket = socket;
    this.id = attachment.id;
    this.node = attachment.node;
    this.sinceMs = attachment.sinceMs;
    this.#mux = new TunnelMux(
      {
        send: (frame) => socket.send(frame),
        failed: (error) => {
          host.log("a node broke the tunnel protocol", { node: this.node, error: error.message });
          socket.close(TunnelCloseCode.PROTOCOL_ERROR, cutReason(error.message));
        },
      },
      attachment.lastNumber,
    );
    for (const client of host.sockets(clientTag(this.id)))
      this.restore(client, client.deserializeAttachment() as ClientAttachment);
  }

  /** A session that slept: of a socket that is open, or of one whose end has woken it. */
  restore(client: Socket, { stream, state, audit }: ClientAttachment): ClientSession<Socket> {
    const session = this.#session(client, audit);
    session.stream = this.#mux.restore(stream, state, session);
    this.#sessions.set(stream, session);
    return session;
  }

  attach(): void {
    const { id, node, sinceMs } = this;
    const attachment: TunnelAttachment = { kind: "tunnel", id, node, sinceMs, lastNumber: this.#mux.lastNumber };
    this.socket.serializeAttachment(attachment);
  }

  receive(message: Uint8Array): void {
    this.#mux.receive(message);
  }

  /** The tunnel's connection is gone. */
  end(why: string): void {
    this.#mux.end(why);
  }

  session(stream: number): ClientSession<Socket> | undefined {
    return this.#sessions.get(stream);
  }

  /** Opens a plain request. @throws TooManyStreamsError */
  request(request: TunnelRequest, body: ReadableStream<Uint8Array> | null): HttpExchange {
    const exchange = new HttpExchange();
    this.#open(request, exchange);
    void exchange.start(body);
    return exchange;
  }

  /**
   * Opens an upgrade. @throws TooManyStreamsError
   * @param channel given, makes the client's answer to a request with a channel of its own
   * @param audit what the audit log is to be told when the session ends
   */
  upgrade(
    request: TunnelRequest,
    {
      channel,
      audit,
    }: {
      channel?: ((head: TunnelHead) => { response: Response; lost(why: string): void }) | undefined;
      audit?: string | undefined;
    } = {},
  ): PendingUpgrade {
    const pending: PendingUpgrade = new PendingUpgrade((head, stream) => {
      if (!channel) return this.#accept(head, stream, audit);
      const { response, lost } = channel(head);
      const ended = (): void => {
        if (audit) this.#tellEnd(audit);
      };
      stream.handler = {
        head: () => {},
        data: () => stream.reset("DATA on a stream that has a channel"),
        // A node ends the stream when what it does over the channel is done.
        end() {
          stream.end();
          ended();
        },
        reset(why) {
          lost(why);
          ended();
        },
      };
      return response;
    });
    this.#open(request, pending);
    return pending;
  }

  #open(request: TunnelRequest, opener: HttpExchange | PendingUpgrade): void {
    opener.stream = this.#mux.open(request, opener);
    this.attach();
  }

  #accept(head: TunnelHead, stream: TunnelStream, audit: string | undefined): Response {
    const { client, server } = this.#host.pair();
    const session = this.#session(server, audit);
    session.stream = stream;
    stream.handler = session;
    this.#host.accept(server, [clientTag(this.id)]);
    this.#sessions.set(stream.number, session);
    session.save(this.id);
    return this.#host.upgrade(client, head.protocol);
  }

  #session(socket: Socket, audit: string | undefined): ClientSession<Socket> {
    const changed = (session: ClientSession<Socket>): void => {
      this.#dirty.add(session);
      if (this.#ticking) return;
      this.#ticking = true;
      this.#host.clock.after(TICK_MS, () => this.#tick());
    };
    return new ClientSession(socket, { changed, audit, ended: (text) => this.#tellEnd(text) });
  }

  #tellEnd(audit: string): void {
    const nowMs = this.#host.clock.now();
    const line = remoteLine(decodeRemote(audit), { stage: "ResponseComplete", code: 101, nowMs });
    if (line !== undefined) this.#host.audit(line);
  }

  /** A pending timer keeps the object from hibernating, so what is unsaved or held back is never lost. */
  #tick(): void {
    this.#ticking = false;
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const session of dirty) {
      if (session.over) this.#sessions.delete(session.number);
      else if (session.busy) session.settle();
      else session.save(this.id);
    }
  }
}

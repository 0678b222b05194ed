/** Watches over hibernatable WebSockets: what a watch is stands beside its socket, so that both outlive the object's memory. */
import { systemClock } from "../../machinery/clock.ts";
import type { Services } from "../http/context.ts";
import { formOf } from "../http/watch-representation.ts";
import { decodeRemote, remoteLine } from "../observe/audit/remote.ts";
import type { WatchDescription, Watcher, WatchSink, WatchSpec, WatchStart } from "../store/watch-types.ts";

type WatchServices = Pick<Services, "hub" | "metrics" | "env" | "audit">;

/** What stands beside a socket. */
interface Attachment extends WatchDescription {
  /** What the audit log is to be told at the end; absent: nothing, or nothing more. */
  audit?: string;
}

export class WatchSockets {
  readonly #ctx: DurableObjectState;
  readonly #services: () => WatchServices;
  readonly #watchers = new Map<WebSocket, Watcher>();
  readonly #audits = new Map<WebSocket, string>();
  #cancelTick: (() => void) | undefined;

  /** @param services asked for when they are needed: their own options need this object */
  constructor(ctx: DurableObjectState, services: () => WatchServices) {
    this.#ctx = ctx;
    this.#services = services;
  }

  accept({ spec, start, audit }: { spec: WatchSpec; start: WatchStart; audit?: string }): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    const watcher = this.#services().hub.open({ spec, start, sink: this.#sink(server, spec) });
    this.#watchers.set(server, watcher);
    if (audit) this.#audits.set(server, audit);
    this.#attach(server, watcher.describe());
    this.tick();
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Sockets outlive the object's memory: their watches go on from what was kept beside them. */
  resume(): void {
    this.#ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    for (const socket of this.#ctx.getWebSockets()) {
      const attachment = socket.deserializeAttachment() as Attachment | null;
      if (!attachment) {
        socket.close(1011, "the watch was lost");
        continue;
      }
      const { audit, ...description } = attachment;
      if (audit) this.#audits.set(socket, audit);
      const sink = this.#sink(socket, description.spec);
      this.#watchers.set(socket, this.#services().hub.reopen({ description, sink }));
    }
    this.tick();
  }

  /** The socket has closed, or broken. */
  closed(socket: WebSocket): void {
    this.#watchers.get(socket)?.end();
    this.#watchers.delete(socket);
    // One that closed while nobody was awake is not among those that were resumed.
    const { audit } = (socket.deserializeAttachment() ?? {}) as Partial<Attachment>;
    if (audit) this.#tellEnd(socket, audit);
    this.tick();
  }

  /** Watches that end by themselves or want bookmarks are looked after; with none of these there is no timer. */
  tick(): void {
    this.#cancelTick?.();
    this.#cancelTick = undefined;
    const dueMs = this.#services().hub.tick();
    if (dueMs === undefined) return;
    this.#cancelTick = systemClock.after(Math.max(dueMs - systemClock.now(), 0), () => this.tick());
  }

  #attach(socket: WebSocket, description: WatchDescription): void {
    const audit = this.#audits.get(socket);
    socket.serializeAttachment({ ...description, ...(audit && { audit }) } satisfies Attachment);
  }

  /** Once: what is told stands beside the socket no more. */
  #tellEnd(socket: WebSocket, audit: string): void {
    this.#audits.delete(socket);
    const { audit: _told, ...description } = socket.deserializeAttachment() as Attachment;
    socket.serializeAttachment(description);
    const what = { stage: "ResponseComplete" as const, code: 101, nowMs: systemClock.now() };
    const line = remoteLine(decodeRemote(audit), what);
    if (line !== undefined) this.#services().audit?.write(line);
  }

  #sink(socket: WebSocket, spec: WatchSpec): WatchSink {
    const { metrics, env } = this.#services();
    const sent = metrics.watchEvents(formOf(spec.representation, env.registry).kind);
    return {
      send: (data) => {
        const text = data as string;
        sent.add(text.length);
        socket.send(text);
      },
      pendingBytes: () => (socket as WebSocket & { bufferedAmount?: number }).bufferedAmount ?? 0,
      close: (reason) => {
        this.#watchers.delete(socket);
        const audit = this.#audits.get(socket);
        if (audit) this.#tellEnd(socket, audit);
        socket.close(1000, reason);
      },
      changed: (description) => this.#attach(socket, description),
    };
  }
}

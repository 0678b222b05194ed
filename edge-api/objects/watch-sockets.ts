/** Watches over hibernatable WebSockets: what a watch is stands beside its socket, so that both outlive the object's memory. */
import { systemClock } from "../../machinery/clock.ts";
import type { Services } from "../http/context.ts";
import { formOf } from "../http/watch-representation.ts";
import type { WatchDescription, Watcher, WatchSink, WatchSpec, WatchStart } from "../store/watch-types.ts";

type WatchServices = Pick<Services, "hub" | "metrics" | "env">;

export class WatchSockets {
  readonly #ctx: DurableObjectState;
  readonly #services: () => WatchServices;
  readonly #watchers = new Map<WebSocket, Watcher>();
  #cancelTick: (() => void) | undefined;

  /** @param services asked for when they are needed: their own options need this object */
  constructor(ctx: DurableObjectState, services: () => WatchServices) {
    this.#ctx = ctx;
    this.#services = services;
  }

  accept({ spec, start }: { spec: WatchSpec; start: WatchStart }): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    const watcher = this.#services().hub.open({ spec, start, sink: this.#sink(server, spec) });
    this.#watchers.set(server, watcher);
    server.serializeAttachment(watcher.describe());
    this.tick();
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Sockets outlive the object's memory: their watches go on from what was kept beside them. */
  resume(): void {
    this.#ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    for (const socket of this.#ctx.getWebSockets()) {
      const description = socket.deserializeAttachment() as WatchDescription | null;
      if (!description) socket.close(1011, "the watch was lost");
      else
        this.#watchers.set(
          socket,
          this.#services().hub.reopen({ description, sink: this.#sink(socket, description.spec) }),
        );
    }
    this.tick();
  }

  /** The socket has closed, or broken. */
  closed(socket: WebSocket): void {
    this.#watchers.get(socket)?.end();
    this.#watchers.delete(socket);
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
        socket.close(1000, reason);
      },
      changed: (description) => socket.serializeAttachment(description),
    };
  }
}

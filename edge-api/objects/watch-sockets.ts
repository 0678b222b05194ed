/** Watches over hibernatable WebSockets: what a watch is stands beside its socket, so that both outlive the object's memory. */
import { systemClock } from "../../machinery/clock.ts";
import type { WatchHub } from "../store/watch-hub.ts";
import type { WatchDescription, Watcher, WatchSink, WatchSpec, WatchStart } from "../store/watch-types.ts";

export class WatchSockets {
  readonly #ctx: DurableObjectState;
  readonly #hub: () => WatchHub;
  readonly #watchers = new Map<WebSocket, Watcher>();
  #cancelTick: (() => void) | undefined;

  /** @param hub asked for when it is needed: the hub's own options need this object */
  constructor(ctx: DurableObjectState, hub: () => WatchHub) {
    this.#ctx = ctx;
    this.#hub = hub;
  }

  accept({ spec, start }: { spec: WatchSpec; start: WatchStart }): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    const watcher = this.#hub().open({ spec, start, sink: this.#sink(server) });
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
      else this.#watchers.set(socket, this.#hub().reopen({ description, sink: this.#sink(socket) }));
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
    const dueMs = this.#hub().tick();
    if (dueMs === undefined) return;
    this.#cancelTick = systemClock.after(Math.max(dueMs - systemClock.now(), 0), () => this.tick());
  }

  #sink(socket: WebSocket): WatchSink {
    return {
      send: (data) => socket.send(data as string),
      pendingBytes: () => (socket as WebSocket & { bufferedAmount?: number }).bufferedAmount ?? 0,
      close: (reason) => {
        this.#watchers.delete(socket);
        socket.close(1000, reason);
      },
      changed: (description) => socket.serializeAttachment(description),
    };
  }
}

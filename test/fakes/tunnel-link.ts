import { type MuxOptions, TunnelMux } from "../../machinery/tunnel/mux.ts";
import type { StreamHandler } from "../../machinery/tunnel/stream.ts";

/** mulberry32: the same numbers for the same seed, in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Both ends of a tunnel in one process. Messages lie in two queues until the test delivers them, one at a time, so
 * that it decides how the directions interleave.
 */
export class TunnelLink {
  readonly edge: TunnelMux;
  readonly node: TunnelMux;
  readonly toNode: Uint8Array[] = [];
  readonly toEdge: Uint8Array[] = [];
  readonly failures: string[] = [];

  constructor(accept: NonNullable<MuxOptions["accept"]>) {
    this.edge = new TunnelMux({
      send: (frame) => void this.toNode.push(frame),
      failed: (error) => void this.failures.push(`edge: ${error.message}`),
    });
    this.node = new TunnelMux({
      send: (frame) => void this.toEdge.push(frame),
      failed: (error) => void this.failures.push(`node: ${error.message}`),
      accept,
    });
  }

  /** Delivers the oldest message of one direction. @returns whether there was one */
  deliver(to: "node" | "edge"): boolean {
    const frame = (to === "node" ? this.toNode : this.toEdge).shift();
    if (frame) (to === "node" ? this.node : this.edge).receive(frame);
    return frame !== undefined;
  }

  /** Delivers until nothing is under way. */
  settle(): void {
    while (this.deliver("node") || this.deliver("edge"));
  }
}

/** A handler that keeps what it hears; the granting of credit is left to `onData` or the test. */
export class Recorder implements StreamHandler {
  readonly chunks: Uint8Array[] = [];
  bytes = 0;
  ended: Uint8Array | undefined;
  resetMessage: string | undefined;
  status: number | undefined;
  readonly head?: NonNullable<StreamHandler["head"]>;
  readonly #onData: (payload: Uint8Array) => void;

  constructor(options: { edge: boolean; onData?: (payload: Uint8Array) => void }) {
    this.#onData = options.onData ?? (() => {});
    if (options.edge)
      this.head = (head) => {
        this.status = head.status;
      };
  }

  data(payload: Uint8Array): void {
    this.chunks.push(payload);
    this.bytes += payload.byteLength;
    this.#onData(payload);
  }

  end(payload: Uint8Array): void {
    this.ended = payload;
  }

  reset(message: string): void {
    this.resetMessage = message;
  }
}

/** One request that came through the tunnel, as the node's kubelet API answers it. */
import type { TunnelHead, TunnelRequest } from "../../machinery/tunnel/contract.ts";
import { decodeClose } from "../../machinery/tunnel/frame.ts";
import { MessageAssembler } from "../../machinery/tunnel/message.ts";
import type { StreamHandler, TunnelStream } from "../../machinery/tunnel/stream.ts";
import { IncomingQueue } from "./incoming-queue.ts";
import { type MessageSocket, StreamSocket } from "./message-socket.ts";

export interface TunnelCall {
  readonly request: TunnelRequest;
  /** Aborted when the client has left or the tunnel is gone: what was begun for it can stop. */
  readonly signal: AbortSignal;
  /** The request's body, as fast as it is read. */
  body(): AsyncGenerator<Uint8Array, void>;
  /** Begins the answer, once. */
  respond(head: TunnelHead): void;
  /** A piece of the answer's body. Gives false when nobody wants it any more, true once there is room for more. */
  write(chunk: Uint8Array): Promise<boolean> | boolean;
  /** Answers the upgrade with 101, once, instead of `respond`. @throws when the client cannot be reached */
  upgrade(protocol?: string): Promise<MessageSocket>;
}

/** Answers a call; the answer ends when it returns. What it throws becomes the answer, or breaks it off. */
export type CallHandler = (call: TunnelCall) => Promise<void>;

/** Thrown by a CallHandler: the answer is this, in plain text. */
export class CallError extends Error {
  readonly status: number;
  readonly headers: [string, string][];

  constructor(status: number, message: string, headers: [string, string][] = []) {
    super(message);
    this.name = "CallError";
    this.status = status;
    this.headers = headers;
  }
}

/** Thrown by a CallHandler that could not get an answer from anybody: the client learns that there is none, and why. */
export class NoAnswerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "NoAnswerError";
  }
}

export interface NodeCallOptions {
  request: TunnelRequest;
  stream: TunnelStream;
  /** Dials `request.channel`; `closed` is to be called when its peer is gone. */
  dialChannel(protocol: string | undefined, closed: () => void): Promise<MessageSocket>;
}

/** Connects a stream with the handler that answers it. */
export class NodeCall implements TunnelCall {
  readonly request: TunnelRequest;
  /** For the mux. */
  readonly streamHandler: StreamHandler;
  readonly #stream: TunnelStream;
  readonly #dialChannel: NodeCallOptions["dialChannel"];
  readonly #aborter = new AbortController();
  readonly #body: IncomingQueue<Uint8Array>;
  readonly #assembler = new MessageAssembler();
  #messages: StreamSocket | undefined;
  #responded = false;
  #hasChannel = false;

  constructor(options: NodeCallOptions) {
    this.request = options.request;
    this.#stream = options.stream;
    this.#dialChannel = options.dialChannel;
    this.#body = new IncomingQueue((bytes) => this.#stream.consumed(bytes));
    this.streamHandler = {
      data: (payload) => this.#data(payload),
      end: (payload) => this.#peerEnded(payload),
      reset: (message) => this.#lost(message),
    };
  }

  get signal(): AbortSignal {
    return this.#aborter.signal;
  }

  /** Runs the handler and sees that the stream ends with it. @param failed told of errors that are nobody's answer */
  async run(handler: CallHandler, failed: (error: unknown) => void): Promise<void> {
    try {
      await handler(this);
      if (!this.#responded) throw new Error("the request was not answered");
      this.#messages?.close();
      this.#stream.end();
    } catch (error) {
      const expected = error instanceof CallError || error instanceof NoAnswerError;
      if (!expected && !this.signal.aborted) failed(error);
      const message = error instanceof Error ? error.message : String(error);
      if (this.#responded || error instanceof NoAnswerError) this.#stream.reset(message);
      else this.#refuse(error instanceof CallError ? error : new CallError(500, message));
    } finally {
      // What the client still sends is taken and dropped, so that it can end its side.
      this.#body.drop();
    }
  }

  async *body(): AsyncGenerator<Uint8Array, void> {
    for (let chunk = await this.#body.next(); chunk; chunk = await this.#body.next()) yield chunk;
    if (this.signal.aborted) throw new Error("the client left");
  }

  respond(head: TunnelHead): void {
    if (this.#responded) throw new Error("answered twice");
    this.#responded = true;
    this.#stream.head(head);
  }

  write(chunk: Uint8Array): Promise<boolean> | boolean {
    this.#stream.write(chunk);
    return this.#stream.room();
  }

  async upgrade(protocol?: string): Promise<MessageSocket> {
    if (!this.request.protocols) throw new CallError(400, "Upgrade request required");
    const dials = this.request.channel !== undefined;
    if (!dials) this.#messages = new StreamSocket(this.#stream, protocol ?? "");
    this.respond({ status: 101, headers: [], ...(protocol && { protocol }) });
    if (this.#messages) return this.#messages;
    // The stream stays open beside the channel and ends with the handler: so the edge hears when all is done.
    const socket = await this.#dialChannel(protocol, () => this.#aborter.abort(new Error("the client left")));
    this.#hasChannel = true;
    return socket;
  }

  #refuse({ status, message, headers }: CallError): void {
    this.respond({ status, headers: [["content-type", "text/plain; charset=utf-8"], ...headers] });
    this.#stream.write(Buffer.from(message));
    this.#stream.end();
  }

  #data(payload: Uint8Array): void {
    if (!this.#messages) {
      this.#body.push(payload, payload.byteLength);
      return;
    }
    const message = this.#assembler.add(payload);
    // The pieces of a message count as read when they come: only the whole can be read, and its length is bounded.
    if (message === undefined) this.#stream.consumed(payload.byteLength);
    else this.#messages.incoming.push(message, payload.byteLength);
  }

  #peerEnded(payload: Uint8Array): void {
    this.#body.end();
    if (!this.#messages) return;
    const { code, reason } = decodeClose(payload);
    this.#messages.peerClosed(code, reason);
    this.#aborter.abort(new Error("the client left"));
  }

  #lost(message: string): void {
    // What has a connection of its own goes on without the tunnel.
    if (this.#hasChannel) return;
    this.#aborter.abort(new Error(message));
    this.#body.end();
    this.#messages?.peerClosed(1006, message);
  }
}

/**
 * What the gateway needs of the platform it runs on: a Durable Object in production, a fake in tests.
 */
import type { Clock } from "../../machinery/clock.ts";

/** A WebSocket that outlives the memory of its object. */
export interface GatewaySocket {
  send(message: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  /** At most 16 KB, kept through hibernation. */
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
  /** Bytes sent and not yet on the network. */
  readonly bufferedAmount: number;
}

/** Two ends of one connection: `client` goes into an answer, `server` is accepted, or goes into another answer. */
export interface SocketPair<Socket> {
  client: Socket;
  server: Socket;
}

export interface GatewayHost<Socket extends GatewaySocket = GatewaySocket> {
  clock: Clock;
  /** 128 bits, lower-case hexadecimal. */
  randomId(): string;
  pair(): SocketPair<Socket>;
  /** Takes the socket over: its messages and close come to the gateway. */
  accept(socket: Socket, tags: string[]): void;
  /** Joins nobody: ends a socket that was never accepted. */
  discard(socket: Socket, code: number, reason: string): void;
  /** Status 101 with this end of a pair. */
  upgrade(socket: Socket, protocol: string | undefined): Response;
  /** Accepted sockets with the tag that are not closed. */
  sockets(tag: string): Socket[];
  /** When the socket last sent "ping", in ms of the epoch. */
  lastPingMs(socket: Socket): number | undefined;
  records: PresenceRecords;
  /** Calls Gateway.alarm at the time or soon after; replaces an earlier one; undefined for never. */
  setAlarm(atMs: number | undefined): void;
  /** Tells the cluster's store. Rejects when it could not be told. */
  reportNode(name: string, connected: boolean, atMs: number): Promise<void>;
  log(message: string, fields: object): void;
  /** Writes a line to the audit log. */
  audit(line: string): void;
}

/** What is durably known of one node's connection. No record: the store knows it as not connected. */
export interface PresenceRecord {
  /** The store was told that the node is connected. */
  reported: boolean;
  /** The node has no tunnel, and is gone unless it dials before this time (ms of the epoch). */
  goneAtMs?: number;
}

export interface PresenceRecords {
  all(): Map<string, PresenceRecord>;
  get(node: string): PresenceRecord | undefined;
  put(node: string, record: PresenceRecord): void;
  delete(node: string): void;
}

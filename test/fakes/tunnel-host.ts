/** The platform of a gateway in one process: sockets in pairs, attachments, records and an alarm, all in plain sight. */
import { Gateway } from "../../edge-api/tunnel/gateway.ts";
import type { GatewayHost, GatewaySocket, PresenceRecord } from "../../edge-api/tunnel/host.ts";
import { ManualClock } from "./cluster-clock.ts";

export class FakeSocket implements GatewaySocket {
  readonly received: (string | Uint8Array)[] = [];
  closedWith: { code: number; reason: string } | undefined;
  open = true;
  tags: string[] = [];
  bufferedAmount = 0;
  pingMs: number | undefined;
  peer!: FakeSocket;
  onReceive: (message: string | Uint8Array) => void = () => {};
  #attachment = "null";

  send(message: string | Uint8Array): void {
    if (!this.open) throw new Error("sent on a closed socket");
    const copy = typeof message === "string" ? message : Uint8Array.from(message);
    this.peer.received.push(copy);
    this.peer.onReceive(copy);
  }

  close(code = 1005, reason = ""): void {
    if (!this.open) return;
    this.open = false;
    this.peer.closedWith ??= { code, reason };
  }

  serializeAttachment(value: unknown): void {
    this.#attachment = JSON.stringify(value);
    if (this.#attachment.length > 16_384) throw new Error("attachment too large");
  }

  deserializeAttachment(): unknown {
    return JSON.parse(this.#attachment);
  }
}

/** What an upgraded answer holds: Node's Response knows no status 101. */
export interface Upgraded {
  status: 101;
  socket: FakeSocket;
  protocol: string | undefined;
}

export class FakeHost implements GatewayHost<FakeSocket> {
  readonly clock = new ManualClock();
  readonly stored = new Map<string, PresenceRecord>();
  readonly reports: [string, boolean][] = [];
  readonly logged: string[] = [];
  readonly audited: string[] = [];
  alarmMs: number | undefined;
  storeFailures = 0;
  accepted: FakeSocket[] = [];
  gateway = new Gateway<FakeSocket>(this);
  #ids = 0;

  readonly records = {
    all: () => new Map(this.stored),
    get: (node: string) => this.stored.get(node),
    put: (node: string, record: PresenceRecord) => void this.stored.set(node, record),
    delete: (node: string) => void this.stored.delete(node),
  };

  randomId(): string {
    return (++this.#ids).toString(16).padStart(32, "0");
  }

  pair() {
    const [client, server] = [new FakeSocket(), new FakeSocket()];
    client.peer = server;
    server.peer = client;
    return { client, server };
  }

  accept(socket: FakeSocket, tags: string[]): void {
    socket.tags = tags;
    this.accepted.push(socket);
  }

  discard(socket: FakeSocket, code: number, reason: string): void {
    socket.close(code, reason);
  }

  upgrade(socket: FakeSocket, protocol: string | undefined): Response {
    const upgraded: Upgraded = { status: 101, socket, protocol };
    return upgraded as unknown as Response;
  }

  sockets(tag: string): FakeSocket[] {
    return this.accepted.filter((socket) => socket.open && socket.tags.includes(tag));
  }

  lastPingMs(socket: FakeSocket): number | undefined {
    return socket.pingMs;
  }

  setAlarm(atMs: number | undefined): void {
    this.alarmMs = atMs;
  }

  async reportNode(name: string, connected: boolean): Promise<void> {
    if (this.storeFailures > 0) {
      this.storeFailures--;
      throw new Error("the store is down");
    }
    this.reports.push([name, connected]);
  }

  log(message: string): void {
    this.logged.push(message);
  }

  audit(line: string): void {
    this.audited.push(line);
  }

  /** Forgets all memory, as hibernation does. Sockets and what is stored stay. */
  hibernate(): void {
    this.gateway = new Gateway<FakeSocket>(this);
  }

  /** All sockets are gone, and nobody is told. */
  restart(): void {
    for (const socket of this.accepted) socket.open = false;
    this.accepted = [];
    this.hibernate();
  }

  /** Lets the alarm ring if it is due by `nowMs`, with the clock moved there. */
  async passTo(nowMs: number): Promise<void> {
    while (this.alarmMs !== undefined && this.alarmMs <= nowMs) {
      this.clock.advance(Math.max(0, this.alarmMs - this.clock.now()));
      this.alarmMs = undefined;
      await this.gateway.alarm();
    }
    this.clock.advance(nowMs - this.clock.now());
  }

  /** The client's end tells its server end something. */
  say(client: FakeSocket, message: string | Uint8Array): void {
    this.gateway.message(client.peer, message);
  }

  /** The client's end closes. */
  hangUp(client: FakeSocket, code: number, reason = ""): void {
    client.peer.open = false;
    this.gateway.closed(client.peer, code, reason);
  }
}

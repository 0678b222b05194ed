/** The sockets of the DNS server: UDP and TCP on one address. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer, type Server, type Socket } from "node:net";
import type { Log } from "../contracts.ts";

export type Resolve = (message: Buffer, transport: "udp" | "tcp") => Promise<Buffer | undefined>;

export interface ListenOptions {
  ip: string;
  /** 0: any. */
  port: number;
  resolve: Resolve;
  log: Log;
}

export interface Listening {
  port: number;
  close(): Promise<void>;
}

const UDP_BUFFER_BYTES = 1024 * 1024;
const MAX_UDP_PENDING = 4096;
const MAX_TCP_CONNECTIONS = 256;
const TCP_IDLE_MS = 10_000;
/** A query is a name and an option or two. */
const MAX_QUERY_BYTES = 4096;

/** Listens on both transports at the same port. Rejects with EADDRINUSE when one is taken. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const tcp = await listenTcp(options);
  const address = tcp.server.address() as { port: number };
  try {
    const udp = await listenUdp({ ...options, port: address.port });
    return {
      port: address.port,
      async close() {
        await Promise.all([new Promise<void>((resolve) => udp.close(resolve)), tcp.close()]);
      },
    };
  } catch (error) {
    await tcp.close();
    throw error;
  }
}

async function listenUdp({ ip, port, resolve, log }: ListenOptions): Promise<UdpSocket> {
  const socket = createSocket("udp4");
  let pending = 0;
  socket.on("message", (message, from) => {
    // Clients ask again; memory does not grow back.
    if (pending >= MAX_UDP_PENDING || message.length > MAX_QUERY_BYTES) return;
    pending++;
    resolve(message, "udp")
      .then((response) => {
        if (response) socket.send(response, from.port, from.address, () => {});
      })
      .catch((error: Error) => log.error("DNS answer could not be sent", { error: error.message }))
      .finally(() => {
        pending--;
      });
  });
  await new Promise<void>((done, fail) => {
    socket.once("error", fail);
    socket.bind(port, ip, () => {
      socket.off("error", fail);
      done();
    });
  });
  // ICMP errors from clients that went away come here.
  socket.on("error", (error) => log.debug("DNS socket", { error: error.message }));
  try {
    socket.setRecvBufferSize(UDP_BUFFER_BYTES);
  } catch (error) {
    log.debug("DNS socket keeps its small receive buffer", { error: (error as Error).message });
  }
  return socket;
}

async function listenTcp(options: ListenOptions): Promise<{ server: Server; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    if (sockets.size >= MAX_TCP_CONNECTIONS) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serveTcp(socket, options);
  });
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen({ host: options.ip, port: options.port }, () => {
      server.off("error", fail);
      done();
    });
  });
  server.on("error", (error) => options.log.warn("DNS listener", { error: error.message }));
  return {
    server,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Questions on one connection are answered one after the other. */
function serveTcp(socket: Socket, { resolve, log }: ListenOptions): void {
  let received = Buffer.alloc(0);
  let busy = false;
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
  socket.on("error", (error) => log.debug("DNS connection", { error: error.message }));
  const next = (): void => {
    if (busy || received.length < 2) return;
    const length = received.readUInt16BE(0);
    if (length > MAX_QUERY_BYTES) {
      socket.destroy();
      return;
    }
    if (received.length < length + 2) return;
    const message = received.subarray(2, length + 2);
    received = received.subarray(length + 2);
    busy = true;
    socket.pause();
    resolve(message, "tcp")
      .then((response) => {
        busy = false;
        if (!response) {
          socket.destroy();
          return;
        }
        const prefix = Buffer.alloc(2);
        prefix.writeUInt16BE(response.length);
        socket.write(Buffer.concat([prefix, response]));
        socket.resume();
        next();
      })
      .catch((error: Error) => {
        log.error("DNS answer could not be sent", { error: error.message });
        socket.destroy();
      });
  };
  socket.on("data", (chunk) => {
    received = Buffer.concat([received, chunk]);
    next();
  });
}

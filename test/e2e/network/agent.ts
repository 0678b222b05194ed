/** What runs in a pod or beside the cluster: servers that say who they are and who asked, and clients. */
import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { createServer as createHttpsServer, request as httpsRequest } from "node:https";
import { connect, createServer, type Socket } from "node:net";
import dnsPacket from "dns-packet";
import { serveCalls } from "./ipc.ts";

const TIMEOUT_MS = 1500;
const kept = new Map<string, Socket>();
const udpClients = new Map<number, UdpSocket>();

/** One connection: resolves with what the server says. Rejects with the error code, or TIMEOUT. */
function ask(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let text = "";
    socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("TIMEOUT")));
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", reject);
    socket.on("end", () => resolve(text));
    socket.write("bye");
  });
}

serveCalls({
  /** TCP and UDP: "<name> <source address>"; TCP says it again for everything but "bye". */
  async serve(name: string, port: number) {
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (chunk) => {
        const line = `${name} ${socket.remoteAddress?.replace("::ffff:", "")}`;
        if (String(chunk) === "bye") socket.end(line);
        else socket.write(line);
      });
    });
    await new Promise<void>((done) => server.listen({ host: "0.0.0.0", port }, done));
    const udp = createSocket("udp4");
    udp.on("message", (_message, from) => udp.send(`${name} ${from.address}`, from.port, from.address));
    await new Promise<void>((done) => udp.bind(port, "0.0.0.0", done));
  },

  async serveHttps(port: number, key: string, cert: string) {
    const server = createHttpsServer({ key, cert }, (request, response) =>
      response.end(`${request.method} ${request.url} ${request.headers.authorization}`),
    );
    await new Promise<void>((done) => server.listen(port, "0.0.0.0", done));
  },

  /** GET; the server's name is checked against `ca`. */
  https(host: string, port: number, path: string, options: { ca: string; servername: string; token: string }) {
    return new Promise<string>((resolve, reject) => {
      const { ca, servername, token } = options;
      const headers = { authorization: `Bearer ${token}` };
      const outgoing = httpsRequest({ host, port, path, ca, servername, headers, timeout: TIMEOUT_MS, agent: false });
      outgoing.on("timeout", () => outgoing.destroy(new Error("TIMEOUT")));
      outgoing.on("error", reject);
      outgoing.on("response", (response) => {
        let text = "";
        response.on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve(text));
      });
      outgoing.end();
    });
  },

  /** Connects `count` times, one after the other. */
  async tcp(host: string, port: number, count = 1) {
    const answers: string[] = [];
    for (let i = 0; i < count; i++) answers.push(await ask(host, port));
    return answers;
  },

  /** Opens a connection that stays. */
  keep(id: string, host: string, port: number) {
    return new Promise<void>((resolve, reject) => {
      const socket = connect({ host, port }, resolve);
      socket.on("error", reject);
      kept.set(id, socket);
    });
  },

  say(id: string) {
    return new Promise<string>((resolve, reject) => {
      const socket = kept.get(id) as Socket;
      const timer = setTimeout(() => reject(new Error("TIMEOUT")), TIMEOUT_MS);
      socket.once("data", (chunk) => {
        clearTimeout(timer);
        resolve(String(chunk));
      });
      socket.write("hello");
    });
  },

  /** One datagram and its answer; with `sourcePort` from a socket that stays open between calls. */
  udp(host: string, port: number, sourcePort = 0) {
    return new Promise<string>((resolve, reject) => {
      const existing = sourcePort === 0 ? undefined : udpClients.get(sourcePort);
      const socket = existing ?? createSocket("udp4");
      const finish = (outcome: string | Error): void => {
        clearTimeout(timer);
        socket.removeAllListeners("message");
        socket.removeAllListeners("error");
        if (sourcePort === 0) socket.close();
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const timer = setTimeout(() => finish(new Error("TIMEOUT")), TIMEOUT_MS);
      socket.on("message", (message) => finish(String(message)));
      socket.on("error", finish);
      if (existing) {
        socket.send("x");
        return;
      }
      if (sourcePort !== 0) udpClients.set(sourcePort, socket);
      // Connected, so that ICMP errors are heard.
      socket.bind(sourcePort, () => socket.connect(port, host, () => socket.send("x")));
    });
  },

  /** Answers of a DNS query, as "<type> <data>", or the response code. */
  async dns(server: string, name: string, type: string, transport: "udp" | "tcp") {
    const query = { id: 7, type: "query" as const, flags: dnsPacket.RECURSION_DESIRED, questions: [{ name, type }] };
    const response = await new Promise<ReturnType<typeof dnsPacket.decode>>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("TIMEOUT")), TIMEOUT_MS);
      const done = (message: ReturnType<typeof dnsPacket.decode>): void => {
        clearTimeout(timer);
        resolve(message);
      };
      if (transport === "udp") {
        const socket = createSocket("udp4");
        socket.on("error", reject);
        socket.on("message", (message) => {
          socket.close();
          done(dnsPacket.decode(message));
        });
        socket.connect(53, server, () => socket.send(dnsPacket.encode(query)));
      } else {
        const socket = connect(53, server, () => socket.write(dnsPacket.streamEncode(query)));
        socket.on("error", reject);
        socket.once("data", (chunk) => {
          socket.destroy();
          done(dnsPacket.streamDecode(chunk));
        });
      }
    });
    if (response.rcode !== "NOERROR") return [response.rcode];
    return response.answers.map((a) => `${a.type} ${typeof a.data === "string" ? a.data : JSON.stringify(a.data)}`);
  },
});

/**
 * A load generator that costs little: raw HTTP/1.1 over kept-open TLS connections, one request at a time on each. It
 * reads Content-Length and chunked bodies and nothing else of HTTP.
 */
import tls from "node:tls";

export interface Target {
  port: number;
  ca: string;
  token?: string;
}

export interface Answer {
  status: number;
  /** Length of the body in bytes. */
  bytes: number;
  body: Buffer | undefined;
}

export interface Connection {
  /** @param keep whether the answer's body is wanted */
  send(request: string, keep?: "body"): Promise<Answer>;
  close(): void;
}

/** The text of one request. */
export function requestText(target: Target, method: string, path: string, body?: string): string {
  const head = [
    `${method} ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${target.port}`,
    ...(target.token ? [`Authorization: Bearer ${target.token}`] : []),
    "Accept: application/json",
    ...(body === undefined ? [] : ["Content-Type: application/json", `Content-Length: ${Buffer.byteLength(body)}`]),
  ];
  return `${head.join("\r\n")}\r\n\r\n${body ?? ""}`;
}

const CRLF2 = Buffer.from("\r\n\r\n");

export async function connect(target: Target): Promise<Connection> {
  const socket = tls.connect({ port: target.port, host: "127.0.0.1", ca: target.ca, servername: "localhost" });
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  let buffer: Buffer = Buffer.alloc(0);
  let waiting: { resolve: (answer: Answer) => void; reject: (error: Error) => void; keep: boolean } | undefined;
  let reading: { status: number; left: number; bytes: number; chunked: boolean; parts: Buffer[] } | undefined;

  const finish = () => {
    const done = reading;
    const to = waiting;
    reading = undefined;
    waiting = undefined;
    if (done)
      to?.resolve({ status: done.status, bytes: done.bytes, body: to.keep ? Buffer.concat(done.parts) : undefined });
  };
  const take = (bytes: number) => {
    if (waiting?.keep) reading?.parts.push(buffer.subarray(0, bytes));
    if (reading) reading.bytes += bytes;
    buffer = buffer.subarray(bytes);
  };
  const advance = (): void => {
    for (;;) {
      if (!reading) {
        const end = buffer.indexOf(CRLF2);
        if (end < 0) return;
        const head = buffer.toString("latin1", 0, end).toLowerCase();
        const length = /\r\ncontent-length: (\d+)/.exec(head)?.[1];
        reading = {
          status: Number(head.slice(9, 12)),
          left: Number(length ?? 0),
          bytes: 0,
          chunked: length === undefined,
          parts: [],
        };
        buffer = buffer.subarray(end + 4);
      } else if (!reading.chunked) {
        const bytes = Math.min(reading.left, buffer.length);
        take(bytes);
        reading.left -= bytes;
        if (reading.left > 0) return;
        finish();
      } else if (reading.left > 2) {
        // Inside a chunk: its bytes, then CRLF.
        const bytes = Math.min(reading.left - 2, buffer.length);
        if (bytes === 0) return;
        take(bytes);
        reading.left -= bytes;
      } else if (reading.left > 0) {
        if (buffer.length < reading.left) return;
        buffer = buffer.subarray(reading.left);
        reading.left = 0;
      } else {
        const end = buffer.indexOf("\r\n");
        if (end < 0) return;
        const size = Number.parseInt(buffer.toString("latin1", 0, end), 16);
        if (size === 0) {
          if (buffer.length < end + 4) return;
          buffer = buffer.subarray(end + 4);
          finish();
        } else {
          buffer = buffer.subarray(end + 2);
          reading.left = size + 2;
        }
      }
    }
  };
  socket.on("data", (data) => {
    buffer = buffer.length === 0 ? data : Buffer.concat([buffer, data]);
    advance();
  });
  socket.on("close", () => waiting?.reject(new Error("the server closed the connection")));
  socket.on("error", (error) => waiting?.reject(error));
  return {
    send: (request, keep) =>
      new Promise((resolve, reject) => {
        waiting = { resolve, reject, keep: keep === "body" };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

export interface Figures {
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  count: number;
}

export interface Load {
  target: Target;
  connections: number;
  /** Requests in all, or time: whichever comes first. */
  requests: number;
  limitMs?: number;
  request: (index: number) => string;
  expect: number;
}

/** Sends `requests` over `connections`; throws when an answer has another status than expected. */
export async function load({ target, connections, requests, limitMs, request, expect }: Load): Promise<Figures> {
  const open = await Promise.all(Array.from({ length: connections }, () => connect(target)));
  const latencies = new Float64Array(requests);
  let next = 0;
  const started = performance.now();
  await Promise.all(
    open.map(async (connection) => {
      while (next < requests && (limitMs === undefined || performance.now() - started < limitMs)) {
        const index = next++;
        const sent = performance.now();
        const { status } = await connection.send(request(index));
        latencies[index] = performance.now() - sent;
        if (status !== expect) throw new Error(`request ${index}: HTTP ${status} instead of ${expect}`);
      }
    }),
  );
  const elapsedMs = performance.now() - started;
  for (const connection of open) connection.close();
  return { ...quantiles(latencies.subarray(0, next)), perSecond: (next / elapsedMs) * 1000, count: next };
}

export function quantiles(latencies: Float64Array): { p50Ms: number; p99Ms: number } {
  const sorted = latencies.toSorted();
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

export const show = (f: Figures): string =>
  `${f.perSecond.toFixed(0).padStart(7)}/s  p50 ${f.p50Ms.toFixed(1).padStart(5)} ms  p99 ${f.p99Ms.toFixed(1).padStart(5)} ms`;

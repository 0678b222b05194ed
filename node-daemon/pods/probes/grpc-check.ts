/** grpc.health.v1.Health/Check over plaintext HTTP/2. The two messages are small enough to spell out. */
import { connect, constants } from "node:http2";
import { urlHost } from "../ports.ts";
import { dialMessage } from "./http-get.ts";

const SERVING = 1;
const STATES: readonly string[] = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

function requestFrame(service: string): Buffer {
  const name = Buffer.from(service);
  const length: number[] = [];
  for (let rest = name.length; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) break;
  }
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...length]), name]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** status of a HealthCheckResponse frame: field 1, an enum. */
const readStatus = (frame: Buffer): number => (frame.length >= 7 && frame[5] === 0x08 ? (frame[6] ?? 0) : 0);

/** @returns ok when the service says SERVING; else why not */
export function checkGrpc(
  address: { ip: string; port: number; service: string },
  timeoutMs: number,
): Promise<{ ok: boolean; message: string }> {
  const host = `${urlHost(address.ip)}:${address.port}`;
  return new Promise((resolve) => {
    const session = connect(`http://${host}`);
    let connected = false;
    const finish = (ok: boolean, message: string): void => {
      clearTimeout(timer);
      session.destroy();
      resolve({ ok, message });
    };
    const timer = setTimeout(
      () =>
        finish(
          false,
          connected
            ? `timeout: health rpc did not complete within ${timeoutMs / 1000}s`
            : `timeout: failed to connect service "${host}" within ${timeoutMs / 1000}s: context deadline exceeded`,
        ),
      timeoutMs,
    );
    session.on("connect", () => {
      connected = true;
    });
    session.on("error", (error) => finish(false, `error: ${dialMessage(error, host)}`));
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.health.v1.Health/Check",
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": "kube-probe/1.36",
    });
    const chunks: Buffer[] = [];
    let code: string | undefined;
    const takeCode = (headers: { [name: string]: unknown }): void => {
      if (headers["grpc-status"] !== undefined) code = String(headers["grpc-status"]);
    };
    stream.on("response", takeCode);
    stream.on("trailers", takeCode);
    stream.on("data", (chunk: Buffer) => {
      if (chunks.length < 16) chunks.push(chunk);
    });
    stream.on("error", (error) => finish(false, `error: ${dialMessage((error.cause as Error) ?? error, host)}`));
    stream.on("end", () => {
      if (code === "12")
        finish(false, "error: this server does not implement the grpc health protocol (grpc.health.v1.Health)");
      else if (code !== "0") finish(false, `error: health rpc probe failed: grpc status ${code ?? "missing"}`);
      else {
        const status = readStatus(Buffer.concat(chunks));
        finish(
          status === SERVING,
          status === SERVING ? "" : `service unhealthy (responded with "${STATES[status] ?? status}")`,
        );
      }
    });
    stream.end(requestFrame(address.service));
  });
}

import {
  type Frame,
  FrameType,
  MAX_CONTROL_BYTES,
  MAX_FRAME_BYTES,
  type TunnelClose,
  type TunnelHead,
  type TunnelRequest,
} from "./contract.ts";

/** The peer sent what the contract does not allow; the tunnel ends with this message as its close reason. */
export class TunnelProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "TunnelProtocolError";
  }
}

export const FRAME_HEADER_BYTES = 5;
const NO_BYTES = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One binary message. `leading` is put before the payload: the flags of a WebSocket message. */
export function encodeFrame(type: FrameType, stream: number, payload: Uint8Array, leading?: number): Uint8Array {
  const at = leading === undefined ? FRAME_HEADER_BYTES : FRAME_HEADER_BYTES + 1;
  const bytes = new Uint8Array(at + payload.byteLength);
  bytes[0] = type;
  bytes[1] = stream >>> 24;
  bytes[2] = stream >>> 16;
  bytes[3] = stream >>> 8;
  bytes[4] = stream;
  if (leading !== undefined) bytes[FRAME_HEADER_BYTES] = leading;
  bytes.set(payload, at);
  return bytes;
}

/** @returns the frame; its payload shares the memory of `bytes`. @throws TunnelProtocolError */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes.byteLength < FRAME_HEADER_BYTES) throw new TunnelProtocolError("frame shorter than its header");
  const type = bytes[0] as FrameType;
  if (type < FrameType.OPEN || type > FrameType.RESET) throw new TunnelProtocolError(`unknown frame type ${type}`);
  const stream = ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0;
  if (stream === 0) throw new TunnelProtocolError("stream 0 does not exist");
  const payload = bytes.subarray(FRAME_HEADER_BYTES);
  const limitBytes = type === FrameType.DATA ? MAX_FRAME_BYTES : MAX_CONTROL_BYTES;
  if (payload.byteLength > limitBytes) throw new TunnelProtocolError(`frame longer than ${limitBytes} bytes`);
  return { type, stream, payload };
}

export function encodeCredit(stream: number, bytes: number): Uint8Array {
  const payload = new Uint8Array(4);
  new DataView(payload.buffer).setUint32(0, bytes);
  return encodeFrame(FrameType.CREDIT, stream, payload);
}

/** @throws TunnelProtocolError */
export function decodeCredit(payload: Uint8Array): number {
  if (payload.byteLength !== 4) throw new TunnelProtocolError("CREDIT must carry four bytes");
  const bytes = new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0);
  if (bytes === 0) throw new TunnelProtocolError("CREDIT of nothing");
  return bytes;
}

/** The payload of OPEN, HEAD, END or RESET. */
export const encodeControl = (value: TunnelRequest | TunnelHead | TunnelClose | { message: string }): Uint8Array =>
  encoder.encode(JSON.stringify(value));

/** @throws TunnelProtocolError */
export function decodeRequest(payload: Uint8Array): TunnelRequest {
  const value = decodeJson(payload, "OPEN");
  const { method, path, headers, protocols, channel } = value;
  if (typeof method !== "string" || !/^[A-Z]{1,32}$/.test(method))
    throw new TunnelProtocolError("OPEN without a method");
  if (typeof path !== "string" || !path.startsWith("/")) throw new TunnelProtocolError("OPEN without a path");
  if (protocols !== undefined && !isStrings(protocols)) throw new TunnelProtocolError("OPEN with bad protocols");
  if (channel !== undefined && (typeof channel !== "string" || !/^[0-9a-f]{1,64}$/.test(channel) || !protocols))
    throw new TunnelProtocolError("OPEN with a bad channel");
  return {
    method,
    path,
    headers: headersOf(headers, "OPEN"),
    ...(protocols && { protocols }),
    ...(channel !== undefined && { channel }),
  };
}

/** @throws TunnelProtocolError */
export function decodeHead(payload: Uint8Array): TunnelHead {
  const { status, headers, protocol } = decodeJson(payload, "HEAD");
  const known =
    Number.isInteger(status) && (status === 101 || ((status as number) >= 200 && (status as number) <= 599));
  if (!known) throw new TunnelProtocolError("HEAD without a status");
  if (protocol !== undefined && typeof protocol !== "string") throw new TunnelProtocolError("HEAD with a bad protocol");
  return {
    status: status as number,
    headers: headersOf(headers, "HEAD"),
    ...(protocol !== undefined && { protocol }),
  };
}

/** How the WebSocket was closed; an empty END closes normally. @throws TunnelProtocolError */
export function decodeClose(payload: Uint8Array): TunnelClose {
  if (payload.byteLength === 0) return { code: 1000, reason: "" };
  const { code, reason } = decodeJson(payload, "END");
  if (!Number.isInteger(code) || typeof reason !== "string") throw new TunnelProtocolError("END with a bad close");
  return sendableClose(code as number, reason);
}

/** @throws TunnelProtocolError */
export function decodeReset(payload: Uint8Array): string {
  const { message } = payload.byteLength === 0 ? { message: "" } : decodeJson(payload, "RESET");
  if (typeof message !== "string") throw new TunnelProtocolError("RESET without a message");
  return message;
}

/** A close that a WebSocket API accepts: codes 1005, 1006, 1015 and unknown ones cannot be sent, reasons are short. */
export function sendableClose(code: number, reason: string): TunnelClose {
  const allowed = code === 1000 || (code >= 1001 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006);
  const sendable = allowed || (code >= 3000 && code <= 4999);
  return { code: sendable ? code : code === 1005 ? 1000 : 1011, reason: cutReason(reason) };
}

/** The protocol allows 123 bytes; a cut must not split a character. */
export function cutReason(reason: string): string {
  const bytes = encoder.encode(reason);
  return bytes.byteLength <= 123 ? reason : new TextDecoder().decode(bytes.subarray(0, 120)).replace(/\uFFFD+$/, "");
}

export const emptyPayload = (): Uint8Array => NO_BYTES;

function decodeJson(payload: Uint8Array, what: string): { [key: string]: unknown } {
  let value: unknown;
  try {
    value = JSON.parse(decoder.decode(payload));
  } catch {
    throw new TunnelProtocolError(`${what} is not JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TunnelProtocolError(`${what} is not an object`);
  return value as { [key: string]: unknown };
}

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

function headersOf(value: unknown, what: string): [string, string][] {
  const fine = Array.isArray(value) && value.every((pair) => isStrings(pair) && pair.length === 2);
  if (!fine) throw new TunnelProtocolError(`${what} with bad headers`);
  return value as [string, string][];
}

import { describe, expect, it } from "vitest";
import { FrameType, MAX_CONTROL_BYTES, MAX_FRAME_BYTES } from "./contract.ts";
import {
  cutReason,
  decodeClose,
  decodeCredit,
  decodeFrame,
  decodeHead,
  decodeRequest,
  decodeReset,
  encodeControl,
  encodeCredit,
  encodeFrame,
  sendableClose,
} from "./frame.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe("frames", () => {
  it("[F1] survive encoding, whatever the stream number", () => {
    for (const stream of [1, 255, 256, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
      const payload = Uint8Array.of(1, 2, 3);
      expect(decodeFrame(encodeFrame(FrameType.DATA, stream, payload))).toEqual({
        type: FrameType.DATA,
        stream,
        payload,
      });
    }
  });

  it("[F2] put the leading byte before the payload", () => {
    const { payload } = decodeFrame(encodeFrame(FrameType.DATA, 7, Uint8Array.of(9), 3));
    expect([...payload]).toEqual([3, 9]);
  });

  it.each([
    { name: "[F3] too short", bytes: Uint8Array.of(3, 0, 0, 0) },
    { name: "[F4] unknown type 0", bytes: Uint8Array.of(0, 0, 0, 0, 1) },
    { name: "[F5] unknown type 7", bytes: Uint8Array.of(7, 0, 0, 0, 1) },
    { name: "[F6] stream 0", bytes: Uint8Array.of(3, 0, 0, 0, 0) },
    { name: "[F7] DATA too long", bytes: encodeFrame(FrameType.DATA, 1, new Uint8Array(MAX_FRAME_BYTES + 1)) },
    { name: "[F8] HEAD too long", bytes: encodeFrame(FrameType.HEAD, 1, new Uint8Array(MAX_CONTROL_BYTES + 1)) },
  ])("$name is refused", ({ bytes }) => {
    expect(() => decodeFrame(bytes)).toThrow(expect.objectContaining({ name: "TunnelProtocolError" }));
  });
});

describe("control payloads", () => {
  it("[F9] survive encoding", () => {
    const request = { method: "GET", path: "/x?y=1", headers: [["a", "b"]] as [string, string][], protocols: ["p"] };
    expect(decodeRequest(encodeControl(request))).toEqual(request);
    const head = { status: 101, headers: [] as [string, string][], protocol: "p" };
    expect(decodeHead(encodeControl(head))).toEqual(head);
    expect(decodeReset(encodeControl({ message: "gone" }))).toBe("gone");
    expect(decodeClose(encodeControl({ code: 4000, reason: "x" }))).toEqual({ code: 4000, reason: "x" });
    expect(decodeCredit(decodeFrame(encodeCredit(1, 0xffff_ffff)).payload)).toBe(0xffff_ffff);
  });

  it.each([
    ["[F10] request that is no JSON", () => decodeRequest(text("{"))],
    ["[F11] request that is no UTF-8", () => decodeRequest(Uint8Array.of(0xff))],
    ["[F12] request that is a list", () => decodeRequest(text("[]"))],
    ["[F13] path without slash", () => decodeRequest(text('{"method":"GET","path":"x","headers":[]}'))],
    ["[F14] odd method", () => decodeRequest(text('{"method":"G T","path":"/","headers":[]}'))],
    ["[F15] headers not in pairs", () => decodeRequest(text('{"method":"GET","path":"/","headers":[["a"]]}'))],
    [
      "[F16] protocols not strings",
      () => decodeRequest(text('{"method":"GET","path":"/","headers":[],"protocols":[1]}')),
    ],
    [
      "[F17] channel without upgrade",
      () => decodeRequest(text('{"method":"GET","path":"/","headers":[],"channel":"ab"}')),
    ],
    ["[F18] status out of range", () => decodeHead(text('{"status":99,"headers":[]}'))],
    ["[F19] status no number", () => decodeHead(text('{"status":"200","headers":[]}'))],
    ["[F20] credit of three bytes", () => decodeCredit(new Uint8Array(3))],
    ["[F21] credit of nothing", () => decodeCredit(new Uint8Array(4))],
    ["[F22] close without a code", () => decodeClose(text("{}"))],
    ["[F23] reset with a number", () => decodeReset(text('{"message":1}'))],
  ])("%s is refused", (_name, decode) => {
    expect(decode).toThrow(expect.objectContaining({ name: "TunnelProtocolError" }));
  });
});

describe("WebSocket closes", () => {
  it.each([
    [1000, 1000],
    [1001, 1001],
    [1004, 1011],
    [1005, 1000],
    [1006, 1011],
    [1015, 1011],
    [2999, 1011],
    [3000, 3000],
    [4999, 4999],
    [5000, 1011],
  ])("[F24] code %i is sent as %i", (code, sent) => expect(sendableClose(code, "").code).toBe(sent));

  it("[F25] reasons are cut to what the protocol allows, at a whole character", () => {
    expect(new TextEncoder().encode(cutReason("é".repeat(100))).byteLength).toBeLessThanOrEqual(123);
    expect(cutReason("é".repeat(100))).toMatch(/^é+$/);
    expect(cutReason("short")).toBe("short");
  });
});

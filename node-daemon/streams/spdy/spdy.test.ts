import { Duplex } from "node:stream";
import { constants, inflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { SpdyConnection } from "./connection.ts";
import {
  ControlType,
  dataFrame,
  FLAG_FIN,
  HeaderEncoder,
  pingFrame,
  resetFrame,
  SpdyParser,
  synStreamFrame,
} from "./frame.ts";

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Header blocks of one connection, decoded as one zlib stream. */
function decodeBlocks(blocks: Uint8Array[]): { [name: string]: string }[] {
  const all = Buffer.concat(blocks);
  // Deflate with a dictionary, and the Adler-32 that spdystream knows SPDY/3's dictionary by.
  expect([...all.subarray(0, 6)]).toEqual([0x78, 0xbb, 0xe3, 0xc6, 0xa7, 0xc2]);
  const plain = inflateRawSync(all.subarray(6), { finishFlush: constants.Z_SYNC_FLUSH });
  const decoded = [];
  for (let at = 0; at < plain.length; ) {
    const count = plain.readUInt32BE(at);
    at += 4;
    const texts: string[] = [];
    for (let part = 0; part < count * 2; part++) {
      const size = plain.readUInt32BE(at);
      texts.push(plain.toString("utf8", at + 4, at + 4 + size));
      at += 4 + size;
    }
    decoded.push(
      Object.fromEntries(Array.from({ length: count }, (_, index) => [texts[index * 2]!, texts[index * 2 + 1]!])),
    );
  }
  return decoded;
}

describe("SPDY frames", () => {
  it("[SP1] header blocks are one zlib stream over all frames", () => {
    const encoder = new HeaderEncoder();
    const headers = [{ streamtype: "error" }, { streamtype: "data", port: "80", requestid: "0" }, {}];
    expect(decodeBlocks(headers.map((each) => encoder.encode(each)))).toEqual(headers);
  });

  it("[SP2] are the same in whatever pieces they come", () => {
    const bytes = Buffer.concat([
      dataFrame(1, Buffer.from("hello")),
      pingFrame(2),
      dataFrame(3, new Uint8Array(0), FLAG_FIN),
      synStreamFrame(5, new HeaderEncoder().encode({ a: "b" })),
    ]);
    for (const size of [1, 2, 5, 9, 1000]) {
      const parser = new SpdyParser();
      const frames = [];
      for (let at = 0; at < bytes.length; at += size) {
        parser.push(bytes.subarray(at, at + size));
        for (let frame = parser.next(); frame; frame = parser.next()) frames.push(frame);
      }
      expect(frames).toMatchObject([
        { kind: "data", stream: 1, fin: false, payload: Buffer.from("hello") },
        { kind: "control", type: ControlType.PING },
        { kind: "data", stream: 3, fin: true },
        { kind: "control", type: ControlType.SYN_STREAM },
      ]);
    }
  });

  it.each([
    ["[SP3] another version", Buffer.of(0x80, 0x02, 0, 6, 0, 0, 0, 0)],
    ["[SP4] too long", Buffer.of(0, 0, 0, 1, 0, 0xff, 0xff, 0xff)],
  ])("%s is refused", (_name, bytes) => {
    const parser = new SpdyParser();
    parser.push(bytes);
    expect(() => parser.next()).toThrow(expect.objectContaining({ name: "SpdyProtocolError" }));
  });
});

function connect() {
  const written: Buffer[] = [];
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      written.push(chunk as Buffer);
      done();
    },
  });
  const spdy = new SpdyConnection({ socket, head: new Uint8Array(0) });
  const frames = () => {
    const parser = new SpdyParser();
    for (const chunk of written.splice(0)) parser.push(chunk);
    const all = [];
    for (let frame = parser.next(); frame; frame = parser.next()) all.push(frame);
    return all;
  };
  return { socket, spdy, frames };
}

describe("a SPDY connection", () => {
  it("[SP5] numbers its streams oddly, and cuts what it sends", async () => {
    const { spdy, frames } = connect();
    const [first, second] = [spdy.open({ a: "1" }), spdy.open({ a: "2" })];
    expect([first.id, second.id]).toEqual([1, 3]);
    frames();
    second.write(new Uint8Array(70_000));
    second.end();
    second.write(Uint8Array.of(1));
    expect(frames().map((frame) => frame.payload.byteLength)).toEqual([32_768, 32_768, 4_464, 0]);
  });

  it("[SP6] hands out data and ends, by stream", async () => {
    const { socket, spdy } = connect();
    const heard: string[] = [];
    for (const name of ["a", "b", "c"]) {
      const stream = spdy.open({});
      stream.onData = (data) => heard.push(`${name} ${Buffer.from(data)}`);
      stream.onEnd = (error) => heard.push(`${name} end${error ? ` ${error.message}` : ""}`);
    }
    socket.push(dataFrame(1, Buffer.from("x")));
    socket.push(dataFrame(3, Buffer.from("y"), FLAG_FIN));
    socket.push(resetFrame(5, 2));
    socket.push(dataFrame(5, Buffer.from("late")));
    await settle();
    socket.push(null);
    await settle();
    expect(heard).toEqual([
      "a x",
      "b y",
      "b end",
      "c end the runtime reset the stream",
      "a end the runtime closed the connection",
    ]);
  });

  it("[SP7] answers the peer's pings, not its own", async () => {
    const { socket, frames } = connect();
    socket.push(pingFrame(2));
    socket.push(pingFrame(1));
    await settle();
    expect(frames()).toMatchObject([{ type: ControlType.PING, payload: Buffer.of(0, 0, 0, 2) }]);
  });

  it("[SP8] paused delivers nothing, and everything before its end", async () => {
    const { socket, spdy } = connect();
    const stream = spdy.open({});
    let text = "";
    stream.onData = (data) => {
      text += Buffer.from(data);
      if (text === "1") spdy.pause();
    };
    for (const digit of "123") socket.push(dataFrame(1, Buffer.from(digit)));
    await settle();
    expect(text).toBe("1");
    spdy.resume();
    await settle();
    expect(text).toBe("123");
  });

  it("[SP9] that breaks the protocol ends all its streams", async () => {
    const { socket, spdy } = connect();
    let ended = "";
    spdy.open({}).onEnd = (error) => {
      ended = error?.name ?? "";
    };
    socket.push(Buffer.of(0x80, 9, 0, 0, 0, 0, 0, 0));
    await settle();
    expect(ended).toBe("SpdyProtocolError");
  });
});

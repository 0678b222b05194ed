import { describe, expect, it } from "vitest";
import { Recorder, seeded, TunnelLink } from "../../test/fakes/tunnel-link.ts";
import {
  FrameType,
  MAX_FRAME_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_STREAMS_PER_NODE,
  MAX_WINDOW_BYTES,
  type TunnelRequest,
  WINDOW_BYTES,
} from "./contract.ts";
import { decodeFrame, encodeControl, encodeCredit, encodeFrame } from "./frame.ts";
import { MessageAssembler, writeMessage } from "./message.ts";
import { TunnelMux } from "./mux.ts";
import type { TunnelStream } from "./stream.ts";

const GET: TunnelRequest = { method: "GET", path: "/x", headers: [] };
const head = { status: 200, headers: [] };

/** One stream, with the node's end at hand. */
function oneStream(options: { consumeAtEdge?: boolean; consumeAtNode?: boolean } = {}) {
  let nodeStream!: TunnelStream;
  const atNode = new Recorder({
    edge: false,
    onData: (payload) => options.consumeAtNode !== false && nodeStream.consumed(payload.byteLength),
  });
  const link = new TunnelLink((_request, stream) => {
    nodeStream = stream;
    return atNode;
  });
  const atEdge = new Recorder({
    edge: true,
    onData: (payload) => options.consumeAtEdge !== false && edgeStream.consumed(payload.byteLength),
  });
  const edgeStream = link.edge.open(GET, atEdge);
  link.settle();
  return { link, atNode, atEdge, edgeStream, nodeStream: () => nodeStream };
}

describe("a stream", () => {
  it("[M1] carries request, head, both bodies and both ends, then is gone", () => {
    const { link, atNode, atEdge, edgeStream, nodeStream } = oneStream();
    edgeStream.write(Uint8Array.of(1, 2));
    edgeStream.end();
    link.settle();
    expect(atNode).toMatchObject({ bytes: 2, ended: new Uint8Array(0) });
    nodeStream().head(head);
    nodeStream().write(Uint8Array.of(3));
    nodeStream().end();
    link.settle();
    expect(atEdge).toMatchObject({ status: 200, bytes: 1, ended: new Uint8Array(0) });
    expect([link.edge.size, link.node.size, link.failures]).toEqual([0, 0, []]);
  });

  it("[M2] sends one window to a reader that reads nothing, and no more", () => {
    const { link, atEdge, nodeStream } = oneStream({ consumeAtEdge: false });
    nodeStream().head(head);
    nodeStream().write(new Uint8Array(3 * WINDOW_BYTES));
    link.settle();
    expect(atEdge.bytes).toBe(WINDOW_BYTES);
    expect(nodeStream().queuedBytes).toBe(2 * WINDOW_BYTES);
  });

  it("[M3] goes on as the reader reads, and says when there is room", async () => {
    const { link, atEdge, edgeStream, nodeStream } = oneStream({ consumeAtEdge: false });
    nodeStream().head(head);
    nodeStream().write(new Uint8Array(WINDOW_BYTES + 1));
    nodeStream().end();
    link.settle();
    const room = nodeStream().room();
    edgeStream.consumed(WINDOW_BYTES);
    link.settle();
    expect(await room).toBe(true);
    expect(atEdge).toMatchObject({ bytes: WINDOW_BYTES + 1, ended: new Uint8Array(0) });
  });

  it("[M4] widens the window for a reader that keeps up, within bounds", () => {
    const { link, edgeStream, nodeStream } = oneStream();
    nodeStream().head(head);
    for (let round = 0; round < 40; round++) {
      nodeStream().write(new Uint8Array(MAX_WINDOW_BYTES));
      link.settle();
    }
    expect(edgeStream.state.width).toBe(MAX_WINDOW_BYTES);
    expect(link.failures).toEqual([]);
  });

  it("[M5] reset by the edge is over for the node, which says so to its writer", async () => {
    const { link, atNode, edgeStream, nodeStream } = oneStream({ consumeAtEdge: false });
    nodeStream().head(head);
    nodeStream().write(new Uint8Array(WINDOW_BYTES * 2));
    const room = nodeStream().room();
    edgeStream.reset("client left");
    link.settle();
    expect(atNode.resetMessage).toBe("client left");
    expect(await room).toBe(false);
    expect(nodeStream().room()).toBe(false);
    expect([link.edge.size, link.node.size, link.failures]).toEqual([0, 0, []]);
  });

  it("[M6] late frames after a reset are dropped", () => {
    const { link, edgeStream, nodeStream } = oneStream();
    nodeStream().head(head);
    nodeStream().write(Uint8Array.of(1));
    edgeStream.reset("no");
    link.settle();
    expect(link.failures).toEqual([]);
  });

  it("[M7] goes on after its state went through an attachment", () => {
    const { link, edgeStream, nodeStream } = oneStream();
    nodeStream().head(head);
    nodeStream().write(new Uint8Array(100_000));
    edgeStream.write(new Uint8Array(70_000));
    link.settle();
    const state = JSON.parse(JSON.stringify(edgeStream.state));
    const frames: Uint8Array[] = [];
    const woken = new TunnelMux({
      send: (frame) => void frames.push(frame),
      failed: (error) => expect.fail(error.message),
    });
    const again = new Recorder({ edge: true, onData: (payload) => restored.consumed(payload.byteLength) });
    const restored = woken.restore(edgeStream.number, state, again);
    nodeStream().write(new Uint8Array(WINDOW_BYTES));
    for (let rounds = 0; rounds < 20; rounds++) {
      for (const frame of link.toEdge.splice(0)) woken.receive(frame);
      for (const frame of frames.splice(0)) link.node.receive(frame);
    }
    expect(again.bytes).toBe(WINDOW_BYTES);
    expect(link.failures).toEqual([]);
  });
});

describe("what the contract forbids ends the tunnel", () => {
  const data = (bytes: number) => encodeFrame(FrameType.DATA, 1, new Uint8Array(bytes));
  const sendHead = encodeFrame(FrameType.HEAD, 1, encodeControl(head));
  it.each([
    { name: "[M8] DATA before HEAD", frames: [data(1)], why: "DATA before HEAD" },
    { name: "[M9] a second HEAD", frames: [sendHead, sendHead], why: "HEAD out of place" },
    {
      name: "[M10] DATA beyond the window",
      frames: [sendHead, ...Array.from({ length: WINDOW_BYTES / MAX_FRAME_BYTES + 1 }, () => data(MAX_FRAME_BYTES))],
      why: "more DATA than was granted",
    },
    {
      name: "[M11] DATA after END",
      frames: [sendHead, encodeFrame(FrameType.END, 1, new Uint8Array(0)), data(1)],
      why: "DATA after END",
    },
    {
      name: "[M12] credit beyond all bounds",
      frames: [encodeCredit(1, 0xffff_ffff)],
      why: "CREDIT beyond all bounds",
    },
    {
      name: "[M13] a stream opened by the node",
      frames: [encodeFrame(FrameType.OPEN, 9, encodeControl(GET))],
      why: "the node may not open streams",
    },
    { name: "[M14] garbage", frames: [Uint8Array.of(99, 99, 99, 99, 99)], why: "unknown frame type 99" },
  ])("$name", ({ frames, why }) => {
    const failures: string[] = [];
    const mux = new TunnelMux({ send: () => {}, failed: (error) => void failures.push(error.message) });
    const handler = new Recorder({ edge: true });
    mux.open(GET, handler);
    for (const frame of frames) mux.receive(frame);
    expect(failures).toEqual([why]);
    expect(handler.resetMessage).toBe(why);
    mux.receive(sendHead);
    expect(failures).toHaveLength(1);
  });

  it("[M15] an OPEN of an open stream, at the node", () => {
    const { link } = oneStream();
    link.node.receive(encodeFrame(FrameType.OPEN, 1, encodeControl(GET)));
    expect(link.failures).toEqual(["node: OPEN of a stream that is open"]);
  });
});

it("[M16] the edge opens no more streams than a node may have", () => {
  const link = new TunnelLink(() => new Recorder({ edge: false }));
  for (let count = 0; count < MAX_STREAMS_PER_NODE; count++) link.edge.open(GET, new Recorder({ edge: true }));
  expect(() => link.edge.open(GET, new Recorder({ edge: true }))).toThrow("1024 streams open");
  link.settle();
  expect(link.failures).toEqual([]);
});

it("[M17] the end of the tunnel reaches every stream", () => {
  const { link, atEdge, atNode } = oneStream();
  link.edge.end("the node left");
  link.node.end("the edge left");
  expect([atEdge.resetMessage, atNode.resetMessage]).toEqual(["the node left", "the edge left"]);
});

describe("messages", () => {
  it("[M18] come out as they went in, in whatever pieces", () => {
    const { link, atEdge, nodeStream } = oneStream();
    nodeStream().head({ status: 101, headers: [] });
    const long = "žluťoučký kůň ".repeat(40_000);
    writeMessage(nodeStream(), "hello");
    writeMessage(nodeStream(), new Uint8Array(0));
    writeMessage(nodeStream(), long);
    writeMessage(nodeStream(), Uint8Array.of(1, 2));
    link.settle();
    const assembler = new MessageAssembler();
    const messages = atEdge.chunks.map((chunk) => assembler.add(chunk)).filter((message) => message !== undefined);
    expect(messages).toEqual(["hello", new Uint8Array(0), long, Uint8Array.of(1, 2)]);
    expect(assembler.partial).toBe(false);
  });

  it("[M19] that never end are refused", () => {
    const assembler = new MessageAssembler();
    const piece = new Uint8Array(MAX_FRAME_BYTES).fill(0);
    piece[0] = 3;
    for (let bytes = 0; bytes + MAX_FRAME_BYTES <= MAX_MESSAGE_BYTES; bytes += MAX_FRAME_BYTES) assembler.add(piece);
    expect(() => {
      for (let count = 0; count < 3; count++) assembler.add(piece);
    }).toThrow("message too long");
    expect(() => new MessageAssembler().add(new Uint8Array(0))).toThrow("DATA without message flags");
  });
});

/**
 * Random traffic: many streams, both directions, readers that read when they like, frames delivered in random order
 * of directions. What is written comes out once, in order, and no side ever has more unread than its window.
 */
describe("any interleaving", () => {
  const byteAt = (stream: number, position: number): number => (stream * 31 + position * 7 + (position >> 8)) & 255;

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("[M20] seed %i loses and reorders nothing", (seed) => {
    const random = seeded(seed);
    const between = (low: number, high: number): number => low + Math.floor(random() * (high - low));
    type End = { stream: TunnelStream; recorder: Recorder; unread: number; written: number; left: number };
    const ends = new Map<string, End>();
    const makeEnd = (edge: boolean): End => {
      const end: End = { stream: undefined!, recorder: undefined!, unread: 0, written: 0, left: between(0, 600_000) };
      end.recorder = new Recorder({ edge, onData: (payload) => (end.unread += payload.byteLength) });
      return end;
    };
    const link = new TunnelLink((request, stream) => {
      const end = makeEnd(false);
      end.stream = stream;
      stream.head(head);
      ends.set(`node ${request.path}`, end);
      return end.recorder;
    });
    let opened = 0;
    let delivered = 0;
    for (let step = 0; step < 40_000; step++) {
      const dice = random();
      if (dice < 0.3) delivered += link.deliver("node") ? 1 : 0;
      else if (dice < 0.6) delivered += link.deliver("edge") ? 1 : 0;
      else if (dice < 0.62 && opened < 12) {
        const end = makeEnd(true);
        end.stream = link.edge.open({ ...GET, path: `/${++opened}` }, end.recorder);
        ends.set(`edge /${opened}`, end);
      } else {
        const all = [...ends.entries()];
        if (all.length === 0) continue;
        const [name, end] = all[between(0, all.length)]!;
        if (random() < 0.5) {
          const bytes = between(0, end.unread + 1);
          end.unread -= bytes;
          end.stream.consumed(bytes);
        } else if (end.left > 0 && end.stream.queuedBytes === 0) {
          const size = Math.min(end.left, between(1, 100_000));
          const salt = name.startsWith("node") ? 1 : 2;
          end.stream.write(Uint8Array.from({ length: size }, (_, at) => byteAt(salt, end.written + at)));
          end.written += size;
          end.left -= size;
        } else if (end.left === 0) end.stream.end();
        expect(end.unread).toBeLessThanOrEqual(MAX_WINDOW_BYTES);
      }
    }
    for (let rounds = 0; rounds < 10_000 && (link.edge.size > 0 || link.node.size > 0); rounds++) {
      link.settle();
      for (const [name, end] of ends) {
        end.stream.consumed(end.unread);
        end.unread = 0;
        if (end.left > 0) {
          const salt = name.startsWith("node") ? 1 : 2;
          end.stream.write(Uint8Array.from({ length: end.left }, (_, at) => byteAt(salt, end.written + at)));
          end.written += end.left;
          end.left = 0;
        }
        end.stream.end();
      }
    }
    expect(link.failures, `seed ${seed}`).toEqual([]);
    expect([link.edge.size, link.node.size], `seed ${seed}`).toEqual([0, 0]);
    expect(opened, "streams opened").toBe(12);
    expect(delivered, "messages delivered").toBeGreaterThan(200);
    for (let number = 1; number <= opened; number++) {
      const edge = ends.get(`edge /${number}`)!;
      const node = ends.get(`node /${number}`)!;
      for (const [reader, writer, salt] of [
        [edge, node, 1],
        [node, edge, 2],
      ] as const) {
        expect(reader.recorder.bytes, `seed ${seed} stream ${number}`).toBe(writer.written);
        let position = 0;
        let wrong = 0;
        for (const chunk of reader.recorder.chunks)
          for (const byte of chunk) if (byte !== byteAt(salt, position++)) wrong++;
        expect(wrong, `seed ${seed} stream ${number}`).toBe(0);
      }
    }
  });

  it.each([11, 12, 13])("[M21] seed %i: random bytes never throw and never hang", (seed) => {
    const random = seeded(seed);
    let failed = 0;
    for (let round = 0; round < 2_000; round++) {
      const mux = new TunnelMux({ send: () => {}, failed: () => void failed++ });
      mux.open(GET, new Recorder({ edge: true }));
      for (let count = 0; count < 5; count++) {
        const frame = Uint8Array.from({ length: Math.floor(random() * 40) }, () => random() * 256);
        if (random() < 0.8 && frame.length > 5) frame.set([1 + Math.floor(random() * 6), 0, 0, 0, 1]);
        mux.receive(frame);
      }
    }
    expect(failed).toBeGreaterThan(1_000);
  });
});

it("[M22] frames are cut to their limit", () => {
  const sent: Uint8Array[] = [];
  const mux = new TunnelMux({ send: (frame) => void sent.push(frame), failed: () => {} });
  const stream = mux.open(GET, new Recorder({ edge: true }));
  stream.write(new Uint8Array(WINDOW_BYTES));
  writeMessage(stream, "x");
  const sizes = sent.slice(1).map((frame) => decodeFrame(frame).payload.byteLength);
  expect(sizes).toEqual([MAX_FRAME_BYTES, MAX_FRAME_BYTES]);
});

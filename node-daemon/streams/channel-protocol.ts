/**
 * The WebSocket subprotocols of exec and attach: several byte streams in one connection, told apart by the first byte
 * of each message (or its first character, where messages are base64 text).
 * Source: k8s.io/apimachinery/pkg/util/remotecommand/constants.go
 */

export const Channel = { STDIN: 0, STDOUT: 1, STDERR: 2, ERROR: 3, RESIZE: 4, CLOSE: 255 } as const;

export interface ChannelProtocol {
  /** What the client asked for and is told; "" when it asked for nothing. */
  name: string;
  base64: boolean;
  /** From v4 on the error channel carries a Status as JSON, also of success; before, the message of a failure. */
  statusAsJson: boolean;
  /** From v5 on the client can close its stdin, by a message on channel 255. */
  canClose: boolean;
}

const PROTOCOLS: readonly ChannelProtocol[] = [
  { name: "v5.channel.k8s.io", base64: false, statusAsJson: true, canClose: true },
  { name: "v4.channel.k8s.io", base64: false, statusAsJson: true, canClose: false },
  { name: "v4.base64.channel.k8s.io", base64: true, statusAsJson: true, canClose: false },
  { name: "channel.k8s.io", base64: false, statusAsJson: false, canClose: false },
  { name: "base64.channel.k8s.io", base64: true, statusAsJson: false, canClose: false },
  { name: "", base64: false, statusAsJson: false, canClose: false },
];

/** What port-forward may be carried by. Source: k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go */
const FORWARDING: ReadonlySet<string> = new Set(["v4.channel.k8s.io", "v4.base64.channel.k8s.io", ""]);

/** The first of the client's protocols that we speak; undefined when we speak none. */
export function chooseProtocol(offered: readonly string[]): ChannelProtocol | undefined {
  for (const name of offered.length > 0 ? offered : [""]) {
    const known = PROTOCOLS.find((protocol) => protocol.name === name);
    if (known) return known;
  }
  return undefined;
}

/** As chooseProtocol. Clients offer for port-forward what they do for exec. */
export function chooseForwardProtocol(offered: readonly string[]): ChannelProtocol | undefined {
  const fit = offered.filter((name) => FORWARDING.has(name));
  return fit.length === 0 && offered.length > 0 ? undefined : chooseProtocol(fit);
}

/** One message to the client. */
export function encodeChannel(protocol: ChannelProtocol, channel: number, data: Uint8Array): string | Uint8Array {
  if (protocol.base64)
    return `${channel}${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")}`;
  const message = new Uint8Array(1 + data.byteLength);
  message[0] = channel;
  message.set(data, 1);
  return message;
}

/** A message of the client; undefined when it names no channel. */
export function decodeChannel(
  protocol: ChannelProtocol,
  message: string | Uint8Array,
): { channel: number; data: Uint8Array } | undefined {
  if (protocol.base64) {
    const text = typeof message === "string" ? message : Buffer.from(message).toString();
    if (!/^[0-9]/.test(text)) return undefined;
    return { channel: Number(text[0]), data: Buffer.from(text.slice(1), "base64") };
  }
  const bytes = typeof message === "string" ? Buffer.from(message) : message;
  return bytes.length === 0 ? undefined : { channel: bytes[0]!, data: bytes.subarray(1) };
}

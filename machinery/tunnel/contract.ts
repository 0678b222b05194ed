/**
 * The node tunnel: HTTP requests and WebSockets carried from the edge to a node over the one WebSocket that the node
 * dialled. The node answers them as a kubelet would answer on its port 10250 (`/exec/…`, `/containerLogs/…`, …), and
 * opens no port.
 *
 * The node dials `GET /kedge/v1/nodes/{name}/tunnel` with subprotocol `kedge.tunnel.v1` and its own token. Text
 * messages are only "ping" (node) and "pong" (edge, by auto-response, which wakes nothing). Binary messages are
 * frames: one byte of type, four bytes of stream number (big endian), payload. The edge opens streams and picks their
 * numbers; a number is not used again while its stream is open.
 *
 * A stream: OPEN, then HEAD from the node. After HEAD with status 101 DATA frames carry WebSocket messages, each frame
 * with one leading byte of MessageFlag bits; else DATA frames are the response body (and before it, the request body).
 * END says that a side will send no more; the stream is over once both have said it. RESET ends both sides at once.
 * Frames for a stream that is not open are late ones, and dropped. Each side may send WINDOW_BYTES of DATA payload
 * (leading bytes included), and more as CREDIT frames grant it, so that one slow reader holds up nobody else.
 *
 * Bulk WebSockets (TunnelRequest.channel) take a WebSocket of their own instead: the node answers with HEAD 101 and
 * dials `GET /kedge/v1/nodes/{name}/channels/{channel}` with the subprotocol it chose; the edge joins that socket to
 * the client's, and the stream carries no DATA, only the END or RESET of whoever gives up before the two are joined.
 */

export const TUNNEL_PROTOCOL = "kedge.tunnel.v1";
export const PING = "ping";
export const PONG = "pong";
/** The node pings this often; the edge takes a node for gone after three intervals without one. */
export const PING_INTERVAL_MS = 10_000;
/** What a side may send on a stream before it is granted more. 1,024 streams nobody reads then hold 128 MB at most. */
export const WINDOW_BYTES = 128 * 1024;
/** To which a receiver that keeps up widens the window, for links with a long round trip. */
export const MAX_WINDOW_BYTES = 2 * 1024 * 1024;
/** What all widened windows of one tunnel may add up to. */
export const MAX_TOTAL_WINDOW_BYTES = 32 * 1024 * 1024;
/** DATA frames are cut to this payload. */
export const MAX_FRAME_BYTES = 64 * 1024;
/** OPEN, HEAD, END and RESET: a header block at most this long. */
export const MAX_CONTROL_BYTES = 256 * 1024;
/** A WebSocket message put together from several frames. */
export const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
export const MAX_STREAMS_PER_NODE = 1024;

export const FrameType = {
  /** edge → node: JSON TunnelRequest */
  OPEN: 1,
  /** node → edge: JSON TunnelHead */
  HEAD: 2,
  DATA: 3,
  /** four bytes big endian: how many more bytes of DATA the receiver of this frame may send */
  CREDIT: 4,
  /** DATA ends. After a WebSocket: JSON TunnelClose; else empty. */
  END: 5,
  /** JSON {message}; the stream is over for both sides */
  RESET: 6,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

/** The leading byte of DATA after HEAD 101. */
export const MessageFlag = {
  /** Else text. */
  BINARY: 1,
  /** The message goes on in the next DATA frame of this stream. */
  MORE: 2,
} as const;

/** WebSocket close codes with which a side ends the tunnel itself. */
export const TunnelCloseCode = {
  /** The peer broke the rules above. */
  PROTOCOL_ERROR: 4400,
  /** The same node has dialled again. */
  REPLACED: 4409,
  /** No ping came for three intervals. */
  SILENT: 4408,
} as const;

export interface Frame {
  type: FrameType;
  stream: number;
  payload: Uint8Array;
}

export interface TunnelRequest {
  method: string;
  /** Path and query of the node's kubelet API: "/containerLogs/default/web/nginx?follow=true". */
  path: string;
  headers: [string, string][];
  /** WebSocket subprotocols asked for; present exactly when the request is an upgrade. */
  protocols?: string[];
  /** Name of the WebSocket the node is to dial for the messages of this upgrade; absent: DATA frames carry them. */
  channel?: string;
}

export interface TunnelHead {
  status: number;
  headers: [string, string][];
  /** The subprotocol chosen, with status 101. */
  protocol?: string;
}

/** How a WebSocket was closed. Codes that must not be sent (1005, 1006, 1015) stand for an absent one. */
export interface TunnelClose {
  code: number;
  reason: string;
}

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
 * A stream: OPEN, then HEAD from the node. After HEAD with status 101 DATA frames are WebSocket messages, each with one
 * leading byte (0 text, 1 binary); else DATA frames are the response body (and before it, the request body). END says
 * that a side will send no more; RESET ends both at once. Each side may send WINDOW_BYTES of DATA payload, and more
 * as CREDIT frames grant it, so that one slow reader holds up nobody else.
 */

export const TUNNEL_PROTOCOL = "kedge.tunnel.v1";
export const PING = "ping";
export const PONG = "pong";
/** The node pings this often; the edge takes a node for gone after three intervals without one. */
export const PING_INTERVAL_MS = 10_000;
/** What a side may send on a stream before it is granted more. */
export const WINDOW_BYTES = 256 * 1024;
/** DATA frames are cut to this payload. */
export const MAX_FRAME_BYTES = 64 * 1024;
export const MAX_STREAMS_PER_NODE = 1024;

export const FrameType = {
  /** edge → node: JSON TunnelRequest */
  OPEN: 1,
  /** node → edge: JSON TunnelHead */
  HEAD: 2,
  DATA: 3,
  /** four bytes big endian: how many more bytes of DATA the receiver of this frame may send */
  CREDIT: 4,
  /** DATA ends. After a WebSocket: JSON {code, reason}; else empty. */
  END: 5,
  /** JSON {message}; the stream is over for both sides */
  RESET: 6,
} as const;
export type FrameType = (typeof FrameType)[keyof typeof FrameType];

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
}

export interface TunnelHead {
  status: number;
  headers: [string, string][];
  /** The subprotocol chosen, with status 101. */
  protocol?: string;
}

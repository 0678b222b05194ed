/** The edge as the endpoint calls it. */
import { readFile } from "node:fs/promises";
import { Agent, type Dispatcher, request } from "undici";
import type { NodeConfig } from "../contracts.ts";
import type { Sign } from "./certificate.ts";

/** Connections to the edge, kept open between requests; answers may take their time (watches). */
export const edgeAgent = (config: Pick<NodeConfig, "serverCa">): Agent =>
  new Agent({
    connect: { ...(config.serverCa !== undefined && { ca: config.serverCa }), timeout: 10_000 },
    keepAliveTimeout: 30_000,
    headersTimeout: HEADERS_TIMEOUT_MS,
    bodyTimeout: 0,
    // Every watch holds a stream for hours; separate connections keep one slow client from holding up the others.
    allowH2: false,
  });

const HEADERS_TIMEOUT_MS = 120_000;
const MAX_CHAIN_BYTES = 64 * 1024;

/** Has certificate requests signed, with the node's own token, read anew each time because it is renewed. */
export function edgeSigner(
  config: Pick<NodeConfig, "serverUrl" | "nodeName" | "tokenFile">,
  dispatcher: Dispatcher,
): Sign {
  return async (certificateRequest) => {
    const token = (await readFile(config.tokenFile, "utf8")).trim();
    const url = new URL(`/kedge/v1/nodes/${encodeURIComponent(config.nodeName)}/certificate`, config.serverUrl);
    const response = await request(url, {
      method: "POST",
      dispatcher,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/pkcs10" },
      body: certificateRequest,
      headersTimeout: 30_000,
    });
    const text = await response.body.text();
    if (response.statusCode !== 201) {
      throw new Error(`the edge refused a certificate: ${response.statusCode} ${messageOf(text)}`);
    }
    if (text.length > MAX_CHAIN_BYTES) throw new Error("the edge sent an overlong certificate chain");
    return text;
  };
}

/** The message of a Status, or the beginning of any other text. */
function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string") return message;
  } catch {
    // not JSON
  }
  return text.slice(0, 200);
}

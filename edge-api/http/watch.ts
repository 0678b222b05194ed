/** GET with watch=true: events as they happen, over a chunked response or a WebSocket. */

import { ApiError } from "../../machinery/meta/status.ts";
import { encodeRemote, noteImpersonated, remoteOf } from "../observe/audit/remote.ts";
import type { SentEvents } from "../observe/metrics.ts";
import type { Watcher, WatchSpec, WatchStart } from "../store/watch-types.ts";
import type { Target } from "../verbs/environment.ts";
import { planWatch } from "../verbs/watch.ts";
import type { RequestContext, Services } from "./context.ts";
import { negotiateStream } from "./negotiation.ts";
import { listOptions, wholeNumber } from "./options.ts";
import { notMarshalable } from "./protobuf/encode.ts";
import { PROTOBUF_TYPE } from "./protobuf/names.ts";
import type { Answer } from "./reply.ts";
import { isTrue } from "./request-info.ts";
import { headersFor } from "./respond.ts";
import { includeObjectOf } from "./view.ts";
import { nameOf, type WatchForm } from "./watch-representation.ts";

/** Without timeoutSeconds a chunked watch ends after one to two of these, as kube-apiserver's --min-request-timeout. */
const MIN_TIMEOUT_SECONDS = 1800;
/** Below the 32,768 sockets that an object may hold. */
const MAX_WATCHES = 20_000;
/** A client that watches every resource in every namespace of a thousand has less. */
const MAX_WATCHES_OF_USER = 5_000;
const RETRY_AFTER_SECONDS = 10;
/** Bytes of one watch that may wait for the client before the hub holds back. */
const STREAM_BUFFER_BYTES = 256 * 1024;

/** @param only.reader a node: what its pods refer to */
export function watch(context: RequestContext, target: Target, only: Pick<WatchSpec, "reader"> = {}): Answer {
  const { services, query, request } = context;
  const socket = request.headers.get("upgrade")?.toLowerCase() === "websocket";
  const form = formFor(context, target, socket ? "websocket" : "stream");
  checkCount(context);
  const { spec: asked, start } = planWatch(services.env, target, {
    ...listOptions(query),
    bookmarks: isTrue(query?.get("allowWatchBookmarks")),
    endsAtMs: endOf(context, socket),
    representation: nameOf(form),
    owner: context.identity.user,
  });
  const spec = { ...asked, ...only };
  if (socket) {
    const { audit } = context;
    if (audit) noteImpersonated(audit, context);
    return services.acceptWatch({ spec, start, ...(audit && { audit: encodeRemote(remoteOf(audit)) }) });
  }
  const headers = new Headers(headersFor(context, contentTypeOf(form)));
  // Proxies on the way compress what has no encoding, and hold it back meanwhile.
  headers.set("content-encoding", "identity");
  return new Response(streamOf(services, { spec, start, sent: services.metrics.watchEvents(target.kind) }), {
    status: 200,
    headers,
  });
}

/** Each watch costs memory for as long as it lasts. @throws ApiError 429 */
function checkCount({ services, identity }: RequestContext): void {
  const { hub } = services;
  if (hub.countOf(identity.user) >= MAX_WATCHES_OF_USER)
    throw tooManyWatches(`by user ${JSON.stringify(identity.user)}`);
  if (hub.count() >= MAX_WATCHES) throw tooManyWatches("in this cluster");
}

const tooManyWatches = (where: string): ApiError =>
  new ApiError(429, "TooManyRequests", `too many watches are open ${where}, please try again later`, {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  });

const contentTypeOf = ({ framing }: WatchForm): string =>
  framing === "protobuf" ? `${PROTOBUF_TYPE};stream=watch` : "application/json";

function formFor({ request, query }: RequestContext, { kind }: Target, framing: "stream" | "websocket"): WatchForm {
  const { as, media, version } = negotiateStream(request.headers.get("accept"));
  const protobuf = media === "protobuf" && framing === "stream";
  if (protobuf && as === "Table") throw notMarshalable("*v1.Table");
  return {
    framing: protobuf ? "protobuf" : framing,
    as:
      as === "Table" ? "Table" : as === "Object" || as === "APIGroupDiscoveryList" ? "Object" : "PartialObjectMetadata",
    includeObject: includeObjectOf(query),
    kind,
    version: version || "meta.k8s.io/v1",
  };
}

/** A WebSocket lasts as long as it holds, so that nothing needs a timer while it hibernates. */
function endOf({ services, query }: RequestContext, socket: boolean): number | undefined {
  const asked = wholeNumber(query, "timeoutSeconds");
  const { env } = services;
  // Less than nothing is over at once, as upstream.
  if (asked !== undefined && asked !== 0) return env.clock.now() + asked * 1000;
  return socket ? undefined : env.clock.now() + Math.round(MIN_TIMEOUT_SECONDS * (1 + env.random())) * 1000;
}

function streamOf(
  services: Services,
  { spec, start, sent }: { spec: WatchSpec; start: WatchStart; sent: SentEvents },
): ReadableStream<Uint8Array> {
  let watcher: Watcher | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        watcher = services.hub.open({
          spec,
          start,
          sink: {
            send: (data) => {
              const bytes = data as Uint8Array;
              sent.add(bytes.byteLength);
              controller.enqueue(bytes);
            },
            pendingBytes: () => STREAM_BUFFER_BYTES - (controller.desiredSize ?? 0),
            close: () => controller.close(),
          },
        });
        services.hubChanged();
      },
      pull: () => watcher?.drained(),
      cancel() {
        watcher?.end();
        services.hubChanged();
      },
    },
    { highWaterMark: STREAM_BUFFER_BYTES, size: (chunk) => chunk.byteLength },
  );
}

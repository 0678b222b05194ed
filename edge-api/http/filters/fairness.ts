/**
 * API Priority and Fairness: whom nobody can serve now waits for a fair turn, or is refused with 429.
 * Watches count while they begin; what goes on to a node does not count at all.
 */
import type { Flow, Refusal } from "../../fairness/level.ts";
import { listWidth, writeWidth } from "../../fairness/width.ts";
import type { Filter, Handler, RequestContext } from "../context.ts";
import { type Answer, Reply } from "../reply.ts";
import { isTrue } from "../request-info.ts";
import { headersFor } from "../respond.ts";

const LONG_RUNNING: ReadonlySet<string> = new Set(["attach", "exec", "log", "portforward", "proxy"]);
/** What an object is taken to weigh. */
const AVERAGE_OBJECT_BYTES = 2_000;

export const fairness: Filter = (context, next) => {
  const { identity, info, services } = context;
  if (LONG_RUNNING.has(info.subresource)) return next(context);
  const flow = services.fairness.flowOf(identity, info);
  if (!flow) return next(context);
  context.flow = flow;
  const { level, schema } = flow;
  if (level.isExempt) {
    schema.dispatched++;
    return next(context);
  }
  const seats = level.maxWidth === 1 ? 1 : widthOf(context, level.maxWidth);
  return level.start(seats) ? run(context, next, { flow, seats }) : queued(context, next, { flow, seats });
};

interface Seated {
  flow: Flow;
  seats: number;
}

/** Serves who has seats, and gives these back. */
function run(context: RequestContext, next: Handler, seated: Seated): Answer | Promise<Answer> {
  const { flow, seats } = seated;
  flow.schema.dispatched++;
  let answer: Answer | Promise<Answer>;
  try {
    answer = next(context);
  } catch (error) {
    flow.level.end(seats, { sameTurn: true });
    throw error;
  }
  if (!(answer instanceof Promise)) {
    ended(context, seated, { sameTurn: true });
    return answer;
  }
  flow.schema.executing++;
  flow.schema.executingSeats += seats;
  return settled(context, answer, seated);
}

async function settled(context: RequestContext, answer: Promise<Answer>, seated: Seated): Promise<Answer> {
  const { flow, seats } = seated;
  let response: Answer | undefined;
  try {
    response = await answer;
    return response;
  } finally {
    flow.schema.executing--;
    flow.schema.executingSeats -= seats;
    if (response) ended(context, seated, { sameTurn: false });
    else flow.level.end(seats, { sameTurn: false });
  }
}

/** A list that is streamed keeps its seats until the client has all of it, or has had long enough. */
function ended(context: RequestContext, { flow, seats }: Seated, when: { sameTurn: boolean }): void {
  const { stream } = context;
  if (stream) stream.ended = context.services.fairness.streamOf(flow.level, seats);
  else flow.level.end(seats, when);
}

async function queued(context: RequestContext, next: Handler, seated: Seated): Promise<Answer> {
  const { flow, seats } = seated;
  const verdict = await flow.level.enqueue(flow, seats, context);
  return verdict === "run" ? run(context, next, seated) : refused(context, flow, verdict);
}

/** As upstream says it: in plain text, unlike all other errors. */
function refused(context: RequestContext, flow: Flow, reason: Refusal): Answer {
  flow.schema.refused[reason]++;
  const { retryAfter } = flow.level;
  retryAfter.refused(Math.floor(context.services.env.clock.now() / 1000));
  const headers = new Headers(headersFor(context, "text/plain; charset=utf-8"));
  headers.set("retry-after", String(retryAfter.seconds));
  headers.set("x-content-type-options", "nosniff");
  return new Reply(429, headers, "Too many requests, please try again later.\n");
}

function widthOf({ info, query, request, services }: RequestContext, maxWidth: number): number {
  switch (info.verb) {
    case "create":
    case "update":
    case "patch":
    case "delete":
    case "deletecollection": {
      const length = request.headers.get("content-length");
      // Last: looking at the body makes a stream of it.
      if (length === null && request.body === null) return 1;
      return writeWidth(length === null ? undefined : Number(length), maxWidth);
    }
    case "watch":
      if (!isTrue(query?.get("sendInitialEvents"))) return 1;
      break;
    case "list":
      break;
    default:
      return 1;
  }
  if (!info.isResource || query?.get("fieldSelector")?.includes("metadata.name=")) return 1;
  const kind = services.env.registry.find(info.group, info.version, info.resource);
  if (!kind) return 1;
  const objects = services.storage.count(kind.storage);
  return listWidth({ objects, averageBytes: AVERAGE_OBJECT_BYTES, limit: Number(query?.get("limit")) || 0 }, maxWidth);
}

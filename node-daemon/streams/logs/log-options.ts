import { CallError } from "../../link/call.ts";

export interface LogOptions {
  follow: boolean;
  previous: boolean;
  timestamps: boolean;
  /** Absent: all. */
  tailLines: number | undefined;
  /** Epoch; lines before it are left out. */
  sinceMs: number | undefined;
  limitBytes: number | undefined;
  stream: "All" | "Stdout" | "Stderr";
}

/** The query of the kubelet's `/containerLogs/…`, which is that of `pods/log`. @throws CallError */
export function parseLogOptions(query: URLSearchParams, nowMs: number): LogOptions {
  const tailLines = wholeNumber(query, "tailLines", 0);
  const sinceSeconds = wholeNumber(query, "sinceSeconds", 1);
  const sinceTime = query.get("sinceTime") || undefined;
  if (sinceSeconds !== undefined && sinceTime !== undefined)
    throw new CallError(400, "at most one of `sinceTime` or `sinceSeconds` may be specified");
  const sinceTimeMs = sinceTime === undefined ? undefined : Date.parse(sinceTime);
  if (Number.isNaN(sinceTimeMs)) throw new CallError(400, `unable to decode query: bad sinceTime "${sinceTime}"`);
  const stream = query.get("stream") || "All";
  if (stream !== "All" && stream !== "Stdout" && stream !== "Stderr")
    throw new CallError(400, `unsupported stream "${stream}": supported values: "All", "Stderr", "Stdout"`);
  if (tailLines !== undefined && stream !== "All")
    throw new CallError(400, "`tailLines` and specific `stream` are mutually exclusive for now");
  return {
    follow: flag(query, "follow"),
    previous: flag(query, "previous"),
    timestamps: flag(query, "timestamps"),
    tailLines,
    sinceMs: sinceSeconds === undefined ? sinceTimeMs : nowMs - sinceSeconds * 1000,
    limitBytes: wholeNumber(query, "limitBytes", 1),
    stream,
  };
}

/** As Kubernetes decodes booleans of a query: there and not denied. */
export function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  return value !== null && !["false", "0", "False", "FALSE", "f", "F"].includes(value);
}

function wholeNumber(query: URLSearchParams, name: string, least: number): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value))
    throw new CallError(400, `unable to decode query: ${name} "${text}" is not a number`);
  if (value < least) throw new CallError(400, `${name} must be greater than or equal to ${least}`);
  return value;
}

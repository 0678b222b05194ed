/** What may be asked of `pods/log`: PodLogOptions. */
import {
  type FieldError,
  fieldForbidden,
  invalid,
  invalidObject,
  notSupported,
} from "../../../machinery/meta/field-error.ts";
import { badRequest } from "../../../machinery/meta/status.ts";
import { parseTime } from "../../../machinery/schema/time.ts";
import { wholeNumber } from "../options.ts";

const STREAMS = ["All", "Stderr", "Stdout"];

/** @throws ApiError 400 for what cannot be read, 422 for what makes no sense */
export function checkLogOptions(query: URLSearchParams): void {
  const sinceSeconds = wholeNumber(query, "sinceSeconds");
  const sinceTime = query.get("sinceTime") || undefined;
  if (sinceTime !== undefined && sinceTime !== "null") checkTime(sinceTime);
  const tailLines = wholeNumber(query, "tailLines");
  const limitBytes = wholeNumber(query, "limitBytes");
  const stream = query.get("stream") || "All";

  const errors: FieldError[] = [];
  if (tailLines !== undefined && tailLines < 0)
    errors.push(invalid("tailLines", tailLines, "must be greater than or equal to 0"));
  if (limitBytes !== undefined && limitBytes < 1)
    errors.push(invalid("limitBytes", limitBytes, "must be greater than 0"));
  if (sinceSeconds !== undefined && sinceTime !== undefined)
    errors.push(fieldForbidden("", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    errors.push(invalid("sinceSeconds", sinceSeconds, "must be greater than 0"));
  if (!STREAMS.includes(stream)) errors.push(notSupported("stream", stream, STREAMS));
  if (tailLines !== undefined && stream !== "All")
    errors.push(fieldForbidden("", "`tailLines` and specific `stream` are mutually exclusive for now"));
  if (errors.length > 0) throw invalidObject({ group: "", kind: "PodLogOptions", name: "" }, errors);
}

/** @throws ApiError 400 */
function checkTime(text: string): void {
  try {
    parseTime(text);
  } catch (error) {
    if (error instanceof RangeError) throw badRequest(error.message);
    throw error;
  }
}

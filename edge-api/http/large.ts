/** How ClusterStore tells the Worker that an answer is worth compressing, which is not done on ClusterStore's time. */
import { type Answer, setHeader } from "./reply.ts";

/** Never reaches the client. */
export const LARGE_HEADER = "x-kedge-large";
/** From here on, as kube-apiserver. */
export const LARGE_BYTES = 128 * 1024;

export function marked(answer: Answer, bytes: number): Answer {
  if (bytes > LARGE_BYTES) setHeader(answer, LARGE_HEADER, "1");
  return answer;
}

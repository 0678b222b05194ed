/** How ClusterStore tells the Worker that an answer is worth compressing, which is not done on ClusterStore's time. */

/** Never reaches the client. */
export const LARGE_HEADER = "x-kedge-large";
/** From here on, as kube-apiserver. */
export const LARGE_BYTES = 128 * 1024;

export function marked(response: Response, bytes: number): Response {
  if (bytes > LARGE_BYTES) response.headers.set(LARGE_HEADER, "1");
  return response;
}

import { serviceAccountIdentity } from "../access/identity.ts";
import { forward } from "./forward.ts";

const READ_MS = 20_000;

interface Fetcher {
  fetch(input: string | Request, init?: RequestInit): Promise<Response>;
}

/**
 * Reads the API as one of kube-system's service accounts, with its rights.
 * @param store a fresh stub for each call
 * @returns parsed JSON. @throws Error as client-go words it when the answer is no success, or too late
 */
export const apiReader = (store: () => Fetcher, account: string) => ({
  async get(path: string): Promise<unknown> {
    const identity = { ...serviceAccountIdentity({ namespace: "kube-system", name: account }), isProgram: true };
    const request = new Request(new URL(path, "https://kubernetes.default.svc"), {
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(READ_MS),
    });
    const response = await forward(store(), request, { identity, isAudited: false, isPlain: true });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    throw new Error(problemOf(response.status === 404 && !text.startsWith("{") ? NOBODY : text, path));
  },
});

const NOT_SERVED = "the server could not find the requested resource";
/** What client-go makes of a page that is not found. */
const NOBODY = JSON.stringify({ message: NOT_SERVED });

/** A Status without details is of a path that nobody serves: client-go adds what was asked. */
function problemOf(text: string, path: string): string {
  let status: { message?: string; details?: { name?: string; kind?: string } };
  try {
    status = JSON.parse(text);
  } catch {
    return text.slice(0, 200);
  }
  const { message = "unknown", details } = status;
  if (message !== NOT_SERVED) return message;
  const [, group, rest = ""] = /^\/apis\/([^/]+)\/[^/]+\/(?:namespaces\/[^/]+\/)?([^?]*)/.exec(path) ?? [];
  const resource = details?.kind || rest.split("/")[0];
  return group ? `${message} (get ${resource}.${group})` : message;
}

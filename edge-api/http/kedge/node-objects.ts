import { ApiError, badRequest } from "../../../machinery/meta/status.ts";
import { MASTERS_GROUP, nodeNameOf } from "../../access/identity.ts";
import { FOLLOWED } from "../../access/node/readers.ts";
import { objectRenderer } from "../../verbs/renderer.ts";
import type { RequestContext } from "../context.ts";
import { negotiatePlain } from "../negotiation.ts";
import type { Answer } from "../reply.ts";
import { isTrue } from "../request-info.ts";
import { showChunks } from "../view.ts";
import { watch } from "../watch.ts";

/** The text after which a chunk is handed on. */
const CHUNK_LENGTH = 512 * 1024;

/**
 * GET /kedge/v1/nodes/{name}/configmaps and …/secrets: what the node's pods refer to, of all namespaces, as a list, or
 * with watch=1 as a watch over a WebSocket. One watch of each kind takes the place of one for each object, of which a
 * thousand nodes would have tens of thousands. What comes to be referred to is not told by the watch, only changes from
 * then on: who learns of a pod reads what it refers to.
 */
export function nodeObjects(context: RequestContext, [name = "", plural = ""]: string[]): Answer {
  const { identity, services, query, request } = context;
  if (nodeNameOf(identity) !== name && !identity.groups.includes(MASTERS_GROUP)) {
    throw new ApiError(403, "Forbidden", `only node ${name} itself may read what its pods refer to`, {});
  }
  const kind = services.env.registry.find("", "v1", plural);
  const what = FOLLOWED.get(plural);
  if (!kind || !what) throw new ApiError(404, "NotFound", "the server could not find the requested resource", {});
  if (isTrue(query?.get("watch"))) {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") throw badRequest("only over a WebSocket");
    return watch(context, { kind, namespace: "", name: "", subresource: "" }, { reader: name });
  }
  const { store } = services.env;
  function* chunks(): Generator<string> {
    const renderer = objectRenderer(kind!);
    let text = renderer.listHead({ resourceVersion: String(store.revision()) });
    let separator = "";
    for (const key of [...services.references.of(name, what!)]) {
      const row = store.get({ resource: kind!.storage, ...key });
      if (!row) continue;
      text += separator + renderer.item(row.value);
      separator = ",";
      if (text.length < CHUNK_LENGTH) continue;
      yield text;
      text = "";
    }
    yield text + renderer.listTail;
  }
  return showChunks(context, chunks(), negotiatePlain(request.headers.get("accept")));
}

/** Requests about API resources: finds the kind and hands over to the verb. */
import type { Kind } from "../../kinds/kind.ts";
import { pathSegmentName } from "../../machinery/meta/names.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { ApiError, badRequest } from "../../machinery/meta/status.ts";
import { appearance, missingAccount } from "../access/admission/awaited-account.ts";
import { authorize } from "../access/authorize.ts";
import { checkProof, needsProof } from "../access/csr/proof.ts";
import { apply } from "../verbs/apply.ts";
import { decodeContinue, encodeContinue } from "../verbs/continue-token.ts";
import { create } from "../verbs/create.ts";
import { decodeKind } from "../verbs/decode.ts";
import { remove } from "../verbs/delete.ts";
import { deleteBatch } from "../verbs/delete-collection.ts";
import type { Target } from "../verbs/environment.ts";
import { get } from "../verbs/get.ts";
import { list } from "../verbs/list.ts";
import { matchName, matchNamespace } from "../verbs/metadata.ts";
import { patch, patchTypeOf } from "../verbs/patch.ts";
import { checkVersionParameters } from "../verbs/resource-version.ts";
import { update } from "../verbs/update.ts";
import { mediaTypeOf, readBody, readPatch } from "./body.ts";
import type { RequestContext } from "./context.ts";
import { negotiate, negotiatePlain } from "./negotiation.ts";
import { nothingHere } from "./nothing-here.ts";
import { deleteOptions, listOptions, writeOptions } from "./options.ts";
import type { Answer } from "./reply.ts";
import { bodyOf, callerOf } from "./request.ts";
import { specialEndpoint } from "./special/index.ts";
import { checkForm, rendererFor, showChunks, showList, showObject, showProtobufList } from "./view.ts";
import { watch } from "./watch.ts";

export function resource(context: RequestContext): Answer | Promise<Answer> {
  const { info, services } = context;
  const kind = services.env.registry.find(info.group, info.version, info.resource);
  if (!kind) return nothingHere(context);
  if (!kind.namespaced && info.namespace !== "" && info.resource !== "namespaces") throw noSuchResource();
  const target: Target = {
    kind,
    namespace: kind.namespaced ? info.namespace : "",
    name: info.name,
    subresource: info.subresource,
  };
  const special = specialEndpoint(target);
  if (special) {
    checkServed(context, kind);
    // What is not stored is shown as itself, never as a table or metadata.
    if (!kind.verbs.includes("get")) negotiatePlain(context.request.headers.get("accept"));
    else if (!READING.has(info.verb)) negotiate(context.request.headers.get("accept"));
    return special(context, target);
  }
  checkServed(context, kind);
  if (!READING.has(info.verb)) checkForm(context, target);
  return byVerb(context, target);
}

const READING: ReadonlySet<string> = new Set(["get", "list", "watch"]);
const NEEDS_NAME: ReadonlySet<string> = new Set(["update", "patch"]);

const noSuchResource = (): ApiError =>
  new ApiError(404, "NotFound", "the server could not find the requested resource", {});

const notAllowed = (): ApiError =>
  new ApiError(405, "MethodNotAllowed", "the server does not allow this method on the requested resource", {});

/** @throws ApiError 404 for an unknown subresource, 405 for a verb the resource does not have */
function checkServed({ info, method }: RequestContext, kind: Kind): void {
  let verbs: readonly string[] = kind.verbs;
  if (info.subresource !== "") {
    if (!Object.hasOwn(kind.subresources, info.subresource)) throw noSuchResource();
    verbs = kind.subresources[info.subresource]!.verbs;
  }
  // What is proxied is asked whatever the method; RBAC has no verb for the second, and takes the first for get.
  const isProxied = info.subresource === "proxy" && (method === "HEAD" || method === "OPTIONS");
  if (!isProxied && (method === "HEAD" || !verbs.includes(info.verb))) throw notAllowed();
  if (info.verb === "create" && info.name !== "" && info.subresource === "") throw notAllowed();
  if (info.name === "" && NEEDS_NAME.has(info.verb)) throw notAllowed();
  const problems = info.name === "" || info.verb === "watch" ? [] : pathSegmentName(info.name);
  if (problems.length > 0)
    throw badRequest(`Name parameter invalid: ${JSON.stringify(info.name)}: ${problems.join(";")}`);
  if (!kind.namespaced || info.namespace !== "") return;
  if (info.name !== "") throw noSuchResource();
  // All namespaces at once are only read: who forgets one must not delete what lies in all.
  if (!READING.has(info.verb)) throw notAllowed();
}

function byVerb(context: RequestContext, target: Target): Answer | Promise<Answer> {
  switch (context.info.verb) {
    case "get": {
      const text = get(context.services.env, target, context.query?.get("resourceVersion") ?? null);
      return showObject(context, target, 200, text);
    }
    case "list":
      return listed(context, target);
    case "watch":
      return watch(context, target);
    case "create":
      return created(context, target);
    case "update":
      return updated(context, target);
    case "patch":
      return patched(context, target);
    case "delete":
      return deleted(context, target);
    case "deletecollection":
      return collectionDeleted(context, target);
    default:
      throw notAllowed();
  }
}

function listed(context: RequestContext, target: Target): Answer {
  const accepted = negotiate(context.request.headers.get("accept"));
  if (accepted.media === "protobuf") return showProtobufList(context, target, accepted);
  const renderer = rendererFor(context, target, accepted, "list");
  return showChunks(context, list(context.services.env, target, listOptions(context.query), renderer), accepted);
}

async function created(context: RequestContext, target: Target): Promise<Answer> {
  const { services } = context;
  const options = writeOptions(context, "CreateOptions");
  const { fieldValidation } = options;
  const { value, duplicateFields } = await bodyOf(context, target.kind.kind);
  const caller = callerOf(context, options);
  const object = decodeKind(services.env, value, target.kind, { fieldValidation, duplicateFields, warn: caller.warn });
  if (needsProof(target.kind)) await checkProof(target.kind, object);
  const { env, commit } = services;
  const missing = target.kind.storage === "pods" ? missingAccount(env.store, target.namespace, object) : undefined;
  if (missing) await appearance(env, missing);
  const outcome = await commit.run(() => create(env, { target, caller, object }));
  return showObject(context, target, outcome.code, outcome.text);
}

async function updated(context: RequestContext, target: Target): Promise<Answer> {
  const { services } = context;
  const options = writeOptions(context, "UpdateOptions");
  const { fieldValidation } = options;
  const { value, duplicateFields } = await bodyOf(context, target.kind.kind);
  const caller = callerOf(context, options);
  const object = decodeKind(services.env, value, target.kind, { fieldValidation, duplicateFields, warn: caller.warn });
  matchName(object.metadata, target.name);
  matchNamespace(object.metadata, target.namespace);
  const change = { target, caller, transform: () => object, checkMayCreate: () => checkMayCreate(context) };
  const outcome = await services.commit.run(() => update(services.env, change));
  return showObject(context, target, outcome.code, outcome.text);
}

async function patched(context: RequestContext, target: Target): Promise<Answer> {
  const { services } = context;
  const type = patchTypeOf(mediaTypeOf(context.request.headers.get("content-type")));
  const options = writeOptions(context, "PatchOptions", type);
  const { fieldValidation, force } = options;
  const body = await readPatch(context.request, type, fieldValidation);
  context.audit?.sawBody(body.value);
  // Applying what is not there makes it.
  if (type === "apply" && needsProof(target.kind)) await checkProof(target.kind, body.value as KubeObject);
  const caller = callerOf(context, options);
  const decoding = { fieldValidation, duplicateFields: body.duplicateFields, warn: caller.warn };
  const change = { target, caller, decoding };
  const outcome = await services.commit.run(() =>
    type === "apply"
      ? apply(services.env, { ...change, config: body.value, force, checkMayCreate: () => checkMayCreate(context) })
      : patch(services.env, { ...change, patch: { type, patch: body.value } }),
  );
  return showObject(context, target, outcome.code, outcome.text);
}

/** @throws ApiError 403 */
const checkMayCreate = ({ services, identity, info }: RequestContext): void =>
  authorize(services.authorizer, identity, { ...info, verb: "create" });

async function deleteBody({ request, services, audit }: RequestContext): Promise<unknown> {
  const body = await readBody(request, services.env.registry);
  if (body) audit?.sawBody(body.value);
  return body?.value;
}

async function deleted(context: RequestContext, target: Target): Promise<Answer> {
  const { services } = context;
  const { options, dryRun } = deleteOptions(await deleteBody(context), context.query);
  const caller = callerOf(context, { dryRun });
  const outcome = await services.commit.run(() => remove(services.env, { target, caller, options }));
  return showObject(context, target, outcome.code, outcome.text);
}

async function collectionDeleted(context: RequestContext, target: Target): Promise<Answer> {
  const { services, query } = context;
  const { env } = services;
  const selected = listOptions(query);
  checkVersionParameters({ ...selected, watch: false });
  const { options, dryRun } = deleteOptions(await deleteBody(context), query);
  const { limit, continueToken } = selected;
  const caller = callerOf(context, { dryRun });
  const resourceVersion = String(env.store.revision());
  const texts: string[] = [];
  let after = continueToken ? decodeContinue(continueToken).after : undefined;
  do {
    const change = { target, caller, options, selectors: selected, after };
    const most = limit > 0 ? limit - texts.length : Number.POSITIVE_INFINITY;
    const batch = await services.commit.run(() => deleteBatch(env, { ...change, most }));
    texts.push(...batch.texts);
    after = batch.next;
  } while (after && !(limit > 0 && texts.length === limit));
  return showList(context, target, texts, {
    resourceVersion,
    ...(after && { continue: encodeContinue({ at: undefined, after }) }),
  });
}

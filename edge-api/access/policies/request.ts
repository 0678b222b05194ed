/** What expressions are told of a request. */
import {
  authorizerValue,
  type Decide,
  resourceCheckValue,
} from "../../../kinds/admissionregistration/authorizer-library.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { AdmissionEnvironment, Attributes } from "../admission/plugin.ts";
import { type Identity, serviceAccountIdentity } from "../identity.ts";

export type Bindings = { readonly [name: string]: unknown };

/** The variables that are the same for all policies. */
export function requestBindings(
  attributes: Attributes,
  namespace: KubeObject | undefined,
  env: AdmissionEnvironment,
): Bindings {
  const { kind, subresource, name, operation, object, old } = attributes;
  const decide = decider(attributes.identity, env);
  return {
    object: object ?? null,
    oldObject: old ?? null,
    request: requestOf(attributes),
    namespaceObject: namespace ? namespaceOf(namespace) : null,
    authorizer: authorizerValue(decide),
    "authorizer.requestResource": resourceCheckValue(decide, {
      group: kind.group,
      resource: kind.plural,
      subresource,
      namespace: attributes.namespace,
      name: operation === "CREATE" ? (object?.metadata.name ?? name) : name,
    }),
  };
}

function requestOf(attributes: Attributes): object {
  const { kind, subresource, namespace, operation, identity, dryRun, object } = attributes;
  const { group, version } = kind;
  const name = attributes.name || object?.metadata.name || "";
  const kindOf = { group, version, kind: kind.subresources[subresource]?.kind ?? kind.kind };
  const resource = { group, version, resource: kind.plural };
  return {
    kind: kindOf,
    resource,
    ...(subresource && { subResource: subresource }),
    requestKind: kindOf,
    requestResource: resource,
    ...(subresource && { requestSubResource: subresource }),
    ...(name && { name }),
    ...(namespace && { namespace }),
    operation,
    userInfo: {
      username: identity.user,
      ...(identity.uid && { uid: identity.uid }),
      groups: identity.groups,
      ...(identity.extra && { extra: identity.extra }),
    },
    dryRun,
  };
}

/** What upstream shows of a namespace. */
function namespaceOf({ metadata, spec, status }: KubeObject): object {
  const { managedFields: _managed, ownerReferences: _owners, ...shown } = metadata;
  return { metadata: shown, ...(spec !== undefined && { spec }), ...(status !== undefined && { status }) };
}

const decider =
  (caller: Identity, { rights }: AdmissionEnvironment): Decide =>
  ({ serviceAccount, path, group, resource, subresource, namespace, name, verb }) => {
    if (!rights) return { allowed: false, reason: "", error: "nobody's rights are known here" };
    const identity = serviceAccount ? serviceAccountIdentity(serviceAccount) : caller;
    const access = {
      verb,
      group,
      resource,
      subresource,
      namespace,
      name,
      path: path ?? "",
      isResource: path === undefined,
    };
    const { decision, reason } = rights.authorizer.authorize(identity, access);
    return { allowed: decision === "allow", reason, error: "" };
  };

/** What expressions are told of a request. */
import {
  authorizerValue,
  type Decide,
  resourceCheckValue,
} from "../../../kinds/admissionregistration/authorizer-library.ts";
import type { Kind } from "../../../kinds/kind.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { AdmissionEnvironment, Attributes } from "../admission/plugin.ts";
import { type Identity, serviceAccountIdentity } from "../identity.ts";
import { inVersion, spokenBy } from "./versions.ts";

export type Bindings = { readonly [name: string]: unknown };

interface Seen {
  /** As which of its kinds the request matched. */
  kind: Kind;
  namespace: KubeObject | undefined;
}

/** The variables that are the same for all policies which see the request as one kind. */
export function requestBindings(
  attributes: Attributes,
  { kind, namespace }: Seen,
  env: AdmissionEnvironment,
): Bindings {
  const { subresource, name, operation, object, old } = attributes;
  const decide = decider(attributes.identity, env);
  const versions = { from: attributes.kind, to: kind };
  return {
    object: inVersion(object, versions) ?? null,
    oldObject: inVersion(old, versions) ?? null,
    request: requestOf(attributes, kind),
    namespaceObject: namespace ? namespaceOf(namespace) : null,
    authorizer: authorizerValue(decide),
    "authorizer.requestResource": resourceCheckValue(decide, {
      group: attributes.kind.group,
      resource: attributes.kind.plural,
      subresource,
      namespace: namespaceAsked(attributes),
      name: operation === "CREATE" ? (object?.metadata?.name ?? name) : name,
    }),
  };
}

const OPTIONS: { readonly [operation in Attributes["operation"]]?: string } = {
  CREATE: "CreateOptions",
  UPDATE: "UpdateOptions",
  DELETE: "DeleteOptions",
};

const nameAsked = ({ name, object }: Attributes): string => name || object?.metadata?.name || "";

/** As a request's path has it: a Namespace lies in itself. */
export const namespaceAsked = (attributes: Attributes): string =>
  attributes.kind.storage === "namespaces" ? nameAsked(attributes) : attributes.namespace;

function requestOf(attributes: Attributes, matchedKind: Kind): object {
  const { kind: requestedKind, subresource, operation, identity, dryRun } = attributes;
  const name = nameAsked(attributes);
  const namespace = namespaceAsked(attributes);
  const options = OPTIONS[operation];
  return {
    kind: shownKind(matchedKind, subresource),
    resource: shownResource(matchedKind),
    ...(subresource && { subResource: subresource }),
    requestKind: shownKind(requestedKind, subresource),
    requestResource: shownResource(requestedKind),
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
    ...(options && {
      options: { kind: options, apiVersion: "meta.k8s.io/v1", ...(dryRun && { dryRun: ["All"] }) },
    }),
  };
}

function shownKind(of: Kind, subresource: string): object {
  const { group, version, kind } = spokenBy(of, subresource);
  return { group, version, kind };
}

const shownResource = ({ group, version, plural }: Kind): object => ({ group, version, resource: plural });

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

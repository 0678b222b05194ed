/** OpenAPI 3.0 documents of what lies above the group versions: indices, the version, the issuer of tokens. */
import type { Descriptions } from "../../../kinds/descriptions.ts";
import type { TypeTable } from "../../../machinery/schema/types.ts";
import { indexPath, type OpenApiDocument, openApi, readOperation } from "./envelope.ts";
import type { PathItem } from "./operations.ts";
import { schemasFor } from "./schemas.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1.";
const VERSION = "io.k8s.apimachinery.pkg.version.Info";
const JSON_ONLY = ["application/json"];

interface IndexDocument {
  /** Below /openapi/v3. */
  path: string;
  paths: { [path: string]: PathItem };
  type?: string;
}

/** @param groups names of those that are served; "" is the core group */
export function indexDocuments(groups: readonly string[]): IndexDocument[] {
  const group = `${META}APIGroup`;
  return [
    {
      path: ".well-known/openid-configuration",
      paths: {
        "/.well-known/openid-configuration/": {
          get: readOperation({
            tags: ["WellKnown"],
            operationId: "getServiceAccountIssuerOpenIDConfiguration",
            says: "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
            media: JSON_ONLY,
          }),
        },
      },
    },
    {
      path: "api",
      type: `${META}APIVersions`,
      paths: { "/api/": indexPath({ group: "", type: `${META}APIVersions`, says: "get available API versions" }) },
    },
    {
      path: "apis",
      type: `${META}APIGroupList`,
      paths: {
        "/apis/": {
          get: readOperation({
            tags: ["apis"],
            operationId: "getAPIVersions",
            says: "get available API versions",
            type: `${META}APIGroupList`,
          }),
        },
      },
    },
    ...groups
      .filter((name) => name !== "")
      .map((name) => ({
        path: `apis/${name}`,
        type: group,
        paths: { [`/apis/${name}/`]: indexPath({ group: name, type: group, says: "get information of a group" }) },
      })),
    {
      path: "openid/v1/jwks",
      paths: {
        "/openid/v1/jwks/": {
          get: readOperation({
            tags: ["openid"],
            operationId: "getServiceAccountIssuerOpenIDKeyset",
            says: "get service account issuer OpenID JSON Web Key Set (contains public token verification keys)",
            media: ["application/jwk-set+json"],
          }),
        },
      },
    },
    {
      path: "version",
      type: VERSION,
      paths: {
        "/version/": {
          get: readOperation({
            tags: ["version"],
            operationId: "getCodeVersion",
            says: "get the version information for this server",
            type: VERSION,
            media: JSON_ONLY,
          }),
        },
      },
    },
  ];
}

export const indexDocument = (
  { paths, type }: IndexDocument,
  types: TypeTable,
  descriptions: Descriptions,
): OpenApiDocument => openApi(paths, type === undefined ? undefined : schemasFor(types, [type], descriptions));

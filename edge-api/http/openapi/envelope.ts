/** What every OpenAPI 3.0 document has, and the paths that list what lies below them. */
import { versionInfo } from "../discovery/version.ts";
import { capital, groupWords, type PathItem, tagOf } from "./operations.ts";
import type { JsonSchema } from "./schemas.ts";

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string };
  paths: { [path: string]: PathItem };
  components: { schemas?: { [name: string]: JsonSchema }; securitySchemes: object };
}

export const openApi = (
  paths: OpenApiDocument["paths"],
  schemas?: { [name: string]: JsonSchema },
): OpenApiDocument => ({
  openapi: "3.0.0",
  info: { title: "Kubernetes", version: versionInfo.gitVersion },
  paths,
  components: {
    ...(schemas && { schemas }),
    securitySchemes: {
      BearerToken: { type: "apiKey", in: "header", name: "authorization", description: "Bearer token authentication" },
    },
  },
});

const MEDIA = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];

/** @param version absent: the group's index */
export function indexPath({
  group,
  version,
  type,
  says,
}: {
  group: string;
  version?: string;
  type: string;
  says: string;
}): PathItem {
  const words = `${groupWords(group)}${version === undefined ? "" : capital(version)}`;
  const operationId =
    version !== undefined ? `get${words}APIResources` : `get${words}API${group ? "Group" : "Versions"}`;
  return { get: readOperation({ tags: [tagOf({ group, ...(version && { version }) })], operationId, says, type }) };
}

/** @param type name of a schema; absent: text */
export function readOperation({
  tags,
  operationId,
  says,
  type,
  media = MEDIA,
}: {
  tags: string[];
  operationId: string;
  says: string;
  type?: string;
  media?: readonly string[];
}): PathItem[string] {
  const schema = type ? { $ref: `#/components/schemas/${type}` } : { type: "string" };
  return {
    tags,
    description: says,
    operationId,
    responses: {
      "200": { description: "OK", content: Object.fromEntries(media.map((one) => [one, { schema }])) },
      "401": { description: "Unauthorized" },
    },
  };
}

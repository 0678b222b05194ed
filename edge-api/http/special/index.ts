/** Endpoints that are not reading or writing an object as it is stored. */
import type { Target } from "../../verbs/environment.ts";
import type { RequestContext } from "../context.ts";

export type SpecialEndpoint = (context: RequestContext, target: Target) => Response | Promise<Response>;

/** By subresource, whatever the kind. */
const BY_SUBRESOURCE: ReadonlyMap<string, SpecialEndpoint> = new Map<string, SpecialEndpoint>([]);

/** By storage key and subresource: "pods/binding"; or by storage key alone for kinds that are never stored. */
const BY_TARGET: ReadonlyMap<string, SpecialEndpoint> = new Map<string, SpecialEndpoint>([]);

export function specialEndpoint({ kind, subresource }: Target): SpecialEndpoint | undefined {
  if (subresource === "") return BY_TARGET.get(kind.storage);
  return BY_TARGET.get(`${kind.storage}/${subresource}`) ?? BY_SUBRESOURCE.get(subresource);
}

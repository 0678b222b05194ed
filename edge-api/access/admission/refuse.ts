/** How admission plugins say no: upstream's admission.NewForbidden. */
import { type ApiError, forbidden } from "../../../machinery/meta/status.ts";
import type { Attributes } from "./plugin.ts";

/** What a refusal calls the object: its name, or what its name is to begin with. */
export const nameOf = ({ name, object }: Pick<Attributes, "name" | "object">): string =>
  name || object?.metadata?.name || object?.metadata?.generateName || "Unknown";

export const refuse = (attributes: Attributes, why: string): ApiError =>
  forbidden({ group: attributes.kind.group, resource: attributes.kind.plural, name: nameOf(attributes) }, why);

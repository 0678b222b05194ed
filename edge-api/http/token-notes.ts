/** Of a token that has been found good: that it is in use, and what is to be told of it. */
import type { Identity } from "../access/identity.ts";
import { noteTokenUse } from "../access/legacy-token-use.ts";
import { tokenNotes } from "../access/live-account.ts";
import type { RequestContext } from "./context.ts";

export function noteToken({ services, audit, warnings }: RequestContext, identity: Identity): void {
  noteTokenUse(services, identity);
  const { store, clock } = services.env;
  const notes = tokenNotes(store, identity, clock.now());
  if (!notes) return;
  for (const [key, value] of Object.entries(notes.annotations)) audit?.annotate(key, value);
  if (notes.warning !== undefined) warnings.push(notes.warning);
}

/** The managedFields of an object, as the text that is stored. */
import type { ManagedFieldsEntry } from "../meta/object.ts";
import { inOrder, type Manager, type Managers, readManagers } from "./managers.ts";

/** What a write leaves in metadata.managedFields. */
export interface Ownership {
  /** The list as text, brackets included; undefined: none. */
  managed: string | undefined;
  /** The same managers own the same as before the write; at most their times differ. */
  isSame: boolean;
}

export const NO_OWNERS: Ownership = { managed: undefined, isSame: true };

/** @param before the managers as they stood in the list before the write */
export function ownershipOf(managers: Managers, before: readonly Manager[]): Ownership {
  const list = inOrder(managers);
  const isSame =
    list.length === before.length &&
    list.every((manager, i) => manager === before[i] || manager.ownsSameAs(before[i]!));
  return { managed: textOf(list), isSame };
}

const textOf = (list: readonly Manager[]): string | undefined =>
  list.length === 0 ? undefined : `[${list.map(({ text }) => text).join(",")}]`;

/** Of entries in any form, into the one that is stored. @throws ManagedFieldsError */
export const textOfEntries = (entries: readonly ManagedFieldsEntry[]): string | undefined =>
  textOf(inOrder(readManagers(entries)));

/** How a watch gets to where the store is: its initial objects page by page of one snapshot, then history. */
import type { Store, StoredObject } from "./contract.ts";
import { type FieldsOf, passes, TextView } from "./object-view.ts";
import type { WatchEntry } from "./watch-entry.ts";
import { WatchEvent } from "./watch-event.ts";

/** Rows of a snapshot read at a time. */
const LIST_PAGE = 100;

export interface CatchUpOptions {
  store: Store;
  fields: FieldsOf;
  pendingLimitBytes: number;
  /** Hands over bytes; ends the watch when its sink throws. */
  send(entry: WatchEntry, data: Uint8Array | string): void;
  sendEvent(entry: WatchEntry, event: WatchEvent): void;
}

/**
 * Sends what the watch has not seen, as much as its sink takes.
 * @returns whether it has seen all there is
 * @throws StoreError `Compacted`
 */
export function catchUp(options: CatchUpOptions, entry: WatchEntry): boolean {
  if (entry.phase === "listing" && !sendState(options, entry)) return false;
  return entry.phase === "behind" && sendHistory(options, entry);
}

const isFull = ({ pendingLimitBytes }: CatchUpOptions, { sink }: WatchEntry): boolean =>
  sink.pendingBytes() > pendingLimitBytes;

function sendState(options: CatchUpOptions, entry: WatchEntry): boolean {
  const { endMark } = entry.listing!;
  for (let more = true; more; ) {
    more = false;
    for (const { namespace, name, value } of initialPage(options, entry)) {
      if (isFull(options, entry)) return false;
      sendInitial(options, entry, new TextView({ ...entry.spec, namespace, name }, value, options.fields));
      if (entry.phase === "ended") return false;
      entry.listing = { endMark, sent: { namespace, name } };
      more = true;
    }
  }
  entry.phase = "behind";
  entry.listing = undefined;
  if (endMark) {
    options.send(entry, entry.representation.bookmark({ revision: entry.position, initialEventsEnd: true }));
  }
  return true;
}

function initialPage(
  { store }: CatchUpOptions,
  { spec, filter, position, listing }: WatchEntry,
): Iterable<StoredObject> {
  const { resource, namespace } = spec;
  const after = listing?.sent;
  // One named object is one look-up, while the snapshot still is the present.
  if (namespace !== undefined && filter?.equality?.field === "metadata.name" && position === store.revision()) {
    const object = after ? undefined : store.get({ resource, namespace, name: filter.equality.value });
    return object ? [object] : [];
  }
  return store.list({
    resource,
    limit: LIST_PAGE,
    at: position,
    ...(filter?.contains !== undefined && { contains: filter.contains }),
    ...(namespace !== undefined && { namespace }),
    ...(after && { after }),
  });
}

function sendInitial({ send }: CatchUpOptions, entry: WatchEntry, view: TextView): void {
  if (entry.filter && !passes(entry.filter, view)) return;
  const first = !entry.sentAny;
  entry.sentAny = true;
  send(entry, entry.representation.event({ type: "ADDED", text: view.text, first }));
}

function sendHistory(options: CatchUpOptions, entry: WatchEntry): boolean {
  const { store, fields } = options;
  const { resource, namespace } = entry.spec;
  const current = store.revision();
  if (entry.position >= current) return true;
  for (const event of store.changesSince(entry.position, { resource, ...(namespace !== undefined && { namespace }) })) {
    if (isFull(options, entry)) return false;
    options.sendEvent(entry, new WatchEvent(event, fields));
    if (entry.phase !== "behind") return false;
    entry.position = event.revision;
  }
  entry.position = current;
  return true;
}

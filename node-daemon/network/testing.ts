/** Stand-ins for tests of the daemon's networking. */
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Informer, Log } from "../contracts.ts";

type Listener<T> = (key: string, current: T | undefined, previous: T | undefined) => void;

export const keyOf = ({ metadata }: KubeObject): string =>
  metadata.namespace ? `${metadata.namespace}/${metadata.name}` : (metadata.name ?? "");

/** An informer whose cache the test fills by hand. */
export class FakeInformer<T extends KubeObject> implements Informer<T> {
  readonly synced: Promise<void>;
  readonly #objects = new Map<string, T>();
  readonly #listeners: Listener<T>[] = [];
  #markSynced: () => void = () => {};
  #hasSynced = false;

  constructor(objects?: Iterable<T>) {
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
    if (!objects) return;
    for (const object of objects) this.#objects.set(keyOf(object), object);
    this.sync();
  }

  sync(): void {
    this.#hasSynced = true;
    this.#markSynced();
  }

  hasSynced(): boolean {
    return this.#hasSynced;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }

  onChange(listener: Listener<T>): void {
    this.#listeners.push(listener);
  }

  stop(): void {}

  put(object: T): void {
    const key = keyOf(object);
    const previous = this.#objects.get(key);
    this.#objects.set(key, object);
    for (const listener of this.#listeners) listener(key, object, previous);
  }

  remove(key: string): void {
    const previous = this.#objects.get(key);
    if (!previous) return;
    this.#objects.delete(key);
    for (const listener of this.#listeners) listener(key, undefined, previous);
  }
}

export interface LogLine {
  level: keyof Log;
  message: string;
  fields?: object;
}

/** A log that keeps what it is told. */
export function collectingLog(): Log & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at =
    (level: keyof Log) =>
    (message: string, fields?: object): void => {
      lines.push({ level, message, ...(fields && { fields }) });
    };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

import type { Sql } from "../store/contract.ts";

/**
 * The store's Sql over a Durable Object's SQLite. workerd keeps statements prepared by their text, joins all writes of
 * one event-loop turn into one commit, and holds responses, calls and WebSocket messages back until it is durable.
 */
export class DurableSql implements Sql {
  readonly #storage: DurableObjectStorage;
  /** Each look at `storage.sql` and each `raw()` makes an object on the native side, which costs as much as a read. */
  readonly #sql: SqlStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
    this.#sql = storage.sql;
  }

  exec(statement: string, ...bindings: (string | number | null)[]): Iterable<(string | number | null)[]> {
    const cursor = this.#sql.exec(statement, ...bindings);
    return { [Symbol.iterator]: () => cursor.raw<(string | number | null)[]>() };
  }

  transaction<T>(work: () => T): T {
    return this.#storage.transactionSync(work);
  }
}

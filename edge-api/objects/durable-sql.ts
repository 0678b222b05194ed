import type { Sql } from "../store/contract.ts";

/**
 * The store's Sql over a Durable Object's SQLite. workerd keeps statements prepared by their text, joins all writes of
 * one event-loop turn into one commit, and holds responses, calls and WebSocket messages back until it is durable.
 */
export class DurableSql implements Sql {
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  exec(statement: string, ...bindings: (string | number | null)[]): Iterable<(string | number | null)[]> {
    return this.#storage.sql.exec(statement, ...bindings).raw<(string | number | null)[]>();
  }

  transaction<T>(work: () => T): T {
    return this.#storage.transactionSync(work);
  }
}

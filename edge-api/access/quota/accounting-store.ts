/**
 * Keeps the usage of every ResourceQuota up to date with each write, in the same transaction: what the quota admission
 * plugin lets through is charged by the write itself, and given back by whatever ends it. So usage is exact at every
 * revision, however an object came or went, and a write that is taken back takes its charge with it.
 */
import type { Registry } from "../../../kinds/kind.ts";
import { deepEqual } from "../../../machinery/meta/equality.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { addQuantities, compareQuantities } from "../../../machinery/meta/quantity.ts";
import type { CountQuery, Encode, ListQuery, ObjectKey, Revision, Store, StoredObject } from "../../store/contract.ts";
import { encodeObject } from "../../verbs/object-text.ts";
import { CachedRows } from "../cached-rows.ts";
import { DEVICE_CLAIMS, isByExtendedName } from "./device-claims.ts";
import { evaluatorFor, isCountable, isPlainCount } from "./evaluator.ts";
import { isOverdue } from "./pod-usage.ts";
import { namesFor, QUOTAS, type ResourceQuota, usageIn, usedOf } from "./quota.ts";
import { calculateStatus } from "./recalculate.ts";
import { difference, has, type ResourceList } from "./resource-list.ts";

export interface Options {
  registry: Registry;
  nowMs(): number;
}

/** Adding up a whole namespace for a request that is about to be refused happens at most this often. */
const RECALCULATE_MS = 1000;

export class AccountingStore implements Store {
  readonly #inner: Store;
  readonly #options: Options;
  /** Namespaces that have quotas, and perhaps some whose quotas have just gone. */
  readonly #namespaces = new Set<string>();
  readonly #recalculatedMs = new Map<string, number>();
  readonly #cached: CachedRows;

  constructor(inner: Store, options: Options) {
    this.#inner = inner;
    this.#options = options;
    this.#cached = new CachedRows(inner);
    for (const { namespace } of inner.list({ resource: QUOTAS })) this.#namespaces.add(namespace);
    inner.subscribe((events) => {
      for (const { resource, type, namespace } of events) {
        if (resource !== QUOTAS || type !== "DELETED") continue;
        if (inner.count({ resource: QUOTAS, namespace }) === 0) this.#namespaces.delete(namespace);
      }
    });
  }

  /** As they stand in this turn. */
  quotasIn(namespace: string): ResourceQuota[] {
    if (!this.#namespaces.has(namespace)) return [];
    return [...this.#inner.list({ resource: QUOTAS, namespace })].map(({ value }) => JSON.parse(value));
  }

  /** Adds up anew what pods that should be gone still hold. Returns whether it did: not when it has just done so. */
  recalculate(namespace: string): boolean {
    const nowMs = this.#options.nowMs();
    if (nowMs - (this.#recalculatedMs.get(namespace) ?? 0) < RECALCULATE_MS) return false;
    this.#recalculatedMs.set(namespace, nowMs);
    for (const quota of this.quotasIn(namespace)) this.#recalculate(quota);
    return true;
  }

  create(key: ObjectKey, encode: Encode): StoredObject {
    this.#cached.writing(key.resource);
    if (key.resource === QUOTAS) this.#namespaces.add(key.namespace);
    if (!this.#isCounted(key)) return this.#inner.create(key, encode);
    return this.#inner.transaction(() => {
      const made = this.#inner.create(key, encode);
      this.#charge(key, undefined, made.value);
      return made;
    });
  }

  update(key: ObjectKey, expected: Revision, encode: Encode): StoredObject {
    this.#cached.writing(key.resource);
    // Changing what is only counted changes no count.
    if (!this.#isCounted(key) || (key.resource !== QUOTAS && isPlainCount(key.resource)))
      return this.#inner.update(key, expected, encode);
    return this.#inner.transaction(() => {
      const before = this.#inner.get(key)?.value;
      const made = this.#inner.update(key, expected, encode);
      this.#charge(key, before, made.value);
      return made;
    });
  }

  delete(key: ObjectKey, expected: Revision, encode: Encode): StoredObject {
    this.#cached.writing(key.resource);
    if (!this.#isCounted(key)) return this.#inner.delete(key, expected, encode);
    return this.#inner.transaction(() => {
      const gone = this.#inner.delete(key, expected, encode);
      this.#charge(key, gone.value, undefined);
      return gone;
    });
  }

  #isCounted({ namespace, resource }: ObjectKey): boolean {
    return this.#namespaces.has(namespace) && isCountable(resource);
  }

  #charge(key: ObjectKey, before: string | undefined, after: string | undefined): void {
    const evaluator = evaluatorFor(key.resource, this.#inner)!;
    const parse = (text: string | undefined): KubeObject | undefined => text && JSON.parse(text);
    const [prev, next] = [parse(before), parse(after)];
    const overdue = key.resource === "pods" && prev !== undefined && isOverdue(prev, this.#options.nowMs());
    for (const quota of this.quotasIn(key.namespace)) {
      if (key.resource === QUOTAS && quota.metadata.name === key.name) {
        if (needsCalculation(next as ResourceQuota, prev as ResourceQuota | undefined)) this.#recalculate(quota);
        continue;
      }
      // What a claim counts for depends on its pod, which may have changed since.
      if (key.resource === DEVICE_CLAIMS && namesFor(quota, evaluator).some(isByExtendedName)) {
        this.#recalculate(quota);
        continue;
      }
      const change = difference(usageIn(quota, evaluator, next), usageIn(quota, evaluator, prev));
      if (Object.keys(change).length === 0) continue;
      // Whether the pod still was counted is not known: everything is added up.
      if (overdue) this.#recalculate(quota);
      else this.#write(quota, { ...quota.status, used: changed(usedOf(quota), change) });
    }
  }

  #recalculate(quota: ResourceQuota): void {
    const status = calculateStatus(this.#inner, quota, this.#options.nowMs());
    if (!deepEqual(status, quota.status)) this.#write(quota, status);
  }

  #write(quota: ResourceQuota, status: ResourceQuota["status"]): void {
    const kind = this.#options.registry.findStorage(QUOTAS);
    if (!kind) throw new Error(`no kind is stored as ${QUOTAS}`);
    const { namespace = "", name = "" } = quota.metadata;
    const key = { resource: QUOTAS, namespace, name };
    // What a dry run has just made does not say its revision.
    const resourceVersion = quota.metadata.resourceVersion ?? this.#inner.get(key)?.revision;
    this.#inner.update(key, Number(resourceVersion), (revision) =>
      encodeObject({ ...quota, status } as KubeObject, kind, revision),
    );
  }

  // The rest is the store's own, but for rows that are kept.
  revision = (): Revision => this.#inner.revision();
  compactedRevision = (): Revision => this.#inner.compactedRevision();
  get = (key: ObjectKey): StoredObject | undefined => this.#cached.get(key);
  list = (query: ListQuery): Iterable<StoredObject> => this.#cached.list(query);
  joined: NonNullable<Store["joined"]> = (query) => this.#inner.joined?.(query);
  count = (query: CountQuery): number => this.#inner.count(query);
  countByResource: Store["countByResource"] = (namespace) => this.#inner.countByResource(namespace);
  transaction: Store["transaction"] = (work) => this.#inner.transaction(work);
  changesSince: Store["changesSince"] = (after, filter) => this.#inner.changesSince(after, filter);
  subscribe: Store["subscribe"] = (listener) => this.#inner.subscribe(listener);
  compact: Store["compact"] = (beforeMs, limit) => this.#inner.compact(beforeMs, limit);
  oldestUncompactedMs: Store["oldestUncompactedMs"] = () => this.#inner.oldestUncompactedMs();
}

/** A quota that is new, counts something else now, or says of itself what is not so. */
function needsCalculation(next: ResourceQuota | undefined, prev: ResourceQuota | undefined): boolean {
  if (!next) return false;
  return (
    !next.status?.used || !deepEqual(next.spec?.hard ?? {}, next.status.hard ?? {}) || !deepEqual(next.spec, prev?.spec)
  );
}

function changed(used: ResourceList, change: ResourceList): ResourceList {
  const result = { ...used };
  for (const name of Object.keys(change)) {
    const amount = addQuantities(has(used, name) ? used[name]! : "0", change[name]!);
    result[name] = compareQuantities(amount, "0") < 0 ? "0" : amount;
  }
  return result;
}

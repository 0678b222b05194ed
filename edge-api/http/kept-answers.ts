/**
 * Answers to gets that are asked for again and again, kept where the Worker and the cluster's object run in one isolate,
 * as they do in a self-hosted workerd. The Worker gives them by itself, at half the cost of asking the object.
 *
 * What is given is never older than the last write that was answered: the object forgets an answer in the turn in which
 * it writes what the answer was made of, long before that write is durable. And it is never ahead of what is durable: an
 * answer is kept only once the object's own, which its output gate holds back, has reached the Worker.
 */
import { type Identity, isNode } from "../access/identity.ts";
import type { Flow } from "../fairness/level.ts";
import type { StoredEvent } from "../store/contract.ts";
import type { RequestInfo } from "./request-info.ts";

/** Header by which the Worker tells ClusterStore under which number an answer is to be kept. */
export const KEEP_HEADER = "x-kedge-keep";

/** As long as kube-apiserver believes a token it has reviewed: whose account expires meanwhile is noticed this late. */
const KEEP_MS = 10_000;
const MAX_UNITS = 8 * 1024 * 1024;
const MAX_ANSWER_UNITS = 64 * 1024;
/** URLs remembered as asked for once. */
const MAX_SEEN = 4096;
/** Longer URLs are not remembered. */
const MAX_URL_LENGTH = 512;
const MAX_ACCEPT_LENGTH = 512;
/** Requests under way. Of one whose client has gone nothing is heard any more. */
const MAX_ASKED = 1024;

export interface KeptAnswer {
  /** JSON. */
  readonly text: string;
  readonly info: RequestInfo;
  /** @see RequestContext */
  readonly flow?: Flow;
}

interface Entry {
  readonly key: string;
  readonly untilMs: number;
  answer: KeptAnswer | undefined;
  object: string;
  state: "asked" | "given" | "forgotten";
}

/** A get as the Worker sees it. */
export interface Asked {
  url: string;
  accept: string | null;
  identity: Identity;
}

export class KeptAnswers {
  /** Counts what was answered from here. */
  readonly #count: (info: RequestInfo) => void;
  /** Oldest first. */
  readonly #given = new Map<string, Entry>();
  readonly #asked = new Map<number, Entry>();
  readonly #byObject = new Map<string, Set<Entry>>();
  readonly #identities = new WeakMap<Identity, number>();
  readonly #seen = new Set<string>();
  #units = 0;
  #lastNumber = 0;

  constructor(count: (info: RequestInfo) => void) {
    this.#count = count;
  }

  /** For the Worker: whether this has been asked for before, by anybody: only that is worth looking up. */
  isRepeated(url: string): boolean {
    if (this.#seen.has(url)) return true;
    if (url.length > MAX_URL_LENGTH) return false;
    if (this.#seen.size >= MAX_SEEN) this.#seen.clear();
    this.#seen.add(url);
    return false;
  }

  /** For the Worker: the answer, if there is one; else, perhaps, the number to ask the object to keep its own under. */
  find(asked: Asked, nowMs: number): { answer: KeptAnswer } | { number: number } | undefined {
    const key = this.#keyOf(asked);
    const known = this.#given.get(key);
    if (known) {
      if (known.untilMs > nowMs) {
        const answer = known.answer!;
        this.#count(answer.info);
        return { answer };
      }
      this.#forget(known);
    }
    // What a node may see changes with the pods that are bound to it.
    if (isNode(asked.identity) || (asked.accept?.length ?? 0) > MAX_ACCEPT_LENGTH) return undefined;
    if (this.#asked.size >= MAX_ASKED) this.lost(this.#asked.keys().next().value!);
    const number = ++this.#lastNumber;
    this.#asked.set(number, { key, untilMs: nowMs + KEEP_MS, answer: undefined, object: "", state: "asked" });
    return { number };
  }

  /** For the object, in the turn in which it reads. @param object as `objectId` gives it */
  made(number: number, object: string, answer: KeptAnswer): void {
    const entry = this.#asked.get(number);
    if (!entry || answer.text.length > MAX_ANSWER_UNITS) return;
    entry.answer = answer;
    entry.object = object;
    const others = this.#byObject.get(object);
    if (others) others.add(entry);
    else this.#byObject.set(object, new Set([entry]));
  }

  /** For the Worker, when there will be no answer. */
  lost(number: number): void {
    const entry = this.#asked.get(number);
    this.#asked.delete(number);
    if (entry) this.#forget(entry);
  }

  /** For the Worker, when the object's answer has come: all that it says is durable now. */
  arrived(number: number): void {
    const entry = this.#asked.get(number);
    this.#asked.delete(number);
    if (entry?.state !== "asked" || !entry.answer) return;
    const before = this.#given.get(entry.key);
    if (before) this.#forget(before);
    entry.state = "given";
    this.#given.set(entry.key, entry);
    this.#units += entry.answer.text.length;
    for (const oldest of this.#given.values()) {
      if (this.#units <= MAX_UNITS) break;
      this.#forget(oldest);
    }
  }

  /** For the object, in the turn in which it has written these. */
  changed(events: readonly StoredEvent[]): void {
    if (this.#byObject.size === 0) return;
    for (const event of events) {
      if (changesRights(event)) {
        for (const entries of this.#byObject.values()) for (const entry of entries) this.#forget(entry);
        return;
      }
      const entries = this.#byObject.get(objectId(event));
      if (entries) for (const entry of entries) this.#forget(entry);
    }
  }

  #forget(entry: Entry): void {
    if (entry.state === "given") {
      this.#given.delete(entry.key);
      this.#units -= entry.answer!.text.length;
    }
    entry.state = "forgotten";
    const others = this.#byObject.get(entry.object);
    others?.delete(entry);
    if (others?.size === 0) this.#byObject.delete(entry.object);
  }

  #keyOf({ identity, accept, url }: Asked): string {
    let number = this.#identities.get(identity);
    if (number === undefined) {
      number = ++this.#lastNumber;
      this.#identities.set(identity, number);
    }
    return `${number} ${accept ?? ""} ${url}`;
  }
}

export const objectId = ({ resource, namespace, name }: Pick<StoredEvent, "resource" | "namespace" | "name">): string =>
  `${resource}/${namespace}/${name}`;

/** Accounts, what tokens are bound to, what is served, flows: after these everybody is asked for his rights anew. */
function changesRights({ resource, type, value }: StoredEvent): boolean {
  switch (resource) {
    case "serviceaccounts":
    case "secrets":
    case "customresourcedefinitions.apiextensions.k8s.io":
      return true;
    case "pods":
    case "nodes":
      return type === "DELETED" || value.includes('"deletionTimestamp"');
    default:
      return resource.endsWith(".rbac.authorization.k8s.io") || resource.endsWith(".flowcontrol.apiserver.k8s.io");
  }
}

/** Those of the clusters whose object lives in this isolate. */
const ofClusters = new Map<string, KeptAnswers>();

export const keptAnswersOf = (cluster: string): KeptAnswers | undefined => ofClusters.get(cluster);

/** To be called by a cluster's object as it starts: what an earlier one has kept is not believed any more. */
export function keepAnswersOf(cluster: string, kept: KeptAnswers): void {
  ofClusters.set(cluster, kept);
}

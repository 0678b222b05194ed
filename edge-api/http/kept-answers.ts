/**
 * What gets are answered with where the Worker and the cluster's object run in one isolate, as they do in a self-hosted
 * workerd: the newest texts of objects, and who may get what. The Worker then answers by itself, at half the cost of
 * asking the object.
 *
 * What is given is never older than the last write that was answered: the object replaces a text in the turn in which it
 * writes the object, long before that write is durable. And it is never ahead of what is durable: whatever the object
 * answers waits in its output gate for all that was written before, so once an answer has come, everything written before
 * its request was sent is durable. Rights are forgotten in the turn in which anybody's change.
 */
import { type Identity, isNode } from "../access/identity.ts";
import type { Flow } from "../fairness/level.ts";
import type { Revision, StoredEvent } from "../store/contract.ts";
import { KeptTexts } from "./kept-texts.ts";
import type { RequestInfo } from "./request-info.ts";

/** Header by which the Worker tells ClusterStore under which number it may grant what is asked for. */
export const KEEP_HEADER = "x-kedge-keep";

/**
 * Whose account expires meanwhile is noticed this late; kube-apiserver believes a token it has reviewed for ten seconds.
 * Less than those after which workerd evicts an object that nobody asks: it stays for as long as its texts are wanted.
 */
const GRANT_MS = 8_000;
/** Of a cluster with more than some ten thousand objects those that were written or read last. */
const MAX_BYTES = 48 * 1024 * 1024;
const MAX_GRANTS = 4096;
const MAX_URL_LENGTH = 512;
const MAX_ACCEPT_LENGTH = 512;
/** Requests under way. Of one whose client has gone nothing is heard any more. */
const MAX_ASKED = 1024;

/** What the object says of a get that it has answered. */
export interface Granting {
  /** Its objects' ids begin with this (see `scopeOf`), and end with the name. */
  scope: string;
  name: string;
  /** Whether whoever asked may get all other objects of the collection, too. */
  anyName: boolean;
  /** How the kind's texts begin; those that are stored in another version begin otherwise. */
  prefix: string;
  info: RequestInfo;
  /** @see RequestContext */
  flow?: Flow;
}

export interface Grant extends Granting {
  readonly identity: Identity;
  /** Those of the object when it was made: it counts once they are durable. */
  readonly revision: Revision;
  readonly untilMs: number;
}

/** A get as the Worker sees it: of a URL without query and escapes. */
export interface Asked {
  url: string;
  accept: string | null;
  identity: Identity;
}

export interface KeptAnswersOptions {
  /** The object's newest. */
  revision(): Revision;
  /** Counts what was answered from here. */
  count(grant: Grant): void;
  /** How the texts of a resource begin as they are stored now; undefined for what is not served. */
  prefixOf(resource: string): string | undefined;
}

export class KeptAnswers {
  readonly #options: KeptAnswersOptions;
  #texts = new KeptTexts(MAX_BYTES);
  /** By who asks for which collection or object in which form. */
  readonly #grants = new Map<string, Grant>();
  readonly #asked = new Map<number, Asked & { untilMs: number }>();
  readonly #identities = new WeakMap<Identity, number>();
  #durable: Revision;
  #lastNumber = 0;

  /**
   * All that there is is durable now.
   * @param before what the object kept in its life before: good if nothing was lost of what it wrote
   */
  constructor(options: KeptAnswersOptions, before?: KeptAnswers) {
    this.#options = options;
    this.#durable = options.revision();
    if (before?.sent() !== this.#durable) return;
    this.#texts = before.#texts;
    // Whatever still goes on of that life must not meddle with this one's.
    before.#texts = new KeptTexts(MAX_BYTES);
  }

  /** For the Worker: the answer, if there is one; else the number by which the object may grant it, or undefined. */
  find(asked: Asked, nowMs: number): { text: string; flow: Flow | undefined } | { number: number } | undefined {
    const { url, accept, identity } = asked;
    if (url.length > MAX_URL_LENGTH || (accept?.length ?? 0) > MAX_ACCEPT_LENGTH) return undefined;
    const nameStart = url.lastIndexOf("/") + 1;
    const form = this.#formOf(asked);
    const grant = this.#grants.get(form + url.slice(0, nameStart)) ?? this.#grants.get(form + url);
    if (!grant || grant.untilMs <= nowMs) {
      // What a node may see changes with the pods that are bound to it.
      if (isNode(identity)) return undefined;
      if (this.#asked.size >= MAX_ASKED) this.#asked.delete(this.#asked.keys().next().value!);
      const number = ++this.#lastNumber;
      this.#asked.set(number, { url, accept, identity, untilMs: nowMs + GRANT_MS });
      return { number };
    }
    if (grant.revision > this.#durable) return undefined;
    const wanted = { prefix: grant.prefix, upTo: this.#durable };
    const text = this.#texts.get(grant.scope + url.slice(nameStart), wanted);
    if (text === undefined) return undefined;
    this.#options.count(grant);
    return { text, flow: grant.flow };
  }

  /** For the Worker, when it sends a request to the object: what to call `answered` with. */
  sent(): Revision {
    return this.#options.revision();
  }

  /** For the Worker, when the object has answered a request: all that was written before it was sent is durable now. */
  answered(sent: Revision): void {
    if (sent > this.#durable) this.#durable = sent;
  }

  /** For the object, in the turn in which it reads. @param text of the version that is asked for */
  read(object: { resource: string; namespace: string; name: string }, text: string): void {
    const id = scopeOf(object) + object.name;
    if (!this.#texts.has(id)) this.#keep(id, object.resource, { text, revision: this.#options.revision() });
  }

  #keep(id: string, resource: string, { text, revision }: { text: string; revision: Revision }): void {
    const prefix = this.#options.prefixOf(resource);
    if (prefix !== undefined && text.startsWith(prefix)) this.#texts.set(id, text, { prefix, revision });
    else this.#texts.delete(id);
  }

  /** For the object, in the turn in which it authorizes. @param number of `find` */
  grant(number: number, granting: Granting): void {
    const asked = this.#asked.get(number);
    this.#asked.delete(number);
    // A path that spells the name in another way is not looked up by it.
    if (!asked?.url.endsWith(`/${granting.name}`)) return;
    const { url, identity, untilMs } = asked;
    const about = granting.anyName ? url.slice(0, url.length - granting.name.length) : url;
    if (this.#grants.size >= MAX_GRANTS) this.#grants.clear();
    this.#grants.set(this.#formOf(asked) + about, {
      ...granting,
      identity,
      untilMs,
      revision: this.#options.revision(),
    });
  }

  /** For the object, in the turn in which it has written these. */
  changed(events: readonly StoredEvent[]): void {
    for (const event of events) {
      if (changesRights(event)) this.#grants.clear();
      const id = scopeOf(event) + event.name;
      if (event.type === "DELETED") this.#texts.delete(id);
      else this.#keep(id, event.resource, { text: event.value, revision: event.revision });
    }
  }

  #formOf({ identity, accept }: Asked): string {
    let number = this.#identities.get(identity);
    if (number === undefined) {
      number = ++this.#lastNumber;
      this.#identities.set(identity, number);
    }
    return `${number} ${accept ?? ""} `;
  }
}

/** What the ids of a collection's objects begin with; a name follows. */
export const scopeOf = ({ resource, namespace }: Pick<StoredEvent, "resource" | "namespace">): string =>
  `${resource}/${namespace}/`;

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

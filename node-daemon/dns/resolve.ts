/** From the bytes of a question to the bytes of its answer. */
import type { Log } from "../contracts.ts";
import { answerQuestion, type Zone } from "./answer.ts";
import type { ClusterView } from "./cluster-view.ts";
import { encodeAnswer, encodeEmpty, encodeFormatError, encodeQuestion } from "./encode.ts";
import { ForwardError, type Forwarder } from "./forwarder.ts";
import { type Answer, CLASS_IN, type DnsRecord, parseQuery, type Query, Rcode, Type } from "./message.ts";
import { fitUdp, isTruncated, rcodeOf, readAddresses, udpLimit } from "./relay.ts";

export interface ResolverOptions {
  view: ClusterView;
  zone: Zone;
  /** Whether the view has all services and endpoints; before, the cluster's names get SERVFAIL, which clients retry. */
  ready: () => boolean;
  forwarder: Pick<Forwarder, "forward">;
  /** 0 ≤ x < 1, for spreading load over addresses. */
  random: () => number;
  log: Log;
}

const OPCODE_QUERY = 0;
/** Zone transfers, and types above them but ANY, are not for stub resolvers. */
const TYPE_AXFR = 252;
const TYPE_IXFR = 251;

export class QueryResolver {
  readonly #options: ResolverOptions;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  /** Resolves with the answer; undefined when the message deserves none. Never rejects. */
  async resolve(message: Buffer, transport: "udp" | "tcp"): Promise<Buffer | undefined> {
    const query = parseQuery(message);
    if ("unreadable" in query) return query.unreadable === "ignore" ? undefined : encodeFormatError(query.id);
    let response: Buffer;
    try {
      response = await this.#answer(query, transport);
    } catch (error) {
      if (!(error instanceof ForwardError)) {
        this.#options.log.error("DNS query failed", { name: query.name, type: query.type, error: String(error) });
      } else this.#options.log.debug("DNS query could not be forwarded", { name: query.name, error: error.message });
      response = encodeEmpty(query, Rcode.SERVFAIL);
    }
    return transport === "udp" ? fitUdp(response, udpLimit(query)) : response;
  }

  async #answer(query: Query, transport: "udp" | "tcp"): Promise<Buffer> {
    const { view, zone, forwarder, ready } = this.#options;
    if (query.opcode !== OPCODE_QUERY) return encodeEmpty(query, Rcode.NOTIMP);
    if (query.edns && query.edns.version > 0) return encodeEmpty(query, Rcode.NOERROR); // BADVERS, see encode.ts
    if (query.class !== CLASS_IN || query.type === TYPE_AXFR || query.type === TYPE_IXFR) {
      return encodeEmpty(query, Rcode.REFUSED);
    }
    const found = answerQuestion(query.name, query.type, view, zone);
    if (found.kind === "forward") return forwarder.forward(query, transport);
    if (!ready()) return encodeEmpty(query, Rcode.SERVFAIL);
    if (found.kind === "answer") return encodeAnswer(query, this.#spread(found.answer));
    return encodeAnswer(query, await this.#follow(query, found.answer, found.target));
  }

  /** Adds what the node's resolvers say of an alias's target. */
  async #follow(query: Query, answer: Answer, target: string): Promise<Answer> {
    if (query.type !== Type.A && query.type !== Type.AAAA) return answer;
    const { edns: _, ...plain } = query;
    const asked: Query = { ...plain, name: target, question: encodeQuestion(target, query.type) };
    const { forwarder } = this.#options;
    let response = await forwarder.forward(asked, "udp");
    if (isTruncated(response)) response = await forwarder.forward(asked, "tcp");
    return { ...answer, rcode: rcodeOf(response), answers: [...answer.answers, ...readAddresses(response)] };
  }

  /** Begins a list of addresses at a random place: most clients take the first. */
  #spread(answer: Answer): Answer {
    const isAddress = (r: DnsRecord): boolean => r.type === Type.A || r.type === Type.AAAA;
    const list = answer.answers.filter(isAddress);
    if (list.length < 2) return answer;
    const start = Math.floor(this.#options.random() * list.length);
    const others = answer.answers.filter((r) => !isAddress(r));
    return { ...answer, answers: [...others, ...list.slice(start), ...list.slice(0, start)] };
  }
}

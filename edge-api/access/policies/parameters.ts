/**
 * Where the parameters of policies lie: with the policies, or, for an object that knows these from a copy, in another
 * object, which is asked before a request that policies with parameters may be about.
 */
import type {
  MutatingAdmissionPolicy,
  ParamRef,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from "../../../kinds/admissionregistration/v1-types.ts";
import type { Registry } from "../../../kinds/kind.ts";
import type { Store } from "../../store/contract.ts";
import { parsedRow } from "../cached-rows.ts";

/** Objects that may be parameters: one, or all of a namespace ("" for kinds without, and for all namespaces). */
export interface ParameterQuery {
  /** Storage key. */
  resource: string;
  namespace: string;
  /** Absent: all. */
  name?: string;
}

export interface Parameters {
  /**
   * Texts as they are stored; undefined for what was not asked for, because the policy was not known here when the
   * request came: it does not count for that request.
   */
  find(query: ParameterQuery): readonly string[] | undefined;
}

/** More are not sent to another object. */
const MAX_PARAMETERS = 1_000;
const MAX_KEPT = 10_000;

export function storedParameters(store: Store, { resource, namespace, name }: ParameterQuery): string[] {
  if (name === undefined)
    return [...store.list({ resource, ...(namespace && { namespace }), limit: MAX_PARAMETERS })].map(
      (row) => row.value,
    );
  const row = store.get({ resource, namespace, name });
  return row ? [row.value] : [];
}

/** What `ref` asks for in a request about `namespace`. */
export const queryOf = (
  { storage, namespaced }: { storage: string; namespaced: boolean },
  ref: ParamRef,
  namespace: string,
): ParameterQuery => ({
  resource: storage,
  namespace: namespaced ? ref.namespace || namespace : "",
  ...(ref.name && { name: ref.name }),
});

const GROUP = "admissionregistration.k8s.io";
const POLICIES = [
  ["validatingadmissionpolicies", "validatingadmissionpolicybindings"],
  ["mutatingadmissionpolicies", "mutatingadmissionpolicybindings"],
] as const;

/** What policies may want to know of requests about a resource in these namespaces. */
export function wantedParameters(
  { store, registry }: { store: Store; registry: Registry },
  plural: string,
  namespaces: Iterable<string>,
): ParameterQuery[] {
  const queries = new Map<string, ParameterQuery>();
  for (const [policies, bindings] of POLICIES) {
    for (const row of store.list({ resource: `${bindings}.${GROUP}`, contains: '"paramRef"' })) {
      const { policyName = "", paramRef } = parsedRow<ValidatingAdmissionPolicyBinding>(row).spec;
      const policyRow = store.get({ resource: `${policies}.${GROUP}`, namespace: "", name: policyName });
      if (!policyRow || !paramRef) continue;
      const { paramKind, matchConstraints } = parsedRow<ValidatingAdmissionPolicy | MutatingAdmissionPolicy>(
        policyRow,
      ).spec;
      const kind = paramKind && registry.findKind(paramKind.apiVersion ?? "", paramKind.kind ?? "");
      const rules = matchConstraints?.resourceRules ?? [];
      const isMeant = rules.some(({ resources = [] }) =>
        resources.some((one) => one === plural || one.startsWith("*")),
      );
      if (!kind || !isMeant) continue;
      for (const namespace of namespaces) {
        const query = queryOf(kind, paramRef, namespace);
        queries.set(JSON.stringify(query), query);
      }
    }
  }
  return [...queries.values()];
}

/** What another object has answered, for the requests that are under way. */
export class FetchedParameters implements Parameters {
  readonly #texts = new Map<string, readonly string[]>();

  find(query: ParameterQuery): readonly string[] | undefined {
    return this.#texts.get(JSON.stringify(query));
  }

  /** @param ask answers for each query in turn */
  async load(
    queries: readonly ParameterQuery[],
    ask: (queries: readonly ParameterQuery[]) => Promise<string[][]>,
  ): Promise<void> {
    if (queries.length === 0) return;
    const answers = await ask(queries);
    for (const [i, query] of queries.entries()) {
      const key = JSON.stringify(query);
      // The newest stand last: those are the ones that requests wait for.
      this.#texts.delete(key);
      this.#texts.set(key, answers[i] ?? []);
    }
    for (const oldest of this.#texts.keys()) {
      if (this.#texts.size <= MAX_KEPT) break;
      this.#texts.delete(oldest);
    }
  }
}

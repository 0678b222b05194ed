/** Where pods want to run: node affinity, pod affinity and anti-affinity. */
import { type FieldError, fieldForbidden, invalid, required } from "../../../machinery/meta/field-error.ts";
import { dns1123Label, dns1123Subdomain, labelValue } from "../../../machinery/meta/names.ts";
import { addMessages, checkLabelName } from "../../common/checks.ts";
import { checkSelector } from "../../common/selectors.ts";
import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
  PodAntiAffinity,
} from "../v1-types.ts";

const BAD_OPERATOR = "not a valid selector operator";

function checkExpression(
  errors: FieldError[],
  { operator, values = [], key }: NodeSelectorRequirement,
  path: string,
  { strictValues }: { strictValues: boolean },
): void {
  const at = `${path}.values`;
  switch (operator) {
    case "In":
    case "NotIn":
      if (values.length === 0) errors.push(required(at, "must be specified when `operator` is 'In' or 'NotIn'"));
      break;
    case "Exists":
    case "DoesNotExist":
      if (values.length > 0) {
        errors.push(fieldForbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
      }
      break;
    case "Gt":
    case "Lt":
      if (values.length !== 1) {
        errors.push(required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'"));
      }
      break;
    default:
      errors.push(invalid(`${path}.operator`, operator ?? "", BAD_OPERATOR));
  }
  checkLabelName(errors, key ?? "", `${path}.key`);
  if (strictValues) {
    values.forEach((value, i) => {
      addMessages(errors, `${at}[${i}]`, value, labelValue(value));
    });
  }
}

function checkField(errors: FieldError[], { operator, values = [], key }: NodeSelectorRequirement, path: string): void {
  if (operator === "In" || operator === "NotIn") {
    if (values.length !== 1) {
      const detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
      errors.push(required(`${path}.values`, detail));
    }
  } else errors.push(invalid(`${path}.operator`, operator ?? "", BAD_OPERATOR));
  if (key !== "metadata.name") {
    errors.push(invalid(`${path}.key`, key ?? "", "not a valid field selector key"));
    return;
  }
  values.forEach((value, i) => {
    addMessages(errors, `${path}.values[${i}]`, value, dns1123Subdomain(value));
  });
}

function checkTerm(
  errors: FieldError[],
  term: NodeSelectorTerm,
  path: string,
  options: { strictValues: boolean },
): void {
  term.matchExpressions?.forEach((expression, i) => {
    checkExpression(errors, expression, `${path}.matchExpressions[${i}]`, options);
  });
  term.matchFields?.forEach((field, i) => {
    checkField(errors, field, `${path}.matchFields[${i}]`);
  });
}

export function checkNodeSelector(errors: FieldError[], selector: NodeSelector, path: string): void {
  const at = `${path}.nodeSelectorTerms`;
  if (!selector.nodeSelectorTerms?.length) {
    errors.push(required(at, "must have at least one node selector term"));
    return;
  }
  selector.nodeSelectorTerms.forEach((term, i) => {
    checkTerm(errors, term, `${at}[${i}]`, { strictValues: true });
  });
}

function checkWeight(errors: FieldError[], weight: number, path: string): void {
  if (!(weight >= 1 && weight <= 100)) errors.push(invalid(path, weight ?? 0, "must be in the range 1-100"));
}

type LabelKeys = Pick<PodAffinityTerm, "labelSelector" | "matchLabelKeys" | "mismatchLabelKeys">;

/** Keys whose values the API server takes from the pod's own labels into the selector at creation. */
export function checkLabelKeys(errors: FieldError[], term: LabelKeys, path: string): void {
  for (const field of ["matchLabelKeys", "mismatchLabelKeys"] as const) {
    const keys = term[field];
    if (!keys?.length) continue;
    const at = `${path}.${field}`;
    if (!term.labelSelector) {
      errors.push(fieldForbidden(at, "must not be specified when labelSelector is not set"));
      continue;
    }
    keys.forEach((key, i) => {
      checkLabelName(errors, key, `${at}[${i}]`);
    });
  }
  const matched = term.matchLabelKeys ?? [];
  const selected = new Set(Object.keys(term.labelSelector?.matchLabels ?? {}));
  for (const { key } of term.labelSelector?.matchExpressions ?? []) {
    const i = matched.indexOf(key);
    if (i >= 0 && selected.has(key)) {
      errors.push(invalid(`${path}[${i}]`, key, "exists in both matchLabelKeys and labelSelector"));
    }
    selected.add(key);
  }
  matched.forEach((key, i) => {
    if (term.mismatchLabelKeys?.includes(key)) {
      const detail = "exists in both matchLabelKeys and mismatchLabelKeys";
      errors.push(invalid(`${path}.matchLabelKeys[${i}]`, key, detail));
    }
  });
}

function checkPodTerm(errors: FieldError[], term: PodAffinityTerm, path: string): void {
  checkSelector(errors, term.labelSelector, `${path}.labelSelector`);
  checkSelector(errors, term.namespaceSelector, `${path}.namespaceSelector`);
  for (const name of term.namespaces ?? []) addMessages(errors, `${path}.namespace`, name, dns1123Label(name));
  checkLabelKeys(errors, term, path);
  if (!term.topologyKey) errors.push(required(`${path}.topologyKey`, "can not be empty"));
  checkLabelName(errors, term.topologyKey ?? "", `${path}.topologyKey`);
}

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

function checkPodAffinity(errors: FieldError[], affinity: PodAntiAffinity, path: string): void {
  affinity[REQUIRED]?.forEach((term, i) => {
    checkPodTerm(errors, term, `${path}.${REQUIRED}[${i}]`);
  });
  affinity[PREFERRED]?.forEach((weighted, i) => {
    const item = `${path}.${PREFERRED}[${i}]`;
    checkWeight(errors, weighted.weight, `${item}.weight`);
    checkPodTerm(errors, weighted.podAffinityTerm ?? ({} as PodAffinityTerm), `${item}.podAffinityTerm`);
  });
}

export function checkAffinity(errors: FieldError[], affinity: Affinity | undefined, path: string): void {
  if (!affinity) return;
  const { nodeAffinity, podAffinity, podAntiAffinity } = affinity;
  if (nodeAffinity) {
    const at = `${path}.nodeAffinity`;
    if (nodeAffinity[REQUIRED]) checkNodeSelector(errors, nodeAffinity[REQUIRED], `${at}.${REQUIRED}`);
    nodeAffinity[PREFERRED]?.forEach((preferred, i) => {
      const item = `${at}.${PREFERRED}[${i}]`;
      checkWeight(errors, preferred.weight, `${item}.weight`);
      // A preference for what no label can be is merely never met.
      checkTerm(errors, preferred.preference ?? {}, `${item}.preference`, { strictValues: false });
    });
  }
  if (podAffinity) checkPodAffinity(errors, podAffinity, `${path}.podAffinity`);
  if (podAntiAffinity) checkPodAffinity(errors, podAntiAffinity, `${path}.podAntiAffinity`);
}

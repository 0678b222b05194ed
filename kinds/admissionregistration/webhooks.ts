/** What webhooks of both kinds share. Source: https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/ */
import { duplicate, type FieldError, invalid, notSupported, required } from "../../machinery/meta/field-error.ts";
import { dns1035Label, dns1123Subdomain } from "../../machinery/meta/names.ts";
import { addMessages, checkOneOf, checkPresent } from "../common/checks.ts";
import { age, nameOf } from "../common/rows.ts";
import { checkSelector } from "../common/selectors.ts";
import type { Strategy } from "../kind.ts";
import { checkClientConfig } from "./client-config.ts";
import { compileWebhookConditions } from "./condition-expressions.ts";
import { checkMatchConditions } from "./match-conditions.ts";
import { checkRule, defaultRules } from "./rules.ts";
import type {
  MutatingWebhook,
  MutatingWebhookConfiguration,
  ValidatingWebhook,
  ValidatingWebhookConfiguration,
} from "./v1-types.ts";

type Webhook = MutatingWebhook | ValidatingWebhook;
type Configuration = MutatingWebhookConfiguration | ValidatingWebhookConfiguration;

const REVIEW_VERSIONS = ["v1", "v1beta1"];
const SIDE_EFFECTS = ["None", "NoneOnDryRun"];
const MAX_SECONDS = 30;
const DEFAULT_SECONDS = 10;
const HTTPS_PORT = 443;

function defaultHook(hook: Webhook): void {
  hook.failurePolicy ??= "Fail";
  hook.matchPolicy ??= "Equivalent";
  hook.namespaceSelector ??= {};
  hook.objectSelector ??= {};
  hook.timeoutSeconds ??= DEFAULT_SECONDS;
  hook.clientConfig ??= {};
  if (hook.clientConfig.service) hook.clientConfig.service.port ??= HTTPS_PORT;
  defaultRules(hook.rules);
}

function checkHookName(errors: FieldError[], name: string | undefined, path: string): void {
  if (!checkPresent(errors, name, path)) return;
  const messages = dns1123Subdomain(name);
  addMessages(errors, path, name, messages);
  if (messages.length === 0 && name.split(".").length < 3) {
    errors.push(invalid(path, name, "should be a domain with at least three segments separated by dots"));
  }
}

function checkReviewVersions(errors: FieldError[], versions: readonly string[] | undefined, path: string): void {
  const known = REVIEW_VERSIONS.join(", ");
  if (!versions?.length) {
    errors.push(required(path, `must specify one of ${known}`));
    return;
  }
  versions.forEach((version, i) => {
    if (versions.indexOf(version) < i) errors.push(invalid(`${path}[${i}]`, version, "duplicate version"));
    else addMessages(errors, `${path}[${i}]`, version, dns1035Label(version));
  });
  if (!versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    errors.push(invalid(path, versions, `must include at least one of ${known}`));
  }
}

function checkHook(errors: FieldError[], hook: Webhook, path: string): void {
  checkHookName(errors, hook.name, `${path}.name`);
  hook.rules?.forEach((rule, i) => {
    checkRule(errors, rule, `${path}.rules[${i}]`);
  });
  checkOneOf(errors, hook.failurePolicy, `${path}.failurePolicy`, ["Fail", "Ignore"]);
  checkOneOf(errors, hook.matchPolicy, `${path}.matchPolicy`, ["Equivalent", "Exact"]);
  const at = `${path}.sideEffects`;
  if (hook.sideEffects === undefined) errors.push(required(at, `must specify one of ${SIDE_EFFECTS.join(", ")}`));
  else if (!SIDE_EFFECTS.includes(hook.sideEffects)) errors.push(notSupported(at, hook.sideEffects, SIDE_EFFECTS));
  const seconds = hook.timeoutSeconds ?? DEFAULT_SECONDS;
  if (seconds < 1 || seconds > MAX_SECONDS) {
    const detail = "the timeout value must be between 1 and 30 seconds";
    errors.push(invalid(`${path}.timeoutSeconds`, seconds, detail));
  }
  checkSelector(errors, hook.namespaceSelector, `${path}.namespaceSelector`);
  checkSelector(errors, hook.objectSelector, `${path}.objectSelector`);
  checkClientConfig(errors, hook.clientConfig, `${path}.clientConfig`);
  const conditions = `${path}.matchConditions`;
  checkMatchConditions(errors, hook.matchConditions, conditions);
  compileWebhookConditions(hook.matchConditions, { path: conditions, errors });
}

function validate({ webhooks }: Configuration): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  webhooks?.forEach((hook, i) => {
    const path = `webhooks[${i}]`;
    checkHook(errors, hook, path);
    if ("reinvocationPolicy" in hook && hook.reinvocationPolicy !== undefined) {
      checkOneOf(errors, hook.reinvocationPolicy, `${path}.reinvocationPolicy`, ["IfNeeded", "Never"]);
    }
    checkReviewVersions(errors, hook.admissionReviewVersions, `${path}.admissionReviewVersions`);
    if (names.has(hook.name)) errors.push(duplicate(`${path}.name`, hook.name));
    else if (hook.name) names.add(hook.name);
  });
  return errors;
}

const shared = {
  generation: true,
  allowUnconditionalUpdate: false,
  validate,
  row: (object: Configuration, nowMs: number) => [nameOf(object), object.webhooks?.length ?? 0, age(object, nowMs)],
};

export const validatingWebhookConfiguration: Strategy<ValidatingWebhookConfiguration> = {
  ...shared,
  defaults(next) {
    for (const hook of next.webhooks ?? []) defaultHook(hook);
    return next;
  },
};

export const mutatingWebhookConfiguration: Strategy<MutatingWebhookConfiguration> = {
  ...shared,
  defaults(next) {
    for (const hook of next.webhooks ?? []) {
      defaultHook(hook);
      hook.reinvocationPolicy ??= "Never";
    }
    return next;
  },
};

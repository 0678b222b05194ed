/** Ingress. Source: https://kubernetes.io/docs/concepts/services-networking/ingress/ */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { dns1123Subdomain, wildcardDns1123Subdomain } from "../../machinery/meta/names.ts";
import { addMessages, checkSubdomain } from "../common/checks.ts";
import { ipFamily } from "../common/ip-checks.ts";
import { age, type Cell, nameOf } from "../common/rows.ts";
import { separateStatus } from "../common/status.ts";
import { loadBalancerText } from "../core/service.ts";
import { checkLoadBalancerStatus } from "../core/service-checks.ts";
import type { Strategy } from "../kind.ts";
import { checkBackend, checkHttp } from "./ingress-paths.ts";
import type { Ingress, IngressRule, IngressTLS } from "./v1-types.ts";

const CLASS_ANNOTATION = "kubernetes.io/ingress.class";

function checkHost(errors: FieldError[], host: string, path: string): void {
  const messages = host.includes("*") ? wildcardDns1123Subdomain(host) : dns1123Subdomain(host);
  addMessages(errors, path, host, messages);
}

function checkRule(errors: FieldError[], { host, http }: IngressRule, path: string): void {
  if (host) {
    if (ipFamily(host)) errors.push(invalid(`${path}.host`, host, "must be a DNS name, not an IP address"));
    checkHost(errors, host, `${path}.host`);
  }
  if (http) checkHttp(errors, http, `${path}.http`);
}

function checkTls(errors: FieldError[], { hosts, secretName }: IngressTLS, path: string): void {
  hosts?.forEach((host, i) => {
    checkHost(errors, host, `${path}.hosts[${i}]`);
  });
  if (secretName) checkSubdomain(errors, secretName, `${path}.secretName`);
}

function validate({ spec }: Ingress): FieldError[] {
  const errors: FieldError[] = [];
  if (!spec.rules?.length && !spec.defaultBackend) {
    errors.push(invalid("spec", spec.rules ?? null, "either `defaultBackend` or `rules` must be specified"));
  }
  if (spec.defaultBackend) checkBackend(errors, spec.defaultBackend, "spec.defaultBackend");
  spec.rules?.forEach((rule, i) => {
    checkRule(errors, rule, `spec.rules[${i}]`);
  });
  spec.tls?.forEach((tls, i) => {
    checkTls(errors, tls, `spec.tls[${i}]`);
  });
  if (spec.ingressClassName !== undefined) checkSubdomain(errors, spec.ingressClassName, "spec.ingressClassName");
  return errors;
}

const MAX_HOSTS = 3;

function hostsText(rules: readonly IngressRule[] = []): string {
  const hosts: string[] = [];
  let more = false;
  for (const { host } of rules) {
    if (hosts.length === MAX_HOSTS) more = true;
    else if (host) hosts.push(host);
  }
  const text = hosts.join(",") || "*";
  return more ? `${text} + ${rules.length - MAX_HOSTS} more...` : text;
}

const row = (object: Ingress, nowMs: number): Cell[] => [
  nameOf(object),
  object.spec.ingressClassName ?? "<none>",
  hostsText(object.spec.rules),
  loadBalancerText(object.status?.loadBalancer),
  object.spec.tls?.length ? "80, 443" : "80",
  age(object, nowMs),
];

export const ingress: Strategy<Ingress> = {
  generation: true,
  defaults(next) {
    next.spec ??= {};
    return next;
  },
  ...separateStatus<Ingress>({
    initial: () => ({ loadBalancer: {} }),
    check({ status }, prev) {
      const errors: FieldError[] = [];
      checkLoadBalancerStatus(errors, status?.loadBalancer, { modes: false, prev: prev.status?.loadBalancer });
      return errors;
    },
  }),
  validate,
  validateCreate({ metadata, spec }) {
    const old = metadata.annotations?.[CLASS_ANNOTATION];
    if (old === undefined || spec.ingressClassName === undefined || old === spec.ingressClassName) return [];
    return [invalid(`annotations.${CLASS_ANNOTATION}`, old, "must match `ingressClassName` when both are specified")];
  },
  row,
};

/**
 * How the versions of a custom resource are converted. Errors name the fields as upstream's own type has them:
 * "webhookClientConfig" for "webhook.clientConfig".
 * Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation.
 */
import { type FieldError, fieldForbidden, invalid, required } from "../../machinery/meta/field-error.ts";
import { dns1035Label } from "../../machinery/meta/names.ts";
import { checkClientConfig } from "../admissionregistration/client-config.ts";
import { addMessages, checkRequiredOneOf } from "../common/checks.ts";
import type { CustomResourceConversion } from "./v1-types.ts";

const PATH = "spec.conversion";
/** Of the reviews a webhook is asked with. */
const KNOWN_REVIEWS = ["v1", "v1beta1"];

const hasKnownReview = (versions: readonly string[]): boolean =>
  versions.some((version) => KNOWN_REVIEWS.includes(version));

function checkReviewVersions(errors: FieldError[], versions: readonly string[], wantsKnown: boolean): void {
  const path = `${PATH}.conversionReviewVersions`;
  if (versions.length === 0) {
    errors.push(required(path));
    return;
  }
  versions.forEach((version, i) => {
    if (versions.indexOf(version) < i) errors.push(invalid(`${path}[${i}]`, version, "duplicate version"));
    else addMessages(errors, `${path}[${i}]`, version, dns1035Label(version));
  });
  if (wantsKnown && !hasKnownReview(versions)) {
    errors.push(invalid(path, versions, `must include at least one of ${KNOWN_REVIEWS.join(", ")}`));
  }
}

/** `prev` may know only reviews nobody speaks any longer, and then `next` may too. */
export function checkConversion(
  errors: FieldError[],
  next: CustomResourceConversion | undefined,
  prev: CustomResourceConversion | undefined,
): void {
  if (!next) return;
  const { strategy, webhook } = next;
  const versions = webhook?.conversionReviewVersions ?? [];
  checkRequiredOneOf(errors, strategy, `${PATH}.strategy`, ["None", "Webhook"]);
  if (strategy === "Webhook") {
    const config = webhook?.clientConfig;
    if (config) checkClientConfig(errors, config, `${PATH}.webhookClientConfig`);
    else errors.push(required(`${PATH}.webhookClientConfig`, "required when strategy is set to Webhook"));
    const before = prev?.webhook?.conversionReviewVersions ?? [];
    checkReviewVersions(errors, versions, before.length === 0 || hasKnownReview(before));
    return;
  }
  const detail = "should not be set when strategy is not set to Webhook";
  if (webhook?.clientConfig) errors.push(fieldForbidden(`${PATH}.webhookClientConfig`, detail));
  if (versions.length > 0) errors.push(fieldForbidden(`${PATH}.conversionReviewVersions`, detail));
}

/** Names of signers: `example.com/name`. Source: k8s.io/kubernetes/pkg/apis/certificates/validation. */
import { type FieldError, invalid, tooLong } from "../../machinery/meta/field-error.ts";
import { dns1123Label, dns1123Subdomain } from "../../machinery/meta/names.ts";
import { checkPresent } from "../common/checks.ts";

const MAX_DOMAIN = 253;
const MAX_PATH = 253 + 63 + 1;

/** Only the first bad part is reported, since the others say the same. */
function checkParts(
  errors: FieldError[],
  { text, check, path }: { text: string; check: (part: string) => string[]; path: string },
): string[] {
  const parts = text.split(".");
  for (const part of parts) {
    const messages = check(part);
    for (const message of messages) {
      errors.push(invalid(path, text, `validating label ${JSON.stringify(part)}: ${message}`));
    }
    if (messages.length > 0) break;
  }
  return parts;
}

export function checkSignerName(errors: FieldError[], name: string | undefined, path: string): void {
  if (!checkPresent(errors, name, path)) return;
  const [domain = "", rest, ...more] = name.split("/");
  if (rest === undefined || more.length > 0) {
    const detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    errors.push(invalid(path, name, detail));
    return;
  }
  if (domain.length > MAX_DOMAIN) errors.push(tooLong(path, MAX_DOMAIN));
  const labels = checkParts(errors, { text: domain, check: dns1123Label, path });
  if (labels.length < 2) {
    errors.push(invalid(path, domain, "should be a domain with at least two segments separated by dots"));
  }
  checkParts(errors, { text: rest, check: dns1123Subdomain, path });
  if (name.length > MAX_DOMAIN + MAX_PATH + 1) errors.push(tooLong(path, MAX_DOMAIN + MAX_PATH + 1));
}

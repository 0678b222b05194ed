/** How a webhook is reached. Source: k8s.io/apiserver/pkg/util/webhook. */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { dns1123Subdomain, portNumber } from "../../machinery/meta/names.ts";
import type { ServiceReference, WebhookClientConfig } from "./v1-types.ts";

const FORM = "; desired format: https://host[/path]";

function checkUrl(errors: FieldError[], text: string, path: string): void {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    errors.push(
      required(path, `url must be a valid URL: parse ${JSON.stringify(text)}: invalid URI for request${FORM}`),
    );
    return;
  }
  if (url.protocol !== "https:") {
    errors.push(invalid(path, url.protocol.slice(0, -1), `'https' is the only allowed URL scheme${FORM}`));
  }
  if (url.host === "") errors.push(invalid(path, url.host, `host must be specified${FORM}`));
  if (url.username) errors.push(invalid(path, url.username, "user information is not permitted in the URL"));
  if (url.hash) errors.push(invalid(path, url.hash.slice(1), "fragments are not permitted in the URL"));
  if (url.search) errors.push(invalid(path, url.search.slice(1), "query parameters are not permitted in the URL"));
}

function checkServicePath(errors: FieldError[], text: string, path: string): void {
  if (text === "" || text === "/") return;
  if (text === "//") {
    errors.push(invalid(path, text, "segment[0] may not be empty"));
    return;
  }
  if (!text.startsWith("/")) errors.push(invalid(path, text, "must start with a '/'"));
  const steps = text.slice(1).replace(/\/$/, "").split("/");
  steps.forEach((step, i) => {
    if (step === "") errors.push(invalid(path, text, `segment[${i}] may not be empty`));
    else {
      for (const message of dns1123Subdomain(step)) errors.push(invalid(path, text, `segment[${i}]: ${message}`));
    }
  });
}

function checkService(errors: FieldError[], service: ServiceReference, path: string): void {
  if (!service.name) errors.push(required(`${path}.name`, "service name is required"));
  if (!service.namespace) errors.push(required(`${path}.namespace`, "service namespace is required"));
  const port = service.port ?? 0;
  const messages = portNumber(port);
  if (messages.length > 0) {
    errors.push(invalid(`${path}.port`, port, `port is not valid: ${messages.join(",")}`));
  }
  if (service.path !== undefined) checkServicePath(errors, service.path, `${path}.path`);
}

export function checkClientConfig(errors: FieldError[], config: WebhookClientConfig, path: string): void {
  const { url, service } = config;
  if ((url === undefined) === (service === undefined)) {
    errors.push(required(path, "exactly one of url or service is required"));
  } else if (url !== undefined) checkUrl(errors, url, `${path}.url`);
  else if (service) checkService(errors, service, `${path}.service`);
}

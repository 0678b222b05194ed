/** Checks of events, which are the same objects under two groups. Paths are those of the core group. */
import { type FieldError, invalid, required } from "../../machinery/meta/field-error.ts";
import { checkQualifiedName } from "../common/checks.ts";
import type { Event } from "./v1-types.ts";

const MAX_TEXT = 128;
const MAX_NOTE = 1024;

function checkText(errors: FieldError[], value: string | undefined, path: string): void {
  if (!value) errors.push(required(path));
  else if (value.length > MAX_TEXT) errors.push(invalid(path, "", `can have at most ${MAX_TEXT} characters`));
}

/** `reporter` is how the version calls the reporting component. */
export function checkEvent(errors: FieldError[], event: Event, reporter: string): void {
  const { metadata, involvedObject, eventTime } = event;
  const namespace = metadata.namespace ?? "";
  const about = involvedObject?.namespace ?? "";
  const path = "involvedObject.namespace";
  // Events about cluster-scoped objects lie in "default", and newer reporters may use "kube-system".
  const home = eventTime ? ["default", "kube-system"] : ["", "default"];
  if (about === "" ? !home.includes(namespace) : !eventTime && about !== namespace) {
    errors.push(invalid(path, about, "does not match event.namespace"));
  }
  if (!eventTime) return;
  const component = event.reportingComponent ?? "";
  if (component === "") errors.push(required(reporter));
  checkQualifiedName(errors, component, reporter);
  checkText(errors, event.reportingInstance, "reportingInstance");
  checkText(errors, event.action, "action");
  checkText(errors, event.reason, "reason");
  if ((event.message?.length ?? 0) > MAX_NOTE) {
    errors.push(invalid("message", "", `can have at most ${MAX_NOTE} characters`));
  }
}

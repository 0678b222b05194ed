/** How coordinated leader election picks among candidates. */
import { type FieldError, notSupported } from "../../machinery/meta/field-error.ts";
import { checkQualifiedName } from "../common/checks.ts";

export const OLDEST_EMULATION_VERSION = "OldestEmulationVersion";

/** One that Kubernetes defines, or anybody's own with a domain before it. */
export function checkLeaseStrategy(errors: FieldError[], strategy: string, path: string): void {
  if (strategy.includes("/")) checkQualifiedName(errors, strategy, path);
  else if (strategy !== OLDEST_EMULATION_VERSION) {
    errors.push(notSupported(path, strategy, [OLDEST_EMULATION_VERSION]));
  }
}

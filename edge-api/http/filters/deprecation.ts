/** Warns whoever uses a version that will go, and counts it. */
import type { Filter } from "../context.ts";
import { deprecationOf, deprecationWarning } from "../deprecations.ts";

export const deprecation: Filter = (context, next) => {
  const { info, services } = context;
  const found = info.isResource ? deprecationOf(info) : undefined;
  if (found) {
    const { group, version, resource, subresource } = info;
    services.metrics.deprecatedUse({ group, version, resource, subresource, removedRelease: found.removed ?? "" });
    context.audit?.annotate("k8s.io/deprecated", "true");
    if (found.removed) context.audit?.annotate("k8s.io/removed-release", found.removed);
    context.warnings.push(deprecationWarning(found));
  }
  return next(context);
};

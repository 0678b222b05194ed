/** Two managers want different things of one field. Source: wording of apimachinery's managedfields (NewConflictError). */
import { ApiError } from "../meta/status.ts";
import { showPath } from "./field-set.ts";
import { type Manager, upstreamIdentity } from "./managers.ts";

export interface Conflict {
  /** Who owns the field. */
  manager: Manager;
  path: readonly string[];
}

/** 409 with a cause per conflict. */
export function conflictError(conflicts: readonly Conflict[]): ApiError {
  const causes = conflicts.map(({ manager, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with ${showManager(manager)}`,
    field: showPath(path),
  }));
  return new ApiError(409, "Conflict", messageOf(conflicts), { causes });
}

function messageOf(conflicts: readonly Conflict[]): string {
  const only = conflicts.length === 1 ? conflicts[0] : undefined;
  if (only) return `Apply failed with 1 conflict: conflict with ${showManager(only.manager)}: ${showPath(only.path)}`;
  const lines: string[] = [];
  let last: Manager | undefined;
  for (const { manager, path } of conflicts) {
    if (manager !== last) lines.push(`conflicts with ${showManager(manager)}:`);
    last = manager;
    lines.push(`- ${showPath(path)}`);
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

/** Conflicts of one manager after the other, in a stable order. */
export const sortConflicts = (conflicts: Conflict[]): Conflict[] =>
  conflicts.sort((a, b) => {
    const [left, right] = [upstreamIdentity(a.manager), upstreamIdentity(b.manager)];
    return left < right ? -1 : left > right ? 1 : 0;
  });

function showManager({ name, operation, apiVersion, subresource }: Manager): string {
  let text = JSON.stringify(name);
  if (subresource) text += ` with subresource ${JSON.stringify(subresource)}`;
  return operation === "Update" ? `${text} using ${apiVersion}` : text;
}

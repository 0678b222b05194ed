/** The object without its managedFields, and those of its items. Pure. */
export function withoutManagedFields(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const { metadata, items, ...rest } = value as { metadata?: { managedFields?: unknown }; items?: unknown };
  const { managedFields: _dropped, ...kept } = metadata ?? {};
  return {
    ...rest,
    ...(metadata && { metadata: kept }),
    ...(items !== undefined && { items: Array.isArray(items) ? items.map(withoutManagedFields) : items }),
  };
}

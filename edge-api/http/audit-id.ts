/** Audit-Id as clients may give it. */
const AUDIT_ID = /^[\w-]{1,64}$/;

/** The one that the client has given, or a new one. */
export function auditIdOf(headers: Pick<Headers, "get">, uuid: () => string): string {
  const given = headers.get("audit-id");
  return given !== null && AUDIT_ID.test(given) ? given : uuid();
}

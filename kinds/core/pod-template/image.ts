/** Names of container images. Source: https://kubernetes.io/docs/concepts/containers/images/ */

const NAME_PART = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const REFERENCE = new RegExp(
  `^(?:[a-zA-Z0-9.\\-[\\]:]+/)?${NAME_PART}(?:/${NAME_PART})*(?<tag>:\\w[\\w.-]{0,127})?(?<digest>@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,})?$`,
);
/** Longer names match no registry, and the expression is not tried on them. */
const MAX_LENGTH = 1024;

/** Whether the name means the tag "latest", said or not. A name that is none does not. */
export function isLatest(image: string): boolean {
  if (image.length > MAX_LENGTH) return false;
  const groups = REFERENCE.exec(image)?.groups;
  if (!groups) return false;
  return groups.tag === undefined ? groups.digest === undefined : groups.tag === ":latest";
}

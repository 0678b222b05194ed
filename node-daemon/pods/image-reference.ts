/** Image names. Grammar: github.com/distribution/reference. Pure. */

const DOMAIN = String.raw`(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?`;
const PART = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
const REFERENCE = new RegExp(
  `^(?:${DOMAIN}/)?${PART}(?:/${PART})*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$`,
);

/** With the tag "latest" where there is neither tag nor digest; undefined when it is no image name. */
export function withDefaultTag(image: string): string | undefined {
  if (image.length > 4096) return undefined;
  const match = REFERENCE.exec(image);
  if (!match) return undefined;
  return match[1] === undefined && match[2] === undefined ? `${image}:latest` : image;
}

/** What the message of a name that is none adds, when its repository has capitals; else "". */
export function lowerCaseWanted(image: string): string {
  const slash = image.indexOf("/");
  const first = slash < 0 ? "" : image.slice(0, slash);
  const isDomain = /[.:]/.test(first) || first === "localhost" || first !== first.toLowerCase();
  const rest = isDomain ? image.slice(slash + 1) : slash < 0 ? `library/${image}` : image;
  const [repository = ""] = rest.split(":");
  return repository === repository.toLowerCase() ? "" : `: repository name (${repository}) must be lowercase`;
}

/** The registry an image is pulled from, and its path there. */
export function registryOf(image: string): { host: string; path: string } {
  const slash = image.indexOf("/");
  const first = slash < 0 ? "" : image.slice(0, slash);
  const isHost = first.includes(".") || first.includes(":") || first === "localhost";
  const rest = (isHost ? image.slice(slash + 1) : image).replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  return isHost ? { host: first, path: rest } : { host: "docker.io", path: slash < 0 ? `library/${rest}` : rest };
}

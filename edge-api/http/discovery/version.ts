/** What /version says: the Kubernetes version kedge behaves as, and its own. */
export const KEDGE_VERSION = "0.1.0";

/** Put in while bundling. */
declare const KEDGE_BUILD: { gitCommit: string; gitTreeState: string; buildDate: string } | undefined;

const build =
  typeof KEDGE_BUILD === "undefined"
    ? { gitCommit: "", gitTreeState: "archive", buildDate: "1970-01-01T00:00:00Z" }
    : KEDGE_BUILD;

export const versionInfo = {
  major: "1",
  minor: "36",
  emulationMajor: "1",
  emulationMinor: "36",
  minCompatibilityMajor: "1",
  minCompatibilityMinor: "35",
  gitVersion: `v1.36.0+kedge.${KEDGE_VERSION}`,
  ...build,
  goVersion: "none",
  compiler: "none",
  platform: "workerd",
};

/** What /version says: the Kubernetes version kedge behaves as, and its own. */
export const KEDGE_VERSION = "0.1.0";

export const versionInfo = {
  major: "1",
  minor: "36",
  emulationMajor: "1",
  emulationMinor: "36",
  minCompatibilityMajor: "1",
  minCompatibilityMinor: "35",
  gitVersion: `v1.36.0+kedge.${KEDGE_VERSION}`,
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "none",
  platform: "workerd",
};

/** Annotations of pods that mean something to Kubernetes. */
import { type FieldError, fieldForbidden, invalid } from "../../../machinery/meta/field-error.ts";
import type { StringMap } from "../../common/checks.ts";
import { checkDescendingPath } from "../../common/paths.ts";
import type { AppArmorProfile, PodSpec, SeccompProfile } from "../v1-types.ts";
import { eachContainer } from "./windows.ts";

const MIRROR = "kubernetes.io/config.mirror";
const DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";
const SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER = "container.seccomp.security.alpha.kubernetes.io/";
const APPARMOR = "container.apparmor.security.beta.kubernetes.io/";
const LOCALHOST = "localhost/";

const DEFAULT_PROFILES = ["runtime/default", "docker/default"];

export const isMirror = (annotations: StringMap | undefined): boolean =>
  annotations !== undefined && Object.hasOwn(annotations, MIRROR);

function checkSeccompText(errors: FieldError[], profile: string, path: string): void {
  if (DEFAULT_PROFILES.includes(profile) || profile === "unconfined") return;
  if (profile.startsWith(LOCALHOST)) checkDescendingPath(errors, profile.slice(LOCALHOST.length), path);
  else errors.push(invalid(path, profile, "must be a valid seccomp profile"));
}

function checkAppArmorText(errors: FieldError[], key: string, value: string, spec: PodSpec, path: string): void {
  const name = key.slice(APPARMOR.length);
  let found = false;
  eachContainer(spec, "", (container) => {
    found ||= container.name === name;
  });
  if (!found) errors.push(invalid(`${path}[${key}]`, name, "container not found"));
  const known = value === "" || value === "runtime/default" || value === "unconfined" || value.startsWith(LOCALHOST);
  if (!known) {
    errors.push(invalid(`${path}[${key}]`, value, `invalid AppArmor profile name: ${JSON.stringify(value)}`));
  }
}

const INT32 = /^[+-]?\d{1,10}$/;

/** `path` is that of the annotations. */
export function checkPodAnnotations(
  errors: FieldError[],
  annotations: StringMap | undefined,
  spec: PodSpec,
  path: string,
): void {
  if (!annotations) return;
  for (const key of Object.keys(annotations)) {
    const value = annotations[key] as string;
    if (key === MIRROR && !spec.nodeName) {
      errors.push(invalid(`${path}[${key}]`, value, "must set spec.nodeName if mirror pod annotation is set"));
    } else if (key === DELETION_COST) {
      const cost = Number(value);
      // As upstream, no plus sign and no leading zeros: every reader must see the same number.
      const plain = INT32.test(value) && !/^\+|^-?0\d/.test(value) && value !== "-0";
      if (!plain || cost < -2_147_483_648 || cost > 2_147_483_647) {
        errors.push(invalid(`${path}[${key}]`, value, "must be a 32bit integer"));
      }
    } else if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) {
      checkSeccompText(errors, value, `${path}.${key}`);
    } else if (key.startsWith(APPARMOR)) checkAppArmorText(errors, key, value, spec, path);
  }
}

type Profile = SeccompProfile | AppArmorProfile;

function checkMatch(errors: FieldError[], text: string, profile: Profile, path: string, what: string): void {
  const localhost = profile.type === "Localhost";
  const typeMatches = localhost
    ? text.startsWith(LOCALHOST)
    : profile.type === "Unconfined"
      ? text === "unconfined"
      : text === "runtime/default" || (what === "seccomp" && DEFAULT_PROFILES.includes(text));
  if (!typeMatches) {
    errors.push(fieldForbidden(`${path}.type`, `${what} type in annotation and field must match`));
  } else if (localhost && text.slice(LOCALHOST.length) !== profile.localhostProfile) {
    errors.push(fieldForbidden(`${path}.localhostProfile`, `${what} profile in annotation and field must match`));
  }
}

/** Where an annotation and a field say the same thing, they must agree. `path` is the spec's. */
export function checkAnnotationsMatchFields(
  errors: FieldError[],
  annotations: StringMap | undefined,
  spec: PodSpec,
  path: string,
): void {
  if (!annotations || Object.keys(annotations).length === 0) return;
  const podText = annotations[SECCOMP_POD];
  const podProfile = spec.securityContext?.seccompProfile;
  if (podText !== undefined && podProfile) {
    checkMatch(errors, podText, podProfile, `${path}.securityContext.seccompProfile`, "seccomp");
  }
  eachContainer(spec, path, (container, at) => {
    const seccomp = container.securityContext?.seccompProfile;
    const text = annotations[`${SECCOMP_CONTAINER}${container.name}`];
    if (seccomp && text !== undefined) {
      checkMatch(errors, text, seccomp, `${at}.securityContext.seccompProfile`, "seccomp");
    }
    if (spec.os?.name === "windows") return;
    const appArmor = container.securityContext?.appArmorProfile ?? spec.securityContext?.appArmorProfile;
    const appArmorText = annotations[`${APPARMOR}${container.name}`];
    if (appArmor && appArmorText !== undefined) {
      checkMatch(errors, appArmorText, appArmor, `${at}.securityContext.appArmorProfile`, "apparmor");
    }
  });
}

/** What may not be annotated, nor un-annotated, once the pod is there. */
export function checkPodAnnotationUpdate(
  errors: FieldError[],
  next: StringMap | undefined,
  prev: StringMap | undefined,
): void {
  const meaning = (key: string): string | undefined =>
    key === MIRROR ? "mirror pod annotation" : key.startsWith(APPARMOR) ? "AppArmor annotations" : undefined;
  for (const key of Object.keys(prev ?? {})) {
    const what = meaning(key);
    if (what && next?.[key] !== prev?.[key]) {
      errors.push(fieldForbidden(`metadata.annotations[${key}]`, `may not remove or update ${what}`));
    }
  }
  for (const key of Object.keys(next ?? {})) {
    const what = meaning(key);
    if (what && !Object.hasOwn(prev ?? {}, key)) {
      errors.push(fieldForbidden(`metadata.annotations[${key}]`, `may not add ${what}`));
    }
  }
}

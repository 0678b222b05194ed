/** Main, init and ephemeral containers. */
import {
  duplicate,
  type FieldError,
  fieldForbidden,
  invalid,
  notFound,
  notSupported,
  required,
  tooMany,
} from "../../../machinery/meta/field-error.ts";
import { checkLabel, checkOneOf, checkRequiredOneOf } from "../../common/checks.ts";
import type { Container, PodSpec } from "../v1-types.ts";
import { checkEnv, checkEnvFrom } from "./env.ts";
import { isSidecar } from "./pod-resources.ts";
import { checkContainerPorts, checkHostPortConflicts } from "./ports.ts";
import { checkProbesAndHooks, forbidProbesAndHooks } from "./probes.ts";
import { checkContainerResources } from "./resources.ts";
import { checkSecurityContext } from "./security-context.ts";
import { checkVolumeDevices, checkVolumeMounts, type Volumes } from "./volume-mounts.ts";

export interface ContainerContext {
  spec: PodSpec;
  /** Of the pod spec. */
  path: string;
  volumes: Volumes;
  podClaims: ReadonlySet<string>;
}

const RESIZABLE = ["cpu", "memory"];
const RESIZE_POLICIES = ["NotRequired", "RestartContainer"];

function checkResizePolicy(errors: FieldError[], container: Container, path: string, context: ContainerContext): void {
  const seen = new Set<string>();
  container.resizePolicy?.forEach(({ resourceName, restartPolicy }, i) => {
    if (seen.has(resourceName)) errors.push(duplicate(`${path}[${i}]`, resourceName));
    seen.add(resourceName);
    checkRequiredOneOf(errors, resourceName, path, RESIZABLE);
    checkRequiredOneOf(errors, restartPolicy, path, RESIZE_POLICIES);
    if (context.spec.restartPolicy === "Never" && restartPolicy !== "NotRequired") {
      errors.push(invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"));
    }
  });
}

const RESTART_POLICIES = ["Always", "Never", "OnFailure"];
const MAX_RESTART_RULES = 20;
const MAX_EXIT_CODES = 255;

/** A container's own restart policy and rules by exit code. */
function checkRestartRules(errors: FieldError[], container: Container, path: string): void {
  const { restartPolicy, restartPolicyRules: rules } = container;
  if (restartPolicy !== undefined) checkOneOf(errors, restartPolicy, `${path}.restartPolicy`, RESTART_POLICIES);
  if (!rules?.length) return;
  const at = `${path}.restartPolicyRules`;
  if (restartPolicy === undefined) {
    errors.push(required(`${path}.restartPolicy`, "must specify restartPolicy when restart rules are used"));
  }
  if (rules.length > MAX_RESTART_RULES) errors.push(tooMany(at, rules.length, MAX_RESTART_RULES));
  rules.forEach((rule, i) => {
    const item = `${at}[${i}]`;
    checkOneOf(errors, rule.action, `${item}.action`, ["Restart", "RestartAllContainers"]);
    if (!rule.exitCodes) {
      errors.push(required(`${item}.exitCodes`, "must be specified"));
      return;
    }
    const { operator, values = [] } = rule.exitCodes;
    checkOneOf(errors, operator, `${item}.exitCodes.operator`, ["In", "NotIn"]);
    if (values.length > MAX_EXIT_CODES) {
      errors.push(tooMany(`${item}.exitCodes.values`, values.length, MAX_EXIT_CODES));
    }
  });
}

const MESSAGE_POLICIES = ["File", "FallbackToLogsOnError"];
const PULL_POLICIES = ["Always", "IfNotPresent", "Never"];

/** What holds for containers of every sort. */
function checkCommon(errors: FieldError[], container: Container, path: string, context: ContainerContext): void {
  if (!container.name) errors.push(required(`${path}.name`));
  else checkLabel(errors, container.name, `${path}.name`);
  if (!container.image) errors.push(required(`${path}.image`));
  checkRequiredOneOf(errors, container.terminationMessagePolicy, `${path}.terminationMessagePolicy`, MESSAGE_POLICIES);
  checkContainerPorts(errors, container.ports, `${path}.ports`);
  checkEnv(errors, container.env, `${path}.env`);
  checkEnvFrom(errors, container.envFrom, `${path}.envFrom`);
  checkVolumeMounts(errors, container, `${path}.volumeMounts`, context.volumes);
  checkVolumeDevices(errors, container, `${path}.volumeDevices`, context.volumes);
  checkRequiredOneOf(errors, container.imagePullPolicy, `${path}.imagePullPolicy`, PULL_POLICIES);
  checkContainerResources(errors, container.resources, `${path}.resources`, context.podClaims);
  checkResizePolicy(errors, container, `${path}.resizePolicy`, context);
  const hostUsers = context.spec.hostUsers !== false;
  checkSecurityContext(errors, container.securityContext, `${path}.securityContext`, { hostUsers });
}

const probeContext = ({
  spec,
}: ContainerContext): { graceSeconds: number | undefined; osName: string | undefined } => ({
  graceSeconds: spec.terminationGracePeriodSeconds,
  osName: spec.os?.name,
});

export function checkContainers(errors: FieldError[], context: ContainerContext): void {
  const path = `${context.path}.containers`;
  const containers = context.spec.containers ?? [];
  if (containers.length === 0) {
    errors.push(required(path));
    return;
  }
  const names = new Set<string>();
  containers.forEach((container, i) => {
    const item = `${path}[${i}]`;
    checkCommon(errors, container, item, context);
    if (names.has(container.name)) errors.push(duplicate(`${item}.name`, container.name));
    names.add(container.name);
    checkProbesAndHooks(errors, container, item, probeContext(context));
    checkRestartRules(errors, container, item);
  });
  checkHostPortConflicts(errors, containers, path);
}

export function checkInitContainers(errors: FieldError[], context: ContainerContext): void {
  const { spec } = context;
  if (!spec.initContainers) return;
  const path = `${context.path}.initContainers`;
  const names = new Set((spec.containers ?? []).map((container) => container.name));
  spec.initContainers.forEach((container, i) => {
    const item = `${path}[${i}]`;
    checkCommon(errors, container, item, context);
    checkRestartRules(errors, container, item);
    if (names.has(container.name)) errors.push(duplicate(`${item}.name`, container.name));
    else if (container.name) names.add(container.name);
    // They run one after the other, so only a container's own ports can clash.
    checkHostPortConflicts(errors, [container], path);
    if (isSidecar(container)) checkProbesAndHooks(errors, container, item, probeContext(context));
    else {
      forbidProbesAndHooks(errors, container, item);
      container.resizePolicy?.forEach(({ restartPolicy }, r) => {
        if (restartPolicy !== "RestartContainer") return;
        const detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
        errors.push(invalid(`${item}.resizePolicy[${r}].restartPolicy`, restartPolicy, detail));
      });
    }
  });
}

const EPHEMERAL_FIELDS = new Set([
  "name",
  "image",
  "command",
  "args",
  "workingDir",
  "envFrom",
  "env",
  "volumeMounts",
  "volumeDevices",
  "terminationMessagePath",
  "terminationMessagePolicy",
  "imagePullPolicy",
  "securityContext",
  "stdin",
  "stdinOnce",
  "tty",
  "targetContainerName",
]);

const isSet = (value: unknown): boolean =>
  value !== undefined && value !== null && !(typeof value === "object" && Object.keys(value).length === 0);

export function checkEphemeralContainers(errors: FieldError[], context: ContainerContext): void {
  const { spec } = context;
  if (!spec.ephemeralContainers?.length) return;
  const path = `${context.path}.ephemeralContainers`;
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((c) => c.name));
  const all = new Set(others);
  const detail = "cannot be set for an Ephemeral Container";
  spec.ephemeralContainers.forEach((container, i) => {
    const item = `${path}[${i}]`;
    checkCommon(errors, container, item, context);
    checkImageSpaces(errors, container, item);
    if (all.has(container.name)) errors.push(duplicate(`${item}.name`, container.name));
    all.add(container.name);
    const target = container.targetContainerName;
    if (target && !others.has(target)) errors.push(notFound(`${item}.targetContainerName`, target));
    for (const field of Object.keys(container)) {
      if (!EPHEMERAL_FIELDS.has(field) && isSet(container[field as keyof typeof container])) {
        errors.push(fieldForbidden(`${item}.${field}`, detail));
      }
    }
    container.volumeMounts?.forEach((mount, m) => {
      if (mount.subPath) errors.push(fieldForbidden(`${item}.volumeMounts[${m}].subPath`, detail));
      if (mount.subPathExpr) errors.push(fieldForbidden(`${item}.volumeMounts[${m}].subPathExpr`, detail));
    });
  });
}

/** Templates tolerate spaces around an image's name, pods do not. */
export function checkImageSpaces(errors: FieldError[], { image = "" }: { image?: string }, path: string): void {
  if (image.trim() !== image) {
    errors.push(invalid(`${path}.image`, image, "must not have leading or trailing whitespace"));
  }
}

export function checkRestartPolicy(errors: FieldError[], spec: PodSpec, path: string): void {
  const at = `${path}.restartPolicy`;
  if (!spec.restartPolicy) errors.push(required(at));
  else if (!RESTART_POLICIES.includes(spec.restartPolicy)) {
    errors.push(notSupported(at, spec.restartPolicy, ["Always", "OnFailure", "Never"]));
  }
}

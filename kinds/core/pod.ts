/** Pod. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ */
import { type FieldError, fieldForbidden } from "../../machinery/meta/field-error.ts";
import type { ResourceList } from "../common/quantities.ts";
import type { Strategy } from "../kind.ts";
import { preparePod } from "./pod-create.ts";
import { ephemeralErrors, prepareEphemeral, prepareResize, resizeErrors } from "./pod-resize.ts";
import { podRow, podRowConditions } from "./pod-row.ts";
import { podStatusErrors, preparePodStatus } from "./pod-status.ts";
import { checkAnnotationsMatchFields, checkPodAnnotations, isMirror } from "./pod-template/annotations.ts";
import { checkImageSpaces } from "./pod-template/containers.ts";
import { defaultPodSpec, syncServiceAccount } from "./pod-template/defaults.ts";
import { defaultPodLevelResources } from "./pod-template/pod-resources.ts";
import { checkPodSpec } from "./pod-template/spec.ts";
import { podUpdateErrors } from "./pod-update.ts";
import type { Container, Pod, PodSpec } from "./v1-types.ts";

/** A limit without a request asks for as much. Of pods only, not of templates. */
function requestLimits(container: Container): void {
  const { limits } = container.resources ?? {};
  if (!container.resources || !limits) return;
  container.resources.requests ??= {};
  const requests: ResourceList = container.resources.requests;
  for (const name of Object.keys(limits)) requests[name] ??= limits[name] as string;
}

function useHostPorts(containers: readonly Container[] | undefined): void {
  for (const container of containers ?? []) {
    for (const port of container.ports ?? []) port.hostPort ||= port.containerPort;
  }
}

/** The older field says the first of the newer one's addresses, and wins where they differ. */
function syncPodIps({ status }: Pod): void {
  if (!status) return;
  if (status.podIP && status.podIP !== status.podIPs?.[0]?.ip) status.podIPs = [{ ip: status.podIP }];
  else if (status.podIPs?.[0]) status.podIP = status.podIPs[0].ip ?? "";
}

function defaults(pod: Pod): Pod {
  syncPodIps(pod);
  pod.spec ??= { containers: [] };
  const { spec } = pod;
  for (const container of spec.containers ?? []) requestLimits(container);
  for (const container of spec.initContainers ?? []) requestLimits(container);
  defaultPodSpec(spec);
  if (spec.resources) defaultPodLevelResources(spec);
  spec.enableServiceLinks ??= true;
  if (spec.hostNetwork) {
    useHostPorts(spec.containers);
    useHostPorts(spec.initContainers);
  }
  return pod;
}

function checkTokensHaveAccount(errors: FieldError[], spec: PodSpec): void {
  if (spec.serviceAccountName) return;
  spec.volumes?.forEach((volume, v) => {
    volume.projected?.sources?.forEach((source, s) => {
      if (!source.serviceAccountToken) return;
      const at = `spec.volumes[${v}].projected.sources[${s}].serviceAccountToken`;
      errors.push(fieldForbidden(at, "must not be specified when serviceAccountName is not set"));
    });
  });
}

function validate(pod: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const { spec, metadata } = pod;
  checkPodAnnotations(errors, metadata.annotations, spec, "metadata.annotations");
  checkPodSpec(errors, spec, {
    path: "spec",
    isPod: true,
    isMirror: isMirror(metadata.annotations),
    podName: metadata.name,
  });
  checkTokensHaveAccount(errors, spec);
  spec.containers?.forEach((container, i) => {
    checkImageSpaces(errors, container, `spec.containers[${i}]`);
  });
  spec.initContainers?.forEach((container, i) => {
    checkImageSpaces(errors, container, `spec.initContainers[${i}]`);
  });
  return errors;
}

function validateCreate({ spec, metadata }: Pod): FieldError[] {
  const errors: FieldError[] = [];
  if (spec.ephemeralContainers?.length) {
    errors.push(fieldForbidden("spec.ephemeralContainers", "cannot be set on create"));
  }
  if (spec.nodeName && spec.schedulingGates?.length) {
    errors.push(fieldForbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared"));
  }
  checkAnnotationsMatchFields(errors, metadata.annotations, spec, "spec");
  return errors;
}

export const pod: Strategy<Pod> = {
  generation: true,
  defaults,
  prepareForCreate: preparePod,
  prepareForUpdate(next, prev) {
    syncServiceAccount(next.spec);
    next.status = prev.status ?? {};
    return next;
  },
  validate,
  validateCreate,
  validateUpdate: podUpdateErrors,
  subresources: {
    status: { prepareForUpdate: preparePodStatus, validateUpdate: podStatusErrors },
    ephemeralcontainers: {
      prepareForUpdate: prepareEphemeral,
      validateUpdate: (next, prev) => [...validate(next), ...ephemeralErrors(next, prev)],
    },
    resize: {
      prepareForUpdate: prepareResize,
      validateUpdate: (next, prev) => [...validate(next), ...resizeErrors(next, prev)],
    },
  },
  /** Pods that run nowhere, or nowhere any more, go at once. */
  defaultGraceSeconds({ spec, status }) {
    if (!spec.nodeName || status?.phase === "Failed" || status?.phase === "Succeeded") return undefined;
    return spec.terminationGracePeriodSeconds ?? 30;
  },
  selectableFields: ({ spec, status }) => ({
    "spec.nodeName": spec.nodeName ?? "",
    "spec.restartPolicy": spec.restartPolicy ?? "",
    "spec.schedulerName": spec.schedulerName ?? "",
    "spec.serviceAccountName": spec.serviceAccountName ?? "",
    "spec.hostNetwork": String(spec.hostNetwork ?? false),
    "status.phase": status?.phase ?? "",
    "status.podIP": status?.podIPs?.[0]?.ip ?? status?.podIP ?? "",
    "status.podIPs": status?.podIPs?.[0]?.ip ?? status?.podIP ?? "",
    "status.nominatedNodeName": status?.nominatedNodeName ?? "",
  }),
  row: podRow,
  rowConditions: podRowConditions,
};

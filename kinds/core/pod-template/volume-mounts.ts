/** Where containers mount the pod's volumes. */
import {
  type FieldError,
  fieldForbidden,
  invalid,
  notFound,
  notSupported,
  required,
} from "../../../machinery/meta/field-error.ts";
import { checkDescendingPath, checkNoBacksteps } from "../../common/paths.ts";
import type { Container, Volume, VolumeMount } from "../v1-types.ts";

/** The pod's good volumes by name. */
export type Volumes = ReadonlyMap<string, Volume>;

function checkPropagation(errors: FieldError[], mount: VolumeMount, container: Container, path: string): void {
  const { mountPropagation: propagation, recursiveReadOnly } = mount;
  const supported = ["Bidirectional", "HostToContainer", "None"];
  if (propagation !== undefined && !supported.includes(propagation)) {
    errors.push(notSupported(`${path}.mountPropagation`, propagation, supported));
  }
  if (propagation === "Bidirectional" && !container.securityContext?.privileged) {
    const detail = "Bidirectional mount propagation is available only to privileged containers";
    errors.push(fieldForbidden(`${path}.mountPropagation`, detail));
  }
  if (recursiveReadOnly === undefined || recursiveReadOnly === "Disabled") return;
  const at = `${path}.recursiveReadOnly`;
  if (recursiveReadOnly !== "Enabled" && recursiveReadOnly !== "IfPossible") {
    errors.push(notSupported(at, recursiveReadOnly, ["Disabled", "Enabled", "IfPossible"]));
    return;
  }
  if (!mount.readOnly) errors.push(fieldForbidden(at, "may only be specified when readOnly is true"));
  if (propagation !== undefined && propagation !== "None") {
    errors.push(fieldForbidden(at, "may only be specified when mountPropagation is None or not specified"));
  }
}

export function checkVolumeMounts(errors: FieldError[], container: Container, path: string, volumes: Volumes): void {
  const devices = container.volumeDevices ?? [];
  const paths = new Set<string>();
  container.volumeMounts?.forEach((mount, i) => {
    const item = `${path}[${i}]`;
    const volume = volumes.get(mount.name);
    if (!mount.name) errors.push(required(`${item}.name`));
    if (!volume) errors.push(notFound(`${item}.name`, mount.name ?? ""));
    if (!mount.mountPath) errors.push(required(`${item}.mountPath`));
    if (paths.has(mount.mountPath)) errors.push(invalid(`${item}.mountPath`, mount.mountPath, "must be unique"));
    paths.add(mount.mountPath);
    if (devices.some((device) => device.name === mount.name)) {
      errors.push(invalid(`${item}.name`, mount.name, "must not already exist in volumeDevices"));
    }
    if (devices.some((device) => device.devicePath === mount.mountPath)) {
      const detail = "must not already exist as a path in volumeDevices";
      errors.push(invalid(`${item}.mountPath`, mount.mountPath, detail));
    }
    if (mount.subPath) checkDescendingPath(errors, mount.subPath, `${path}.subPath`);
    if (mount.subPathExpr) {
      if (mount.subPath) {
        const detail = "subPathExpr and subPath are mutually exclusive";
        errors.push(invalid(`${item}.subPathExpr`, mount.subPathExpr, detail));
      }
      checkDescendingPath(errors, mount.subPathExpr, `${path}.subPathExpr`);
    }
    // The paths of these errors lack the index, as upstream's do.
    if (mount.mountPropagation !== undefined || mount.recursiveReadOnly !== undefined)
      checkPropagation(errors, mount, container, path);
  });
}

export function checkVolumeDevices(errors: FieldError[], container: Container, path: string, volumes: Volumes): void {
  if (!container.volumeDevices) return;
  const mounts = container.volumeMounts ?? [];
  const names = new Set<string>();
  const paths = new Set<string>();
  container.volumeDevices.forEach(({ name, devicePath }, i) => {
    const item = `${path}[${i}]`;
    const volume = volumes.get(name);
    if (!name) errors.push(required(`${item}.name`));
    if (names.has(name)) errors.push(invalid(`${item}.name`, name, "must be unique"));
    if (!volume) errors.push(notFound(`${item}.name`, name ?? ""));
    else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
      const detail = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
      errors.push(invalid(`${item}.name`, name, detail));
    }
    if (!devicePath) errors.push(required(`${item}.devicePath`));
    if (paths.has(devicePath)) errors.push(invalid(`${item}.devicePath`, devicePath, "must be unique"));
    const backsteps: FieldError[] = [];
    checkNoBacksteps(backsteps, devicePath ?? "", "");
    if (backsteps.length > 0) {
      errors.push(invalid(`${item}.devicePath`, devicePath, "can not contain backsteps ('..')"));
    } else paths.add(devicePath);
    if (mounts.some((mount) => mount.name === name)) {
      errors.push(invalid(`${item}.name`, name, "must not already exist in volumeMounts"));
    }
    if (mounts.some((mount) => mount.mountPath === devicePath)) {
      const detail = "must not already exist as a path in volumeMounts";
      errors.push(invalid(`${item}.devicePath`, devicePath, detail));
    }
    if (name) names.add(name);
  });
}

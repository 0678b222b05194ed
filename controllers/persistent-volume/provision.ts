import type { PersistentVolumeClaim } from "../../kinds/core/v1-types.ts";
import type { StorageClass } from "../../kinds/storage/v1-types.ts";
import type { Plan } from "../runner/controller.ts";
import { patchOp } from "../runner/ops.ts";
import { VOLUME_CLAIMS } from "../view/resources.ts";
import { classOf } from "./classes.ts";

const PROVISIONER = "volume.kubernetes.io/storage-provisioner";
const BETA_PROVISIONER = "volume.beta.kubernetes.io/storage-provisioner";
const BUILT_IN_PREFIX = "kubernetes.io/";

/** Provisioners that were built in once, and the CSI drivers that took over. */
const MIGRATED: ReadonlyMap<string, string> = new Map([
  ["kubernetes.io/aws-ebs", "ebs.csi.aws.com"],
  ["kubernetes.io/azure-disk", "disk.csi.azure.com"],
  ["kubernetes.io/azure-file", "file.csi.azure.com"],
  ["kubernetes.io/cinder", "cinder.csi.openstack.org"],
  ["kubernetes.io/gce-pd", "pd.csi.storage.gke.io"],
  ["kubernetes.io/portworx-volume", "pxd.portworx.com"],
  ["kubernetes.io/vsphere-volume", "csi.vsphere.vmware.com"],
]);

/** Has a volume made for the claim: whoever the class names as provisioner finds its name on the claim. */
export function planProvisioning(claim: PersistentVolumeClaim, storageClass: StorageClass | undefined): Plan {
  const fail = (message: string): Plan => ({
    actions: [],
    events: [{ about: claim, type: "Warning", reason: "ProvisioningFailed", message }],
  });
  if (!storageClass) return fail(`storageclass.storage.k8s.io ${JSON.stringify(classOf(claim))} not found`);
  const named = storageClass.provisioner ?? "";
  const provisioner = MIGRATED.get(named) ?? named;
  if (provisioner.startsWith(BUILT_IN_PREFIX)) return fail(`no volume plugin matched name: ${provisioner}`);
  const { annotations = {} } = claim.metadata;
  const isMarked = annotations[PROVISIONER] === provisioner && annotations[BETA_PROVISIONER] === provisioner;
  const mark = { metadata: { annotations: { [PROVISIONER]: provisioner, [BETA_PROVISIONER]: provisioner } } };
  return {
    actions: isMarked ? [] : [{ op: patchOp(VOLUME_CLAIMS, claim, mark) }],
    events: [
      {
        about: claim,
        type: "Normal",
        reason: "ExternalProvisioning",
        message: `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`,
      },
    ],
  };
}

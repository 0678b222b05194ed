/**
 * Printer columns where v1.36 prints others than the resource table says, or where that has none.
 * Source: kubectl reference output, https://kubernetes.io/docs/reference/kubectl/
 */
import type { Column } from "./kind.ts";

/** `Name|Replicas:integer|+Selector`: a type after ":", "string" without; "+" marks what only `-o wide` shows. */
function parse(text: string): readonly Column[] {
  return text.split("|").map((entry) => {
    const wide = entry.startsWith("+");
    const [name = "", type = "string"] = entry.slice(wide ? 1 : 0).split(":");
    return { name, type: type as Column["type"], format: name === "Name" ? "name" : "", priority: wide ? 1 : 0 };
  });
}

const lines: { [storage: string]: string } = {
  pods: "Name|Ready|Status|Restarts|Age|+IP|+Node|+Nominated Node|+Readiness Gates",
  persistentvolumes:
    "Name|Capacity|Access Modes|Reclaim Policy|Status|Claim|StorageClass|VolumeAttributesClass|Reason|Age|+VolumeMode",
  persistentvolumeclaims: "Name|Status|Volume|Capacity|Access Modes|StorageClass|VolumeAttributesClass|Age|+VolumeMode",
  resourcequotas: "Name|Request|Limit|Age",
  "cronjobs.batch":
    "Name|Schedule|Timezone|Suspend:boolean|Active:integer|Last Schedule|Age|+Containers|+Images|+Selector",
  "jobs.batch": "Name|Status|Completions|Duration|Age|+Containers|+Images|+Selector",
  "certificatesigningrequests.certificates.k8s.io": "Name|Age|SignerName|Requestor|RequestedDuration|Condition",
  "clustertrustbundles.certificates.k8s.io": "Name|SignerName",
  "podcertificaterequests.certificates.k8s.io": "Name|PodName|ServiceAccountName|NodeName|SignerName|State",
  "leasecandidates.coordination.k8s.io": "Name|LeaseName|BinaryVersion|EmulationVersion|Age",
  "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io":
    "Name|Type|NominalConcurrencyShares|Queues|HandSize|QueueLengthLimit|Age",
  "storageversions.internal.apiserver.k8s.io": "Name|CommonEncodingVersion|StorageVersions|Age",
  "ipaddresses.networking.k8s.io": "Name|ParentRef",
  "servicecidrs.networking.k8s.io": "Name|CIDRs|Age",
  "resourceclaims.resource.k8s.io": "Name|State|Age",
  "devicetaintrules.resource.k8s.io": "Name|Key|Value|Effect|Time Added|Age",
  "resourceslices.resource.k8s.io": "Name|Node|Driver|Pool|Age",
  "priorityclasses.scheduling.k8s.io": "Name|Value:integer|Global-Default:boolean|Age|PreemptionPolicy",
  "csidrivers.storage.k8s.io":
    "Name|AttachRequired:boolean|PodInfoOnMount:boolean|StorageCapacity:boolean|TokenRequests|RequiresRepublish:boolean|Modes|Age",
  "csistoragecapacities.storage.k8s.io": "Name|StorageClassName|Capacity",
  "volumeattributesclasses.storage.k8s.io": "Name|DriverName|Age",
  "storageversionmigrations.storagemigration.k8s.io": "Name|Resource",
  "validatingadmissionpolicies.admissionregistration.k8s.io": "Name|Validations:integer|ParamKind|Age",
  "validatingadmissionpolicybindings.admissionregistration.k8s.io": "Name|PolicyName|ParamRef|Age",
  "mutatingadmissionpolicies.admissionregistration.k8s.io": "Name|Mutations:integer|ParamKind|Age",
  "mutatingadmissionpolicybindings.admissionregistration.k8s.io": "Name|PolicyName|ParamRef|Age",
};

/** By storage key. */
export const columnsInstead: ReadonlyMap<string, readonly Column[]> = new Map(
  Object.entries(lines).map(([storage, text]) => [storage, parse(text)]),
);

/** What a kind without columns of its own shows. */
export const defaultColumns: readonly Column[] = parse("Name|Age");

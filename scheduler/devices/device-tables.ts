/** Follows the resources of resource.k8s.io into Devices. */
import type { DeviceClass, ResourceClaim, ResourceSlice } from "../../kinds/generated/api/resource-v1.ts";
import { type Cached, Table } from "../../machinery/cluster/table.ts";
import type { KubeObject } from "../../machinery/meta/object.ts";
import { type Followed, follow } from "../framework/followed.ts";
import type { ClusterChange } from "../framework/plugin.ts";
import type { Devices } from "./devices.ts";

type Kept<O extends KubeObject> = Cached & Pick<O, "metadata"> & { object: O };

/** Without what makes an object large and nobody here looks at. */
function keep<O extends KubeObject>(object: KubeObject): Kept<O> {
  const { managedFields: _, ...metadata } = object.metadata;
  return { metadata, object: { ...object, metadata } as O };
}

const table = <O extends KubeObject>(resource: string): Table<Kept<O>> =>
  new Table<Kept<O>>({ resource, project: keep });

export function followDevices(devices: Devices, tell: (change: ClusterChange) => void): Followed[] {
  return [
    follow(table<DeviceClass>("deviceclasses.resource.k8s.io"), ({ type, object }) => {
      devices.setClass(object.metadata.name ?? "", type === "deleted" ? undefined : object.object);
      tell({ what: "device changed", claim: undefined, freed: true, isClass: true });
    }),
    follow(table<ResourceSlice>("resourceslices.resource.k8s.io"), ({ type, object }) => {
      devices.setSlice(object.metadata.name ?? "", type === "deleted" ? undefined : object.object);
      tell({ what: "device changed", claim: undefined, freed: true });
    }),
    follow(table<ResourceClaim>("resourceclaims.resource.k8s.io"), ({ type, object, previous }) => {
      const { namespace = "", name = "" } = object.metadata;
      const claim = `${namespace}/${name}`;
      const now = type === "deleted" ? undefined : object.object;
      devices.setClaim(claim, now);
      const before = type === "deleted" ? object.object : previous?.object;
      const freed = before?.status?.allocation !== undefined && now?.status?.allocation === undefined;
      tell({ what: "device changed", claim, freed });
    }),
  ];
}

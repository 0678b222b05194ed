/** StorageVersion: in which version each API server stores a resource. */
import { age, listWithMore, nameOf } from "../common/rows.ts";
import { separateStatus } from "../common/status.ts";
import type { StorageVersion } from "../generated/api/apiserverinternal-v1alpha1.ts";
import type { Strategy } from "../kind.ts";

export const storageVersion: Strategy<StorageVersion> = {
  allowUnconditionalUpdate: false,
  ...separateStatus<StorageVersion>(),
  row: (object, nowMs) => [
    nameOf(object),
    object.status?.commonEncodingVersion ?? "<unset>",
    listWithMore(
      object.status?.storageVersions?.map((v) => `${v.apiServerID ?? ""}=${v.encodingVersion ?? ""}`) ?? [],
      3,
    ),
    age(object, nowMs),
  ],
};

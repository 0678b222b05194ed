/** Which rules each kind has. A kind that is not named here has the rules every object has, and no more. */
import { pod } from "./core/pod.ts";
import type { Strategy } from "./kind.ts";

/** By storage key, for all served versions. */
const byStorage: { readonly [storage: string]: Strategy } = {
  pods: pod,
};

/** By `<plural>.<group>@<version>`, for versions whose fields differ from the stored one's. */
const byVersion: { readonly [resource: string]: Strategy } = {};

const NONE: Strategy = {};

export const strategyFor = (storage: string, version: string, resource: string): Strategy =>
  byVersion[`${resource}@${version}`] ?? byStorage[storage] ?? NONE;

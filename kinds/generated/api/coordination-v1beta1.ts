// Made by generate.mjs. Do not edit.
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { ListMeta } from "./meta-v1.ts";

export interface LeaseCandidate extends KubeObject {
  spec: LeaseCandidateSpec;
}

export interface LeaseCandidateList {
  apiVersion?: string;
  items: LeaseCandidate[];
  kind?: string;
  metadata?: ListMeta;
}

export interface LeaseCandidateSpec {
  binaryVersion: string;
  emulationVersion?: string;
  leaseName: string;
  pingTime?: string;
  renewTime?: string;
  strategy: string;
}

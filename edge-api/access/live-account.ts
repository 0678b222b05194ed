/** Whether those a token speaks for still exist: a JWT alone would hold until it expires. */
import type { KubeObject } from "../../machinery/meta/object.ts";
import type { Store } from "../store/contract.ts";
import {
  type Identity,
  NODE_NAME_EXTRA,
  NODE_UID_EXTRA,
  POD_NAME_EXTRA,
  POD_UID_EXTRA,
  serviceAccountOf,
} from "./identity.ts";

/** True for everybody who is no service account. */
export function isAlive(store: Store, identity: Identity): boolean {
  const account = serviceAccountOf(identity.user);
  if (!account) return true;
  const { namespace } = account;
  if (!exists(store, { resource: "serviceaccounts", namespace, name: account.name, uid: identity.uid })) return false;
  const podName = identity.extra?.[POD_NAME_EXTRA]?.[0];
  if (podName !== undefined) {
    const uid = identity.extra?.[POD_UID_EXTRA]?.[0];
    if (!exists(store, { resource: "pods", namespace, name: podName, uid })) return false;
  }
  const nodeName = identity.extra?.[NODE_NAME_EXTRA]?.[0];
  const nodeUid = identity.extra?.[NODE_UID_EXTRA]?.[0];
  // A pod's token names the node for information; a token bound to a node itself has no pod.
  if (nodeName === undefined || podName !== undefined) return true;
  return exists(store, { resource: "nodes", namespace: "", name: nodeName, uid: nodeUid });
}

function exists(
  store: Store,
  { uid, ...key }: { resource: string; namespace: string; name: string; uid: string | undefined },
): boolean {
  const row = store.get(key);
  if (!row) return false;
  if (uid === undefined || uid === "") return true;
  // The uid stands in the text: only a text that has it can be the object's.
  return row.value.includes(uid) && (JSON.parse(row.value) as KubeObject).metadata.uid === uid;
}

/**
 * A namespace made just now has no service account yet: its controller makes it in the next moment. Who makes a pod there
 * at once waits for it, as kube-apiserver does for the account called default, and for no other.
 */
import type { Clock } from "../../../machinery/clock.ts";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { ObjectKey, Store } from "../../store/contract.ts";
import { MIRROR_ANNOTATION } from "../node/pod-references.ts";

const DEFAULT_ACCOUNT = "default";
const PATIENCE_MS = 1_000;

/** The account that a new pod has to wait for; undefined where there is nothing to wait for. */
export function missingAccount(store: Store, namespace: string, pod: KubeObject): ObjectKey | undefined {
  const { serviceAccountName } = (pod.spec ?? {}) as { serviceAccountName?: string };
  if ((serviceAccountName || DEFAULT_ACCOUNT) !== DEFAULT_ACCOUNT) return undefined;
  const key = { resource: "serviceaccounts", namespace, name: DEFAULT_ACCOUNT };
  if (store.get(key) || pod.metadata.annotations?.[MIRROR_ANNOTATION] !== undefined) return undefined;
  const place = store.get({ resource: "namespaces", namespace: "", name: namespace });
  return place?.value.includes('"phase":"Active"') ? key : undefined;
}

/** Resolves when the object is there, or does not come. */
export function appearance({ store, clock }: { store: Store; clock: Clock }, key: ObjectKey): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      unsubscribe();
      cancel();
      resolve();
    };
    const isIt = (event: ObjectKey): boolean =>
      event.resource === key.resource && event.namespace === key.namespace && event.name === key.name;
    const unsubscribe = store.subscribe((events) => {
      if (events.some(isIt)) done();
    });
    const cancel = clock.after(PATIENCE_MS, done);
  });
}

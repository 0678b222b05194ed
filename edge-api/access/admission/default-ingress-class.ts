/**
 * Ingresses that name no class get the default one.
 * Source: https://kubernetes.io/docs/concepts/services-networking/ingress/#default-ingress-class
 */
import type { KubeObject } from "../../../machinery/meta/object.ts";
import { defaultClass } from "./default-class.ts";
import type { AdmissionPlugin } from "./plugin.ts";

const CLASS_ANNOTATION = "kubernetes.io/ingress.class";
const DEFAULT_ANNOTATION = "ingressclass.kubernetes.io/is-default-class";

export const defaultIngressClass: AdmissionPlugin = {
  name: "DefaultIngressClass",
  resources: ["ingresses.networking.k8s.io"],
  admit({ operation, subresource, object }, { store }) {
    if (operation !== "CREATE" || subresource !== "") return;
    const ingress = object as KubeObject & { spec?: { ingressClassName?: string } };
    const { annotations } = ingress.metadata;
    if (ingress.spec?.ingressClassName !== undefined) return;
    if (annotations && Object.hasOwn(annotations, CLASS_ANNOTATION)) return;
    const name = defaultClass(store, "ingressclasses.networking.k8s.io", [DEFAULT_ANNOTATION]);
    if (name !== undefined) ingress.spec = { ...ingress.spec, ingressClassName: name };
  },
};

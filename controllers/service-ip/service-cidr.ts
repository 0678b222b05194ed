import type { IPAddress, ServiceCIDR } from "../../kinds/networking/v1-types.ts";
import { formatTime } from "../../machinery/clock.ts";
import { parseIp } from "../../machinery/meta/ip.ts";
import { type Action, type Controller, NOTHING, type Plan } from "../runner/controller.ts";
import { patchOp, removeFinalizerOp, statusOp } from "../runner/ops.ts";
import { IP_ADDRESSES, SERVICE_CIDRS } from "../view/resources.ts";
import type { View } from "../view/view.ts";
import { blocksOf, covers, holds } from "./ranges.ts";

export const FINALIZER = "networking.k8s.io/service-cidr-finalizer";
const MANAGED_BY = "ipaddress.kubernetes.io/managed-by";

/** Whether a service has the address, as the allocator has noted. */
export const isAllocated = ({ metadata }: IPAddress): boolean => metadata.labels?.[MANAGED_BY] === "ipallocator.k8s.io";

/** Says of ranges of service addresses that they are ready; one that is deleted stays while addresses need it. */
export const serviceCidrController: Controller = {
  name: "service-cidrs-controller",
  watches: {
    [SERVICE_CIDRS]: ({ type, object }, view) =>
      type === "deleted" ? deleting(view) : [object.metadata.name ?? "", ...deleting(view)],
    [IP_ADDRESSES]: ({ type }, view) => (type === "deleted" ? deleting(view) : undefined),
  },
  plan(name, view, { nowMs }) {
    const cidr = view.serviceCidrs.get("", name);
    if (!cidr) return NOTHING;
    return planServiceCidr({
      cidr,
      all: [...view.serviceCidrs.values()],
      addresses: view.ipAddresses.values(),
      nowMs,
    });
  },
};

function* deleting(view: View): Generator<string> {
  for (const { metadata } of view.serviceCidrs.values()) if (metadata.deletionTimestamp) yield metadata.name ?? "";
}

/** Source: https://kubernetes.io/docs/reference/networking/virtual-ips/#ip-address-objects */
export function planServiceCidr(options: {
  cidr: ServiceCIDR;
  all: readonly ServiceCIDR[];
  addresses: Iterable<IPAddress>;
  nowMs: number;
}): Plan {
  const { cidr, all, addresses, nowMs } = options;
  const { finalizers = [], deletionTimestamp, name } = cidr.metadata;
  if (deletionTimestamp) {
    const others = all.filter(({ metadata }) => metadata.name !== name);
    if (!isNeeded(cidr, others, addresses)) {
      const isHeld = finalizers.includes(FINALIZER);
      return isHeld ? { actions: [{ op: removeFinalizerOp(SERVICE_CIDRS, cidr, FINALIZER) }] } : NOTHING;
    }
    const message =
      "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR";
    return { actions: readyActions(cidr, { status: "False", reason: "Terminating", message }, nowMs) };
  }
  const actions: Action[] = [];
  if (!finalizers.includes(FINALIZER)) {
    const metadata = { finalizers: [...finalizers, FINALIZER] };
    actions.push({ op: patchOp(SERVICE_CIDRS, cidr, { metadata }) });
  }
  const ready = { status: "True", reason: "", message: "Kubernetes Service CIDR is ready" } as const;
  actions.push(...readyActions(cidr, ready, nowMs));
  return { actions };
}

/** Whether an address in use lies in this range and in no other. */
function isNeeded(cidr: ServiceCIDR, others: readonly ServiceCIDR[], addresses: Iterable<IPAddress>): boolean {
  if (blocksOf(cidr).every((block) => others.some((other) => covers(other, block)))) return false;
  for (const address of addresses) {
    const ip = isAllocated(address) ? parseIp(address.metadata.name ?? "") : undefined;
    if (ip && holds(cidr, ip) && !others.some((other) => holds(other, ip))) return true;
  }
  return false;
}

function readyActions(
  cidr: ServiceCIDR,
  wanted: { status: "True" | "False"; reason: string; message: string },
  nowMs: number,
): Action[] {
  const conditions = cidr.status?.conditions ?? [];
  const current = conditions.find(({ type }) => type === "Ready");
  if (current?.status === wanted.status) return [];
  const next = { type: "Ready", ...wanted, lastTransitionTime: formatTime(nowMs) };
  const status = { ...cidr.status, conditions: [...conditions.filter(({ type }) => type !== "Ready"), next] };
  const op = statusOp(SERVICE_CIDRS, cidr, status);
  return op ? [{ op }] : [];
}

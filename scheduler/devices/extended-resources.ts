/**
 * Extended resources that a DeviceClass stands for: `resources.requests["example.com/gpu"]` instead of a claim. Where no
 * device plugin offers the resource, the scheduler makes a claim with a request for each container that asks.
 * Source: KEP-5004, https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#extended-resource
 */
import { isExtended } from "../../kinds/core/pod-template/resource-names.ts";
import type { Container, PodSpec } from "../../kinds/core/v1-types.ts";
import type { ContainerExtendedResourceRequest } from "../../kinds/generated/api/core-v1.ts";
import type { DeviceClass, DeviceRequest } from "../../kinds/generated/api/resource-v1.ts";
import { wholeValue } from "../../machinery/meta/quantity.ts";

/** With the name of a class behind it: a resource every class stands for. */
export const CLASS_PREFIX = "deviceclass.resource.kubernetes.io/";

/** "true" on a claim made for extended resources. */
export const EXTENDED_ANNOTATION = "resource.kubernetes.io/extended-resource-claim";

/** What a container asks for. */
export interface ContainerWishes {
  container: string;
  /** It ends before those behind it start: what it has, they may have later. */
  isShortLived: boolean;
  /** Everything it asks for, by name, in the order of names. */
  amounts: readonly (readonly [resource: string, amount: number])[];
}

const NONE: readonly ContainerWishes[] = [];

const mayBeDevice = (name: string): boolean =>
  name.includes("/") && (name.startsWith(CLASS_PREFIX) || isExtended(name));

/** What the containers ask for, in the order of their numbers; empty where nothing can stand for a device. */
export function wishesOfContainers({ containers, initContainers = [] }: PodSpec): readonly ContainerWishes[] {
  const all = [...initContainers, ...containers];
  const asks = ({ resources }: Container): boolean => Object.keys(resources?.requests ?? {}).some(mayBeDevice);
  if (!all.some(asks)) return NONE;
  return all.map(({ name, resources, restartPolicy }, i) => ({
    container: name,
    isShortLived: i < initContainers.length && restartPolicy !== "Always",
    amounts: Object.entries(resources?.requests ?? {})
      .map(([resource, quantity]) => [resource, mayBeDevice(resource) ? wholeValue(quantity) : 0] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  }));
}

/** Resources asked for that may be devices, in the order of names. */
export const resourcesOf = (wishes: readonly ContainerWishes[]): string[] =>
  [...new Set(wishes.flatMap(({ amounts }) => amounts.flatMap(([name, amount]) => (amount > 0 ? [name] : []))))].sort();

/** Of several classes with one resource the one made last stands for it; of those the first by name. */
export function classesByResource(classes: Iterable<DeviceClass>): Map<string, string> {
  const found = new Map<string, DeviceClass>();
  for (const deviceClass of classes) {
    const resource = deviceClass.spec.extendedResourceName;
    if (!resource) continue;
    const known = found.get(resource);
    if (!known || isRather(deviceClass, known)) found.set(resource, deviceClass);
  }
  return new Map([...found].map(([resource, { metadata }]) => [resource, metadata.name ?? ""]));
}

function isRather({ metadata: a }: DeviceClass, { metadata: b }: DeviceClass): boolean {
  const [aMs, bMs] = [Date.parse(a.creationTimestamp ?? ""), Date.parse(b.creationTimestamp ?? "")];
  return aMs === bMs || Number.isNaN(aMs + bMs) ? (a.name ?? "") < (b.name ?? "") : aMs > bMs;
}

export interface ExtendedRequests {
  requests: DeviceRequest[];
  /** Which request gives which container its devices. */
  mappings: ContainerExtendedResourceRequest[];
}

/**
 * The requests of the claim, in the order of names.
 *
 * @param resources in the order of names
 * @param classOf name of the class that stands for each of them
 */
export function requestsFor(
  wishes: readonly ContainerWishes[],
  resources: readonly string[],
  classOf: (resource: string) => string,
): ExtendedRequests {
  const of = resources.map((resource) => requestsOf(wishes, resource, classOf(resource)));
  const requests = of.flatMap((each) => each.requests);
  return {
    requests: requests.sort((a, b) => (a.name < b.name ? -1 : 1)),
    mappings: of.flatMap(({ mappings }) => mappings),
  };
}

function requestsOf(wishes: readonly ContainerWishes[], resource: string, className: string): ExtendedRequests {
  const long: (DeviceRequest | undefined)[] = wishes.map((wish, i) =>
    wish.isShortLived ? undefined : requestOf(wish, i, { resource, className, has: 0 }),
  );
  const mappings = wishes.flatMap(({ container, isShortLived }, i) =>
    !isShortLived && long[i] ? [{ containerName: container, resourceName: resource, requestName: long[i].name }] : [],
  );
  // One after another they use the same devices: first those of containers that start later, then some more.
  let most: DeviceRequest | undefined;
  const short: { containerName: string; reused: string[]; needsMore: boolean }[] = [];
  for (const [i, wish] of wishes.entries()) {
    if (!wish.isShortLived) continue;
    const wanted = amountOf(wish, resource);
    if (wanted === 0) continue;
    let has = 0;
    const reused: string[] = [];
    for (const request of long.slice(i)) {
      if (!request || has >= wanted) continue;
      has += request.exactly!.count!;
      reused.push(request.name);
    }
    const more = has < wanted ? requestOf(wish, i, { resource, className, has }) : undefined;
    if (more && (!most || most.exactly!.count! < more.exactly!.count!)) most = more;
    short.push({ containerName: wish.container, reused, needsMore: more !== undefined });
  }
  for (const { containerName, reused, needsMore } of short) {
    for (const requestName of [...reused, ...(needsMore ? [most!.name] : [])])
      mappings.push({ containerName, resourceName: resource, requestName });
  }
  return { requests: [...(most ? [most] : []), ...long.filter((each) => each !== undefined)], mappings };
}

const amountOf = ({ amounts }: ContainerWishes, resource: string): number =>
  amounts.find(([name]) => name === resource)?.[1] ?? 0;

/** @param has devices the container has already */
function requestOf(
  wish: ContainerWishes,
  number: number,
  { resource, className, has }: { resource: string; className: string; has: number },
): DeviceRequest | undefined {
  const amount = amountOf(wish, resource);
  if (amount === 0) return undefined;
  const place = wish.amounts.findIndex(([name]) => name === resource);
  return {
    name: `container-${number}-request-${place}`,
    exactly: { deviceClassName: className, allocationMode: "ExactCount", count: amount - has },
  };
}

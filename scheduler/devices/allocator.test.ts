import { describe, expect, it } from "vitest";
import type { Device, DeviceRequest, ResourceClaim, ResourceSlice } from "../../kinds/generated/api/resource-v1.ts";
import { seededRandom } from "../../machinery/meta/random.ts";
import {
  DRIVER,
  exactly,
  makeDevice,
  makeDeviceClass,
  makeResourceClaim,
  makeSlice,
} from "../testing/device-builders.ts";
import { AllocationError } from "./allocation-error.ts";
import { AllocationTooLong, allocate, prepareClaims, SearchBudgets } from "./allocator.ts";
import { Pools } from "./pools.ts";
import { Selectors } from "./selectors.ts";
import { Taken } from "./taken.ts";

const NODE = { name: "n", labels: { zone: "a" } };
const CLASSES = new Map([
  ["gpu", makeDeviceClass("gpu")],
  ["big", makeDeviceClass("big", `device.attributes["${DRIVER}"].size == "big"`)],
]);

function attempt(slices: ResourceSlice[], claims: ResourceClaim[], allocated: ResourceClaim[] = []) {
  const pools = new Pools(slices);
  const taken = new Taken();
  for (const { status } of allocated) taken.addAllocation(status!.allocation!, pools);
  const classOf = (name: string) => CLASSES.get(name);
  return allocate(prepareClaims(claims, classOf), NODE, { pools, taken, classOf, selectors: new Selectors() });
}

/** "request=device" of each device given; "none". */
function names(slices: ResourceSlice[], claims: ResourceClaim[], allocated: ResourceClaim[] = []): string {
  const results = attempt(slices, claims, allocated);
  if (!results) return "none";
  return results
    .map(({ devices }) => (devices?.results ?? []).map(({ request, device }) => `${request}=${device}`).join(" "))
    .join(" | ");
}

const local = (...devices: (string | Device)[]): ResourceSlice =>
  makeSlice({
    name: "s",
    nodeName: "n",
    devices: devices.map((each) => (typeof each === "string" ? makeDevice(each) : each)),
  });
const sized = (name: string, size: string, more: Partial<Device> = {}): Device =>
  makeDevice(name, { attributes: { size: { string: size } }, ...more });
const claim = (...requests: DeviceRequest[]): ResourceClaim => makeResourceClaim({ name: "c", requests });
const select = (expression: string) => ({ selectors: [{ cel: { expression } }] });
const holding = (device: string, more: object = {}): ResourceClaim =>
  makeResourceClaim({
    name: `of-${device}`,
    allocation: { devices: { results: [{ request: "r", driver: DRIVER, pool: "n", device, ...more }] } },
  });

const updating = makeSlice({ name: "s", pool: "bad", nodeName: "n", count: 2, devices: [makeDevice("a")] });

describe("Allocation of devices", () => {
  it.each<[string, ResourceSlice[], ResourceClaim[], string, ResourceClaim[]?]>([
    ["[DA1] the first device there is", [local("a", "b")], [claim(exactly("r"))], "r=a"],
    ["[DA2] none that is taken", [local("a", "b")], [claim(exactly("r"))], "r=b", [holding("a")]],
    ["[DA3] several of a kind", [local("a", "b", "c")], [claim(exactly("r", { count: 2 }))], "r=a r=b"],
    ["[DA4] all or nothing", [local("a")], [claim(exactly("r", { count: 2 }))], "none"],
    ["[DA5] a device once, whichever claim", [local("a")], [claim(exactly("r")), claim(exactly("q"))], "none"],
    [
      "[DA6] what class and request select",
      [local(sized("a", "small"), sized("b", "big"))],
      [claim(exactly("r", { deviceClassName: "big" }))],
      "r=b",
    ],
    [
      "[DA7] by attribute, capacity, version and driver",
      [
        local(
          makeDevice("a", { attributes: { v: { version: "1.2.0" } }, capacity: { memory: { value: "1Gi" } } }),
          makeDevice("b", { attributes: { v: { version: "1.10.0" } }, capacity: { memory: { value: "8Gi" } } }),
        ),
      ],
      [
        claim(
          exactly(
            "r",
            select(
              `cel.bind(d, device.attributes["${DRIVER}"], d.v.isGreaterThan(semver("1.9.0"))) && ` +
                `device.capacity["${DRIVER}"].memory.compareTo(quantity("2Gi")) >= 0 && device.driver == "${DRIVER}"`,
            ),
          ),
        ),
      ],
      "r=b",
    ],
    [
      "[DA8] a domain that is not there has no attributes",
      [local("a")],
      [claim(exactly("r", select('!has(device.attributes["other.example.com"].size)')))],
      "r=a",
    ],
    ["[DA9] all there are", [local("a", "b")], [claim(exactly("r", { allocationMode: "All" }))], "r=a r=b"],
    ["[DA10] all, but there are none", [local()], [claim(exactly("r", { allocationMode: "All" }))], "none"],
    [
      "[DA11] all, but one is taken",
      [local("a", "b")],
      [claim(exactly("r", { allocationMode: "All" }))],
      "none",
      [holding("a")],
    ],
    [
      "[DA12] goes back when a choice leads nowhere",
      [local(sized("a", "big"), sized("b", "small"))],
      [claim(exactly("any"), exactly("big", { deviceClassName: "big" }))],
      "any=b big=a",
    ],
    [
      "[DA13] the first alternative that can be had",
      [local(sized("a", "small"))],
      [
        claim({
          name: "r",
          firstAvailable: [
            { name: "best", deviceClassName: "big" },
            { name: "good", deviceClassName: "gpu" },
          ],
        }),
      ],
      "r/good=a",
    ],
    [
      "[DA14] who administers takes nothing, and may have what is taken",
      [local("a")],
      [claim(exactly("r", { adminAccess: true }))],
      "r=a",
      [holding("a")],
    ],
    [
      "[DA15] a device of an administrator is free",
      [local("a")],
      [claim(exactly("r"))],
      "r=a",
      [holding("a", { adminAccess: true })],
    ],
    [
      "[DA16] slices of an older generation do not count",
      [
        makeSlice({ name: "old", pool: "p", nodeName: "n", generation: 1, devices: [makeDevice("a")] }),
        makeSlice({ name: "new", pool: "p", nodeName: "n", generation: 2, devices: [makeDevice("b")] }),
      ],
      [claim(exactly("r"))],
      "r=b",
    ],
    [
      "[DA17] devices of other nodes and zones are out of reach",
      [
        makeSlice({ name: "x", nodeName: "other", devices: [makeDevice("a")] }),
        makeSlice({ name: "y", zones: ["b"], devices: [makeDevice("b")] }),
        makeSlice({ name: "z", zones: ["a"], devices: [makeDevice("c")] }),
      ],
      [claim(exactly("r"))],
      "r=c",
    ],
    [
      "[DA18] devices may say for themselves which nodes reach them",
      [
        makeSlice({
          name: "x",
          perDevice: true,
          devices: [makeDevice("a", { nodeName: "other" }), makeDevice("b", { nodeName: "n" })],
        }),
      ],
      [claim(exactly("r"))],
      "r=b",
    ],
    [
      "[DA19] matching attributes",
      [local(sized("a", "x"), sized("b", "y"), sized("c", "y"))],
      [
        makeResourceClaim({
          name: "c",
          requests: [exactly("r", { count: 2 })],
          constraints: [{ matchAttribute: `${DRIVER}/size` }],
        }),
      ],
      "r=b r=c",
    ],
    [
      "[DA20] distinct attributes, of the requests meant",
      [local(sized("a", "x"), sized("b", "x"), sized("c", "y"))],
      [
        makeResourceClaim({
          name: "c",
          requests: [exactly("r", { count: 2 }), exactly("q")],
          constraints: [{ requests: ["r"], distinctAttribute: `${DRIVER}/size` }],
        }),
      ],
      "r=a r=c q=b",
    ],
    [
      "[DA21] tainted devices are for who tolerates them",
      [local(makeDevice("a", { taints: [{ key: "bad", value: "very", effect: "NoSchedule" }] }))],
      [claim(exactly("r"))],
      "none",
    ],
    [
      "[DA22] a taint that is tolerated",
      [local(makeDevice("a", { taints: [{ key: "bad", value: "very", effect: "NoExecute" }] }))],
      [claim(exactly("r", { tolerations: [{ key: "bad", operator: "Exists" }] }))],
      "r=a",
    ],
    [
      "[DA23] partitions of one device share its counters",
      [
        makeSlice({
          name: "k",
          pool: "n",
          nodeName: "n",
          count: 2,
          sharedCounters: [{ name: "g", counters: { memory: { value: "8Gi" } } }],
        }),
        makeSlice({
          name: "d",
          pool: "n",
          nodeName: "n",
          count: 2,
          devices: ["6Gi", "4Gi", "2Gi"].map((value, i) =>
            makeDevice(`p${i}`, { consumesCounters: [{ counterSet: "g", counters: { memory: { value } } }] }),
          ),
        }),
      ],
      [claim(exactly("r"))],
      "r=p2",
      [holding("p0")],
    ],
    [
      "[DA24] capacity that many share is given out until none is left",
      [local(makeDevice("a", { allowMultipleAllocations: true, capacity: { memory: { value: "8Gi" } } }))],
      [
        claim(
          exactly("r", { capacity: { requests: { memory: "6Gi" } } }),
          exactly("q", { capacity: { requests: { memory: "4Gi" } } }),
        ),
      ],
      "none",
    ],
    [
      "[DA25] a request for more capacity than a device has",
      [
        local(
          makeDevice("a", { capacity: { memory: { value: "1Gi" } } }),
          makeDevice("b", { capacity: { memory: { value: "4Gi" } } }),
        ),
      ],
      [claim(exactly("r", { capacity: { requests: { memory: "2Gi" } } }))],
      "r=b",
    ],
    [
      "[DA26] no more devices than a claim can hold",
      [local(...Array.from({ length: 40 }, (_, i) => `d${i}`))],
      [claim(exactly("r", { count: 33 }))],
      "none",
    ],
  ])("%s", (_name, slices, claims, expected, allocated = []) => {
    expect(names(slices, claims, allocated)).toBe(expected);
  });

  it.each<[string, ResourceSlice[], DeviceRequest, string]>([
    [
      "[DA30] a class that is not there",
      [],
      exactly("r", { deviceClassName: "no" }),
      "request r: device class no does not exist",
    ],
    [
      "[DA31] an expression that makes no sense of a device",
      [local("a")],
      exactly("r", { deviceClassName: "big" }),
      "class big: selector #0: CEL runtime error: no such key: size",
    ],
    [
      "[DA32] an expression that is none",
      [local("a")],
      exactly("r", select("device.nothing")),
      "undefined field 'nothing'",
    ],
    [
      "[DA33] all devices of a pool that is being updated",
      [makeSlice({ name: "s", pool: "p", nodeName: "n", count: 2, devices: [makeDevice("a")] })],
      exactly("r", { allocationMode: "All" }),
      `claim default/c, request r: asks for all devices, but resource pool ${DRIVER}/p is currently being updated`,
    ],
    [
      "[DA34] all devices of a pool with a device twice",
      [local("a", "a")],
      exactly("r", { allocationMode: "All" }),
      `claim default/c, request r: asks for all devices, but resource pool ${DRIVER}/n is currently invalid`,
    ],
  ])("%s is told", (_name, slices, request, message) => {
    expect(() => attempt(slices, [claim(request)])).toThrow(AllocationError);
    expect(() => attempt(slices, [claim(request)])).toThrow(message);
  });

  it.each([
    ["[DA35] of another node", { nodeName: "other" }],
    ["[DA36] of nodes elsewhere", { zones: ["b"] }],
  ])("%s: a pool that is being updated is no matter", (_name, where) => {
    const elsewhere = makeSlice({ name: "t", pool: "p", count: 2, devices: [makeDevice("x")], ...where });
    expect(names([local("a", "b"), elsewhere], [claim(exactly("r", { allocationMode: "All" }))])).toBe("r=a r=b");
  });

  it.each<[string, object, () => void]>([
    [
      "[DA37] one that is being updated",
      { count: 2, devices: [makeDevice("a")] },
      (): void => expect(names([updating], [claim(exactly("r"))])).toBe("none"),
    ],
    [
      "[DA38] one with a device twice",
      { devices: [makeDevice("a"), makeDevice("a")] },
      (): void =>
        expect(() => attempt([local("a", "a")], [claim(exactly("r"))])).toThrow(
          "invalid resource pools were encountered",
        ),
    ],
  ])("%s: nothing of such a pool is given, but what others have", (_name, pool, checkAlone) => {
    checkAlone();
    const bad = makeSlice({ name: "s", pool: "bad", nodeName: "n", ...pool });
    const good = makeSlice({ name: "t", pool: "good", nodeName: "n", devices: [makeDevice("x")] });
    expect(names([bad, good], [claim(exactly("r"))])).toBe("r=x");
  });

  it("[DA39] pools come by name wherever they are, and so do their slices; devices that must be made ready come last", () => {
    const slow = (name: string): Device => makeDevice(name, { bindingConditions: ["Ready"] });
    const slices = [
      makeSlice({ name: "b-2", pool: "b", count: 2, devices: [makeDevice("shared-2")] }),
      makeSlice({ name: "b-1", pool: "b", count: 2, devices: [makeDevice("shared-1")] }),
      makeSlice({ name: "c", pool: "c", nodeName: "n", devices: [makeDevice("local")] }),
      makeSlice({ name: "a-1", pool: "a", count: 2, devices: [slow("slow")] }),
      makeSlice({ name: "a-2", pool: "a", count: 2, devices: [makeDevice("fast")] }),
    ];
    expect(names(slices, [claim(exactly("r", { count: 5 }))])).toBe("r=shared-1 r=shared-2 r=local r=fast r=slow");
  });

  it("[DA40] the result says where it is, how it is configured, and how much is taken", () => {
    const shared = makeDevice("a", {
      allowMultipleAllocations: true,
      capacity: {
        memory: { value: "8Gi", requestPolicy: { default: "1Gi", validRange: { min: "1Gi", step: "2Gi" } } },
      },
      bindingConditions: ["Ready"],
    });
    const wanted = makeResourceClaim({
      name: "c",
      requests: [exactly("r", { capacity: { requests: { memory: "4Gi" } } })],
    });
    wanted.spec.devices!.config = [{ requests: ["r"], opaque: { driver: DRIVER, parameters: {} } }];
    const [result] = attempt([makeSlice({ name: "z", zones: ["a", "b"], devices: [shared] })], [wanted])!;
    expect(result).toEqual({
      devices: {
        results: [
          {
            ...{ request: "r", driver: DRIVER, pool: "z", device: "a", bindingConditions: ["Ready"] },
            shareID: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/),
            consumedCapacity: { memory: "5Gi" },
          },
        ],
        config: [{ requests: ["r"], opaque: { driver: DRIVER, parameters: {} }, source: "FromClaim" }],
      },
      nodeSelector: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: "zone", operator: "In", values: ["a", "b"] }] }],
      },
    });
    expect(attempt([local("a")], [claim(exactly("r"))])![0]!.nodeSelector).toEqual({
      nodeSelectorTerms: [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["n"] }] }],
    });
  });

  it("[DA41] a search without an end is given up, and what it has used up is missing on the next node", () => {
    const devices = Array.from({ length: 30 }, (_, i) => `d${i}`);
    const hopeless = claim(exactly("r", { count: 15 }), exactly("never", select('device.driver == "other"')));
    expect(() => attempt([local(...devices)], [hopeless])).toThrow(AllocationTooLong);

    const pools = new Pools([local(...devices)]);
    const classOf = (name: string) => CLASSES.get(name);
    const input = { pools, taken: new Taken(), classOf, selectors: new Selectors(), budget: { tries: 100 } };
    const easy = prepareClaims([claim(exactly("r"))], classOf);
    expect(allocate(easy, NODE, input)).toHaveLength(1);
    expect(() => allocate(prepareClaims([hopeless], classOf), NODE, input)).toThrow(AllocationTooLong);
    expect(() => allocate(easy, NODE, input)).toThrow(AllocationTooLong);
  });

  it("[DA41b] a pod that needs more than it may try may try half of that next time", () => {
    const budgets = new SearchBudgets();
    const given: number[] = [];
    for (let look = 0; look < 9; look++) {
      const budget = budgets.next();
      given.push(budget.tries);
      budget.isExceeded = look < 7;
    }
    expect(given).toEqual([250_000, 125_000, 62_500, 31_250, 15_625, 7_812, 5_000, 5_000, 250_000]);
  });

  it("[DA42] devices that are taken cost no tries", () => {
    const held = Array.from({ length: 30 }, (_, i) => `d${i}`);
    const pools = new Pools([local(...held, "last")]);
    const taken = new Taken();
    for (const { status } of held.map((name) => holding(name))) taken.addAllocation(status!.allocation!, pools);
    const classOf = (name: string) => CLASSES.get(name);
    const input = { pools, taken, classOf, selectors: new Selectors(), budget: { tries: 1 } };
    expect(allocate(prepareClaims([claim(exactly("r"))], classOf), NODE, input)).toHaveLength(1);
  });

  const seed = Number(process.env.KEDGE_SEED ?? 1);
  it(`[DA50] finds devices exactly when there are some (seed ${seed})`, () => {
    const random = seededRandom(seed);
    const pick = (count: number): number => Math.floor(random() * count);
    const outcomes = { found: 0, none: 0 };
    for (let round = 0; round < 1_500; round++) {
      const devices = Array.from({ length: 1 + pick(5) }, (_, i) => sized(`d${i}`, ["big", "small"][pick(2)]!));
      const requests = Array.from({ length: 1 + pick(3) }, (_, i) =>
        exactly(`r${i}`, { deviceClassName: ["gpu", "big"][pick(2)]!, count: 1 + pick(2) }),
      );
      const constraints = pick(2) === 0 ? [{ matchAttribute: `${DRIVER}/size` }] : [];
      const wanted = makeResourceClaim({ name: "c", requests, constraints });
      const held = devices.filter(() => pick(4) === 0).map(({ name }) => holding(name));
      const isPossible = possible(
        devices.filter(({ name }) => !held.some((each) => each.metadata.name === `of-${name}`)),
        requests,
        constraints.length > 0,
      );
      const result = names([local(...devices)], [wanted], held);
      expect(result !== "none", `round ${round}: ${result}`).toBe(isPossible);
      outcomes[isPossible ? "found" : "none"]++;
    }
    expect(Math.min(outcomes.found, outcomes.none)).toBeGreaterThan(100);
  });
});

/** Tries every way of giving devices to requests. */
function possible(devices: readonly Device[], requests: readonly DeviceRequest[], mustMatch: boolean): boolean {
  const wanted = requests.flatMap(({ exactly: request }) =>
    Array<string>(request!.count ?? 1).fill(request!.deviceClassName),
  );
  const sizeOf = ({ attributes }: Device): string => attributes!.size!.string!;
  const place = (at: number, free: readonly Device[], size: string | undefined): boolean =>
    at === wanted.length ||
    free.some(
      (device) =>
        (wanted[at] === "gpu" || sizeOf(device) === "big") &&
        (!mustMatch || size === undefined || size === sizeOf(device)) &&
        place(
          at + 1,
          free.filter((each) => each !== device),
          sizeOf(device),
        ),
    );
  return place(0, devices, undefined);
}

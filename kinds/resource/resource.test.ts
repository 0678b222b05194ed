import { describe, expect, it } from "vitest";
import type * as Older from "../generated/api/resource-v1beta1.ts";
import type { DeviceTaintRule } from "../generated/api/resource-v1beta2.ts";
import { created, createErrors, updateErrors } from "../judge.ts";
import { strategyFor } from "../strategies.ts";
import { deviceClass } from "./device-class.ts";
import { compileDeviceExpression } from "./device-expressions.ts";
import { deviceTaintRule } from "./device-taint-rule.ts";
import { resourceClaim } from "./resource-claim.ts";
import { resourceSlice } from "./resource-slice.ts";
import type { Device, DeviceClaim, DeviceClass, ResourceClaim, ResourceSlice, ResourceSliceSpec } from "./v1-types.ts";

const apiVersion = "resource.k8s.io/v1";
const metadata = { name: "a", namespace: "default" };
const claim = (devices: DeviceClaim): ResourceClaim => ({
  apiVersion,
  kind: "ResourceClaim",
  metadata,
  spec: { devices },
});
const gpu = { name: "gpu", exactly: { deviceClassName: "gpu.example.com" } };

const ONE_KIND = "exactly one of `exactly` or `firstAvailable` is required";
const NO_SUCH = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";

const olderKind = (plural: string) => strategyFor(`${plural}.resource.k8s.io`, "v1beta1", `${plural}.resource.k8s.io`);

describe("ResourceClaim", () => {
  it("RCL-1 asks for one device unless it says otherwise", () => {
    const made = created(
      resourceClaim,
      claim({ requests: [gpu, { name: "b", firstAvailable: [{ name: "c", deviceClassName: "d" }] }] }),
    );
    expect(made.spec.devices?.requests?.[0]?.exactly).toMatchObject({ allocationMode: "ExactCount", count: 1 });
    expect(made.spec.devices?.requests?.[1]?.firstAvailable?.[0]).toMatchObject({
      allocationMode: "ExactCount",
      count: 1,
    });
  });

  const bad: [name: string, devices: DeviceClaim, errors: string[]][] = [
    ["no kind of request", { requests: [{ name: "gpu" }] }, [`spec.devices.requests[0]: Required value: ${ONE_KIND}`]],
    [
      "both kinds of request",
      { requests: [{ ...gpu, firstAvailable: [{ name: "c", deviceClassName: "d" }] }] },
      [`spec.devices.requests[0]: Invalid value: "null": ${ONE_KIND}, but multiple fields are set`],
    ],
    [
      "no class, all with a count",
      { requests: [{ name: "gpu", exactly: { deviceClassName: "", allocationMode: "All", count: 2 } }] },
      [
        "spec.devices.requests[0].exactly.deviceClassName: Required value",
        "spec.devices.requests[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'",
      ],
    ],
    ["the same name twice", { requests: [gpu, gpu] }, ['spec.devices.requests[1]: Duplicate value: "gpu"']],
    [
      "too many",
      { requests: Array.from({ length: 33 }, (_, i) => ({ ...gpu, name: `gpu-${i}` })) },
      ["spec.devices.requests: Too many: 33: must have at most 32 items"],
    ],
    [
      "a constraint on what is not asked for",
      { requests: [gpu], constraints: [{ requests: ["other"], matchAttribute: "model" }] },
      [
        `spec.devices.constraints[0].requests[0]: Invalid value: "other": ${NO_SUCH}`,
        'spec.devices.constraints[0].matchAttribute: Invalid value: "model": a fully qualified name must be a domain and a name separated by a slash',
      ],
    ],
    [
      "configuration of no driver",
      { requests: [gpu], config: [{ requests: ["gpu"], opaque: { driver: "d", parameters: [] as never } }, {}] },
      [
        'spec.devices.config[0].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
        "spec.devices.config[1].opaque: Required value",
      ],
    ],
    [
      "a toleration",
      {
        requests: [
          { name: "gpu", exactly: { deviceClassName: "d", tolerations: [{ operator: "Exists", value: "x" }] } },
        ],
      },
      [
        'spec.devices.requests[0].exactly.tolerations[0].value: Invalid value: "x": must be empty for operator `Exists`',
      ],
    ],
  ];
  it.each(bad)("RCL-2 %s", (_, devices, errors) => {
    expect(createErrors(resourceClaim, claim(devices))).toEqual(errors);
  });

  it("RCL-3 what is asked for never changes", () => {
    const errors = updateErrors(resourceClaim, claim({ requests: [gpu] }), (next) => {
      next.spec.devices!.requests![0]!.name = "other";
    });
    expect(errors).toEqual([expect.stringContaining("spec: Invalid value: ")]);
    expect(errors[0]).toContain("field is immutable");
  });

  const result = { request: "gpu", driver: "gpu.example.com", pool: "node-1", device: "gpu-0" };
  const allocated = { ...claim({ requests: [gpu] }), status: { allocation: { devices: { results: [result] } } } };
  const statusErrors = (status: ResourceClaim["status"], prev: ResourceClaim = claim({ requests: [gpu] })) =>
    resourceClaim.subresources!.status!.validateUpdate!({ ...prev, ...(status && { status }) }, prev).map(
      ({ field, message }) => `${field}: ${message}`,
    );
  it("RCL-4 devices are reserved only of a claim that has some", () => {
    const reservedFor = [{ resource: "pods", name: "web", uid: "1" }];
    expect(statusErrors(allocated.status)).toEqual([]);
    expect(statusErrors({ ...allocated.status, reservedFor })).toEqual([]);
    expect(statusErrors({ reservedFor })).toEqual([
      "status.reservedFor: Forbidden: may not be specified when `allocated` is not set",
    ]);
    expect(statusErrors({ allocation: { devices: { results: [{ ...result, device: "gpu-1" }] } } }, allocated)).toEqual(
      [expect.stringMatching(/^status\.allocation: Invalid value: .*: field is immutable$/)],
    );
  });

  it("RCL-5 what drivers say of devices goes with these", () => {
    const prev = { ...allocated, status: { ...allocated.status, devices: [{ ...result, conditions: [] }] } };
    const next = resourceClaim.subresources!.status!.prepareForUpdate!(
      { ...prev, status: { devices: prev.status.devices } },
      prev,
    );
    expect(next.status).toEqual({});
    expect(statusErrors({ ...allocated.status, devices: [{ driver: "x", pool: "p", device: "d" }] })).toEqual([
      'status.devices[0]: Invalid value: "x/p/d": must be an allocated device in the claim',
    ]);
  });

  it("RCL-6 v1beta1 says the same without grouping", () => {
    const older = olderKind("resourceclaims");
    const made = older.defaults!({
      apiVersion: "resource.k8s.io/v1beta1",
      kind: "ResourceClaim",
      metadata,
      spec: { devices: { requests: [{ name: "gpu", deviceClassName: "gpu.example.com" }] } },
    });
    const stored = older.toStored!(made) as ResourceClaim;
    expect(stored.spec.devices?.requests).toEqual([
      { name: "gpu", exactly: { deviceClassName: "gpu.example.com", allocationMode: "ExactCount", count: 1 } },
    ]);
    expect((older.fromStored!(stored) as Older.ResourceClaim).spec.devices?.requests?.[0]).toEqual({
      name: "gpu",
      deviceClassName: "gpu.example.com",
      allocationMode: "ExactCount",
      count: 1,
    });
  });
});

describe("ResourceSlice", () => {
  const slice = (spec: Partial<ResourceSliceSpec>): ResourceSlice => ({
    apiVersion,
    kind: "ResourceSlice",
    metadata: { name: "a" },
    spec: {
      driver: "gpu.example.com",
      pool: { name: "node-1", generation: 1, resourceSliceCount: 1 },
      nodeName: "node-1",
      ...spec,
    },
  });
  const device = (more: Partial<Device>): Partial<ResourceSliceSpec> => ({ devices: [{ name: "gpu-0", ...more }] });
  const WHERE = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";

  const cases: [name: string, spec: Partial<ResourceSliceSpec>, errors: string[]][] = [
    [
      "good",
      device({
        attributes: { model: { string: "a" }, "x.io/v": { version: "1.2.3" } },
        capacity: { memory: { value: "1Gi" } },
      }),
      [],
    ],
    ["nowhere", { nodeName: undefined as never }, [`spec: Required value: ${WHERE}`]],
    [
      "in two places",
      { allNodes: true },
      [`spec: Invalid value: "{\`nodeName\`, \`allNodes\`}": ${WHERE}, but multiple fields are set`],
    ],
    [
      "an empty pool",
      { pool: { name: "", generation: -1, resourceSliceCount: 0 } },
      [
        "spec.pool.name: Required value",
        "spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero",
        "spec.pool.generation: Invalid value: -1: must be greater than or equal to zero",
      ],
    ],
    ["a device twice", { devices: [{ name: "a" }, { name: "a" }] }, ['spec.devices[1]: Duplicate value: "a"']],
    [
      "an attribute without value and one that is no version",
      device({ attributes: { a: {}, b: { version: "1" } } }),
      [
        'spec.devices[0].attributes[a]: Invalid value: "": exactly one value must be specified',
        'spec.devices[0].attributes[b].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
      ],
    ],
    [
      "a policy of a device that is not shared",
      device({ capacity: { memory: { value: "1Gi", requestPolicy: { default: "1Mi" } } } }),
      ["spec.devices[0].capacity[memory].requestPolicy: Forbidden: allowMultipleAllocations must be true"],
    ],
    [
      "steps",
      device({
        allowMultipleAllocations: true,
        capacity: {
          memory: { value: "8", requestPolicy: { default: "3", validRange: { min: "2", max: "9", step: "2" } } },
        },
      }),
      [
        'spec.devices[0].capacity[memory].requestPolicy.validRange.max: Invalid value: "9": max is larger than capacity value: 8',
        'spec.devices[0].capacity[memory].requestPolicy.validRange.step: Invalid value: "3": value is not a multiple of a given step (2) from (2)',
        'spec.devices[0].capacity[memory].requestPolicy.validRange.step: Invalid value: "9": value is not a multiple of a given step (2) from (2)',
      ],
    ],
    [
      "a default outside of its range",
      device({
        allowMultipleAllocations: true,
        capacity: {
          low: { value: "8", requestPolicy: { default: "1", validRange: { min: "2" } } },
          high: { value: "8", requestPolicy: { default: "5", validRange: { min: "2", max: "4" } } },
        },
      }),
      [
        'spec.devices[0].capacity[low].requestPolicy.validRange.min: Invalid value: "1": default is less than min: 2',
        'spec.devices[0].capacity[high].requestPolicy.validRange.max: Invalid value: "5": default is more than max: 4',
      ],
    ],
    [
      "a taint without effect",
      device({ taints: [{ key: "a" } as never] }),
      ["spec.devices[0].taints[0].effect: Required value"],
    ],
    [
      "binding conditions without the other kind",
      device({ bindingConditions: ["ready"] }),
      [
        "spec.devices[0].bindingFailureConditions: Invalid value: []: bindingFailureConditions are required to use bindingConditions",
      ],
    ],
    [
      "too many devices",
      { devices: Array.from({ length: 129 }, (_, i) => ({ name: `d-${i}` })) },
      ["spec.devices: Too many: 129: must have at most 128 items"],
    ],
  ];
  it.each(cases)("RSL-1 %s", (_, spec, errors) => {
    expect(createErrors(resourceSlice, slice(spec))).toEqual(errors);
  });

  it("RSL-2 stays with its pool, driver and node", () => {
    expect(
      updateErrors(resourceSlice, slice({}), (next) => {
        next.spec.pool.name = "b";
        next.spec.nodeName = "other";
      }),
    ).toEqual([
      'spec.pool.name: Invalid value: "b": field is immutable',
      'spec.nodeName: Invalid value: "other": field is immutable',
    ]);
  });

  it("RSL-3 v1beta1 keeps devices below basic", () => {
    const older = olderKind("resourceslices");
    const object = { ...slice({}), apiVersion: "resource.k8s.io/v1beta1" };
    const devices = [{ name: "a", basic: { attributes: { model: { string: "x" } } } }];
    const stored = older.toStored!({ ...object, spec: { ...object.spec, devices } }) as ResourceSlice;
    expect(stored.spec.devices).toEqual([{ name: "a", attributes: { model: { string: "x" } } }]);
    expect((older.fromStored!(stored) as Older.ResourceSlice).spec.devices).toEqual(devices);
  });
});

describe("DeviceClass, DeviceTaintRule", () => {
  it("DC-1 selectors, configuration and the resource it stands for", () => {
    const object: DeviceClass = {
      apiVersion,
      kind: "DeviceClass",
      metadata: { name: "gpu" },
      spec: { selectors: [{}], config: [{}], extendedResourceName: "cpu" },
    };
    expect(createErrors(deviceClass, object)).toEqual([
      "spec.selectors[0].cel: Required value",
      "spec.config[0].opaque: Required value",
      'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
    ]);
  });

  const expressions: [text: string, errors: string[]][] = [
    ['device.driver == "dra.example.com"', []],
    ['device.attributes["a.example"].?model.orValue("") == "x" && device.allowMultipleAllocations', []],
    ['device.capacity["a.example"].memory.isGreaterThan(quantity("1Gi"))', []],
    ['device.attributes["a.example"].isBig', []],
    [
      "device.attributes[true].someBoolean",
      [
        "compilation failed: ERROR: <input>:1:18: found no matching overload for '_[_]' applied to '(map(string, map(string, any)), bool)'\n | device.attributes[true].someBoolean\n | .................^",
      ],
    ],
    ["device.driver", ["must evaluate to bool or the unknown type, not string"]],
  ];
  it.each(expressions)("DC-2 %s", (expression, errors) => {
    const object: DeviceClass = {
      apiVersion,
      kind: "DeviceClass",
      metadata: { name: "gpu" },
      spec: { selectors: [{ cel: { expression } }] },
    };
    const path = `spec.selectors[0].cel.expression: Invalid value: ${JSON.stringify(expression)}`;
    expect(createErrors(deviceClass, object)).toEqual(errors.map((error) => `${path}: ${error}`));
  });

  const domain = 'device.attributes["dra.example.com"]';
  const digits = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]";
  const folds = Array.from({ length: 7 }, (_, i) => `${digits}.all(x${i}, `).join("");
  const dear = `${folds}int('1'.find('[0-9]*')) < 100${")".repeat(7)}`;
  // What upstream says these cost at most.
  it.each([
    ["true", 0],
    ['device.attributes["no-such-domain"].a.isGreaterThan(quantity("0"))', 6],
    ['"dra.example.com" in device.attributes', 3],
    ['device.driver == ""', 2],
    ['device.driver == "dra.example.com"', 4],
    [`${domain}.name`, 4],
    [`${domain}["name"]`, 4],
    [`cel.bind(dra, ${domain}, dra.name)`, 15],
    [`${domain}.name > 0`, 5],
    [`${domain}.name == "fish"`, 5],
    [`${domain}.name.exists(x, x > 0)`, 5 + 6 * 64],
    [`${domain}.name.all(x, x != "")`, 5 + 4 * 64],
    [`${domain}.name.all(x, x.isGreaterThan(semver("0.0.1")))`, 5 + 6 * 64],
    [`${domain}.names.size() == 2`, 6],
    [`1 in ${domain}.names`, 4 + 64],
    [`${domain}.name.isGreaterThan(semver("v0.0.1", true)) && isSemver("v1.0.0", true)`, 7],
    ['"a" in device.capacity["b"] && device.capacity["b"].a.isGreaterThan(quantity("1Ki"))', 10],
    ['!("a" in device.capacity["b"]) || device.capacity["b"].a.isGreaterThan(quantity("1Ki"))', 11],
    ['device.attributes.exists_one(x, x == "dra.example.com")', 164],
    [`${domain}.exists_one(x, x == "services")`, 133],
    [`${domain}.services.split("example").size() >= 2`, 19],
    [`${domain}.services.matches("[^a]?sym")`, 18],
    ['device.capacity["dra.example.com"].exists_one(x, x == "memory")', 133],
    ["device.allowMultipleAllocations == true", 3],
    [dear, 85_555_551],
  ] as [string, number][])("DC-3 %s costs at most %d", (expression, most) => {
    const compiled = compileDeviceExpression(expression, { estimates: true });
    expect(compiled.ok && compiled.estimate?.max).toBe(most);
  });

  it("DC-4 an expression that may cost more than an evaluation may is refused", () => {
    const object = {
      apiVersion,
      kind: "DeviceClass",
      metadata: { name: "gpu" },
      spec: { selectors: [{ cel: { expression: dear } }] },
    } as DeviceClass;
    const message = "spec.selectors[0].cel.expression: Forbidden: too complex, exceeds cost limit";
    expect(createErrors(deviceClass, object)).toEqual([message]);
  });

  it("DTR-1 a rule's selector and taint", () => {
    const object: DeviceTaintRule = {
      apiVersion: "resource.k8s.io/v1beta2",
      kind: "DeviceTaintRule",
      metadata: { name: "a" },
      spec: { deviceSelector: { pool: "" }, taint: { key: "a", effect: "Sometimes" as never } },
    };
    expect(createErrors(deviceTaintRule, object)).toEqual([
      "spec.deviceSelector.pool: Required value",
      'spec.taint.effect: Unsupported value: "Sometimes": supported values: "NoExecute", "NoSchedule", "None"',
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { created, createErrors, updateErrors } from "../judge.ts";
import { customResourceDefinition } from "./custom-resource-definition.ts";
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from "./v1-types.ts";

type Spec = Partial<CustomResourceDefinition["spec"]>;
type Version = Partial<CustomResourceDefinitionVersion>;

const spec = { type: "object", properties: { color: { type: "string" }, parts: { type: "object" } } };
const schema = { openAPIV3Schema: { type: "object", properties: { spec } } };
const version = (changes: Version = {}): CustomResourceDefinitionVersion => ({
  name: "v1",
  served: true,
  storage: true,
  schema,
  ...changes,
});
const other = version({ name: "v2", storage: false });

function make(changes: Spec = {}, annotations?: { [key: string]: string }): CustomResourceDefinition {
  const group = changes.group ?? "example.com";
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `things.${group}`, ...(annotations && { annotations }) },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "things", kind: "Thing" },
      versions: [version()],
      ...changes,
    },
  };
}

const createdWith = (changes: Spec, annotations?: { [key: string]: string }): string[] =>
  createErrors(customResourceDefinition, make(changes, annotations));

describe("CustomResourceDefinition: the spec", () => {
  const cases: [what: string, changes: Spec, errors: string[]][] = [
    [
      "a group without a dot",
      { group: "example" },
      ['spec.group: Invalid value: "example": should be a domain with at least one dot'],
    ],
    [
      "no schema",
      { versions: [{ name: "v1", served: true, storage: true }] },
      ["spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required"],
    ],
    [
      "a root that may be null",
      { versions: [version({ schema: { openAPIV3Schema: { type: "object", nullable: true } } })] },
      ["spec.validation.openAPIV3Schema.nullable: Forbidden: nullable cannot be true at the root"],
    ],
    [
      "unknown fields that are kept",
      { preserveUnknownFields: true },
      [
        "spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
      ],
    ],
  ];
  it.each(cases)("CRD-3 %s", (_, changes, errors) => expect(createdWith(changes)).toEqual(errors));
});

describe("CustomResourceDefinition: versions", () => {
  const scale = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };
  const cases: [what: string, versions: CustomResourceDefinitionVersion[], errors: string[]][] = [
    ["a warning of a deprecated version", [version({ deprecated: true, deprecationWarning: "use v2" })], []],
    [
      "a warning of one that is not",
      [version({ deprecationWarning: "use v2" })],
      ['spec.versions[0].deprecationWarning: Invalid value: "use v2": can only be set for deprecated versions'],
    ],
    [
      "a warning of two lines",
      [version({ deprecated: true, deprecationWarning: "é\n" })],
      [
        'spec.versions[0].deprecationWarning: Invalid value: "é\\n": must only contain printable UTF-8 characters; non-printable character found at index 2',
      ],
    ],
    ["a scale", [version({ subresources: { scale } })], []],
    [
      "a scale that all versions have",
      [version({ subresources: { scale: { specReplicasPath: ".replicas", statusReplicasPath: "status" } } })],
      [
        'spec.subresources.scale.specReplicasPath: Invalid value: ".replicas": should be a json path under .spec',
        'spec.subresources.scale.statusReplicasPath: Invalid value: "status": must be a simple json path starting with .',
      ],
    ],
    [
      "a scale that one of two has",
      [version({ subresources: { scale: { ...scale, labelSelectorPath: ".metadata.labels" } } }), other],
      [
        'spec.versions[0].subresources.scale.labelSelectorPath: Invalid value: ".metadata.labels": should be a json path under either .spec or .status',
      ],
    ],
    [
      "columns",
      [version({ additionalPrinterColumns: [{ name: "", type: "text", format: "hex", jsonPath: "spec" }] })],
      [
        "spec.additionalPrinterColumns[0].name: Required value",
        'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
        'spec.additionalPrinterColumns[0].format: Invalid value: "hex": must be one of byte,date,date-time,double,float,int32,int64,password',
        'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec": must be a simple json path starting with .',
      ],
    ],
    [
      "fields for selectors",
      [
        version({
          selectableFields: [
            ".spec.color",
            ".spec.color",
            ".spec.parts",
            ".spec.size",
            "spec",
            ".spec['color']",
            ".",
          ].map((jsonPath) => ({ jsonPath })),
        }),
      ],
      [
        'spec.selectableFields[1].jsonPath: Duplicate value: ".spec.color"',
        'spec.selectableFields[2].jsonPath: Invalid value: ".spec.parts": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
        'spec.selectableFields[3].jsonPath: Invalid value: ".spec.size": is an invalid path: does not refer to a valid field',
        'spec.selectableFields[4].jsonPath: Invalid value: "spec": is an invalid path: expected [ or . but got: spec',
        `spec.selectableFields[5].jsonPath: Invalid value: ".spec['color']": is an invalid path: array notation is not allowed`,
        'spec.selectableFields[6].jsonPath: Invalid value: ".": is an invalid path: unexpected end of JSON path',
      ],
    ],
  ];
  it.each(cases)("CRD-4 %s", (_, versions, errors) => expect(createdWith({ versions })).toEqual(errors));
});

describe("CustomResourceDefinition: conversion", () => {
  const service = { name: "convert", namespace: "default" };
  const webhook = { clientConfig: { service }, conversionReviewVersions: ["v1"] };
  const cases: [what: string, conversion: CustomResourceDefinition["spec"]["conversion"], errors: string[]][] = [
    ["by a webhook", { strategy: "Webhook", webhook }, []],
    [
      "in some other way",
      { strategy: "Script" },
      ['spec.conversion.strategy: Unsupported value: "Script": supported values: "None", "Webhook"'],
    ],
    [
      "by no webhook",
      { strategy: "Webhook" },
      [
        "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook",
        "spec.conversion.conversionReviewVersions: Required value",
      ],
    ],
    [
      "by a webhook that is nowhere, in reviews that nobody knows",
      { strategy: "Webhook", webhook: { clientConfig: {}, conversionReviewVersions: ["v3", "v3"] } },
      [
        "spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required",
        'spec.conversion.conversionReviewVersions[1]: Invalid value: "v3": duplicate version',
        'spec.conversion.conversionReviewVersions: Invalid value: ["v3","v3"]: must include at least one of v1, v1beta1',
      ],
    ],
    [
      "a webhook that is not used",
      { strategy: "None", webhook },
      [
        "spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook",
        "spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook",
      ],
    ],
  ];
  it.each(cases)("CRD-5 %s", (_, conversion, errors) =>
    expect(createdWith(conversion ? { conversion } : {})).toEqual(errors),
  );
});

describe("CustomResourceDefinition: groups of the community", () => {
  const key = "api-approved.kubernetes.io";
  const lead = `protected groups must have approval annotation "${key}"`;
  const more = "see https://github.com/kubernetes/enhancements/pull/1111";
  const at = `metadata.annotations[${key}]`;
  const cases: [annotation: string, errors: string[]][] = [
    ["", [`${at}: Required value: ${lead}, ${more}`]],
    ["unapproved, an experiment", []],
    ["https://github.com/kubernetes/kubernetes/pull/1", []],
    ["yes", [`${at}: Invalid value: "yes": ${lead} with either a URL or a reason starting with "unapproved", ${more}`]],
  ];
  it.each(cases)("CRD-6 approved by %j", (annotation, errors) => {
    expect(createdWith({ group: "things.k8s.io" }, { [key]: annotation })).toEqual(errors);
    expect(createdWith({ group: "things.k8s.io.example.com" }, { [key]: annotation })).toEqual([]);
  });

  it("CRD-6 what was not approved before may stay so", () => {
    const prev = make({ group: "things.k8s.io" });
    const errors = updateErrors(customResourceDefinition, prev, ({ spec }) => {
      spec.names.shortNames = ["tg"];
    });
    expect(errors).toEqual([]);
  });
});

describe("CustomResourceDefinition: updates", () => {
  const stored = created(customResourceDefinition, make());
  stored.status = { ...stored.status, conditions: [{ type: "Established", status: "True" }] };
  const names = { plural: "things", kind: "Part" };
  const cases: [what: string, changes: Spec, errors: string[]][] = [
    ["another version that is stored", { versions: [version({ storage: false }), { ...other, storage: true }] }, []],
    [
      "a version that is gone, though stored",
      { versions: [version({ name: "v2" })] },
      [
        'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
      ],
    ],
    ["another kind", { names }, ['spec.names.kind: Invalid value: "Part": field is immutable']],
  ];
  it.each(cases)("CRD-7 %s", (_, changes, errors) => {
    const asked = customResourceDefinition.defaults?.(make(changes)) ?? make(changes);
    const next = customResourceDefinition.prepareForUpdate?.(asked, stored) ?? asked;
    const found = customResourceDefinition.validateUpdate?.(next, stored) ?? [];
    expect(found.map(({ field, message }) => `${field}: ${message}`)).toEqual(errors);
  });

  it("CRD-8 names that are accepted look like names", () => {
    const status = { ...stored.status, acceptedNames: { plural: "Things", kind: "Thing" } };
    const rules = customResourceDefinition.subresources?.status;
    const found = rules?.validateUpdate?.({ ...stored, status }, stored) ?? [];
    expect(found.map(({ field }) => field)).toEqual(["status.acceptedNames.plural"]);
  });
});

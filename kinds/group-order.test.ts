import { expect, it } from "vitest";
import { compareGroups } from "./group-order.ts";
import { registry } from "./registry.ts";

it("REG-2 orders groups as upstream's discovery does", () => {
  const groups = [...new Set(registry.all().map((kind) => kind.group))];
  expect(groups).toEqual(groups.toSorted(compareGroups));
  expect(
    [
      "z.example",
      "metrics.k8s.io",
      "resource.k8s.io",
      "a.example",
      "apps",
      "flowcontrol.apiserver.k8s.io",
      "apiregistration.k8s.io",
      "apiextensions.k8s.io",
      "admissionregistration.k8s.io",
      "",
    ].sort(compareGroups),
  ).toEqual([
    "",
    "apiregistration.k8s.io",
    "apps",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "resource.k8s.io",
    "metrics.k8s.io",
    "a.example",
    "z.example",
  ]);
});

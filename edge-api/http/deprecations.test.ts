import { expect, it } from "vitest";
import { deprecationOf, deprecationWarning } from "./deprecations.ts";
import { parseRequestInfo } from "./request-info.ts";

it.each([
  [
    "[DW1] a version with its successor",
    "/api/v1/namespaces/default/endpoints/a",
    "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice",
  ],
  [
    "[DW2] one that will go",
    "/apis/resource.k8s.io/v1beta1/deviceclasses",
    "resource.k8s.io/v1beta1 DeviceClass is deprecated in v1.35+, unavailable in v1.38+",
  ],
  [
    "[DW3] one that will go, with its successor",
    "/apis/storage.k8s.io/v1beta1/volumeattributesclasses",
    "storage.k8s.io/v1beta1 VolumeAttributesClass is deprecated in v1.34+, unavailable in v1.37+; use storage.k8s.io/v1 VolumeAttributesClass",
  ],
  ["[DW4] the successor itself", "/apis/storage.k8s.io/v1/volumeattributesclasses", undefined],
  ["[DW5] any other", "/api/v1/pods", undefined],
])("%s", (_name, path, warning) => {
  const found = deprecationOf(parseRequestInfo("GET", path, undefined));
  expect(found && deprecationWarning(found)).toBe(warning);
});

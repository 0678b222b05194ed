import { describe, expect, it } from "vitest";
import { startApi } from "../../test/api/in-process.ts";
import { serve } from "../http/chain.ts";
import { apiReader } from "./api-reader.ts";

const CONTROLLER = "horizontal-pod-autoscaler";

async function reader(account: string) {
  const { services } = await startApi();
  return apiReader(
    () => ({
      fetch: async (input, init) => serve(services, input instanceof Request ? input : new Request(input, init)),
    }),
    account,
  );
}

describe("apiReader", () => {
  it("[AR1] has the rights of an account that needs not exist", async () => {
    const list = await (await reader(CONTROLLER)).get("/apis/metrics.k8s.io/v1beta1/namespaces/default/pods");
    expect(list).toMatchObject({ kind: "PodMetricsList" });
  });

  it("[AR2] and no others", async () => {
    await expect((await reader("nobody")).get("/api/v1/namespaces/default/pods")).rejects.toThrow(
      'pods is forbidden: User "system:serviceaccount:kube-system:nobody" cannot list resource "pods"',
    );
  });

  it.each([
    {
      name: "[AR3] what is not there",
      path: "/apis/apps/v1/namespaces/default/deployments/web/scale",
      message: 'deployments.apps "web" not found',
    },
    {
      name: "[AR4] what nobody serves",
      path: "/apis/custom.metrics.k8s.io/v1beta2/namespaces/default/pods/*/qps",
      message: "the server could not find the requested resource (get pods.custom.metrics.k8s.io)",
    },
  ])("$name", async ({ path, message }) => {
    await expect((await reader(CONTROLLER)).get(path)).rejects.toThrow(message);
  });
});

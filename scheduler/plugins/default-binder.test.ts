import { describe, expect, it } from "vitest";
import { TestCluster } from "../testing/builders.ts";
import { defaultBinder } from "./default-binder.ts";

describe("DefaultBinder", () => {
  it("[DB1] binds this very pod", () => {
    const pod = new TestCluster().pending({ namespace: "n", name: "p" });
    expect(defaultBinder.bind(pod, "node")).toEqual({
      verb: "create",
      resource: "pods",
      namespace: "n",
      name: "p",
      subresource: "binding",
      object: {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { namespace: "n", name: "p", uid: "uid-of-p" },
        target: { kind: "Node", name: "node" },
      },
    });
  });
});

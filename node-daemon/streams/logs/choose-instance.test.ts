import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../machinery/meta/object.ts";
import type { ContainerInstance, RunningPod } from "../../contracts.ts";
import { chooseInstance } from "./choose-instance.ts";
import { parseLogOptions } from "./log-options.ts";

const instance = (attempt: number, state: ContainerInstance["state"]): ContainerInstance => ({
  id: `c${attempt}`,
  state,
  attempt,
  logPath: "",
  tty: false,
  stdin: false,
});

const podWith = (instances: ContainerInstance[]): RunningPod => ({
  namespace: "ns",
  name: "web",
  uid: "u",
  sandboxId: "s",
  podIp: undefined,
  hostNetwork: false,
  containers: new Map([["c", instances]]),
});

const objectWith = (state: object | undefined): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "ns" },
  spec: { containers: [{ name: "c" }], initContainers: [{ name: "i" }] },
  status: { containerStatuses: state ? [{ name: "c", state }] : [] },
});

const running = instance(1, "running");
const dead = instance(0, "exited");
const waiting = (reason?: string) => ({ waiting: reason ? { reason } : {} });

describe("whose log is meant", () => {
  it.each([
    { name: "[LC1] the running one", instances: [running, dead], state: { running: {} }, id: "c1" },
    {
      name: "[LC2] before it, the last terminated",
      instances: [running, dead],
      state: { running: {} },
      previous: true,
      id: "c0",
    },
    {
      name: "[LC3] between starts, the last one",
      instances: [instance(1, "exited"), dead],
      state: waiting("CrashLoopBackOff"),
      id: "c1",
    },
    {
      name: "[LC4] which is the previous one, too",
      instances: [instance(1, "exited"), dead],
      state: waiting("CrashLoopBackOff"),
      previous: true,
      id: "c1",
    },
    { name: "[LC5] one that has ended for good", instances: [dead], state: { terminated: {} }, id: "c0" },
    {
      name: "[LC6] while the next is being made, the one before",
      instances: [instance(1, "created"), dead],
      state: waiting(),
      id: "c0",
    },
  ])("$name", ({ instances, state, previous = false, id }) => {
    const options = {
      pod: podWith(instances),
      object: objectWith(state),
      podName: "web",
      containerName: "c",
      previous,
    };
    expect(chooseInstance(options).id).toBe(id);
  });

  const which = 'container "c" in pod "web"';
  it.each([
    {
      name: "[LC7] being created",
      state: waiting("ContainerCreating"),
      message: `${which} is waiting to start: ContainerCreating`,
    },
    {
      name: "[LC8] image missing",
      state: waiting("ErrImagePull"),
      message: `${which} is waiting to start: image can't be pulled`,
    },
    {
      name: "[LC9] image still missing",
      state: waiting("ImagePullBackOff"),
      message: `${which} is waiting to start: trying and failing to pull image`,
    },
    { name: "[LC10] no reason", state: waiting(), message: `${which} is waiting to start - no logs yet` },
    { name: "[LC11] no status", state: undefined, message: `${which} is not available` },
    { name: "[LC12] gone from the runtime", state: { terminated: {} }, message: `${which} is terminated` },
    {
      name: "[LC13] no previous one",
      state: { running: {} },
      instances: [running],
      previous: true,
      message: `previous terminated ${which} not found`,
    },
    {
      name: "[LC14] no such container",
      container: "x",
      message: 'container "x" not found in pod "web"\n',
      status: 404,
    },
  ])("$name", ({ state, instances = [], previous = false, container = "c", message, status = 400 }) => {
    const options = {
      pod: podWith(instances),
      object: objectWith(state),
      podName: "web",
      containerName: container,
      previous,
    };
    expect(() => chooseInstance(options)).toThrow(expect.objectContaining({ message, status }));
  });

  it("[LC15] no such pod", () => {
    const options = { pod: undefined, object: undefined, podName: "web", containerName: "c", previous: false };
    expect(() => chooseInstance(options)).toThrow(
      expect.objectContaining({ status: 404, message: 'pod "web" does not exist\n' }),
    );
  });
});

describe("what a log request says", () => {
  const parse = (query: string) => parseLogOptions(new URLSearchParams(query), 100_000);
  it("[LC16] all of it", () => {
    expect(parse("follow=true&previous=1&timestamps&tailLines=5&sinceSeconds=10&limitBytes=7")).toEqual({
      follow: true,
      previous: true,
      timestamps: true,
      tailLines: 5,
      sinceMs: 90_000,
      limitBytes: 7,
      stream: "All",
    });
    expect(parse("sinceTime=1970-01-01T00:00:05Z&follow=false")).toMatchObject({ sinceMs: 5_000, follow: false });
  });
  it.each([
    "tailLines=-1",
    "tailLines=x",
    "limitBytes=0",
    "sinceSeconds=1&sinceTime=1970-01-01T00:00:05Z",
    "sinceTime=x",
    "stream=Both",
    "stream=Stdout&tailLines=1",
    "tailLines=99999999999999999999",
  ])("[LC17] %s is refused", (query) => expect(() => parse(query)).toThrow(expect.objectContaining({ status: 400 })));
});

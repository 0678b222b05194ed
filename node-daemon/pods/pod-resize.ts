/** How one pod's change of resources goes: asked for, granted, given. Tells of each step. */
import type { PodStatus } from "../../kinds/core/v1-types.ts";
import type { EventRecorder } from "./events.ts";
import type { ObservedPod } from "./observed.ts";
import type { NodePod } from "./pod.ts";
import {
  type Granted,
  grantedBefore,
  type ResizePending,
  resizeIsUnderWay,
  resizeSummary,
  resourcesOf,
  WHOLE_POD,
  withGranted,
} from "./resize.ts";
import { podResizable } from "./resources.ts";

export interface ResizeProgress {
  /** Of the spec that is being carried out. */
  generation: number | undefined;
  /** What went wrong at the last try. */
  error?: string | undefined;
}

export interface ResizeState {
  /** Not granted, and why. */
  pending?: ResizePending | undefined;
  /** Granted, and not all given yet. */
  progress?: ResizeProgress | undefined;
}

export class PodResize {
  readonly #events: EventRecorder;
  /** What running containers, and the pod, have been given since they were made. */
  readonly resized = new Map<string, string>();
  #granted: Granted | undefined;
  /** Granted as it is: most looks at a pod find it unchanged. */
  #grantedSpec: NodePod["spec"] | undefined;
  #state: ResizeState = {};

  constructor(events: EventRecorder) {
    this.#events = events;
  }

  get state(): ResizeState {
    return this.#state;
  }

  /** The pod with the resources it may have: those of its spec, unless they cannot be given yet. */
  allocated(pod: NodePod): NodePod {
    return this.#state.pending && this.#granted ? withGranted(pod, this.#granted) : pod;
  }

  /**
   * Grants what the spec asks for, or not.
   *
   * @param known what the API was told, for a daemon that has just started
   * @param mayResize undefined: yes
   */
  judge(
    pod: NodePod,
    known: PodStatus | undefined,
    mayResize: (pod: NodePod, before: NodePod) => ResizePending | undefined,
  ): void {
    if (pod.spec === this.#grantedSpec) return;
    const before = withGranted(pod, this.#granted ?? grantedBefore(pod, known));
    const pending = before === pod ? undefined : mayResize(pod, before);
    const { generation } = pod.metadata;
    if (!this.resized.has(WHOLE_POD)) this.resized.set(WHOLE_POD, podResizable(before));
    if (pending) {
      this.#grantedSpec = undefined;
      this.#granted ??= resourcesOf(before);
      const told = this.#state.pending;
      this.#state = { ...this.#state, pending };
      if (told?.reason === pending.reason && told.message === pending.message) return;
      this.#tell(pod, "Warning", `Resize${pending.reason}`, {
        title: `Pod resize ${pending.reason}`,
        generation,
        error: pending.message,
      });
      return;
    }
    this.#granted = resourcesOf(pod);
    this.#grantedSpec = pod.spec;
    if (before === pod) {
      if (this.#state.pending) this.#state = { progress: this.#state.progress };
      return;
    }
    this.#state = { progress: { generation } };
    this.#tell(pod, "Normal", "ResizeStarted", { title: "Pod resize started", generation });
  }

  /** What came of a try to give it. @param error undefined: nothing went wrong */
  tried(pod: NodePod, observed: ObservedPod, error: string | undefined): void {
    const underWay = error !== undefined || resizeIsUnderWay(pod, observed, this.resized);
    const { pending, progress } = this.#state;
    const generation = progress?.generation ?? pod.metadata.generation;
    if (!underWay) {
      if (!progress) return;
      this.#state = { pending };
      this.#tell(pod, "Normal", "ResizeCompleted", { title: "Pod resize completed", generation });
      return;
    }
    // A daemon that has just started may find one under way.
    this.#state = { pending, progress: { generation, error } };
    if (error === undefined || error === progress?.error) return;
    this.#tell(pod, "Warning", "ResizeError", { title: "Pod resize error", generation, error });
  }

  #tell(
    pod: NodePod,
    type: "Normal" | "Warning",
    reason: string,
    { title, generation = 0, error }: { title: string; generation: number | undefined; error?: string },
  ): void {
    this.#events.pod(pod, type, reason, `${title}: ${resizeSummary(pod, generation, error)}`);
  }
}

import type { Answer, Question } from "../runner/controller.ts";

/** Names kept in memory. */
const MAX_NAMES = 20_000;

export interface Place {
  driver: string;
  volumeHandle: string;
  nodeName: string;
}

/** As kubelets call an attachable CSI volume in their node's status. */
export const uniqueName = ({ driver, volumeHandle }: Omit<Place, "nodeName">): string =>
  `kubernetes.io/csi/${driver}^${volumeHandle}`;

const textOf = ({ driver, volumeHandle, nodeName }: Place): string => volumeHandle + driver + nodeName;

/** The name both sides expect the VolumeAttachment of a volume on a node to have. */
export async function attachmentName(place: Place): Promise<string> {
  const bytes = new TextEncoder().encode(textOf(place));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `csi-${[...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Names that have been worked out: that takes another turn, and plans take none. */
export class AttachmentNames {
  readonly #known = new Map<string, string>();

  /** Takes in what was asked before. */
  learn(answers: ReadonlyMap<string, Answer> | undefined): void {
    for (const [text, answer] of answers ?? []) {
      if (!answer.ok) throw answer.error;
      if (this.#known.size >= MAX_NAMES) this.#known.clear();
      this.#known.set(text, String(answer.value));
    }
  }

  get(place: Place): string | undefined {
    return this.#known.get(textOf(place));
  }

  question(place: Place): Question {
    return { name: textOf(place), ask: () => attachmentName(place) };
  }
}

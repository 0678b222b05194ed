/**
 * What the API's types and fields are for, in words: what `kubectl explain` prints. The words are not part of this
 * project; they are gathered while bundling (`cli/control-plane/descriptions.ts`), and everything works without them.
 */
export interface TypeDescription {
  text?: string;
  fields?: { [name: string]: string };
}

/** By name of the type: "io.k8s.api.core.v1.Pod". */
export type Descriptions = { readonly [type: string]: TypeDescription };

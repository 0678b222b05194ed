import type { KubeObject } from "../../machinery/meta/object.ts";
import type { ObjectKey } from "./contract.ts";
import type { ObjectView, WatchFilter } from "./watch-types.ts";

/** The selectable fields of a kind besides metadata.name and metadata.namespace. */
export type FieldsOf = (resource: string, object: KubeObject) => { [field: string]: string };

/** A text that is parsed when a selector first asks for what only parsing can tell. */
export class TextView implements ObjectView {
  readonly namespace: string;
  readonly name: string;
  readonly text: string;
  readonly #resource: string;
  readonly #fieldsOf: FieldsOf;
  #object: KubeObject | undefined;
  #fields: { [field: string]: string } | undefined;

  constructor(key: ObjectKey, text: string, fieldsOf: FieldsOf) {
    this.namespace = key.namespace;
    this.name = key.name;
    this.text = text;
    this.#resource = key.resource;
    this.#fieldsOf = fieldsOf;
  }

  get object(): KubeObject {
    this.#object ??= JSON.parse(this.text) as KubeObject;
    return this.#object;
  }

  get labels(): { [key: string]: string } {
    return this.object.metadata.labels ?? {};
  }

  get fields(): { [field: string]: string } {
    this.#fields ??= {
      ...this.#fieldsOf(this.#resource, this.object),
      "metadata.name": this.name,
      "metadata.namespace": this.namespace,
    };
    return this.#fields;
  }

  /** One field; does not parse for those that are part of the key. */
  field(field: string): string {
    if (field === "metadata.name") return this.name;
    if (field === "metadata.namespace") return this.namespace;
    return this.fields[field] ?? "";
  }
}

/** Whether a filter lets an object through, parsing it only when it may. */
export const passes = (filter: WatchFilter, view: ObjectView): boolean =>
  (filter.contains === undefined || view.text.includes(filter.contains)) && filter.matches(view);

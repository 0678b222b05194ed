import { describe, expect, it } from "vitest";
import { describe as describeClass, descriptionsFrom } from "./descriptions.ts";
import { describeModel, modelName } from "./model-descriptions.ts";

const declaration = (className: string, fields: string): string => `import { X } from './X.js';
/**
* A thing, with \\"quotes\\" and a star: *_/15.
*/
export declare class ${className} {
${fields}
    static readonly discriminator: string | undefined;
}
`;
const FIELDS = `    /**
    * Goes on.
    */
    '_continue'?: string;
    'plain': V1Other;
    /**
    * Of lists.
    */
    'x_list_type'?: string;
    'ref'?: string;`;

describe("descriptions of API types", () => {
  it("[DS1] are read from a class's comments, names and quotes as they were", () => {
    const found = describeClass(declaration("V1Thing", FIELDS), "V1Thing", [
      "continue",
      "plain",
      "x-list-type",
      "$ref",
    ]);
    expect(found).toEqual({
      text: 'A thing, with "quotes" and a star: */15.',
      fields: { continue: "Goes on.", "x-list-type": "Of lists." },
    });
  });

  it("[DS2] a class that lacks a field is of another type", () => {
    expect(describeClass(declaration("V1Thing", FIELDS), "V1Thing", ["other"])).toBeUndefined();
  });

  it("[DS3] a name with the group goes before one without", () => {
    const field = (says: string) => `    /**\n    * ${says}\n    */\n    'number'?: number;`;
    const classes: { [name: string]: string } = {
      V1ServiceBackendPort: declaration("V1ServiceBackendPort", `${field("plain")}\n    'name'?: string;`),
      NetworkingV1ServiceBackendPort: declaration(
        "NetworkingV1ServiceBackendPort",
        `${field("own")}\n    'name'?: string;`,
      ),
    };
    const found = descriptionsFrom({ readClass: (name) => classes[name], models: new Map() });
    expect(Object.keys(found)).toEqual(["io.k8s.api.networking.v1.ServiceBackendPort"]);
    expect(found["io.k8s.api.networking.v1.ServiceBackendPort"]?.fields?.number).toBe("own");
  });

  const MODEL = `import { X } from "./X.js";
/**
 * A selector.
 */
export interface IDeviceSelector {
    /**
     * First line,\\*
     *
     *   and \\*\\/ another.
     */
    "cel"?: X;
    "plain": {
        [key: string]: string;
    };
    /**
     * Last.
     */
    "x-list"?: string;
}
`;

  it("[DS4] are read from a model's comments line by line, those of fields that refer to other types too", () => {
    expect(describeModel(MODEL, ["cel", "plain", "x-list"])).toEqual({
      text: "A selector.",
      fields: { cel: "First line,*\n\n  and */ another.", "x-list": "Last." },
    });
  });

  it("[DS5] what a class leaves out is told as in v1", () => {
    const names = ["io.k8s.api.resource.v1.DeviceSelector", "io.k8s.api.resource.v1beta1.DeviceSelector"];
    const found = descriptionsFrom({
      readClass: (name) => (name === "V1beta1DeviceSelector" ? declaration(name, "    'cel'?: X;") : undefined),
      models: new Map([[modelName(names[0]!), MODEL]]),
    });
    expect(names.map((name) => found[name]?.fields?.cel?.slice(0, 5))).toEqual(["First", "First"]);
  });
});

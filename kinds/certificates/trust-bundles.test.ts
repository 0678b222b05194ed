import { describe, expect, it } from "vitest";
import { minimalObjects } from "../../test/builders/minimal-objects.ts";
import type { ClusterTrustBundle, ClusterTrustBundleSpec } from "../generated/api/certificates-v1beta1.ts";
import { createErrors, updateErrors } from "../judge.ts";
import { clusterTrustBundle } from "./cluster-trust-bundle.ts";
import { certificatesProblem } from "./issued.ts";
import { pemBlocks } from "./pem.ts";

const { trustBundle: ROOT } = minimalObjects["clustertrustbundles.certificates.k8s.io"]!.spec as ClusterTrustBundleSpec;

const block = (type: string, body: string): string => `-----BEGIN ${type}-----\n${body}\n-----END ${type}-----\n`;

const make = (spec: Partial<ClusterTrustBundleSpec>, name = "a"): ClusterTrustBundle => ({
  apiVersion: "certificates.k8s.io/v1beta1",
  kind: "ClusterTrustBundle",
  metadata: { name, resourceVersion: "1" },
  spec: { trustBundle: ROOT, ...spec },
});

describe("ClusterTrustBundle", () => {
  const SIGNER = "example.com/a";
  const PREFIX = "must be named with prefix example.com:a:";
  const bad = (detail: string): string => `spec.trustBundle: Invalid value: "<value omitted>": ${detail}`;
  const cases: [name: string, object: ClusterTrustBundle, errors: string[]][] = [
    ["CTB-1 an authority", make({}), []],
    ["CTB-1 of a signer", make({ signerName: SIGNER }, "example.com:a:b"), []],
    [
      "CTB-2 without the signer's name before its own",
      make({ signerName: SIGNER }),
      [`metadata.name: Invalid value: "a": ClusterTrustBundle for signerName example.com/a ${PREFIX}`],
    ],
    [
      "CTB-3 named like a signer's",
      make({}, "example.com:a:b"),
      [
        'metadata.name: Invalid value: "example.com:a:b": ClusterTrustBundle without signer name must not have ":" in its name',
      ],
    ],
    [
      "CTB-4 a signer that is none",
      make({ signerName: "a" }, "a:b"),
      [
        "spec.signerName: Invalid value: \"a\": must be a fully qualified domain and path of the form 'example.com/signer-name'",
      ],
    ],
    ["CTB-5 no certificate", make({ trustBundle: "hello" }), [bad("at least one trust anchor must be provided")]],
    [
      "CTB-6 other blocks, headers, what is no certificate",
      make({
        trustBundle: block("PRIVATE KEY", "AAAA") + block("CERTIFICATE", "A: b\n\nAAAA") + block("CERTIFICATE", "AAAA"),
      }),
      [
        bad("entry 0 has bad block type: PRIVATE KEY"),
        bad("entry 1 has PEM block headers"),
        bad("entry 2 does not parse as X.509"),
      ],
    ],
    ["CTB-7 the same twice", make({ trustBundle: ROOT + ROOT }), [bad("duplicate trust anchor (indices [0 1])")]],
    [
      "CTB-8 more than a mebibyte",
      make({ trustBundle: " ".repeat(2 ** 20 + 1) }),
      ["spec.trustBundle: Too long: may not be more than 1048576 bytes"],
    ],
  ];
  it.each(cases)("%s", (_, object, errors) => {
    expect(createErrors(clusterTrustBundle, object)).toEqual(errors);
  });

  it("CTB-9 its signer stays, and what is stored is not judged again", () => {
    const stored = make({ trustBundle: "hello" });
    expect(
      updateErrors(clusterTrustBundle, stored, (next) => {
        next.metadata.labels = { a: "b" };
      }),
    ).toEqual([]);
    const moved = updateErrors(clusterTrustBundle, make({ signerName: SIGNER }, "example.com:a:b"), ({ spec }) => {
      spec.signerName = "example.com/b";
    });
    expect(moved.at(-1)).toBe('spec.signerName: Invalid value: "example.com/b": field is immutable');
  });
});

describe("PEM", () => {
  const found = (text: string): string[] =>
    pemBlocks(text).map(({ type, hasHeaders, data }) => `${type}${hasHeaders ? "+" : ""}=${data}`);
  it.each<[string, string, string[]]>([
    ["PEM-1 blocks among other text", `a\n${block("A", "AAAA")}b\n${block("B", "BBBB")}`, ["A=AAAA", "B=BBBB"]],
    ["PEM-2 nothing in it", "-----BEGIN A-----\n-----END A-----\n", ["A="]],
    ["PEM-3 headers", block("A", "x: y\nz: w\n\nAAAA"), ["A+=AAAA"]],
    ["PEM-4 a block begins a line", `x${block("A", "AAAA")}`, []],
    ["PEM-5 another end", `-----BEGIN A-----\nAAAA\n-----END B-----\n${block("B", "BBBB")}`, ["B=BBBB"]],
    ["PEM-6 no base64", `${block("A", "A")}${block("B", "BBBB")}`, ["B=BBBB"]],
    ["PEM-7 line breaks of other systems", "-----BEGIN A-----\r\nAA\r\nAA\r\n-----END A-----\r\n", ["A=AAAA"]],
    ["PEM-8 text behind the end", "-----BEGIN A-----\nAAAA\n-----END A----- x\n", []],
  ])("%s", (_, text, blocks) => {
    expect(found(text)).toEqual(blocks);
  });

  it("PEM-9 broken blocks cost no more than whole ones", () => {
    const text = "-----BEGIN A-----\n".repeat(60_000);
    const start = performance.now();
    expect(found(text)).toEqual([]);
    expect(found(`${text}-----END B-----\n`)).toEqual([]);
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it("PEM-10 what a signer issues consists of certificates", () => {
    expect(certificatesProblem(`text\n${ROOT}`)).toBeUndefined();
    expect(certificatesProblem("")).toBe("must contain at least one CERTIFICATE PEM block");
    expect(certificatesProblem(block("A", "AAAA"))).toBe('only CERTIFICATE PEM blocks are allowed, found "A"');
    expect(certificatesProblem(block("CERTIFICATE", "AAAA"))).toBe("x509: malformed certificate");
  });
});

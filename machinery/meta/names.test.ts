import { describe, expect, it } from "vitest";
import { cpuMs } from "../../test/cpu-time.ts";
import { cidrContains, formatIp, maskIp, parseCidr, parseIp } from "./ip.ts";
import * as names from "./names.ts";

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

describe("names", () => {
  it.each([
    ["dns1123Label", "a", []],
    ["dns1123Label", "a-1", []],
    ["dns1123Label", "a".repeat(63), []],
    ["dns1123Label", "a".repeat(64), ["must be no more than 63 characters"]],
    ["dns1123Label", "a.b", ["must not contain dots"]],
    ["dns1123Label", "A", [LABEL]],
    ["dns1123Label", "-a", [LABEL]],
    ["dns1123Label", "", [LABEL]],
    ["dns1123Subdomain", "a.b-c.d", []],
    ["dns1123Subdomain", "a..b", [SUBDOMAIN]],
    ["dns1123Subdomain", "a\n", [SUBDOMAIN]],
    ["dns1123Subdomain", "a".repeat(254), ["must be no more than 253 characters"]],
    ["dns1035Label", "a1", []],
    ["wildcardDns1123Subdomain", "*.a.b", []],
    ["labelValue", "", []],
    ["labelValue", "a_b.C", []],
    ["labelValue", "a".repeat(64), ["must be no more than 63 characters"]],
    ["qualifiedName", "example.com/Name_1", []],
    ["qualifiedName", "/a", ["prefix part must be non-empty"]],
    ["qualifiedName", "A/a", [`prefix part ${SUBDOMAIN}`]],
    ["cIdentifier", "_a1", []],
    ["envVarName", "a b.c-1", []],
    [
      "envVarName",
      "a=b",
      ["a valid environment variable name must consist only of printable ASCII characters other than '='"],
    ],
    ["envVarName", "", ["environment variable name must be non-empty"]],
    ["configMapKey", "a.B_c-1", []],
    ["configMapKey", "..", ["must not be '..'"]],
    ["configMapKey", "..a", ["must not start with '..'"]],
    ["portName", "http-1", []],
    ["portName", "8080", ["must contain at least one letter (a-z)"]],
    ["portName", "a--b", ["must not contain consecutive hyphens"]],
    ["portName", "-a", ["must not begin or end with a hyphen"]],
    ["pathSegmentName", "a:b", []],
    ["pathSegmentName", "a/b%", ["may not contain '/'", "may not contain '%'"]],
    ["ipAddress", "10.0.0.1", []],
    ["ipAddress", "::ffff:10.0.0.1", []],
    ["ipAddress", "10.0.0.256", ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]],
    ["cidr", "10.0.0.0/8", []],
    ["cidr", "10.0.0.0/33", ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]],
  ] as [keyof typeof names, string, string[]][])("[NM1] %s %j", (check, value, errors) => {
    const found = Object.entries(names).find(([name]) => name === check)?.[1] as (value: string) => string[];
    expect(found(value)).toEqual(errors);
  });

  it("[NM2] a hostile value is answered at once", () => {
    const tookMs = cpuMs(() => {
      for (const hostile of [`${"a-".repeat(500_000)}!`, `${"a.".repeat(2_000)}!`, "-".repeat(4_000)]) {
        for (const check of [names.dns1123Subdomain, names.labelValue, names.qualifiedName, names.dns1035Label]) {
          expect(check(hostile)).not.toEqual([]);
        }
      }
    });
    expect(tookMs).toBeLessThan(500);
  });
});

describe("addresses", () => {
  it.each([
    ["10.1.2.3", "10.1.2.3"],
    ["::", "::"],
    ["::1", "::1"],
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
    ["1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"],
    ["fe80::", "fe80::"],
    ["1::8", "1::8"],
  ])("[IP1] %s is %s", (text, canonical) => {
    expect(formatIp(parseIp(text)!)).toBe(canonical);
  });

  it.each([
    "",
    "1.2.3",
    "1.2.3.04",
    "1.2.3.4.5",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7:8:9",
    "g::",
    "::1.2.3",
    "1:2:3:4:5:6:7::8:9",
  ])("[IP2] %j is no address", (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it("[IP3] blocks", () => {
    const block = parseCidr("10.244.7.9/20")!;
    expect(formatIp(maskIp(block))).toBe("10.244.0.0");
    expect(cidrContains(block, parseIp("10.244.15.255")!)).toBe(true);
    expect(cidrContains(block, parseIp("10.244.16.0")!)).toBe(false);
    expect(cidrContains(parseCidr("::/0")!, parseIp("::5")!)).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { contains, formatCidr, formatIpv4, parseCidr, parseIpv4 } from "./address.ts";

describe("addresses", () => {
  it.each([
    ["0.0.0.0", 0],
    ["10.96.0.10", 0x0a60000a],
    ["255.255.255.255", 0xffffffff],
    ["256.0.0.1", undefined],
    ["10.96.0.010", undefined],
    ["10.96.0", undefined],
    ["::1", undefined],
    ["10.0.0.1; flush ruleset", undefined],
  ])("[AD1] %s is %s", (text, value) => {
    expect(parseIpv4(text)).toBe(value);
    if (value !== undefined) expect(formatIpv4(value)).toBe(text);
  });

  it.each([
    ["10.244.1.7/24", "10.244.1.0/24"],
    ["192.0.2.200/25", "192.0.2.128/25"],
    ["10.1.2.3", "10.1.2.3/32"],
    ["0.0.0.0/0", "0.0.0.0/0"],
  ])("[AD2] %s covers %s", (text, canonical) => {
    expect(formatCidr(parseCidr(text)!)).toBe(canonical);
  });

  it.each(["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "x/8"])("[AD3] %s is no CIDR", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it("[AD4] contains", () => {
    expect(contains(parseCidr("192.0.2.128/25")!, parseIpv4("192.0.2.200")!)).toBe(true);
    expect(contains(parseCidr("192.0.2.128/25")!, parseIpv4("192.0.2.100")!)).toBe(false);
    expect(contains(parseCidr("0.0.0.0/0")!, parseIpv4("255.255.255.255")!)).toBe(true);
  });
});

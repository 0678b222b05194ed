import { describe, expect, it } from "vitest";
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatBytes,
  formatMilli,
  milliValue,
  parseQuantity,
  subtractQuantities,
  wholeValue,
} from "./quantity.ts";
import { seededRandom } from "./random.ts";

describe("quantities", () => {
  it.each([
    ["0", "0"],
    ["0Gi", "0"],
    ["000.000", "0"],
    ["0.5", "500m"],
    ["1.50", "1500m"],
    ["1000m", "1"],
    ["100m", "100m"],
    ["1500m", "1500m"],
    ["1024Mi", "1Gi"],
    ["1.5Gi", "1536Mi"],
    ["1000Mi", "1000Mi"],
    ["0.5Gi", "512Mi"],
    ["0.5Ki", "512"],
    ["0.5Mi", "512Ki"],
    ["1Ki", "1Ki"],
    ["1023Ki", "1023Ki"],
    ["1000", "1k"],
    ["1234567", "1234567"],
    ["1000000", "1M"],
    ["1e3", "1e3"],
    ["1E3", "1e3"],
    ["12e6", "12e6"],
    ["12e-3", "12e-3"],
    ["1E", "1E"],
    ["1000E", "1e21"],
    ["+5", "5"],
    ["-5", "-5"],
    ["-1.5", "-1500m"],
    ["1.", "1"],
    [".5", "500m"],
    ["0.1n", "1n"],
    ["1.0000000001", "1000000001n"],
    ["-0.1n", "-1n"],
    ["16Ei", "9223372036854775807"],
    ["1.1Ki", "1126400m"],
    [5, "5"],
    [0.5, "500m"],
    [1.5e21, "1500e18"],
    [1e21, "1e21"],
  ])("[QT1] %j is shown as %j", (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
    expect(canonicalQuantity(canonical)).toBe(canonical);
    expect(parseQuantity(canonical)).toBe(parseQuantity(text));
  });

  const format = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
  const suffix = "unable to parse quantity's suffix";
  it.each([
    ["", format],
    [" 1", format],
    ["1 ", format],
    ["aoeu", format],
    ["1.1.M", format],
    ["1+1.0M", format],
    ["1,5", format],
    ["0.1mi", suffix],
    ["1i", suffix],
    ["1KI", format],
    ["-3.01e-", suffix],
    ["1K", suffix],
    ["1mm", suffix],
    ["1e99999", suffix],
    ["9".repeat(200), format],
    [Number.NaN, format],
  ])("[QT2] %j is refused", (text, message) => {
    expect(() => parseQuantity(text)).toThrow(new RangeError(message));
  });

  it.each([
    ["250m", 250, 1],
    ["1", 1000, 1],
    ["1.0005", 1001, 2],
    ["-1.5", -1500, -2],
    ["1n", 1, 1],
    ["4Gi", 4294967296000, 4294967296],
    ["999999999", 999999999000, 999999999],
    ["8Ei", 2 ** 63 * 1000, 2 ** 63],
    [2, 2000, 2],
    [0.1, 100, 1],
  ])("[QT3] %j is %j thousandths, %j whole", (text, milli, whole) => {
    expect(milliValue(text)).toBe(milli);
    expect(wholeValue(text)).toBe(whole);
  });

  it("[QT4] sums keep the family of the first, unless it is zero", () => {
    expect(addQuantities("1Gi", "1024Mi")).toBe("2Gi");
    expect(addQuantities("500m", "500m")).toBe("1");
    expect(addQuantities("0", "1Gi")).toBe("1Gi");
    expect(addQuantities("1Gi", "1")).toBe("1073741825");
    expect(subtractQuantities("1", "250m")).toBe("750m");
    expect(subtractQuantities("1Gi", "1Gi")).toBe("0");
    expect(compareQuantities("1Gi", "1G")).toBe(1);
    expect(compareQuantities("1000m", "1")).toBe(0);
    expect(compareQuantities("1m", "2m")).toBe(-1);
    expect(formatMilli(1500)).toBe("1500m");
    expect(formatBytes(2 ** 30)).toBe("1Gi");
  });

  it("[QT5] the short cut agrees with the exact way", () => {
    const random = seededRandom(1);
    const suffixes = ["", "m", "k", "M", "G", "Ki", "Mi", "Gi"];
    for (let i = 0; i < 2_000; i++) {
      const number = Math.floor(random() * 10 ** Math.floor(random() * 9));
      const text = `${number}${suffixes[Math.floor(random() * suffixes.length)]}`;
      const nanos = parseQuantity(text);
      expect(milliValue(text), text).toBe(Number(nanos / 1_000_000n));
      expect(parseQuantity(canonicalQuantity(text)), text).toBe(nanos);
      expect(canonicalQuantity(canonicalQuantity(text)), text).toBe(canonicalQuantity(` ${text}`.trim()));
      expect(wholeValue(text), text).toBe(Number((nanos + 999_999_999n) / 1_000_000_000n));
    }
  });
});

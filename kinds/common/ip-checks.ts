/** Checks of IP addresses beyond their form. */
import { type FieldError, invalid } from "../../machinery/meta/field-error.ts";
import { parseIp } from "../../machinery/meta/ip.ts";

export const ipFamily = (text: string): "IPv4" | "IPv6" | undefined => {
  const family = parseIp(text)?.family;
  return family === undefined ? undefined : family === 4 ? "IPv4" : "IPv6";
};

/** Addresses that mean the machine itself or its own link can lead to no service. */
export function checkNonSpecialIp(errors: FieldError[], text: string, path: string): void {
  const ip = parseIp(text);
  if (!ip) {
    errors.push(invalid(path, text, "must be a valid IP address"));
    return;
  }
  const [first = 0, second = 0, third = 0] = ip.bytes;
  const four = ip.family === 4;
  const zeroUpTo = (end: number): boolean => ip.bytes.subarray(0, end).every((byte) => byte === 0);
  if (zeroUpTo(ip.bytes.length)) errors.push(invalid(path, text, `may not be unspecified (${text})`));
  if (four ? first === 127 : zeroUpTo(15) && ip.bytes[15] === 1) {
    errors.push(invalid(path, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)"));
  }
  if (four ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80) {
    errors.push(invalid(path, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"));
  }
  if (four ? first === 224 && second === 0 && third === 0 : first === 0xff && (second & 0x0f) === 2) {
    errors.push(invalid(path, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"));
  }
}

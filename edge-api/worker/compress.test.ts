import { describe, expect, it } from "vitest";
import { LARGE_HEADER } from "../http/large.ts";
import { compressed } from "./compress.ts";

const text = "kedge ".repeat(50_000);
const large = (): Response => new Response(text, { headers: { [LARGE_HEADER]: "1", "content-type": "text/plain" } });

describe("compression", () => {
  it("[GZ1] large answers, for those who take it", async () => {
    const response = compressed(large(), "gzip, deflate");
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(response.headers.get("vary")).toBe("Accept-Encoding");
    const bytes = await response.arrayBuffer();
    expect(bytes.byteLength).toBeLessThan(text.length / 10);
    const plain = new Response(bytes).body!.pipeThrough(new DecompressionStream("gzip"));
    expect(await new Response(plain).text()).toBe(text);
  });

  it.each([
    ["[GZ2] who says nothing", null],
    ["[GZ3] who takes others only", "br"],
    ["[GZ4] who refuses it", "gzip;q=0"],
  ])("%s gets it as it is", async (_name, accept) => {
    const response = compressed(large(), accept);
    expect(response.headers.get("content-encoding")).toBeNull();
    expect(response.headers.get(LARGE_HEADER)).toBeNull();
    expect(await response.text()).toBe(text);
  });

  it("[GZ5] small answers pass through untouched", () => {
    const response = new Response("ok");
    expect(compressed(response, "gzip")).toBe(response);
  });
});

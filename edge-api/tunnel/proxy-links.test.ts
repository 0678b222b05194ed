import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { cpuMs } from "../../test/cpu-time.ts";
import { proxyPlace, rootRedirect, throughProxy } from "./proxy-answer.ts";
import { proxyPrefix, rewriteHtml, rewriteUrl } from "./proxy-links.ts";

const PREFIX = "/api/v1/namespaces/ns/pods/web:80/proxy";
const place = { prefix: PREFIX, hosts: ["edge:8443", "10.244.0.5:80"] };

describe("links through the proxy", () => {
  it.each([
    ["[X1] absolute path", "/a?b#c", `${PREFIX}/a?b#c`],
    ["[X2] with the slash at its end", "/dir/", `${PREFIX}/dir/`],
    ["[X3] relative", "a/b", "a/b"],
    ["[X4] of the backend itself", "http://10.244.0.5:80/x", `${PREFIX}/x`],
    ["[X5] of the host the client asked", "https://edge:8443/x", `${PREFIX}/x`],
    ["[X6] of the host, without a path", "//edge:8443", `${PREFIX}/`],
    ["[X7] of another server", "http://example.com/x", "http://example.com/x"],
    ["[X8] through the proxy already", `${PREFIX}/x`, `${PREFIX}/x`],
    ["[X9] no URL of a page", "mailto:a@b", "mailto:a@b"],
  ])("%s", (_name, url, out) => expect(rewriteUrl(url, place)).toBe(out));

  it.each([
    ["[X10] links", '<a href="/rewriteme">test</a>', `<a href="${PREFIX}/rewriteme">test</a>`],
    ["[X11] however quoted", "<img src=/a><IMG SRC='/b'>", `<img src=${PREFIX}/a><IMG SRC='${PREFIX}/b'>`],
    ["[X12] among other attributes", '<a x y=1 href = "/z" title="/t">', `<a x y=1 href = "${PREFIX}/z" title="/t">`],
    ["[X13] not in comments", '<!-- <a href="/no"> -->', '<!-- <a href="/no"> -->'],
    [
      "[X14] not in scripts",
      '<script src="/s">"<a href=\'/no\'>"</script>',
      `<script src="${PREFIX}/s">"<a href='/no'>"</script>`,
    ],
    ["[X15] not in text", 'a < b href="/no"', 'a < b href="/no"'],
    ["[X16] not where nobody closed a quote", '<a href="/x', '<a href="/x'],
  ])("%s", (_name, html, out) => expect(rewriteHtml(html, place)).toBe(out));

  it("[X17] hostile pages take linear time", () => {
    const tookMs = cpuMs(() => {
      for (const part of ["<a ", '<a href="', "<title></title>", "<!--", "<a b='\"", "< "])
        rewriteHtml(part.repeat(200_000), place);
    });
    expect(tookMs).toBeLessThan(2_000);
  });

  it.each([
    ["/api/v1/namespaces/ns/services/https:web:443/proxy/x", "/api/v1/namespaces/ns/services/https:web:443/proxy"],
    ["/api/v1/nodes/n1/proxy", "/api/v1/nodes/n1/proxy"],
    ["/api/v1/namespaces/ns/pods/proxy/log", undefined],
    ["/api/v1/namespaces/ns/pods/a/proxyx", undefined],
  ])("[X18] %s", (path, prefix) => expect(proxyPrefix(path)).toBe(prefix));
});

describe("answers through the proxy", () => {
  const request = (path: string, init: RequestInit = {}) => new Request(`https://edge:8443${path}`, init);

  it("[X19] the proxy without its slash is not the proxy", () => {
    expect(rootRedirect(request(`${PREFIX}?a=b`))?.headers.get("location")).toBe(`${PREFIX}/?a=b`);
    expect(rootRedirect(request(`${PREFIX}/`))).toBeUndefined();
    expect(rootRedirect(request(PREFIX, { method: "POST" }))).toBeUndefined();
    expect(rootRedirect(request("/api/v1/pods"))).toBeUndefined();
  });

  it("[X20] the backend learns what the client asked for", () => {
    expect(proxyPlace(request(`${PREFIX}/a/`), "/proxy/http/10.244.0.5:80/a/")).toEqual({
      ...place,
      forwardedUri: `${PREFIX}/a/`,
    });
    expect(proxyPlace(request("/api/v1/nodes/n/proxy/pods"), "/pods")).toBeUndefined();
  });

  it("[X21] redirects come back through it", async () => {
    const answer = await throughProxy(new Response(null, { status: 302, headers: { location: "/login" } }), place);
    expect(answer.headers.get("location")).toBe(`${PREFIX}/login`);
  });

  it("[X22] so do links of pages, compressed or not; other things pass", async () => {
    const html = '<a href="/x">';
    for (const [body, encoding] of [
      [html, "identity"],
      [gzipSync(html), "gzip"],
    ] as const) {
      const headers = { "content-type": "text/html; charset=utf-8", "content-encoding": encoding };
      const answer = await throughProxy(new Response(body, { headers }), place);
      expect(await answer.text()).toBe(`<a href="${PREFIX}/x">`);
      expect(answer.headers.get("content-encoding")).toBe("identity");
    }
    const script = await throughProxy(new Response(html, { headers: { "content-type": "text/javascript" } }), place);
    expect(await script.text()).toBe(html);
  });

  it("[X23] a page too long to hold passes whole", async () => {
    const page = '<a href="/x">'.repeat(500_000);
    const answer = await throughProxy(new Response(page, { headers: { "content-type": "text/html" } }), place);
    expect(await answer.text()).toBe(page);
  });
});

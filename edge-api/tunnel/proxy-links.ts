/**
 * A proxied page believes it lives at "/": what it links to must go through the proxy again. As kube-apiserver does it.
 * Source: k8s.io/apimachinery/pkg/util/proxy/transport.go
 */

export interface ProxyPlace {
  /** "/api/v1/namespaces/ns/services/web:80/proxy" */
  prefix: string;
  /** Hosts that mean the proxied server: the client's Host, and the backend's address. */
  hosts: readonly string[];
}

/** The prefix of a client's proxy URL; undefined for other URLs. */
export const proxyPrefix = (pathname: string): string | undefined =>
  /^\/api\/v1\/(?:namespaces\/[^/]+\/(?:pods|services)|nodes)\/[^/]+\/proxy(?=\/|$)/.exec(pathname)?.[0];

/** A URL of the proxied server as seen through the proxy. Relative ones and those of other servers stay. */
export function rewriteUrl(url: string, { prefix, hosts }: ProxyPlace): string {
  const absolute = /^(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?\/\/([^/?#]*)(.*)$/s.exec(url);
  if (absolute && !hosts.includes(absolute[1]!)) return url;
  const path = absolute ? absolute[2]! || "/" : url;
  if (!path.startsWith("/")) return url;
  return path.startsWith(`${prefix}/`) || path === prefix ? path : prefix + path;
}

/** Attributes that hold one URL, by element. */
const URL_ATTRIBUTES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    a: ["href"],
    applet: ["codebase"],
    area: ["href"],
    audio: ["src"],
    base: ["href"],
    blockquote: ["cite"],
    body: ["background"],
    button: ["formaction"],
    command: ["icon"],
    del: ["cite"],
    embed: ["src"],
    form: ["action"],
    frame: ["longdesc", "src"],
    head: ["profile"],
    html: ["manifest"],
    iframe: ["longdesc", "src"],
    img: ["longdesc", "src", "usemap"],
    input: ["src", "usemap", "formaction"],
    ins: ["cite"],
    link: ["href"],
    object: ["classid", "codebase", "data", "usemap"],
    q: ["cite"],
    script: ["src"],
    source: ["src"],
    video: ["poster", "src"],
  }).map(([element, attributes]) => [element, new Set(attributes)]),
);

/** Elements whose content is text, whatever it looks like. */
const RAW_TEXT = new Set(["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"]);

const TAG_NAME = /[a-zA-Z][^\s/>]*/y;
const ATTRIBUTE = /[\s/]*([^\s=>/]+)(\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?/y;

/** The page with its links rewritten. One pass; what is not well-formed to its end stays as it is. */
export function rewriteHtml(html: string, place: ProxyPlace): string {
  let out = "";
  let copied = 0;
  let lowered: string | undefined;
  for (let at = html.indexOf("<"); at >= 0; at = html.indexOf("<", at)) {
    if (html.startsWith("<!--", at)) {
      const end = html.indexOf("-->", at + 4);
      if (end < 0) break;
      at = end + 3;
      continue;
    }
    TAG_NAME.lastIndex = at + 1;
    const name = TAG_NAME.exec(html)?.[0].toLowerCase();
    if (!name) {
      at++;
      continue;
    }
    const wanted = URL_ATTRIBUTES.get(name);
    let position = at + 1 + name.length;
    for (;;) {
      ATTRIBUTE.lastIndex = position;
      const match = ATTRIBUTE.exec(html);
      if (!match) break;
      position = ATTRIBUTE.lastIndex;
      const value = match[3] ?? match[4] ?? match[5];
      if (value === undefined || !wanted?.has(match[1]!.toLowerCase())) continue;
      const quoted = match[5] === undefined ? 1 : 0;
      const start = position - value.length - quoted;
      out += html.slice(copied, start) + rewriteUrl(value, place);
      copied = start + value.length;
    }
    at = position;
    if (!RAW_TEXT.has(name)) continue;
    lowered ??= html.toLowerCase();
    const end = lowered.indexOf(`</${name}`, at);
    if (end < 0) break;
    at = end + 2;
  }
  return out + html.slice(copied);
}

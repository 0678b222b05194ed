/** `$(NAME)` in commands, arguments and variables. Rules: k8s.io/kubernetes/third_party/forked/golang/expansion. */

/**
 * Replaces `$(NAME)` where `lookup` knows NAME; else leaves it as it stands. `$$` is one `$`, so `$$(NAME)` is the text
 * `$(NAME)`.
 */
export function expand(text: string, lookup: (name: string) => string | undefined): string {
  if (!text.includes("$")) return text;
  let out = "";
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] !== "$" || at + 1 >= text.length) continue;
    out += text.slice(from, at);
    const next = text[at + 1];
    if (next === "$") {
      out += "$";
      at += 1;
    } else if (next === "(") {
      const close = text.indexOf(")", at + 2);
      if (close < 0) {
        out += "$(";
        at += 1;
      } else {
        const name = text.slice(at + 2, close);
        out += lookup(name) ?? `$(${name})`;
        at = close;
      }
    } else {
      out += `$${next}`;
      at += 1;
    }
    from = at + 1;
  }
  return out + text.slice(from);
}

/**
 * Who is asked again once policies have changed an object: all other plugins, so that what was added gets defaults as
 * everything else, and those policies that want it. Once.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/#reinvocation-policy
 */
export class Reinvocation {
  /** Whether the plugins are to be run again. */
  isWanted = false;
  /** Whether they are being run again. */
  isSecond = false;
  /** Policies that were asked, and want to be asked again when there is something new. */
  #asked = new Set<string>();
  #again = new Set<string>();
  #lastText = "";

  /** A run of policies begins. @param text the object as the plugins before have left it */
  begin(text: string): void {
    if (this.isSecond && text !== this.#lastText) this.#askAgain();
  }

  mayAsk(policy: string): boolean {
    return !this.isSecond || this.#again.has(policy);
  }

  asked(policy: string, { changed, again }: { changed: boolean; again: boolean }): void {
    if (changed) {
      this.#askAgain();
      this.isWanted = true;
    }
    if (again) this.#asked.add(policy);
  }

  /** @param text the object as policies have left it */
  end(text: string, changed: boolean): void {
    if (changed) this.#askAgain();
    this.#lastText = text;
  }

  #askAgain(): void {
    for (const policy of this.#asked) this.#again.add(policy);
    this.#asked.clear();
  }
}

/** How long those who were refused should stay away: doubled while many are, less by one as it gets better. */

const MAX_SECONDS = 32;

export class RetryAfter {
  #seconds = 1;
  #raisedAt = 0;
  /** Refused in the second that began at `#now`, and in those before, oldest first. */
  #now = 0;
  #count = 0;
  #past: { second: number; count: number }[] = [];

  get seconds(): number {
    return this.#seconds;
  }

  /** One more was refused. @param second since 1970 */
  refused(second: number): void {
    if (second === this.#now) {
      this.#count++;
      return;
    }
    this.#past.push({ second: this.#now, count: this.#count });
    this.#past = this.#past.filter((one) => second - one.second <= MAX_SECONDS);
    this.#now = second;
    this.#count = 1;
    this.#adjust(second);
  }

  #adjust(second: number): void {
    const seconds = this.#seconds;
    let recent = 0;
    for (const { second: then, count } of this.#past) if (second - then <= seconds) recent += count;
    if (second - this.#raisedAt >= seconds && recent >= 3 * seconds) {
      this.#seconds = Math.min(seconds * 2, MAX_SECONDS);
      this.#raisedAt = second;
    } else if (recent < seconds && seconds > 1) this.#seconds--;
  }
}

/** An expected failure: printed as it is, without a stack. Says what is wrong, where, and what to do. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = "Failure";
    this.exitCode = exitCode;
  }
}

/** A container could not be started; becomes its waiting reason and message. */
export class StartError extends Error {
  /** "ErrImagePull", "CreateContainerError", … */
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = "StartError";
    this.reason = reason;
  }
}

/** A path that exists but is no namespace, such as a mount point left after an unmount. */
export class NotANamespaceError extends Error {
  override readonly name = "NotANamespaceError";

  constructor(readonly path: string) {
    super(`"${path}" is not a network namespace`);
  }
}

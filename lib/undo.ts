/** What a deed leaves to be taken back should a later step fail. */
export interface Undo {
  /**
   * Remembers how to take back what was just done.
   *
   * @param what names the action for the error text, as in "delete the veth pair"
   */
  push(what: string, action: () => void): void;
}

/** Work failed, and so did taking some of it back. `cause` is why the work failed. */
export class IncompleteUndoError extends Error {
  override readonly name = "IncompleteUndoError";

  constructor(
    override readonly cause: unknown,
    readonly leftovers: readonly { readonly what: string; readonly error: unknown }[],
  ) {
    super(`cannot ${leftovers.map(({ what }) => what).join(", cannot ")}`);
  }
}

/**
 * Runs `work`. When it throws, every action it pushed is run, last first, and the error goes on.
 * A failing action does not keep the others from running.
 *
 * @throws what `work` threw, inside an {@link IncompleteUndoError} if an action failed too
 */
export function withUndo<T>(work: (undo: Undo) => T): T {
  const actions: { what: string; action: () => void }[] = [];
  try {
    return work({ push: (what, action) => actions.push({ what, action }) });
  } catch (cause) {
    const leftovers: { what: string; error: unknown }[] = [];
    for (const { what, action } of actions.reverse()) {
      try {
        action();
      } catch (error) {
        leftovers.push({ what, error });
      }
    }
    throw leftovers.length === 0 ? cause : new IncompleteUndoError(cause, leftovers);
  }
}

/**
 * Runs every step in order, whatever fails on the way: how DEL and GC clean up.
 *
 * @throws the only error, or an `AggregateError` of all of them
 */
export function attemptAll(...steps: (() => void)[]): void {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join("; "));
}

/**
 * The error codes of the CNI specification (section "Error"), and two conventions of the reference
 * suite: 8 for a network namespace that cannot be right, 999 for everything internal.
 */
export const ErrorCode = {
  incompatibleVersion: 1,
  unsupportedField: 2,
  unknownContainer: 3,
  invalidEnvironment: 4,
  io: 5,
  decoding: 6,
  invalidConfig: 7,
  invalidNetns: 8,
  tryAgainLater: 11,
  unavailable: 50,
  limitedConnectivity: 51,
  internal: 999,
} as const;

/** What a runtime reads on stdout when a plugin fails. The only error that is printed there. */
export class CniError extends Error {
  override readonly name = "CniError";

  /**
   * @param code one of {@link ErrorCode}, or the code of a delegate's error
   * @param msg what was attempted, on what, and what the answer was; one line
   * @param details more for whoever reads the log
   */
  constructor(
    readonly code: number,
    readonly msg: string,
    readonly details = "",
    options?: { cause?: unknown },
  ) {
    super(msg, options);
  }
}

/** @returns an error that says a key of the network configuration is wrong (code 7) */
export function invalidConfig(msg: string, details?: string): CniError {
  return new CniError(ErrorCode.invalidConfig, msg, details);
}

import { CniError } from "../../lib/cni/error.ts";

/** Runs what has to fail. @returns the error, for a test to look at code, msg and details */
export function failureOf(attempt: () => unknown): CniError {
  try {
    attempt();
  } catch (error) {
    if (error instanceof CniError) return error;
    throw error;
  }
  throw new Error("It succeeded, and should have failed");
}

/** @returns "CODE MSG", to be compared or matched as one text */
export function failureText(attempt: () => unknown): string {
  const { code, msg } = failureOf(attempt);
  return `${code} ${msg}`;
}

import { describeTag } from "./rule-owner.ts";

/** What goes wrong with packet rules, apart from what the kernel or a program says. */

/** A port of the host that is published for another container already. */
export class PortTakenError extends Error {
  override readonly name = "PortTakenError";

  /**
   * @param port as in "192.0.2.1:80/tcp"
   * @param tag of who has it
   */
  constructor(port: string, tag: string, options?: ErrorOptions) {
    super(`host port ${port} is taken: ${describeTag(tag)} publishes it`, options);
  }
}

/** Rules that should be there and are not, or differ. */
export class MissingRulesError extends Error {
  override readonly name = "MissingRulesError";
}

/** This node lacks what a backend needs. */
export class UnusableBackendError extends Error {
  override readonly name = "UnusableBackendError";
}

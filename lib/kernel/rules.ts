import type { Connection } from "../netlink/connection.ts";
import {
  decodeRule,
  encodeAddRule,
  encodeDeleteRule,
  encodeListRules,
  type Rule,
} from "../netlink/route/rules.ts";
import { isNotFound } from "../sys/errno.ts";

export type { Rule } from "../netlink/route/rules.ts";

/** The routing policy of one namespace: what `ip rule` shows and does. */
export class Rules {
  readonly #connection: () => Connection;

  constructor(connection: () => Connection) {
    this.#connection = connection;
  }

  list(family: 4 | 6): Rule[] {
    const messages = this.#connection().dump(encodeListRules(family));
    return messages.map(decodeRule).filter((rule) => rule !== undefined);
  }

  add(rule: Rule): void {
    this.#connection().request(encodeAddRule(rule));
  }

  remove(rule: Rule): void {
    try {
      this.#connection().request(encodeDeleteRule(rule));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

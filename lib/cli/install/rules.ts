import { type HandedBack, handBack } from "../../firewall/handback.ts";
import { Netns } from "../../kernel/netns.ts";
import { isErrno } from "../../sys/errno.ts";
import type { Answer } from "../answer.ts";

/** What becomes of the packet rules of running containers when other plugins come in our place. */

/** Has other plugins find the rules. Whatever goes wrong, it must not keep them from coming. */
export function handBackRules(): HandedBack {
  const host = Netns.own();
  try {
    return handBack(host);
  } catch (error) {
    // Who may not look at rules has not made any.
    if (isErrno(error, "EPERM", "EACCES")) return { made: 0, kept: [] };
    const why = error instanceof Error ? error.message : String(error);
    return { made: 0, kept: [{ whose: "all containers", why }] };
  } finally {
    host.close();
  }
}

/** @returns an answer that tells of the rules as well, if there is anything to tell */
export function withRules(answer: Answer, results: readonly HandedBack[]): Answer {
  const made = results.reduce((sum, result) => sum + result.made, 0);
  const kept = results.at(-1)?.kept ?? [];
  if (made + kept.length === 0) return answer;
  const attachments = made === 1 ? "1 attachment" : `${made} attachments`;
  const text = [
    `rules: those of ${attachments} are as the Go suite makes them\n`,
    ...kept.map(({ whose, why }) => `  not those of ${whose}: ${why}\n`),
  ];
  return {
    text: `${answer.text}${text.join("")}`,
    document: { ...answer.document, rules: { made, kept: kept.map((each) => ({ ...each })) } },
  };
}

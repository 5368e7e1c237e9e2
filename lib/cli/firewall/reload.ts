import { reloadRules } from "../../firewall/reload.ts";
import { Netns } from "../../kernel/netns.ts";
import { type Answer, answer } from "../answer.ts";
import type { Context } from "../context.ts";

export interface ReloadOptions {
  readonly json?: true;
}

/** `patchbay reload` */
export async function reload(context: Context, options: ReloadOptions): Promise<void> {
  await answer(context, options, async () => describe(context, reloadHost()));
}

function reloadHost(): ReturnType<typeof reloadRules> {
  const host = Netns.own();
  try {
    return reloadRules(host);
  } finally {
    host.close();
  }
}

function describe(
  { terminal: { out } }: Context,
  { made, refused }: ReturnType<typeof reloadRules>,
): Answer {
  const head = out.style("good", "reloaded:");
  const what = made === 1 ? "the rules of 1 attachment" : `the rules of ${made} attachments`;
  const lines = refused.map((whose) => `  not those of ${whose}: others have their ports by now\n`);
  return { text: `${head} ${what}\n${lines.join("")}`, document: { made, refused } };
}

import { isNotFound } from "../sys/errno.ts";
import { accessSync, constants, existsSync, readdirSync } from "../sys/fs.ts";

const RUN = "/run";

/** Has a folder for each network namespace that there are records of. */
export const RECORD_FOLDER = `${RUN}/patchbay`;

/** Whose records are in folders of their own. */
export type RuleMaker = "nftables" | "iptables" | "anti-spoofing";

/**
 * Whether there may be rules by one of these makers, in whatever namespace. Without a record there
 * are none, unless nobody could write one. Who asks this first need not load anything else to know
 * that there is nothing to do.
 */
export function mayHaveRules(...makers: readonly RuleMaker[]): boolean {
  try {
    return readdirSync(RECORD_FOLDER).some((netns) =>
      makers.some((maker) => existsSync(`${RECORD_FOLDER}/${netns}/${maker}`)),
    );
  } catch (error) {
    return !isNotFound(error) || !isWritable(RUN);
  }
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

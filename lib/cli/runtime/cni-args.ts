import { usageError } from "../cli-error.ts";

/** The pairs of `CNI_ARGS`, as libcni keeps them. */
export type ArgumentPairs = readonly (readonly [key: string, value: string])[];

/**
 * Parses what a runtime is told to pass on in `CNI_ARGS`, as strictly as `cnitool`.
 *
 * @param text "KEY=VALUE" pairs joined by ";"; "" for none
 */
export function parseArgumentPairs(text: string): ArgumentPairs {
  if (text === "") return [];
  return text.split(";").map((pair) => {
    const [key, value, ...rest] = pair.split("=");
    if (key && value && rest.length === 0) return [key, value] as const;
    throw usageError(
      `invalid CNI_ARGS pair ${JSON.stringify(pair)}`,
      'CNI_ARGS is "KEY=VALUE" pairs joined by ";", with nothing empty and one "=" each.',
    );
  });
}

/** @returns the value of `CNI_ARGS` */
export function formatArgumentPairs(pairs: ArgumentPairs): string {
  return pairs.map((pair) => pair.join("=")).join(";");
}

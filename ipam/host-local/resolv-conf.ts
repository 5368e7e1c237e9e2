import type { Dns } from "../../lib/cni/result.ts";
import { withoutEmpty } from "../../lib/cni/result-parts.ts";

/**
 * Parses a resolv.conf(5) as the reference does: of several `domain` lines the last counts, those
 * of `search` and `options` add up, and what is not understood is passed over.
 */
export function parseResolvConf(text: string): Dns {
  const nameservers: string[] = [];
  const search: string[] = [];
  const options: string[] = [];
  let domain: string | undefined;
  for (const line of text.split("\n")) {
    if (/^\s*[#;]/.test(line)) continue;
    const [keyword, ...words] = line.trim().split(/\s+/);
    const [first] = words;
    if (first === undefined) continue;
    if (keyword === "nameserver") nameservers.push(first);
    else if (keyword === "domain") domain = first;
    else if (keyword === "search") search.push(...words);
    else if (keyword === "options") options.push(...words);
  }
  return withoutEmpty<Dns>({ nameservers, domain, search, options });
}

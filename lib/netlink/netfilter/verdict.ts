import { type Attribute, type AttributeMap, be32, nested, text } from "./attributes.ts";

/** What to do with a packet: go on, or go on in another chain. */
export type Verdict =
  | { readonly kind: "accept" | "drop" | "return" }
  | { readonly kind: "jump" | "goto"; readonly chain: string };

const NFTA_DATA_VERDICT = 2;
const NFTA_VERDICT_CODE = 1;
const NFTA_VERDICT_CHAIN = 2;

/** `enum nft_verdicts` and netfilter's own. */
const codes: Readonly<Record<Verdict["kind"], number>> = {
  drop: 0,
  accept: 1,
  jump: -3,
  goto: -4,
  return: -5,
};

/** @returns the attribute `type` that holds a verdict as data */
export function encodeVerdict(type: number, verdict: Verdict): Attribute {
  return nested(
    type,
    nested(
      NFTA_DATA_VERDICT,
      be32(NFTA_VERDICT_CODE, codes[verdict.kind]),
      "chain" in verdict ? text(NFTA_VERDICT_CHAIN, verdict.chain) : undefined,
    ),
  );
}

/** @returns the chain that the data leads to; undefined when it is another verdict, or a value */
export function decodeTarget(data: AttributeMap | undefined): string | undefined {
  return data?.nested(NFTA_DATA_VERDICT)?.text(NFTA_VERDICT_CHAIN);
}

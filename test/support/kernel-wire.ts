/**
 * How arguments, results and errors cross from a test, under Node, to the kernel console, under Bun,
 * and back: JSON, with a tagged object for what JSON lacks.
 */

/** One call: a path of names from a namespace or a module to a function. */
export interface KernelCall {
  readonly module?: string;
  readonly netns?: string;
  readonly path: readonly string[];
  readonly args: readonly unknown[];
}

/** How a call ended. */
export type KernelReply =
  | { readonly value?: unknown }
  | { readonly error: { readonly name: string; readonly message: string } };

/** A network namespace among the arguments. */
export class NetnsReference {
  constructor(readonly path: string) {}
}

export function encodeWire(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === "bigint") return { $bigint: String(each) };
    if (each instanceof Uint8Array) return { $bytes: [...each] };
    if (each instanceof NetnsReference) return { $netns: each.path };
    if (each instanceof Set) return [...each];
    if (each instanceof Map) return Object.fromEntries(each);
    return each;
  });
}

/** @param openNetns what becomes of a namespace among the arguments */
export function decodeWire(text: string, openNetns: (path: string) => unknown): unknown {
  return JSON.parse(text, (_key, each: unknown) => {
    if (typeof each !== "object" || each === null) return each;
    if ("$bigint" in each) return BigInt(String(each.$bigint));
    if ("$bytes" in each) return Uint8Array.from(each.$bytes as number[]);
    if ("$netns" in each) return openNetns(String(each.$netns));
    return each;
  });
}

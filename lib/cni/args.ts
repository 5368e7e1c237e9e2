import { CniError, ErrorCode } from "./error.ts";

/** The text of `CNI_ARGS`: `KEY=VALUE` pairs joined by semicolons; "" when it is not set. */
export type CniArgs = string;

/**
 * Reads the pairs a plugin knows, as strictly as the reference: keys are case-sensitive, a value
 * cannot contain "=", no pair may be empty, and an unknown key is an error unless the pair
 * `IgnoreUnknown=1` stands anywhere in the text. The last of several equal keys wins.
 *
 * @returns the values of those known keys that are there
 * @throws {CniError} code 4, naming the pair
 */
export function parseArgs<const Key extends string>(
  args: CniArgs,
  knownKeys: readonly Key[],
): { readonly [key in Key]?: string } {
  const values: { [key in Key]?: string } = {};
  const unknown: string[] = [];
  let ignoreUnknown = false;
  for (const pair of args === "" ? [] : args.split(";")) {
    const [key, value, ...rest] = pair.split("=");
    if (key === undefined || value === undefined || rest.length > 0) throw invalidPair(pair);
    const known = knownKeys.find((knownKey) => knownKey === key);
    if (key === "IgnoreUnknown") ignoreUnknown = parseBoolean(pair, value);
    else if (known === undefined) unknown.push(pair);
    else values[known] = value;
  }
  if (unknown.length > 0 && !ignoreUnknown) throw unknownArgs(unknown, knownKeys);
  return values;
}

function parseBoolean(pair: string, value: string): boolean {
  const lowered = value.toLowerCase();
  if (lowered === "1" || lowered === "true") return true;
  if (lowered === "0" || lowered === "false") return false;
  throw invalidArgs(
    `ARGS: error parsing value of pair ${JSON.stringify(pair)}: boolean unmarshal error: ` +
      `invalid input ${value}`,
    'IgnoreUnknown in CNI_ARGS is "1", "true", "0" or "false"',
  );
}

function invalidPair(pair: string): CniError {
  return invalidArgs(
    `ARGS: invalid pair ${JSON.stringify(pair)}`,
    'CNI_ARGS is "KEY=VALUE" pairs joined by ";", none of them empty, with one "=" each',
  );
}

function unknownArgs(pairs: readonly string[], knownKeys: readonly string[]): CniError {
  const list = pairs.map((pair) => JSON.stringify(pair)).join(" ");
  const known = knownKeys.length === 0 ? "no keys" : knownKeys.join(", ");
  return invalidArgs(
    `ARGS: unknown args [${list}]`,
    `in CNI_ARGS this plugin knows ${known}; add "IgnoreUnknown=1" for others to be passed over`,
  );
}

/** @returns an error about a value in `CNI_ARGS` (code 4) */
export function invalidArgs(msg: string, whatWouldBeRight: string): CniError {
  return new CniError(ErrorCode.invalidEnvironment, `${msg}: ${whatWouldBeRight}`);
}

import { CniError, ErrorCode } from "./error.ts";
import type { Verb } from "./plugin.ts";
import { isAtLeast, parseVersion, type SpecVersion } from "./version.ts";

/** The specification that brought a verb: a configuration of an older version must not use it. */
const introducedIn: { readonly [verb in Verb]?: SpecVersion } = {
  CHECK: "0.4.0",
  GC: "1.1.0",
  STATUS: "1.1.0",
};

/**
 * Decides whether a plugin may answer `verb` for a configuration of version `cniVersion`, in the
 * order and the words of the reference.
 *
 * @returns the version to speak
 * @throws {CniError} code 1, or 6 when `cniVersion` is not a version at all
 */
export function expectVersion(
  verb: Verb,
  cniVersion: string,
  supported: readonly SpecVersion[],
): SpecVersion {
  const introduction = introducedIn[verb];
  if (introduction !== undefined) expectVerb(verb, introduction, cniVersion, supported);
  const exact = supported.find((version) => version === cniVersion);
  if (exact !== undefined) return exact;
  const known = supported.map((version) => `"${version}"`);
  throw incompatible(
    `incompatible CNI versions: "cniVersion" is "${cniVersion}" but must be ${known.join(" or ")}`,
    `config is "${cniVersion}", plugin supports [${known.join(" ")}]`,
  );
}

function expectVerb(
  verb: Verb,
  introduction: SpecVersion,
  cniVersion: string,
  supported: readonly SpecVersion[],
): void {
  if (parseVersion(cniVersion) === undefined) {
    const msg = `"cniVersion" must be a version such as "1.1.0", not "${cniVersion}"`;
    throw new CniError(ErrorCode.decoding, msg);
  }
  if (!isAtLeast(cniVersion, introduction)) {
    throw incompatible(
      `config version does not allow ${verb}: ` +
        `"cniVersion" is "${cniVersion}" but must be "${introduction}" or later`,
    );
  }
  if (!supported.some((version) => isAtLeast(version, cniVersion))) {
    throw incompatible(
      `plugin version does not allow ${verb}: ` +
        `"cniVersion" is "${cniVersion}", the plugin's newest is "${supported.at(-1)}"`,
    );
  }
}

function incompatible(msg: string, details?: string): CniError {
  return new CniError(ErrorCode.incompatibleVersion, msg, details);
}

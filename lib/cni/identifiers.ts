import { CniError, ErrorCode } from "./error.ts";

/** What containers, networks and interfaces may be called. */

/** What container IDs and network names look like. */
const identifier = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** In words, for error texts. */
const identifierRule = 'letters, digits, "_", "." and "-", the first a letter or digit';

/** @throws {CniError} code 4 */
export function expectContainerId(containerId: string): void {
  if (identifier.test(containerId)) return;
  throw invalid(
    `invalid characters in containerID: CNI_CONTAINERID is "${containerId}" but may only have ` +
      identifierRule,
    containerId,
  );
}

/** @throws {CniError} code 7 */
export function expectNetworkName(name: string): void {
  if (identifier.test(name)) return;
  throw new CniError(
    ErrorCode.invalidConfig,
    `invalid characters found in network name: "name" is "${name}" but may only have ` +
      identifierRule,
    name,
  );
}

/** IFNAMSIZ of include/uapi/linux/if.h, less the NUL at the end. */
const longestInterfaceName = 15;

/** What nearly all are called. To make the expressions for the rest takes longer than to call it. */
const plainInterfaceName = /^[a-zA-Z0-9_-]{1,15}$/;

/**
 * The kernel's rules for what a link may be called (`dev_valid_name`).
 *
 * @throws {CniError} code 4
 */
export function expectInterfaceName(name: string): void {
  if (plainInterfaceName.test(name)) return;
  const length = new TextEncoder().encode(name).length;
  if (length > longestInterfaceName) {
    throw invalid(
      `interface name is too long: CNI_IFNAME "${name}" has ${length} bytes, ` +
        `${longestInterfaceName} are possible`,
      "interface name should be less than 16 characters",
    );
  }
  if (name === "." || name === "..") {
    throw invalid(`interface name is . or ..: CNI_IFNAME is "${name}", which names a directory`);
  }
  // U+0085 is white space to Go but not to JavaScript, U+FEFF the other way round.
  if (/[/:\u0085]|(?!\uFEFF)\s/.test(name)) {
    throw invalid(
      `interface name contains / or : or whitespace characters: CNI_IFNAME is ` +
        `${JSON.stringify(name)}, which no link may be called`,
    );
  }
}

function invalid(msg: string, details?: string): CniError {
  return new CniError(ErrorCode.invalidEnvironment, msg, details);
}

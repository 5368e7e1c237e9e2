import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

/**
 * Variables, or what their names begin with, by which whoever starts an executable made by Bun can
 * make it load other code, take orders from a debugger on the network, write to files, or be Bun's
 * own command line instead. Bun has no option against that.
 */
const names = ["BUN_BE_BUN", "BUN_BYTECODE_", "BUN_INSPECT", "BUN_OPTIONS"];

/** In place of a name's first letter: nobody sets a variable like this by accident. */
const unspeakable = Uint8Array.of(0x01);

/**
 * Makes an executable blind to those variables, by spoiling their names inside it: a runtime hands
 * its own environment on, and a plugin must be the same plugin in any of them.
 *
 * @throws when a name is not in there: Bun has changed, and so must this
 */
export function sealEnvironment(executable: string): void {
  const bytes = readFileSync(executable);
  const fd = openSync(executable, "r+");
  try {
    for (const name of names) {
      const offsets = findAll(bytes, name);
      if (offsets.length === 0) throw new Error(`"${name}" is not in "${executable}"`);
      for (const offset of offsets) writeSync(fd, unspeakable, 0, 1, offset);
    }
  } finally {
    closeSync(fd);
  }
}

function findAll(bytes: Buffer, text: string): number[] {
  const offsets: number[] = [];
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) offsets.push(at);
  return offsets;
}

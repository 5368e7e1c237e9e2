import { isAlreadyThere, isErrno, isNotFound } from "../sys/errno.ts";
import { FileLock } from "../sys/file-lock.ts";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from "../sys/fs.ts";
import type { NetnsFile } from "../sys/netns.ts";
import { netnsName } from "../sys/netns-cookie.ts";
import { writeStderr } from "../sys/stdio.ts";
import { writeWholeFile } from "../sys/whole-file.ts";
import { RECORD_FOLDER, type RuleMaker } from "./record-folder.ts";

const SUFFIX = ".json";
/** Longer than any change takes, with many waiting. */
const LOCK_SECONDS = 60;

/** Who makes the rules: each has a folder, so that DEL knows whom to ask. */
export type Backend = "nftables" | "iptables";

/**
 * What was asked for, by attachment: a file each on /run, which the next boot finds empty as it
 * does the ruleset. From it the rules are made again when somebody has flushed them, and DEL knows
 * what to remove without asking the runtime or listing anything.
 *
 * Written before the rules are made and removed before they are: while there are rules there is a
 * record, or a DEL that is under way. Whoever makes rules from records looks afterwards whether
 * the records are still there. No lock is needed, and a crash at any point leaves what the next
 * DEL cleans up.
 *
 * The folder is named after the network namespace that the rules are in.
 */
export class Store {
  readonly #folder: string;

  constructor(netns: NetnsFile, name: RuleMaker) {
    this.#folder = `${RECORD_FOLDER}/${netnsName(netns)}/${name}`;
  }

  /** @returns undefined when there is none, or not a whole one */
  read(name: string): unknown {
    try {
      return JSON.parse(readFileSync(this.#path(name), "utf8"));
    } catch (error) {
      if (isAbsent(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  has(name: string): boolean {
    return this.read(name) !== undefined;
  }

  /**
   * Without a place to write to, rules work nevertheless: only nobody can make them again.
   *
   * @returns whether there is one
   */
  write(name: string, record: unknown): boolean {
    const path = this.#path(name);
    try {
      retryWithFolder(this.#folder, () => writeRecord(path, JSON.stringify(record)));
      return true;
    } catch (error) {
      if (!isReadOnly(error)) {
        this.removeIfEmpty(); // the folder may have been made for it
        throw error;
      }
      writeStderr(`patchbay: no record of the rules in ${path}: ${error}\n`);
      return false;
    }
  }

  /** @returns whether it was there */
  remove(name: string): boolean {
    try {
      unlinkSync(this.#path(name));
      return true;
    } catch (error) {
      if (isAbsent(error) || isErrno(error, "EROFS")) return false;
      throw error;
    }
  }

  /** @returns the records of all attachments, in the order of their names */
  list(): unknown[] {
    return this.#listNames()
      .map((name) => this.read(name))
      .filter((record) => record !== undefined);
  }

  /** Removes what is no record, such as half of one, lest the folder is never empty. */
  removeBroken(): void {
    for (const name of this.#listNames()) if (!this.has(name)) this.remove(name);
  }

  #listNames(): string[] {
    try {
      return readdirSync(this.#folder)
        .filter((name) => name.endsWith(SUFFIX))
        .map((name) => name.slice(0, -SUFFIX.length))
        .sort();
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  }

  /**
   * Removes the folder when no record is left in it: the cheapest way to learn that this was the
   * last attachment, however many there were.
   *
   * @returns whether there is none left
   */
  removeIfEmpty(): boolean {
    if (!removeFolder(this.#folder)) return false;
    removeFolder(folderOf(this.#folder));
    return true;
  }

  /**
   * Runs `work` while no other process does with this store, for a backend that cannot change all
   * that belongs together as one. Where nothing can be written, there is no lock either.
   */
  exclusively<T>(work: () => T): T {
    const lock = this.#acquireLock();
    try {
      return work();
    } finally {
      if (lock !== undefined && this.removeIfEmpty()) removeLock(this.#lockPath);
      lock?.release();
    }
  }

  get #lockPath(): string {
    return `${this.#folder}.lock`;
  }

  #acquireLock(): FileLock | undefined {
    try {
      return retryWithFolder(folderOf(this.#folder), () =>
        FileLock.acquire(this.#lockPath, { mode: 0o600, seconds: LOCK_SECONDS }),
      );
    } catch (error) {
      if (isReadOnly(error)) return undefined;
      throw error;
    }
  }

  #path(name: string): string {
    return `${this.#folder}/${name}${SUFFIX}`;
  }
}

function writeRecord(path: string, text: string): void {
  try {
    writeWholeFile(path, text, { mode: 0o600 });
  } catch (error) {
    if (!isErrno(error, "EOPNOTSUPP", "EISDIR")) throw error;
    writeFileSync(path, text, { mode: 0o600 });
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Also where something else than a folder is in the way. */
function isAbsent(error: unknown): boolean {
  return isNotFound(error) || isErrno(error, "ENOTDIR");
}

function isReadOnly(error: unknown): boolean {
  return isErrno(error, "EROFS", "EACCES", "EPERM", "ENOSPC", "ENOTDIR");
}

/** Makes the folder when it is missing; again when somebody removes it, empty as yet, just then. */
function retryWithFolder<T>(folder: string, work: () => T): T {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    makeFolder(folder);
  }
}

/** Fine if it is there; and if its parent goes meanwhile. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, 0o700);
  } catch (error) {
    if (isAlreadyThere(error)) return;
    if (!isNotFound(error)) throw error;
    makeFolder(folderOf(path));
    if (existsSync(folderOf(path))) makeFolder(path);
  }
}

function removeLock(path: string): void {
  unlinkSync(path);
  removeFolder(folderOf(path));
}

/** @returns false when there is something in it */
function removeFolder(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    if (isErrno(error, "ENOTEMPTY", "EEXIST")) return false;
    if (isAbsent(error) || isErrno(error, "EROFS", "EBUSY", "EPERM", "EACCES")) return true;
    throw error;
  }
}

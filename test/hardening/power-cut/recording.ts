/**
 * What a process did to a file system, as far as it can be lost: nothing is on the disk for good
 * before somebody syncs it, and nobody does.
 */
export interface Recording {
  /** For each path what its name led to, one thing after the other. */
  readonly names: ReadonlyMap<string, readonly Entry[]>;
  /** For each file, by its number, what was done to it. */
  readonly files: ReadonlyMap<number, readonly Change[]>;
  /** The numbers of files that were there before and were opened, by path. */
  readonly old: ReadonlyMap<string, number>;
  /** All of the above, in the order of the system calls. */
  readonly order: readonly Step[];
}

/** What a name leads to: a file, by its number, a folder, or nothing. */
export type Entry = number | "folder" | "nothing";

export type Change =
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Buffer }
  | { readonly kind: "truncate"; readonly length: number }
  | { readonly kind: "attribute" };

/** The n-th entry of a name, or the n-th change of a file. */
export type Step =
  | { readonly name: string; readonly index: number }
  | { readonly file: number; readonly index: number };

/** What strace has to be told for {@link record} to read what it writes. */
export const straceOptions =
  "-qq -xx -s 1000000 -e trace=openat,write,pwrite64,ftruncate,fsetxattr,link,linkat,unlink," +
  "unlinkat,rename,mkdir,rmdir,close,fchmod,chmod,utimensat";

/** Calls that change nothing that a reader of the store depends on. */
const harmless = new Set(["close", "fchmod", "chmod", "utimensat"]);

/**
 * @param trace what strace has written
 * @param folder everything outside of it is ignored
 * @param existing the paths that were there before
 * @throws for a call that is not understood
 */
export function record(trace: string, folder: string, existing: ReadonlySet<string>): Recording {
  const recorder = new Recorder(folder, existing);
  for (const line of trace.split("\n")) {
    const [, call, text, result] = /^(\w+)\((.*)\) += (-?\d+)/.exec(line) ?? [];
    if (call === undefined || text === undefined || Number(result) < 0) continue;
    recorder.take(call, text, Number(result));
  }
  return recorder;
}

class Recorder implements Recording {
  readonly names = new Map<string, Entry[]>();
  readonly files = new Map<number, Change[]>();
  readonly old = new Map<string, number>();
  readonly order: Step[] = [];
  /** What descriptors are open for, and where in the file they stand. */
  readonly #open = new Map<number, { readonly file: number; position: number }>();
  #made = 0;

  constructor(
    private readonly folder: string,
    private readonly existing: ReadonlySet<string>,
  ) {}

  take(call: string, text: string, result: number): void {
    const [first = Buffer.alloc(0), second] = stringsIn(text);
    const [path, other] = [first.toString(), second?.toString() ?? ""];
    const fd = Number(/^\d+/.exec(text)?.[0] ?? -1);
    const open = this.#open.get(fd);
    if (call === "openat") this.#takeOpen(path, text, result);
    else if (call === "close") this.#open.delete(fd);
    else if (open === undefined && !this.#isInside(path) && !this.#isInside(other)) return;
    else if (harmless.has(call)) return;
    else if (call === "mkdir") this.#name(path, "folder");
    else if (call.startsWith("unlink")) this.#name(path, "nothing");
    else if (call === "link") this.#name(other, this.#current(path));
    else if (open !== undefined) this.#takeChange(call, text, open, first.subarray(0, result));
    else throw new Error(`Not understood: ${call}(${text})`);
  }

  #takeOpen(path: string, text: string, fd: number): void {
    if (!this.#isInside(path) || text.includes("O_DIRECTORY")) return;
    const current = this.#current(path);
    const file = typeof current === "number" ? current : this.#newFile();
    if (file !== current) this.#name(path, file);
    this.#open.set(fd, { file, position: 0 });
    if (text.includes("O_TRUNC")) this.#change(file, { kind: "truncate", length: 0 });
  }

  #takeChange(
    call: string,
    text: string,
    open: { readonly file: number; position: number },
    bytes: Buffer,
  ): void {
    const last = Number(/(\d+)$/.exec(text)?.[1]);
    const { file, position } = open;
    if (call === "fsetxattr") this.#change(file, { kind: "attribute" });
    else if (call === "ftruncate") this.#change(file, { kind: "truncate", length: last });
    else if (call === "pwrite64") this.#change(file, { kind: "write", offset: last, bytes });
    else if (call === "write") {
      this.#change(file, { kind: "write", offset: position, bytes });
      open.position += bytes.length;
    } else throw new Error(`Not understood: ${call}(${text})`);
  }

  #isInside(path: string): boolean {
    return path.startsWith(`${this.folder}/`);
  }

  #current(path: string): Entry {
    const entry = this.names.get(path)?.at(-1) ?? this.old.get(path);
    if (entry !== undefined || !this.existing.has(path)) return entry ?? "nothing";
    const file = this.#newFile();
    this.old.set(path, file);
    return file;
  }

  #newFile(): number {
    this.#made += 1;
    return this.#made;
  }

  #name(path: string, entry: Entry): void {
    const entries = this.names.get(path) ?? [];
    this.names.set(path, [...entries, entry]);
    this.order.push({ name: path, index: entries.length });
  }

  #change(file: number, change: Change): void {
    const changes = this.files.get(file) ?? [];
    this.files.set(file, [...changes, change]);
    this.order.push({ file, index: changes.length });
  }
}

/** @returns the texts in quotes, which strace has written as hexadecimal numbers */
function stringsIn(text: string): Buffer[] {
  return [...text.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, hex = ""]) =>
    Buffer.from(hex.replaceAll("\\x", ""), "hex"),
  );
}

import type { Address } from "../../lib/ip/address.ts";
import { nameFile, removeTree } from "../../lib/sys/file.ts";
import { readdirSync, statSync, utimesSync } from "../../lib/sys/fs.ts";
import { isFileError } from "../../lib/sys/syscall-error.ts";
import { AddressMap } from "./address-map.ts";
import { ensureDirectory, isDirectory, parentOf } from "./directory.ts";
import { OwnerTable } from "./owner-table.ts";
import { formatOwner, type Owner, type Reservation } from "./reservation.ts";

const folderMode = 0o700;

interface Contents {
  readonly owners: OwnerTable;
  readonly map: AddressMap;
}

/**
 * Finds an owner's addresses, and addresses that nobody owns, without reading the reservations in
 * `directory`. A cache in `folder`, believed while its seal is the directory's: store.ts tells why.
 * An index that cannot be written is one that is not known: who can do without it does.
 */
export class ReservationIndex {
  readonly #directory: string;
  readonly #folder: string;
  readonly #boot: string;
  #contents: Contents | undefined;
  #hasChanged = false;
  /** Why it is not known, after an attempt to write it. */
  #error: unknown;

  constructor(directory: string, folder: string, boot: string) {
    this.#directory = directory;
    this.#folder = folder;
    this.#boot = boot;
    try {
      this.#contents = this.#find();
    } catch (error) {
      if (!isFileError(error)) throw error;
    }
  }

  #find(): Contents | undefined {
    if (!isDirectory(parentOf(this.#folder)) || !isDirectory(this.#folder)) return undefined;
    const owners = OwnerTable.find(this.#table);
    if (owners?.seal === this.#currentSeal()) return { owners, map: new AddressMap(this.#folder) };
    owners?.close();
    return undefined;
  }

  /** Writes it anew, with all the reservations that there are. Whatever else is in its folder goes. */
  build(reservations: readonly Reservation[]): void {
    this.#abandon();
    try {
      ensureDirectory(parentOf(this.#folder), folderMode);
      ensureDirectory(this.#folder, folderMode);
      for (const name of readdirSync(this.#folder)) removeTree(`${this.#folder}/${name}`);
      const owners = OwnerTable.create(this.#table, reservations.flatMap(holdingOf));
      const map = new AddressMap(this.#folder);
      this.#contents = { owners, map };
      this.#hasChanged = true;
      map.fill(reservations.map(({ address }) => address));
    } catch (error) {
      if (!isFileError(error)) throw error;
      this.#abandon();
      this.#error = nameFile(error, this.#folder);
    }
  }

  /** @returns the addresses of `owner`, perhaps with some that are not; undefined if not known */
  find(owner: Owner): Address[] | undefined {
    return this.#contents?.owners.find(formatOwner(owner));
  }

  get isKnown(): boolean {
    return this.#contents !== undefined;
  }

  /**
   * @returns the first address from `first` to `last` that is not taken
   * @throws why the index could not be written
   */
  findFree(first: Address, last: Address): Address | undefined {
    if (this.#contents === undefined) throw this.#error;
    return this.#contents.map.findFree(first, last);
  }

  add(owner: Owner, address: Address): void {
    this.#change(({ owners, map }) => {
      owners.insert({ owner: formatOwner(owner), address });
      map.add(address);
    });
  }

  /** For an address that turned out to be taken by something that is no reservation. */
  addTaken(address: Address): void {
    this.#change(({ map }) => map.add(address));
  }

  remove({ owner, address }: Pick<Reservation, "owner" | "address">): void {
    this.#change(({ owners, map }) => {
      if (owner !== undefined) owners.remove({ owner: formatOwner(owner), address });
      map.remove(address);
    });
  }

  /** What fails here costs the next caller a scan, and nothing else. */
  close(): void {
    this.#change(({ owners }) => {
      if (this.#hasChanged) this.#seal(owners);
    });
    this.#contents?.owners.close();
  }

  #seal(owners: OwnerTable): void {
    const past = Date.now() / 1000 - 1 - Math.random();
    utimesSync(this.#directory, past, past);
    owners.writeSeal(this.#currentSeal());
  }

  #currentSeal(): string {
    return `${this.#boot} ${statSync(this.#directory).mtimeNs}`;
  }

  #change(work: (contents: Contents) => void): void {
    if (this.#contents === undefined) return;
    try {
      work(this.#contents);
      this.#hasChanged = true;
    } catch (error) {
      if (!isFileError(error)) throw error;
      this.#abandon();
    }
  }

  #abandon(): void {
    this.#contents?.owners.close();
    this.#contents = undefined;
  }

  get #table(): string {
    return `${this.#folder}/owners`;
  }
}

function holdingOf({ owner, address }: Reservation) {
  return owner === undefined ? [] : [{ owner: formatOwner(owner), address }];
}

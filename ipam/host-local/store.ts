import { CniError, ErrorCode } from "../../lib/cni/error.ts";
import { type Address, formatAddress, isSameAddress, parseAddress } from "../../lib/ip/address.ts";
import { bootId } from "../../lib/sys/boot.ts";
import { isAlreadyThere } from "../../lib/sys/errno.ts";
import { findText, overwriteText, removeFile, writeNewFile } from "../../lib/sys/file.ts";
import { FileLock, LockTimeoutError } from "../../lib/sys/file-lock.ts";
import { linkSync } from "../../lib/sys/fs.ts";
import { isFileError } from "../../lib/sys/syscall-error.ts";
import { setXattr } from "../../lib/sys/xattr.ts";
import { ensureDirectory, explainLink, isDirectory } from "./directory.ts";
import {
  bootAttribute,
  findBootId,
  findReservation,
  formatOwner,
  isSameOwner,
  listReservations,
  type Owner,
  type Reservation,
} from "./reservation.ts";
import { ReservationIndex } from "./reservation-index.ts";
import { directoryOf, indexFolderOf, type StoreLocation } from "./store-location.ts";

/*
 * Design note: what is on disk, and why it is right whatever happens.
 *
 *     DATADIR/NETWORK/10.1.2.3             a reservation: who holds this address
 *     DATADIR/NETWORK/last_reserved_ip.0   the address of range set 0 that was given out last
 *     DATADIR/NETWORK/lock                 empty; whoever works in the directory has it locked
 *     DATADIR/.patchbay/NETWORK/           drafts, and the index; no network has such a name
 *
 * The first three are the reference suite's, byte for byte: either suite may work on the directory
 * at any moment, and runs with the other's reservations.
 *
 * A RESERVATION IS THERE WHOLE, OR NOT AT ALL. It is written to a draft outside the directory,
 * and when it is complete the draft is linked under the address's name. link(2) is one step, for
 * a writer that is killed and for whoever looks; and it fails when the name exists, so that no
 * address is given out twice even by somebody who ignores the lock. The addresses of one
 * attachment are links to one file. (A counter is overwritten in place: a wrong one only has the
 * search start elsewhere.)
 *
 * NOTHING IS SYNCED TO DISK. No container survives a crash of the machine, so no reservation has
 * to. What a power cut leaves is of an earlier boot, as the extended attribute on each of our
 * files says, or it is garbage: either may be given out again (staleness.ts).
 *
 * THE RESERVATIONS ARE THE TRUTH, THE INDEX A CACHE. The index spares reading all reservations to
 * find one owner's, and trying all addresses to find a free one. Whether it is complete is known
 * by the directory's modification time: every change ends with setting it to a moment in the past
 * and writing that into the index, its seal. Whatever creates or removes a file in the directory
 * afterwards sets the time to the present: the reference suite, an administrator with rm, or we,
 * when killed before the end. Then seal and time differ, and the index is built anew from the
 * reservations. A seal also names the boot, so none is believed after a power cut. And what the
 * index says of an owner is never more than a hint: the reservation itself is read before anything
 * follows from it.
 */

/** Longer than the reference suite needs with tens of thousands of reservations. */
const lockSeconds = 4;
const lockMode = 0o750;
const fileMode = 0o600;
const directoryMode = 0o755;

/** The reservations of one network, locked as long as this lives: `using store = …`. */
export class Store {
  readonly #directory: string;
  readonly #folder: string;
  readonly #lock: FileLock;
  readonly #boot: string;
  readonly #index: ReservationIndex;
  #draft: string | undefined;

  private constructor(directory: string, folder: string, lock: FileLock, boot: string) {
    this.#directory = directory;
    this.#folder = folder;
    this.#lock = lock;
    this.#boot = boot;
    this.#index = new ReservationIndex(directory, folder, boot);
  }

  /** @throws {CniError} code 11 when somebody else has it locked for too long */
  static create(location: StoreLocation): Store {
    ensureDirectory(directoryOf(location), directoryMode);
    return Store.open(location);
  }

  /** @returns undefined when the network has no directory: nothing was ever reserved */
  static find(location: StoreLocation): Store | undefined {
    return isDirectory(directoryOf(location)) ? Store.open(location) : undefined;
  }

  private static open(location: StoreLocation): Store {
    const directory = directoryOf(location);
    const lock = acquireLock(`${directory}/lock`);
    try {
      return new Store(directory, indexFolderOf(location), lock, bootId());
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** @returns the reservations of `owner` */
  list(owner: Owner): Reservation[] {
    const hints = this.#index.find(owner)?.map((address) => this.find(address));
    const isWrong = hints?.some((hint) => hint === undefined || !this.#isIndexed(hint));
    const candidates = hints === undefined || isWrong ? this.scan() : hints;
    return candidates.flatMap((each) =>
      each?.owner !== undefined && isSameOwner(each.owner, owner) ? [each] : [],
    );
  }

  #isIndexed({ owner, address }: Reservation): boolean {
    const addresses = owner === undefined ? [] : (this.#index.find(owner) ?? []);
    return addresses.some((indexed) => isSameAddress(indexed, address));
  }

  find(address: Address): Reservation | undefined {
    return findReservation(this.#directory, address);
  }

  /** @returns the boot in which a reservation was written; undefined when another suite did */
  findBootId(address: Address): string | undefined {
    return findBootId(this.#directory, address);
  }

  /** @returns every reservation; all are read, and the index is built anew */
  scan(): Reservation[] {
    return this.#rebuildIndex(listReservations(this.#directory));
  }

  /**
   * Removes every reservation that `isGone`. All are read, and the index is built anew.
   *
   * @throws why one could not be removed, after an attempt at each
   */
  prune(isGone: (reservation: Reservation) => boolean): void {
    const kept: Reservation[] = [];
    const failures: unknown[] = [];
    for (const reservation of listReservations(this.#directory)) {
      try {
        if (isGone(reservation)) removeFile(this.#pathOf(reservation.address));
        else kept.push(reservation);
      } catch (error) {
        kept.push(reservation);
        failures.push(error);
      }
    }
    this.#rebuildIndex(kept);
    if (failures.length > 0) throw failures[0];
  }

  #rebuildIndex(reservations: Reservation[]): Reservation[] {
    this.#index.build(reservations);
    this.#draft = undefined; // whatever is in its folder goes with the old index
    return reservations;
  }

  /** @returns the first address from `first` to `last` that is not reserved */
  findFree(first: Address, last: Address): Address | undefined {
    if (!this.#index.isKnown) this.scan();
    return this.#index.findFree(first, last);
  }

  /** @returns whether the address was free, and is now reserved for `owner` */
  reserve(owner: Owner, address: Address): boolean {
    this.#draft ??= this.#writeDraft(owner);
    try {
      linkSync(this.#draft, this.#pathOf(address));
    } catch (error) {
      if (!isAlreadyThere(error)) throw explainLink(error);
      this.#index.addTaken(address);
      return false;
    }
    this.#index.add(owner, address);
    return true;
  }

  /** Removes a reservation that was read under this lock; fine if it is gone. */
  release(reservation: Pick<Reservation, "owner" | "address">): void {
    removeFile(this.#pathOf(reservation.address));
    this.#index.remove(reservation);
  }

  /** @returns the address that a range set gave out last, if that is known */
  lastReserved(setIndex: number): Address | undefined {
    const text = findText(this.#counterOf(setIndex));
    return text === undefined ? undefined : parseAddress(text);
  }

  /** @param address undefined to forget it */
  setLastReserved(setIndex: number, address: Address | undefined): void {
    const counter = this.#counterOf(setIndex);
    if (address === undefined) removeFile(counter);
    else overwriteText(counter, formatAddress(address), { mode: fileMode });
  }

  [Symbol.dispose](): void {
    try {
      this.#discardDraft();
      this.#index.close();
    } finally {
      this.#lock.release();
    }
  }

  /** The next draft replaces one that will not go. */
  #discardDraft(): void {
    try {
      if (this.#draft !== undefined) removeFile(this.#draft);
    } catch (error) {
      if (!isFileError(error)) throw error;
    }
  }

  /** @returns the path of a file with everything that a reservation of `owner` consists of */
  #writeDraft(owner: Owner): string {
    if (!this.#index.isKnown) this.scan(); // its folder is where the draft is written
    const draft = `${this.#folder}/draft`;
    const describe = (fd: number) => void setXattr(fd, bootAttribute, this.#boot);
    writeNewFile(draft, formatOwner(owner), { mode: fileMode, describe });
    return draft;
  }

  #pathOf(address: Address): string {
    return `${this.#directory}/${formatAddress(address)}`;
  }

  #counterOf(setIndex: number): string {
    return `${this.#directory}/last_reserved_ip.${setIndex}`;
  }
}

function acquireLock(path: string): FileLock {
  try {
    return FileLock.acquire(path, { mode: lockMode, seconds: lockSeconds });
  } catch (error) {
    if (!(error instanceof LockTimeoutError)) throw error;
    throw new CniError(ErrorCode.tryAgainLater, error.message, "", { cause: error });
  }
}

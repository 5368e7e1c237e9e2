import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AddressMap } from "../../../ipam/host-local/address-map.ts";
import { OwnerTable } from "../../../ipam/host-local/owner-table.ts";
import { parseResolvConf } from "../../../ipam/host-local/resolv-conf.ts";
import { CliError } from "../../../lib/cli/cli-error.ts";
import { parseCachedAttachment } from "../../../lib/cli/runtime/cached-attachment.ts";
import { parseConflist } from "../../../lib/cli/runtime/conflist.ts";
import { CniError } from "../../../lib/cni/error.ts";
import { parseJson } from "../../../lib/cni/json.ts";
import { parseAddress } from "../../../lib/ip/address.ts";
import { required } from "../../support/required.ts";
import { inTime } from "./judgement.ts";

/** What is read from files: each says that it cannot be read, in words, or is read. */

export function judgeConflist(bytes: Uint8Array): string {
  return complaintOf(() => parseConflist(bytes));
}

export function judgeCachedAttachment(bytes: Uint8Array): string {
  return complaintOf(() => parseCachedAttachment(parseJson(bytes)));
}

export function judgeResolvConf(bytes: Uint8Array): string {
  return complaintOf(() => parseResolvConf(Buffer.from(bytes).toString("utf8")));
}

function complaintOf(read: () => unknown): string {
  return inTime(() => {
    try {
      read();
      return "";
    } catch (error) {
      const isSaid = error instanceof CliError || error instanceof CniError;
      return isSaid ? "" : `threw ${error}`;
    }
  });
}

const [first, second, last] = ["10.1.2.1", "10.1.2.2", "10.1.2.9"].map((text) =>
  required(parseAddress(text)),
);

/** @returns the bytes of an index with two owners, for files that are almost that */
export function ownerTable(): Buffer {
  return inFolder((folder, read) => {
    const holdings = [first, second].map((address, index) => ({
      owner: `container-${index}\r\neth0`,
      address: required(address),
    }));
    OwnerTable.create(join(folder, "owners"), holdings).close();
    return read("owners");
  });
}

/** An index is a cache: whatever is in the file, it can be asked, and changed. */
export function judgeIndex({ owners, taken }: { owners: Uint8Array; taken: Uint8Array }): string {
  return inFolder((folder) => {
    writeFileSync(join(folder, "owners"), owners);
    writeFileSync(join(folder, "taken-10.1.0.0"), taken);
    return complaintOf(() => {
      const table = OwnerTable.find(join(folder, "owners"));
      const holding = { owner: "container-1\r\neth0", address: required(second) };
      table?.find(holding.owner);
      table?.remove(holding);
      table?.insert(holding);
      table?.close();
      const map = new AddressMap(folder);
      map.findFree(required(first), required(last));
      map.add(required(first));
      map.remove(required(second));
    });
  });
}

function inFolder<T>(work: (folder: string, read: (name: string) => Buffer) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-index-"));
  try {
    return work(folder, (name) => readFileSync(join(folder, name)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

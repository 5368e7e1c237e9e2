import { formatAddress } from "../../ip/address.ts";
import { splitByFamily } from "../port-request.ts";
import type { PortRecord } from "../records.ts";

/** Two containers with the same port: to iptables they are two rules, of which the first counts. */
export interface Rivalry {
  readonly rival: PortRecord;
  /** As in "192.0.2.1:80/tcp" or "80/tcp". */
  readonly port: string;
}

/**
 * Looks for records of other containers with a port that is wanted. Those with conditions may be
 * about different clients, and are passed over.
 */
export function findRivals(record: PortRecord, others: readonly PortRecord[]): Rivalry[] {
  const wanted = portsOf(record);
  return others
    .filter(({ owner }) => owner.containerId !== record.owner.containerId)
    .flatMap((rival) => {
      const key = [...portsOf(rival).keys()].find((each) => wanted.has(each));
      return key === undefined ? [] : [{ rival, port: wanted.get(key) ?? "" }];
    });
}

/** @returns what errors call a record's ports, by what is different for different ones */
function portsOf({ request }: PortRecord): Map<string, string> {
  const ports = new Map<string, string>();
  for (const { family, mappings } of splitByFamily(request)) {
    if ((request.conditions[family] ?? []).length > 0) continue;
    for (const { protocol, hostPort, hostAddress } of mappings) {
      const address = hostAddress && formatAddress(hostAddress);
      const where = address && (family === 6 ? `[${address}]:` : `${address}:`);
      const port = `${where ?? ""}${hostPort}/${protocol}`;
      ports.set(`${family} ${port}`, port);
    }
  }
  return ports;
}

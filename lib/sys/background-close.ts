import { closeSync } from "./fs.ts";
import { sendOverPair } from "./libc.ts";

/**
 * Closes a descriptor when it takes long, without waiting: neither here nor when this process ends.
 *
 * The descriptor is sent into a pair of sockets together with the socket that it would arrive at,
 * and all of them are closed. What is under way in a message that nobody can receive any more is
 * found by the kernel's collector for such cases (net/unix/garbage.c), and closed by it. It is a
 * task of its own since Linux 6.8; before, it runs here, and nothing is gained or lost.
 */
export function closeInBackground(fd: number): void {
  const [arrival, departure] = sendOverPair(fd);
  closeSync(fd);
  closeSync(arrival);
  // Last: closing a socket starts the collector, which must find the others closed.
  closeSync(departure);
}

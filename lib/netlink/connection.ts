import { toBuffer } from "../bytes.ts";
import { closeInBackground } from "../sys/background-close.ts";
import { errnoOf, isErrno } from "../sys/errno.ts";
import { closeSync } from "../sys/fs.ts";
import { bind, pollInput, recv, send, setsockopt, socket } from "../sys/libc.ts";
import { insideNetns, type NetnsFile } from "../sys/netns.ts";
import { decodeAcknowledgement, NetlinkError } from "./error.ts";
import {
  decodeMessages,
  encodeMessages,
  type NetlinkMessage,
  type NetlinkRequest,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "./message.ts";
import { traceMessages } from "./trace.ts";

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
/** Setting a buffer's size beyond its limit, and within: SO_SNDBUFFORCE, SO_SNDBUF and so on. */
const bufferOptions = { SND: [32, 7], RCV: [33, 8] } as const;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;
const MSG_TRUNC = 0x20;
const MSG_DONTWAIT = 0x40;

/** The kernel's default for a socket's buffers; larger sends must ask for more. */
const DEFAULT_BUFFER = 212_992;
/** What the kernel counts for the message that answers another. */
const ROOM_FOR_ANSWER = 2048;
/** As often as libnl and the Go suite try before they give up on a consistent dump. */
const DUMP_ATTEMPTS = 5;

/**
 * A netlink socket and the conversation over it. It stays in the namespace it was opened in,
 * whatever this thread does afterwards. Everything is synchronous: the kernel answers a request
 * before `send` returns, so that reading never waits (except for events).
 */
export class Connection {
  readonly #fd: number;
  readonly #protocol: number;
  #buffer = Buffer.allocUnsafeSlow(65_536);
  #sequence = 0;
  /** What the kernel said when it had no room for an answer to what was sent last. */
  #overflow: unknown;

  private constructor(fd: number, protocol: number) {
    this.#fd = fd;
    this.#protocol = protocol;
  }

  /** @param protocol NETLINK_ROUTE or NETLINK_NETFILTER */
  static open(protocol: number, netns?: NetnsFile): Connection {
    const create = () => socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    const fd = netns === undefined ? create() : insideNetns(netns, create);
    try {
      bind(fd, socketAddress());
      setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
      setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
      // Lets the kernel filter dumps; Linux 4.20.
      if (protocol === NETLINK_ROUTE) setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
      return new Connection(fd, protocol);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** @param options.inBackground what the kernel has to do then is not waited for */
  close(options: { readonly inBackground?: boolean } = {}): void {
    if (options.inBackground) closeInBackground(this.#fd);
    else closeSync(this.#fd);
  }

  /**
   * Sends all requests in one datagram and waits until each is acknowledged. The kernel carries
   * out all of them in order, also those after one that fails.
   *
   * @throws {NetlinkError} of the first that failed
   */
  request(...requests: NetlinkRequest[]): void {
    if (requests.length === 0) return;
    const sent = this.#send(
      requests.map((request) => ({ ...request, flags: request.flags | NLM_F_ACK })),
    );
    const unanswered = new Map(sent);
    let first: { sequence: number; error: NetlinkError } | undefined;
    while (unanswered.size > 0) {
      for (const message of this.#receive()) {
        const request = unanswered.get(message.sequence);
        if (request === undefined || message.type !== NLMSG_ERROR) continue;
        unanswered.delete(message.sequence);
        const error = refusal(message, request.label);
        if (error !== undefined) first ??= { sequence: message.sequence, error };
      }
    }
    if (first !== undefined) throw first.error;
  }

  /**
   * Sends one request that is answered by one message, such as RTM_GETLINK for one link. It is not
   * acknowledged as well: there is an answer or an error.
   *
   * @throws {NetlinkError}
   */
  query(request: NetlinkRequest): NetlinkMessage {
    const sent = this.#send([request]);
    for (;;) {
      const answer = this.#receive().find(({ sequence }) => sent.has(sequence));
      if (answer === undefined) continue;
      if (answer.type !== NLMSG_ERROR) return answer;
      const { errno, kernelMessage } = decodeAcknowledgement(answer);
      throw new NetlinkError(request.label, errno, kernelMessage);
    }
  }

  /**
   * Asks for everything that matches. A list that changed while the kernel wrote it is asked for
   * again; after five such answers the last one is returned, as the Go suite does.
   *
   * @throws {NetlinkError}
   */
  dump(request: NetlinkRequest): NetlinkMessage[] {
    for (let attempt = 1; ; attempt++) {
      const { messages, isConsistent } = this.#dumpOnce(request);
      if (isConsistent || attempt === DUMP_ATTEMPTS) return messages;
    }
  }

  #dumpOnce(request: NetlinkRequest): { messages: NetlinkMessage[]; isConsistent: boolean } {
    const sent = this.#send([{ ...request, flags: request.flags | NLM_F_DUMP }]);
    const messages: NetlinkMessage[] = [];
    let isConsistent = true;
    for (;;) {
      for (const message of this.#receive()) {
        if (!sent.has(message.sequence)) continue;
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) isConsistent = false;
        if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
          const error = refusal(message, request.label);
          if (error !== undefined) throw error;
          return { messages, isConsistent };
        }
        messages.push(message);
      }
    }
  }

  /**
   * Sends an nfnetlink batch, its begin and end messages among `requests`, as one datagram. Either
   * all of it takes effect or nothing does. Answers come for those requests that failed, that carry
   * NLM_F_ACK, or that NLM_F_ECHO asks to be told about.
   *
   * @returns the messages that are neither acknowledgements nor errors
   * @throws {NetlinkError} of the first request that failed
   */
  transact(requests: readonly NetlinkRequest[]): NetlinkMessage[] {
    const sent = this.#send(requests);
    const replies: NetlinkMessage[] = [];
    for (const message of this.#receiveQueued()) {
      const request = sent.get(message.sequence);
      if (request === undefined) continue;
      if (message.type !== NLMSG_ERROR) {
        replies.push(message);
        continue;
      }
      const error = refusal(message, request.label);
      if (error !== undefined) throw error;
    }
    return replies;
  }

  /** Asks for the events of a multicast group, such as RTNLGRP_LINK, from now on. */
  subscribe(group: number): void {
    setsockopt(this.#fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group);
  }

  /**
   * Waits for events of the groups subscribed to.
   *
   * @param deadline in milliseconds of `performance.now()`
   * @returns the next ones, or undefined when the deadline has passed without any
   */
  nextEvents(deadline: number): NetlinkMessage[] | undefined {
    const remaining = Math.max(0, Math.ceil(deadline - performance.now()));
    return pollInput(this.#fd, remaining) ? this.#receive() : undefined;
  }

  #send(requests: readonly NetlinkRequest[]): Map<number, NetlinkRequest> {
    this.#overflow = undefined;
    const sent = new Map<number, NetlinkRequest>();
    const messages = requests.map((request) => {
      const sequence = ++this.#sequence;
      sent.set(sequence, request);
      return { ...request, flags: request.flags | NLM_F_REQUEST, sequence };
    });
    const datagram = encodeMessages(messages);
    traceMessages(">", this.#protocol, datagram);
    this.#makeRoom(datagram.length, requests.length);
    send(this.#fd, datagram);
    return sent;
  }

  /** A large batch needs room to be sent, and each of its messages may be answered. */
  #makeRoom(length: number, count: number): void {
    const answers = count * ROOM_FOR_ANSWER;
    if (length > DEFAULT_BUFFER / 2) this.#growBuffer("SND", 2 * length);
    if (answers > DEFAULT_BUFFER) this.#growBuffer("RCV", answers);
  }

  #growBuffer(which: keyof typeof bufferOptions, size: number): void {
    const [force, ask] = bufferOptions[which];
    try {
      setsockopt(this.#fd, SOL_SOCKET, force, size);
    } catch (error) {
      // Root of a user namespace gets no more than everybody, net.core.wmem_max and rmem_max.
      if (!isErrno(error, "EPERM")) throw error;
      setsockopt(this.#fd, SOL_SOCKET, ask, size);
    }
  }

  #receive(flags = 0): NetlinkMessage[] {
    const length = this.#receiveBytes(MSG_TRUNC | flags);
    if (length > this.#buffer.length) {
      this.#buffer = Buffer.allocUnsafeSlow(2 * length);
      throw new NetlinkError("receive", errnoOf("EMSGSIZE"), `a message of ${length} bytes`);
    }
    const datagram = toBuffer(this.#buffer.subarray(0, length));
    traceMessages("<", this.#protocol, datagram);
    return decodeMessages(datagram);
  }

  /**
   * The kernel says once that it had no room for some message; those that it had are there. From
   * then on nobody knows whether more will come: what is there is taken, nothing is waited for.
   */
  #receiveBytes(flags: number): number {
    const overflow = this.#overflow;
    try {
      return recv(this.#fd, this.#buffer, overflow === undefined ? flags : flags | MSG_DONTWAIT);
    } catch (error) {
      if (overflow !== undefined) throw isErrno(error, "EAGAIN") ? overflow : error;
      if (!isErrno(error, "ENOBUFS")) throw error;
      this.#overflow = error;
      return this.#receiveBytes(flags);
    }
  }

  /** Everything that has been answered already. */
  #receiveQueued(): NetlinkMessage[] {
    const messages: NetlinkMessage[] = [];
    for (;;) {
      try {
        messages.push(...this.#receive(MSG_DONTWAIT));
      } catch (error) {
        if (isErrno(error, "EAGAIN")) return messages;
        throw error;
      }
    }
  }
}

/** A `struct sockaddr_nl` that leaves the port to the kernel. */
function socketAddress(): Buffer {
  const address = Buffer.alloc(12);
  address.writeUInt16LE(AF_NETLINK, 0);
  return address;
}

function refusal(message: NetlinkMessage, label: string): NetlinkError | undefined {
  const { errno, kernelMessage } = decodeAcknowledgement(message);
  return errno === 0 ? undefined : new NetlinkError(label, errno, kernelMessage);
}

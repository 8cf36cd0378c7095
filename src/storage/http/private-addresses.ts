import { BlockList, isIP } from "node:net";

const privateRanges = new BlockList();
for (const [network, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  privateRanges.addSubnet(network, bits, "ipv4");
for (const [network, bits] of [
  ["::", 127],
  // Addresses that a gateway turns into IPv4 ones, private ones included.
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["2002::", 16],
  ["fc00::", 7],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
] as const)
  privateRanges.addSubnet(network, bits, "ipv6");

/** Whether an IP address is one that only this machine or its network can reach, or no single machine's at all. */
export function isPrivateAddress(address: string): boolean {
  const family = isIP(address);
  // An IPv4 address in the notation of IPv6 is held against the IPv4 ranges.
  return family === 0 || privateRanges.check(address, family === 4 ? "ipv4" : "ipv6");
}

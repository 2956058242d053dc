import { BlockList, isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Builds a list from addresses and networks (`10.0.0.0/8`). Throws for any other name. */
export function addressList(names: readonly string[]): BlockList {
  const list = new BlockList();
  for (const name of names) {
    const [address = '', bits] = name.split('/');
    const family = getFamily(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/**
 * The client's address: the socket's, or if the socket belongs to a trusted proxy, the one in
 * X-Real-IP. An X-Real-IP that is not an address is ignored.
 */
export function clientAddress(socket: string, realIp: string, trusted: BlockList): string {
  if (realIp === '' || isIP(realIp) === 0) return socket;
  return trusted.check(socket, getFamily(socket)) ? canonicalAddress(realIp) : socket;
}

/** A socket's address, 4 or 16 bytes, as text. IPv4 written as IPv6 becomes IPv4. */
export function addressText(bytes: ArrayBuffer): string {
  if (bytes.byteLength !== 4 && bytes.byteLength !== 16) return '';
  return canonicalAddress(ipaddr.fromByteArray([...new Uint8Array(bytes)]).toString());
}

/**
 * The key under which limits count an address. An IPv6 customer has at least a /64 of addresses, so
 * all addresses of a /64 share one key. IPv4 written as IPv6 has the key of the IPv4 address.
 */
export function addressKey(address: string): string {
  if (isIP(address) !== 6) return address;
  const parsed = ipaddr.process(address);
  if (!('parts' in parsed)) return parsed.toString();
  const network = parsed.parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}

/** One form for each address. Otherwise limits would count the forms of one address separately. */
function canonicalAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  return ipaddr.process(address.replace(/%.*/, '')).toString();
}

function getFamily(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

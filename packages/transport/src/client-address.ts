import { BlockList, isIP } from 'node:net';

/** Addresses and networks (`10.0.0.0/8`) to a list that can be asked. Throws on what is neither. */
export function addressList(names: readonly string[]): BlockList {
  const list = new BlockList();
  for (const name of names) {
    const [address = '', bits] = name.split('/');
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/**
 * The client's address: of the socket, or where that is a trusted proxy's, the one that the proxy
 * gives in X-Real-IP. What is not an address there is passed over.
 */
export function clientAddress(socket: string, realIp: string, trusted: BlockList): string {
  if (realIp === '' || isIP(realIp) === 0) return socket;
  return trusted.check(socket, familyOf(socket)) ? canonicalAddress(realIp) : socket;
}

/** A socket's address, 4 or 16 bytes, as text. IPv4 inside of IPv6 is IPv4. */
export function addressText(bytes: ArrayBuffer): string {
  const octets = new Uint8Array(bytes);
  if (octets.length === 4) return octets.join('.');
  const groups = Array.from({ length: octets.length / 2 }, (_, i) =>
    (((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0)).toString(16),
  );
  return groups.length === 8 ? canonicalAddress(groups.join(':')) : '';
}

/** One way to write an address: counters of it would otherwise be several. */
function canonicalAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  const short = new URL(`http://[${address.replace(/%.*/, '')}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short);
  if (mapped === null) return short;
  const halves = mapped.slice(1).map((half) => Number.parseInt(half, 16));
  return halves.flatMap((half) => [half >> 8, half & 255]).join('.');
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

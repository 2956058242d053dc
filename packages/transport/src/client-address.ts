import { BlockList, isIP } from 'node:net';

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
  const octets = new Uint8Array(bytes);
  if (octets.length === 4) return octets.join('.');
  const groups = Array.from({ length: octets.length / 2 }, (_, i) =>
    (((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0)).toString(16),
  );
  return groups.length === 8 ? canonicalAddress(groups.join(':')) : '';
}

/** One form for each address. Otherwise limits would count the forms of one address separately. */
function canonicalAddress(address: string): string {
  if (isIP(address) !== 6) return address;
  const short = new URL(`http://[${address.replace(/%.*/, '')}]`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short);
  if (mapped === null) return short;
  const halves = mapped.slice(1).map((half) => Number.parseInt(half, 16));
  return halves.flatMap((half) => [half >> 8, half & 255]).join('.');
}

function getFamily(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

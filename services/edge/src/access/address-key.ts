import { isIPv6 } from 'node:net';

/**
 * The key under which limits count an address. An IPv6 customer has at least a /64 of addresses, so
 * all addresses of a /64 share one key. IPv4 written as IPv6 has the key of the IPv4 address.
 */
export function addressKey(address: string): string {
  if (!address.includes(':') || !isIPv6(address)) return address;
  const words = parseWords(address);
  const isMapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
  if (!isMapped)
    return `${words
      .slice(0, 4)
      .map((word) => word.toString(16))
      .join(':')}::/64`;
  const [high = 0, low = 0] = words.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/**
 * The eight 16-bit groups of an IPv6 address, which may contain `::` and may end in IPv4 notation.
 */
function parseWords(address: string): number[] {
  const [bare = ''] = address.split('%');
  const hex = bare.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.slice(0, 4).map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const parse = (text: string | undefined) =>
    text ? text.split(':').map((word) => Number.parseInt(word, 16)) : [];
  const [first, last] = [parse(head), parse(tail)];
  const left = Math.max(0, 8 - first.length - last.length);
  return [...first, ...Array.from({ length: left }, () => 0), ...last];
}

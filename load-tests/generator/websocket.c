#include "websocket.h"

#include <stdio.h>
#include <string.h>

#define MASK_BIT 0x80
#define LENGTH_16 126
#define LENGTH_64 127

typedef struct {
  int opcode;
  size_t header_bytes; // 0: the header has not all come
  uint64_t payload_bytes;
} FrameHead;

static uint64_t big_endian(const unsigned char *bytes, int count) {
  uint64_t value = 0;
  for (int i = 0; i < count; i++) value = value << 8 | bytes[i];
  return value;
}

static inline FrameHead read_head(const unsigned char *p, size_t available) {
  FrameHead head = {0};
  if (available < 2) return head;
  int wide = p[1] == LENGTH_16 ? 2 : p[1] == LENGTH_64 ? 8 : 0;
  if (available < 2 + (size_t)wide) return head;
  head.opcode = p[0] & 0x0f;
  head.header_bytes = 2 + (size_t)wide;
  head.payload_bytes = wide ? big_endian(p + 2, wide) : p[1];
  return head;
}

// A server's frame is never masked, and nothing extends the protocol: those bits mean lost framing.
static inline int is_broken(const unsigned char *p) { return (p[0] & 0x70) || (p[1] & MASK_BIT); }

long frames_walk(FrameWalk *walk, const FrameSink *sink, void *owner, const unsigned char *bytes,
                 size_t length) {
  const unsigned char *p = bytes, *end = bytes + length;
  while (p < end) {
    if (walk->left == 0) {
      FrameHead head = read_head(p, (size_t)(end - p));
      if (head.header_bytes == 0) break;
      if (is_broken(p)) return -1;
      if (head.opcode >= FRAME_CLOSE) {
        if ((uint64_t)(end - p) < head.header_bytes + head.payload_bytes) break;
        if (!sink->control(owner, head.opcode, p + head.header_bytes, head.payload_bytes)) return -1;
        p += head.header_bytes + head.payload_bytes;
        continue;
      }
      p += head.header_bytes;
      walk->left = head.payload_bytes;
    }
    uint64_t here = (uint64_t)(end - p) < walk->left ? (uint64_t)(end - p) : walk->left;
    size_t taken = sink->data(owner, p, here, here == walk->left);
    p += taken;
    walk->left -= taken;
    if (taken < here) break;
  }
  return p - bytes;
}

size_t frame_write(unsigned char *out, int opcode, const void *bytes, size_t length) {
  size_t n = 0;
  int wide = length < LENGTH_16 ? 0 : length <= 0xffff ? 2 : 8;
  out[n++] = (unsigned char)(0x80 | opcode);
  out[n++] = (unsigned char)(MASK_BIT | (wide == 0 ? length : wide == 2 ? LENGTH_16 : LENGTH_64));
  for (int i = wide - 1; i >= 0; i--) out[n++] = (unsigned char)((uint64_t)length >> (8 * i));
  memset(out + n, 0, 4); // the key 0 leaves the payload as it is
  n += 4;
  if (length) memcpy(out + n, bytes, length);
  return n + length;
}

size_t handshake_write(char *out, size_t limit, const char *host, const char *path,
                       const char *headers) {
  int n = snprintf(out, limit,
                   "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: bmV3c3dpcmUtbG9hZGluZw==\r\n"
                   "%s\r\n",
                   path, host, headers);
  return (size_t)n < limit ? (size_t)n : limit;
}

long handshake_read(const unsigned char *bytes, size_t length) {
  static const char expected[] = "HTTP/1.1 101";
  size_t compared = length < sizeof expected - 1 ? length : sizeof expected - 1;
  if (memcmp(bytes, expected, compared) != 0) return -1;
  const unsigned char *end = memmem(bytes, length, "\r\n\r\n", 4);
  return end ? end + 4 - bytes : 0;
}

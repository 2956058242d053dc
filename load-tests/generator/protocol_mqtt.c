// MQTT 3.1.1 at QoS 0. A packet: type and flags, its length in one to four bytes, and the rest; frames
// may cut packets anywhere.
#include <string.h>

#include "protocol.h"

#define LENGTH_BYTES 4
#define CONTINUES 0x80
#define QOS_BITS 0x06
#define REFUSED 0x80

enum { CONNECT = 0x10, CONNACK = 0x20, PUBLISH = 0x30, SUBSCRIBE = 0x80, SUBACK = 0x90 };

typedef struct {
  size_t head_bytes; // type, flags and length; 0: they have not all come
  uint64_t bytes;    // of the whole packet
} Extent;

static Extent read_extent(const unsigned char *packet, size_t available) {
  uint64_t rest = 0;
  for (size_t i = 0; i < LENGTH_BYTES && i + 1 < available; i++) {
    rest |= (uint64_t)(packet[i + 1] & ~CONTINUES) << (7 * i);
    if (!(packet[i + 1] & CONTINUES) || i + 1 == LENGTH_BYTES) return (Extent){i + 2, i + 2 + rest};
  }
  return (Extent){0};
}

static void take_publish(const ProtocolSink *sink, void *owner, const unsigned char *packet,
                         const Extent *extent, size_t available) {
  size_t at = extent->head_bytes;
  if (available >= at + 2) at += 2 + (size_t)(packet[at] << 8 | packet[at + 1]);
  if (packet[0] & QOS_BITS) at += 2;
  if (available >= at + MARKER_BYTES && packet[at] == '~' && packet[at + 1] == 'N')
    sink->message(owner, packet + at);
  else if (available > at) sink->other(owner, packet + at, available - at);
}

// `available` bytes of it are there: all, or GATHER_BYTES.
static void take_packet(const ProtocolSink *sink, void *owner, const unsigned char *packet,
                        const Extent *extent, size_t available) {
  int type = packet[0] & 0xf0;
  int is_refusal = type == SUBACK && packet[available - 1] == REFUSED;
  if (type == PUBLISH) take_publish(sink, owner, packet, extent, available);
  else if (is_refusal) sink->other(owner, (const unsigned char *)"SUBACK: refused", 15);
  else if (type != CONNACK && type != SUBACK) sink->other(owner, packet, available);
}

size_t mqtt_take(ProtocolState *state, const ProtocolSink *sink, void *owner, const unsigned char *bytes,
                 size_t length, int is_end) {
  const unsigned char *p = bytes, *end = bytes + length;
  (void)is_end; // frames mean nothing to it
  while (p < end) {
    size_t here = (size_t)(end - p), before = state->gathered, available = before + here;
    const unsigned char *packet = p;
    if (state->skip) {
      size_t skipped = state->skip < here ? state->skip : here;
      state->skip -= skipped;
      p += skipped;
      continue;
    }
    if (before) {
      if (available > GATHER_BYTES) available = GATHER_BYTES;
      memcpy(state->gather + before, p, available - before);
      packet = state->gather;
    }
    Extent extent = read_extent(packet, available);
    size_t looked_at = extent.bytes < GATHER_BYTES ? extent.bytes : GATHER_BYTES;
    if (extent.head_bytes == 0 || available < looked_at) {
      if (!before) memcpy(state->gather, p, available);
      state->gathered = (uint32_t)available;
      break;
    }
    take_packet(sink, owner, packet, &extent, looked_at);
    uint64_t rest = extent.bytes - before;
    state->skip = rest > here ? rest - here : 0;
    state->gathered = 0;
    p += rest > here ? here : rest;
  }
  return length;
}

static size_t write_head(unsigned char *out, int type, size_t rest) {
  size_t n = 0;
  out[n++] = (unsigned char)type;
  do {
    out[n++] = (unsigned char)((rest & 0x7f) | (rest > 0x7f ? CONTINUES : 0));
    rest >>= 7;
  } while (rest);
  return n;
}

static size_t write_topic(unsigned char *out, const char *topic, size_t length) {
  out[0] = (unsigned char)(length >> 8);
  out[1] = (unsigned char)length;
  memcpy(out + 2, topic, length);
  return length + 2;
}

// A session of its own, without a name and without keep-alive.
static size_t pack_connect(unsigned char *out) {
  static const unsigned char rest[] = {0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 0};
  size_t n = write_head(out, CONNECT, sizeof rest);
  memcpy(out + n, rest, sizeof rest);
  return n + sizeof rest;
}

static size_t pack_subscribe(unsigned char *out, const char *topic, size_t length) {
  static const unsigned char packet_id[] = {0, 1};
  size_t n = write_head(out, SUBSCRIBE | 2, sizeof packet_id + 2 + length + 1);
  memcpy(out + n, packet_id, sizeof packet_id);
  n += sizeof packet_id;
  n += write_topic(out + n, topic, length);
  out[n++] = 0; // QoS
  return n;
}

static size_t pack_publish(unsigned char *out, const char *text, size_t length) {
  const char *space = memchr(text, ' ', length);
  size_t topic = space ? (size_t)(space - text) : length, at = space ? topic + 1 : topic;
  size_t n = write_head(out, PUBLISH, 2 + topic + length - at);
  n += write_topic(out + n, text, topic);
  memcpy(out + n, text + at, length - at);
  return n + length - at;
}

static int begins(const char *text, size_t length, const char *word) {
  return length >= strlen(word) && memcmp(text, word, strlen(word)) == 0;
}

size_t mqtt_pack(unsigned char *out, const char *text, size_t length) {
  static const char subscribe[] = "SUBSCRIBE ", publish[] = "PUBLISH ";
  size_t s = sizeof subscribe - 1, p = sizeof publish - 1;
  if (begins(text, length, subscribe)) return pack_subscribe(out, text + s, length - s);
  if (begins(text, length, publish)) return pack_publish(out, text + p, length - p);
  if (begins(text, length, "CONNECT")) return pack_connect(out);
  memcpy(out, text, length); // any other text is a packet as it is
  return length;
}

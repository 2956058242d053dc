// Centrifuge's protocol in Protobuf: a frame has messages, each after its length as a varint. Of messages
// nothing is parsed: markers are found in their bytes. An empty message is the server's ping.
#include <string.h>

#include "protocol.h"

#define CONTINUES 0x80
#define VARINT_BYTES 5

// Field numbers times eight, plus the wire type: 0 for numbers, 2 for what has a length.
enum { ID = 0x08, CONNECT = 0x22, SUBSCRIBE = 0x2a, PUBLISH = 0x3a, CHANNEL = 0x0a, DATA = 0x12 };

// Returns the varint's bytes; 0: they are not all there.
static size_t read_varint(const unsigned char *p, size_t available, uint64_t *value) {
  *value = 0;
  for (size_t i = 0; i < VARINT_BYTES && i < available; i++) {
    *value |= (uint64_t)(p[i] & ~CONTINUES) << (7 * i);
    if (!(p[i] & CONTINUES)) return i + 1;
  }
  return available < VARINT_BYTES ? 0 : VARINT_BYTES;
}

size_t protobuf_take(ProtocolState *state, const ProtocolSink *sink, void *owner, const unsigned char *bytes,
                     size_t length, int is_end) {
  const unsigned char *p = bytes, *end = bytes + length;
  while (p < end) {
    size_t here = (size_t)(end - p);
    if (state->skip == 0) {
      size_t head = read_varint(p, here, &state->skip);
      if (head == 0) break;
      if (state->skip == 0) {
        sink->ping(owner);
        state->is_found = 1;
      }
      p += head;
      continue;
    }
    size_t span = state->skip < here ? state->skip : here;
    const unsigned char *done = find_markers(state, sink, owner, p, p + span, span < state->skip && !is_end);
    state->skip -= (uint64_t)(done - p);
    if (done < p + span) return (size_t)(done - bytes);
    p = done;
  }
  if (!is_end) return (size_t)(p - bytes);
  state->skip = 0;
  end_frame(state, sink, owner, bytes, length);
  return length;
}

static size_t write_varint(unsigned char *out, size_t value) {
  size_t n = 0;
  for (; value >= CONTINUES; value >>= 7) out[n++] = (unsigned char)(value | CONTINUES);
  out[n++] = (unsigned char)value;
  return n;
}

static size_t write_bytes(unsigned char *out, int field, const void *bytes, size_t length) {
  size_t n = 0;
  out[n++] = (unsigned char)field;
  n += write_varint(out + n, length);
  memcpy(out + n, bytes, length);
  return n + length;
}

static size_t field_bytes(size_t length) {
  unsigned char varint[VARINT_BYTES * 2];
  return 1 + write_varint(varint, length) + length;
}

// A command on a channel: with data, if there is any.
static size_t pack_command(unsigned char *out, int command, int id, const char *text, size_t length) {
  const char *space = memchr(text, ' ', length);
  size_t channel = space ? (size_t)(space - text) : length;
  size_t data = space ? length - channel - 1 : 0;
  size_t rest = (channel ? field_bytes(channel) : 0) + (space ? field_bytes(data) : 0), n = 0;
  n += write_varint(out, 2 + field_bytes(rest));
  out[n++] = ID;
  out[n++] = (unsigned char)id;
  out[n++] = (unsigned char)command;
  n += write_varint(out + n, rest);
  if (channel) n += write_bytes(out + n, CHANNEL, text, channel);
  if (space) n += write_bytes(out + n, DATA, space + 1, data);
  return n;
}

// CONNECT, SUBSCRIBE channel, PUBLISH channel data; any other text is a pong.
size_t protobuf_pack(unsigned char *out, const char *text, size_t length) {
  static const struct {
    const char *word;
    int command, id;
  } commands[] = {{"CONNECT", CONNECT, 1}, {"SUBSCRIBE ", SUBSCRIBE, 2}, {"PUBLISH ", PUBLISH, 2}};
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    size_t word = strlen(commands[i].word);
    if (length >= word && memcmp(text, commands[i].word, word) == 0)
      return pack_command(out, commands[i].command, commands[i].id, text + word, length - word);
  }
  out[0] = 0;
  return 1;
}

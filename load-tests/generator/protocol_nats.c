// The NATS client protocol: `MSG <subject> <sid> <bytes>\r\n<payload>\r\n`, `PING\r\n` and the like.
#include <stdlib.h>
#include <string.h>

#include "protocol.h"

#define LINE_END_BYTES 2

typedef struct {
  const unsigned char *bytes; // NULL: not all there yet
  size_t length, taken;       // of it; of the span
} Piece;

// Gathers `wanted` bytes, of which `here` are at `p`. Only a prefix of a long line is kept.
static Piece gather(ProtocolState *state, const unsigned char *p, size_t here, int is_whole) {
  if (is_whole && state->gathered == 0) return (Piece){p, here, here};
  size_t room = GATHER_BYTES - state->gathered, kept = here < room ? here : room;
  memcpy(state->gather + state->gathered, p, kept);
  state->gathered += (uint32_t)kept;
  if (!is_whole) return (Piece){NULL, 0, here};
  size_t length = state->gathered;
  state->gathered = 0;
  return (Piece){state->gather, length, here};
}

static int begins(const Piece *line, const char *word) {
  size_t length = strlen(word);
  return line->length >= length && memcmp(line->bytes, word, length) == 0;
}

// The number at the end of a MSG line.
static uint64_t last_number(const Piece *line) {
  uint64_t value = 0, place = 1;
  for (size_t i = line->length; i-- > 0 && line->bytes[i] != ' ';) {
    if (line->bytes[i] < '0') continue; // the line's end
    value += place * (uint64_t)(line->bytes[i] - '0');
    place *= 10;
  }
  return value;
}

static size_t take_line(ProtocolState *state, const ProtocolSink *sink, void *owner, const unsigned char *p,
                        size_t available) {
  const unsigned char *newline = memchr(p, '\n', available);
  Piece line = gather(state, p, newline ? (size_t)(newline + 1 - p) : available, newline != NULL);
  if (!line.bytes) return line.taken;
  if (begins(&line, "MSG ")) {
    uint64_t bytes = last_number(&line);
    if (bytes >= MARKER_BYTES) state->payload = bytes;
    else state->skip = bytes + LINE_END_BYTES;
  } else if (begins(&line, "PING")) sink->ping(owner);
  else if (!begins(&line, "PONG") && !begins(&line, "INFO") && !begins(&line, "+OK"))
    sink->other(owner, line.bytes, line.length);
  return line.taken;
}

static size_t take_marker(ProtocolState *state, const ProtocolSink *sink, void *owner,
                          const unsigned char *p, size_t available) {
  size_t wanted = MARKER_BYTES - state->gathered;
  Piece marker = gather(state, p, wanted < available ? wanted : available, wanted <= available);
  if (!marker.bytes) return marker.taken;
  if (begins(&marker, "~N")) sink->message(owner, marker.bytes);
  else sink->other(owner, marker.bytes, marker.length);
  state->skip = state->payload - MARKER_BYTES + LINE_END_BYTES;
  state->payload = 0;
  return marker.taken;
}

size_t nats_take(ProtocolState *state, const ProtocolSink *sink, void *owner, const unsigned char *bytes,
                 size_t length, int is_end) {
  const unsigned char *p = bytes, *end = bytes + length;
  (void)is_end; // frames mean nothing to it
  while (p < end) {
    size_t available = (size_t)(end - p);
    if (state->skip) {
      size_t skipped = state->skip < available ? state->skip : available;
      state->skip -= skipped;
      p += skipped;
    } else if (state->payload) p += take_marker(state, sink, owner, p, available);
    else p += take_line(state, sink, owner, p, available);
  }
  return length;
}

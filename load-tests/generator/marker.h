// The message's marker: who sent it when, in 34 characters that pass every protocol unchanged.
//   ~N <channel, 8 digits> <sequence, 8 digits> <CLOCK_MONOTONIC ns modulo 10^16, 16 digits>
// (without the spaces). Fixed widths of eight, so that a marker is read with four multiplications.
#ifndef MARKER_H
#define MARKER_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MARKER_BYTES 34
#define MAX_CHANNELS 1000000
#define MAX_SEQUENCE 99999999u
#define TIME_MODULUS 10000000000000000ull

typedef struct {
  uint32_t channel;
  uint32_t sequence; // 1, 2, 3… in a channel; 0 is a probe, see ledger.h
  uint64_t sent_ns;  // modulo TIME_MODULUS
} Marker;

static inline void write_digits(char *out, uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; i--) {
    out[i] = (char)('0' + value % 10);
    value /= 10;
  }
}

// Writes MARKER_BYTES characters.
static inline void marker_write(char *out, const Marker *marker) {
  out[0] = '~';
  out[1] = 'N';
  write_digits(out + 2, marker->channel, 8);
  write_digits(out + 10, marker->sequence, 8);
  write_digits(out + 18, marker->sent_ns % TIME_MODULUS, 16);
}

// Reads eight ASCII digits.
static inline uint32_t eight_digits(const unsigned char *text) {
  uint64_t v;
  memcpy(&v, text, 8); // little endian: the first digit is the lowest byte
  v -= 0x3030303030303030ull;
  v = v * 10 + (v >> 8);                                      // pairs, in bytes 0, 2, 4, 6
  uint64_t first = v & 0x000000ff000000ffull;                 // pairs 1 and 3
  uint64_t second = (v >> 16) & 0x000000ff000000ffull;        // pairs 2 and 4
  first *= 100ull + (1000000ull << 32);
  second *= 1ull + (10000ull << 32);
  return (uint32_t)((first + second) >> 32);
}

// Reads the marker at `text`, which must hold MARKER_BYTES characters beginning with "~N".
static inline Marker marker_read(const unsigned char *text) {
  Marker marker = {.channel = eight_digits(text + 2), .sequence = eight_digits(text + 10)};
  marker.sent_ns = eight_digits(text + 18) * 100000000ull + eight_digits(text + 26);
  return marker;
}

// Time from `sent_ns` to `now`; a time a little in the future counts as none.
static inline uint64_t marker_age_ns(uint64_t sent_ns, uint64_t now) {
  uint64_t age = (now % TIME_MODULUS + TIME_MODULUS - sent_ns) % TIME_MODULUS;
  return age > TIME_MODULUS / 2 ? 0 : age;
}

#endif

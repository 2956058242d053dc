#include "marker.h"

static void write_digits(char *out, uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; i--) {
    out[i] = (char)('0' + value % 10);
    value /= 10;
  }
}

void marker_write(char *out, const Marker *marker) {
  out[0] = '~';
  out[1] = 'N';
  write_digits(out + 2, marker->channel, 8);
  write_digits(out + 10, marker->sequence, 8);
  write_digits(out + 18, marker->sent_ns % TIME_MODULUS, 16);
}

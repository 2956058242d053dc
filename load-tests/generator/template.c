#include "template.h"

#include <stdio.h>

#define NUMBER_BYTES 12

static size_t fill_message(char *out, const Places *places) {
  if (!places->marker) return 0;
  marker_write(out, places->marker);
  memset(out + MARKER_BYTES, 'x', (size_t)places->size_bytes - MARKER_BYTES);
  return (size_t)places->size_bytes;
}

static int number_at(char place, const Places *places) {
  if (place == 'S') return places->size_bytes;
  return place == 'C' ? places->channel : places->connection;
}

static char unescape(char letter) {
  switch (letter) {
  case 'n': return '\n';
  case 'r': return '\r';
  case 't': return '\t';
  case '0': return '\0';
  default: return letter;
  }
}

size_t template_fill(char *out, const char *text, const Places *places) {
  size_t n = 0;
  for (const char *p = text; *p; p++) {
    int is_place = p[0] == '{' && p[1] && p[2] == '}' && strchr("CIMS", p[1]);
    if (is_place && p[1] == 'M') n += fill_message(out + n, places);
    else if (is_place) n += (size_t)sprintf(out + n, "%d", number_at(p[1], places));
    else if (p[0] == '\\' && p[1]) out[n++] = unescape(*++p);
    else out[n++] = *p;
    if (is_place) p += 2;
  }
  out[n] = 0;
  return n;
}

size_t template_limit(const char *text, int size_bytes) {
  size_t limit = strlen(text) + 1;
  for (const char *p = text; (p = strchr(p, '{')); p++)
    limit += p[1] == 'M' ? (size_t)size_bytes : NUMBER_BYTES;
  return limit;
}

// Texts with places: {C} channel number, {I} connection number, {M} message, {S} its size; \r \n \t \0 \\ escapes.
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <stddef.h>

#include "marker.h"

typedef struct {
  int channel;
  int connection;
  const Marker *marker; // NULL where {M} has no meaning: it stays empty
  int size_bytes;       // of {M}: the marker, padded with x
} Places;

// Writes `text` with its places filled into `out` and a final 0; returns the length without it.
// `out` must hold template_limit(text, size_bytes) bytes.
size_t template_fill(char *out, const char *text, const Places *places);

size_t template_limit(const char *text, int size_bytes);

#endif

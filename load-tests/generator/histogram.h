// Latencies in microseconds, in buckets of at most 1/64 of their value: constant memory, no sorting.
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define SUB_BITS 6
#define SUB_BUCKETS (1 << SUB_BITS)

typedef struct {
  uint64_t count;
  uint64_t max_us;
  uint64_t buckets[(64 - SUB_BITS + 1) * SUB_BUCKETS];
} Histogram;

// Values below 64 have a bucket each; above, the top bit and the six bits behind it choose it.
static inline void histogram_add(Histogram *histogram, uint64_t us) {
  int shift = us < SUB_BUCKETS ? 0 : 63 - __builtin_clzll(us) - SUB_BITS;
  uint64_t base = us < SUB_BUCKETS ? 0 : (uint64_t)shift << SUB_BITS;
  histogram->buckets[base + (us >> shift)]++;
  histogram->count++;
  if (us > histogram->max_us) histogram->max_us = us;
}

#endif

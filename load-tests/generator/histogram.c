#include "histogram.h"

static uint64_t middle_us(uint64_t bucket) {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  uint64_t shift = (bucket >> SUB_BITS) - 1;
  return ((bucket - (shift << SUB_BITS)) << shift) + (1ull << shift) / 2;
}

double histogram_ms(const Histogram *histogram, double share) {
  uint64_t rank = (uint64_t)((double)histogram->count * share), seen = 0;
  if (histogram->count == 0) return 0;
  for (uint64_t b = 0; b < sizeof histogram->buckets / sizeof *histogram->buckets; b++) {
    seen += histogram->buckets[b];
    if (seen > rank) {
      uint64_t us = middle_us(b);
      return (double)(us < histogram->max_us ? us : histogram->max_us) / 1000;
    }
  }
  return (double)histogram->max_us / 1000;
}

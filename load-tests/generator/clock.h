// The one clock of the generator: CLOCK_MONOTONIC, in nanoseconds.
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

#define NS_PER_SECOND 1000000000ull

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

static inline uint64_t after_ns(double seconds) { return now_ns() + (uint64_t)(seconds * 1e9); }

#endif

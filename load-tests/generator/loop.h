// Sockets to loopback, the epoll loop that watches them, and the one clock: CLOCK_MONOTONIC in nanoseconds.
#ifndef LOOP_H
#define LOOP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>

#define NS_PER_SECOND 1000000000ull

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

static inline uint64_t after_ns(double seconds) { return now_ns() + (uint64_t)(seconds * 1e9); }

typedef void (*EventHandler)(uint32_t tag, uint32_t events);

void loop_start(void);

// Begins a connection to a loopback address and watches it under `tag`; EPOLLOUT says that it stands.
// Returns the socket, or -1 with errno.
int loop_dial(const char *host, uint16_t port, uint32_t tag);

void loop_watch(int fd, uint32_t tag, uint32_t events);

// Waits at most so long and hands each event to `handle`.
void loop_turn(uint64_t timeout_ns, EventHandler handle);

// Sends without waiting; returns the bytes taken, 0 when the socket is full, -1 when it is broken.
long loop_send(int fd, const void *bytes, size_t length);

#endif

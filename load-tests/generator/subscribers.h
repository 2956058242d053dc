// The subscribers: N WebSocket connections that say hello, subscribe, and note what they are sent.
#ifndef SUBSCRIBERS_H
#define SUBSCRIBERS_H

#include <stdint.h>

#include "histogram.h"
#include "options.h"

#define CLOSE_CODES 5000
#define CLOSE_WITHOUT_FRAME 1006

typedef struct {
  int ready; // connections that have subscribed (and got --await-subscribed)
  int open;
  int is_measuring; // deliveries go into `latency`
  Histogram latency;
  uint64_t frames, bytes, pings, unmarked;
  char first_unmarked[161]; // the first data that held no message, such as a server's error
  uint32_t closes[CLOSE_CODES];
  char failure[256]; // why the connections cannot be had; empty: nothing is wrong
} Subscribers;

extern Subscribers subscribers;

void subscribers_start(const Options *options);

// Dials the next connections, as far as not too many handshakes are under way.
void subscribers_dial(void);

void subscriber_handle(uint32_t connection, uint32_t events);

#endif

// The publishing connections. Messages gather in a buffer and go out together, once a turn.
#ifndef PUBLISHER_H
#define PUBLISHER_H

#include <stdint.h>

#include "options.h"

typedef struct {
  uint64_t published; // counted messages, not probes
  int ready, closed;  // connections
} Publishers;

extern Publishers publishers;

// Begins the connections; their events carry `first_tag` and the tags after it.
void publishers_start(const Options *options, uint32_t first_tag);

void publisher_handle(uint32_t publisher, uint32_t events);

// Adds a message to the channel: its probe when `is_probe`, otherwise the next in its sequence.
// `sent_ns` is what its latency counts from.
void publisher_add(uint32_t channel, int is_probe, uint64_t sent_ns);

void publishers_flush(void);

// Says that a message waits for the answer to an earlier one (--pipeline).
int publishers_are_waiting(void);

// Says that so much waits to be sent that adding more would only fill memory.
int publishers_are_full(void);

#endif

// The loss ledger: judges every delivery by its sequence number, per connection and channel.
//
// A slot is one connection's subscription to one channel. A probe (sequence 0) makes it live and is
// not counted further. Behind that the sequence must be 1, 2, 3…: a number that is jumped over is
// missing, and lost if it never comes; a missing number that comes later was reordered; a number
// that was there already is doubled.
#ifndef LEDGER_H
#define LEDGER_H

#include <stdint.h>

typedef struct {
  uint64_t delivered; // all counted deliveries, doubled ones too
  uint64_t doubled, reordered;
  uint64_t stray;    // for a channel the connection is not subscribed to, or never published
  uint32_t live;     // slots that have had a probe
} LedgerTotals;

extern LedgerTotals ledger;

// Connection i is subscribed to the channels i, i+1, … i+per_connection-1, modulo `channels`.
void ledger_start(int connections, int channels, int per_connection);

// Says that one more message of the channel is on its way; returns its sequence number.
uint32_t ledger_publish(uint32_t channel);

// Notes a delivery. Returns 1 when it is a counted message, 0 for a probe or a stray one.
int ledger_deliver(uint32_t connection, uint32_t channel, uint32_t sequence);

// The connection is gone: what it does not get is lost, and is not waited for.
void ledger_leave(uint32_t connection);

// Deliveries on their way to connections that still stand. What was jumped over is not waited for.
uint64_t ledger_in_flight(void);

uint32_t ledger_slots(void);

// Deliveries that everything published so far should give.
uint64_t ledger_expected(void);

// Deliveries that have not come, each counted once.
uint64_t ledger_lost(void);

#endif

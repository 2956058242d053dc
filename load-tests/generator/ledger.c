#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A slot remembers this many ranges of missing numbers. Past it the oldest is forgotten: still lost,
// but if it came after all it would be called doubled. Bounds the memory of a run that loses much.
#define MAX_RANGES 1024

typedef struct {
  uint32_t from, to; // `to` excluded
} Range;

typedef struct {
  uint32_t next;   // the sequence number it waits for; 0: not live yet
  uint32_t ranges; // in `missing`, oldest first
  Range *missing;
} Slot;

LedgerTotals ledger;

static Slot *slots;
static uint32_t *published; // by channel
static uint32_t *subscribers; // at the start
static uint32_t *listening;   // those of them that still stand
static uint32_t connection_count, channel_count, slots_each;
static uint64_t expected, in_flight;

static void *zeroed(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (!memory) {
    fputs("newswire-load: out of memory.\n", stderr);
    exit(3);
  }
  return memory;
}

void ledger_start(int connections, int channels, int per_connection) {
  connection_count = (uint32_t)connections;
  channel_count = (uint32_t)channels;
  slots_each = (uint32_t)per_connection;
  slots = zeroed((size_t)connection_count * slots_each, sizeof *slots);
  published = zeroed(channel_count, sizeof *published);
  subscribers = zeroed(channel_count, sizeof *subscribers);
  listening = zeroed(channel_count, sizeof *listening);
  for (uint32_t i = 0; i < connection_count; i++)
    for (uint32_t k = 0; k < slots_each; k++) subscribers[(i + k) % channel_count]++;
  memcpy(listening, subscribers, channel_count * sizeof *listening);
}

uint32_t ledger_publish(uint32_t channel) {
  expected += subscribers[channel];
  in_flight += listening[channel];
  return ++published[channel];
}

static void remember_missing(Slot *slot, uint32_t from, uint32_t to) {
  if (!slot->missing) slot->missing = zeroed(MAX_RANGES, sizeof *slot->missing);
  if (slot->ranges == MAX_RANGES)
    memmove(slot->missing, slot->missing + 1, --slot->ranges * sizeof *slot->missing);
  slot->missing[slot->ranges++] = (Range){from, to};
}

// Takes a number out of the range that holds it. The rest of the range on both its sides stays.
static void forget_missing(Slot *slot, uint32_t index, uint32_t sequence) {
  Range range = slot->missing[index];
  Range *behind = slot->missing + index + 1;
  size_t behind_bytes = (slot->ranges - index - 1) * sizeof *behind;
  if (range.from < sequence && sequence + 1 < range.to && slot->ranges < MAX_RANGES) {
    memmove(behind + 1, behind, behind_bytes);
    behind[0] = (Range){sequence + 1, range.to};
    slot->missing[index].to = sequence;
    slot->ranges++;
  } else if (range.from + 1 == range.to) {
    memmove(behind - 1, behind, behind_bytes);
    slot->ranges--;
  } else if (range.from == sequence) slot->missing[index].from++;
  else slot->missing[index].to = sequence;
}

static void judge_late(Slot *slot, uint32_t sequence) {
  for (uint32_t i = slot->ranges; i-- > 0;)
    if (slot->missing[i].from <= sequence && sequence < slot->missing[i].to) {
      forget_missing(slot, i, sequence);
      ledger.reordered++;
      return;
    }
  ledger.doubled++;
}

static int judge_probe(Slot *slot) {
  if (slot->next == 0) ledger.live++;
  if (slot->next == 0) slot->next = 1;
  return 0;
}

int ledger_deliver(uint32_t connection, uint32_t channel, uint32_t sequence) {
  uint32_t place = channel >= channel_count ? slots_each
                   : (channel + channel_count - connection % channel_count) % channel_count;
  if (place >= slots_each || sequence > published[channel]) {
    ledger.stray++;
    return 0;
  }
  Slot *slot = &slots[(size_t)connection * slots_each + place];
  if (sequence == 0) return judge_probe(slot);
  ledger.delivered++;
  if (slot->next == 0) slot->next = 1;
  if (sequence < slot->next) {
    judge_late(slot, sequence);
    return 1;
  }
  if (sequence > slot->next) remember_missing(slot, slot->next, sequence);
  in_flight -= sequence + 1 - slot->next;
  slot->next = sequence + 1;
  return 1;
}

void ledger_leave(uint32_t connection) {
  for (uint32_t k = 0; k < slots_each; k++) {
    uint32_t channel = (connection + k) % channel_count;
    uint32_t next = slots[(size_t)connection * slots_each + k].next;
    in_flight -= published[channel] + 1 - (next ? next : 1);
    listening[channel]--;
  }
}

uint64_t ledger_in_flight(void) { return in_flight; }

uint32_t ledger_slots(void) { return connection_count * slots_each; }

uint64_t ledger_expected(void) { return expected; }

// Every delivery that is not a doubled one fills its own place of the expected ones.
uint64_t ledger_lost(void) { return expected - (ledger.delivered - ledger.doubled); }

#include "run.h"

#include <stdio.h>

#include "ledger.h"
#include "loop.h"
#include "marker.h"
#include "process.h"
#include "publisher.h"
#include "subscribers.h"

#define PUBLISHER_LIMIT_S 10.0
#define LIVE_LIMIT_S 15.0
#define PROBE_AFTER_S 0.25 // of nothing: probes must not queue up in front of what is measured
#define STALL_AFTER_S 1.0
#define STALLS_IN_A_ROW 3
#define DRAIN_LIMIT_S 30.0
#define IDLE_WAIT_NS 10000000
#define MOST_WAIT_NS 1000000
#define OPEN_LOOP_A_TURN 256 // published between two reads when the schedule is behind

static const Options *options;
static RunResult *result;

static void handle(uint32_t tag, uint32_t events) {
  uint32_t connections = (uint32_t)options->connections;
  if (tag < connections) subscriber_handle(tag, events);
  else publisher_handle(tag - connections, events);
}

static const char *connect_all(void) {
  uint64_t start = now_ns(), limit = after_ns(options->connect_limit_s);
  double cpu_s = process_cpu_s(options->pids), memory_kib = process_memory_kib(options->pids);
  subscribers_start(options);
  while (subscribers.ready < options->connections && !subscribers.failure[0] && now_ns() < limit) {
    subscribers_dial();
    loop_turn(IDLE_WAIT_NS, handle);
  }
  if (subscribers.failure[0]) return subscribers.failure;
  if (subscribers.ready < options->connections) return "the connections did not all become ready in time";
  result->connect_s = (double)(now_ns() - start) / 1e9;
  for (uint64_t end = after_ns(options->settle_s); now_ns() < end;) loop_turn(IDLE_WAIT_NS, handle);
  result->connect_cpu_s = process_cpu_s(options->pids) - cpu_s;
  result->memory_kib = process_memory_kib(options->pids) - memory_kib;
  return NULL;
}

static const char *connect_publishers(void) {
  uint64_t limit = after_ns(PUBLISHER_LIMIT_S);
  publishers_start(options, (uint32_t)options->connections);
  while (publishers.ready < options->publishers && !publishers.closed && now_ns() < limit)
    loop_turn(IDLE_WAIT_NS, handle);
  return publishers.ready < options->publishers ? "cannot connect the publishers" : NULL;
}

// A subscription may be unacknowledged: it is live when it has brought a probe.
static const char *await_live(void) {
  static char reason[120];
  uint64_t limit = after_ns(LIVE_LIMIT_S), probe_at = 0, frames = subscribers.frames;
  while (ledger.live < ledger_slots() && now_ns() < limit && !publishers.closed) {
    if (now_ns() >= probe_at && !publishers_are_waiting()) {
      for (int c = 0; c < options->channels; c++) publisher_add((uint32_t)c, 1, now_ns());
      publishers_flush();
      probe_at = after_ns(PROBE_AFTER_S);
    }
    loop_turn(IDLE_WAIT_NS, handle);
    if (subscribers.frames != frames) probe_at = after_ns(PROBE_AFTER_S);
    frames = subscribers.frames;
  }
  if (ledger.live == ledger_slots()) return NULL;
  snprintf(reason, sizeof reason, "only %u of %u subscriptions got what was published to them",
           ledger.live, ledger_slots());
  return reason;
}

static uint32_t next_channel(void) {
  static uint32_t channel;
  uint32_t current = channel;
  channel = current + 1 == (uint32_t)options->channels ? 0 : current + 1;
  return current;
}

// Closed loop: publishes until `window` messages are not yet with all their subscribers.
static void publish_window(uint64_t forgiven) {
  uint32_t channels = (uint32_t)options->channels;
  uint64_t a_message = (ledger_slots() + channels - 1) / channels;
  uint64_t limit = a_message * (uint64_t)options->window + forgiven;
  for (int n = 0; n < options->window && ledger_in_flight() + a_message <= limit; n++)
    publisher_add(next_channel(), 0, now_ns());
  publishers_flush();
}

// Something may have been lost that nothing published behind it shows: then go on without it.
static uint64_t forgive(uint64_t now) {
  static uint64_t forgiven, delivered, moved_ns;
  static int in_a_row;
  if (ledger.delivered != delivered || moved_ns == 0) {
    in_a_row = ledger.delivered == delivered ? in_a_row : 0;
    delivered = ledger.delivered;
    moved_ns = now;
  } else if (now - moved_ns > (uint64_t)(STALL_AFTER_S * 1e9)) {
    forgiven = ledger_in_flight();
    moved_ns = now;
    result->stalls++;
    result->is_stalled = ++in_a_row == STALLS_IN_A_ROW;
  }
  if (forgiven > ledger_in_flight()) forgiven = ledger_in_flight();
  return forgiven;
}

// Open loop: publishes what is due. Latency counts from when a message was due, so that a generator
// or server that falls behind cannot hide it. Returns the nanoseconds that may be waited.
static uint64_t publish_due(uint64_t start_ns) {
  double step_ns = 1e9 / options->rate, now = (double)(now_ns() - start_ns);
  for (int n = 0; n < OPEN_LOOP_A_TURN && !publishers_are_full(); n++) {
    double due = (double)publishers.published * step_ns;
    if (due > now) break;
    publisher_add(next_channel(), 0, start_ns + (uint64_t)due);
  }
  publishers_flush();
  double next = (double)publishers.published * step_ns - (double)(now_ns() - start_ns);
  return next <= 0 ? 0 : next < MOST_WAIT_NS ? (uint64_t)next : MOST_WAIT_NS;
}

// Takes the measured time's start away (-1), or adds its end (1).
static void mark(int sign) {
  result->measured_s += sign * ((double)now_ns() / 1e9);
  result->server_cpu_s += sign * process_cpu_s(options->pids);
  result->other_cpu_s += sign * process_cpu_s(options->other_pids);
  result->machine_cpu_s += sign * machine_cpu_s();
  result->own_cpu_s += sign * own_cpu_s();
  result->published += (uint64_t)(int64_t)sign * publishers.published;
  result->delivered += (uint64_t)(int64_t)sign * ledger.delivered;
  result->frames += (uint64_t)(int64_t)sign * subscribers.frames;
  result->bytes += (uint64_t)(int64_t)sign * subscribers.bytes;
}

static void publish_all(void) {
  uint64_t start = now_ns(), measure_from = after_ns(options->warm_s);
  uint64_t end = after_ns(options->warm_s + options->measure_s);
  for (uint64_t now = start; now < end && !result->is_stalled; now = now_ns()) {
    if (publishers.closed || subscribers.open == 0) break;
    if (publishers.published / (uint64_t)options->channels >= MAX_SEQUENCE - 1) break;
    if (!subscribers.is_measuring && now >= measure_from) {
      mark(-1);
      subscribers.is_measuring = 1;
    }
    uint64_t wait_ns = MOST_WAIT_NS;
    if (options->rate > 0) wait_ns = publish_due(start);
    else publish_window(forgive(now));
    loop_turn(wait_ns, handle);
  }
  if (subscribers.is_measuring) mark(1);
  subscribers.is_measuring = 0;
}

static void drain(void) {
  uint64_t limit = after_ns(DRAIN_LIMIT_S), quiet = after_ns(options->drain_s);
  uint64_t delivered = ledger.delivered;
  while (ledger_in_flight() > 0 && now_ns() < quiet && now_ns() < limit) {
    publishers_flush();
    loop_turn(MOST_WAIT_NS, handle);
    if (ledger.delivered != delivered) quiet = after_ns(options->drain_s);
    delivered = ledger.delivered;
  }
  if (now_ns() >= limit) result->undrained = ledger_in_flight();
}

const char *run(const Options *given, RunResult *into) {
  const char *failure;
  options = given;
  result = into;
  loop_start();
  ledger_start(options->connections, options->channels, options->channels_per_connection);
  if ((failure = connect_all())) return failure;
  if (options->is_idle) return NULL;
  if ((failure = connect_publishers())) return failure;
  if ((failure = await_live())) return failure;
  publish_all();
  drain();
  return NULL;
}

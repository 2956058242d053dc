// One run: connect, settle, wait until every subscription is live, publish, drain.
#ifndef RUN_H
#define RUN_H

#include <stdint.h>

#include "options.h"

typedef struct {
  double connect_s, connect_cpu_s, memory_kib; // of all connections together
  double measured_s, server_cpu_s, other_cpu_s, own_cpu_s, machine_cpu_s; // in the measured time
  uint64_t published, delivered, frames, bytes; // in the measured time
  uint64_t undrained; // deliveries that were still coming when time was up
  uint32_t stalls;                             // times a closed loop went on after 1 s of nothing
  int is_stalled;                              // the run ended early: nothing came any more
} RunResult;

// Runs, and returns NULL; or the reason why the run could not be done, in one sentence.
const char *run(const Options *options, RunResult *result);

// Prints the result as one JSON object, whose keys ../README.md documents; in report.c.
void report_print(const Options *options, const RunResult *result);

#endif

#include <stdio.h>

#include "answers.h"
#include "ledger.h"
#include "publisher.h"
#include "run.h"
#include "subscribers.h"

static void print_text(const char *text) {
  putchar('"');
  for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
    if (*p == '"' || *p == '\\') printf("\\%c", *p);
    else if (*p < ' ' || *p > '~') printf("\\u%04x", *p); // bytes, so that any text stays valid JSON
    else putchar(*p);
  }
  putchar('"');
}

static void print_closes(void) {
  const char *comma = "";
  printf(",\"closes\":{");
  for (int code = 0; code < CLOSE_CODES; code++) {
    if (subscribers.closes[code] == 0) continue;
    printf("%s\"%d\":%u", comma, code, subscribers.closes[code]);
    comma = ",";
  }
  putchar('}');
}

static void print_connecting(const Options *options, const RunResult *result) {
  double connections = options->connections;
  printf("\"connections\":%d,\"channels\":%d", options->connections, options->channels);
  printf(",\"connect_s\":%.3f,\"connects_per_s\":%.0f", result->connect_s, connections / result->connect_s);
  if (!options->pids[0]) return;
  printf(",\"connect_cpu_us\":%.1f", result->connect_cpu_s * 1e6 / connections);
  printf(",\"kib_per_connection\":%.2f", result->memory_kib / connections);
}

static void print_speed(const Options *options, const RunResult *result) {
  double seconds = result->measured_s > 0 ? result->measured_s : 1;
  double millions = (double)result->delivered / 1e6;
  printf(",\"measured_s\":%.2f", result->measured_s);
  printf(",\"publishes_per_s\":%.0f", (double)result->published / seconds);
  printf(",\"deliveries_per_s\":%.0f", (double)result->delivered / seconds);
  printf(",\"frames_per_s\":%.0f", (double)result->frames / seconds);
  if (result->delivered) printf(",\"bytes_per_delivery\":%.1f", (double)result->bytes / (double)result->delivered);
  printf(",\"generator_cpu_share\":%.2f", result->own_cpu_s / seconds);
  double ours = result->own_cpu_s + result->server_cpu_s + result->other_cpu_s;
  double strange = result->machine_cpu_s - ours;
  printf(",\"strange_cpu_share\":%.2f", strange > 0 ? strange / seconds : 0);
  if (options->other_pids[0]) printf(",\"other_cpu_share\":%.2f", result->other_cpu_s / seconds);
  if (!options->pids[0]) return;
  printf(",\"server_cpu_share\":%.2f", result->server_cpu_s / seconds);
  if (millions > 0) printf(",\"server_cpu_s_per_million\":%.4f", result->server_cpu_s / millions);
}

static uint64_t middle_us(uint64_t bucket) {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  uint64_t shift = (bucket >> SUB_BITS) - 1;
  return ((bucket - (shift << SUB_BITS)) << shift) + (1ull << shift) / 2;
}

// The value below which `share` (0 to 1) of all values lie, in milliseconds; 0 when there is none.
static double histogram_ms(const Histogram *histogram, double share) {
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

static void print_latency(void) {
  const Histogram *latency = &subscribers.latency;
  printf(",\"latency_ms\":{\"p50\":%.3f,\"p95\":%.3f,\"p99\":%.3f,\"p99_9\":%.3f,\"max\":%.3f}",
         histogram_ms(latency, 0.5), histogram_ms(latency, 0.95), histogram_ms(latency, 0.99),
         histogram_ms(latency, 0.999), (double)latency->max_us / 1000);
}

static void print_judgement(const RunResult *result) {
  printf(",\"published\":%lu,\"expected\":%lu", publishers.published, ledger_expected());
  printf(",\"delivered\":%lu,\"lost\":%lu", ledger.delivered, ledger_lost());
  printf(",\"doubled\":%lu,\"reordered\":%lu", ledger.doubled, ledger.reordered);
  printf(",\"undrained\":%lu", result->undrained);
  printf(",\"stray\":%lu,\"publishes_refused\":%lu", ledger.stray, answers.refused);
  printf(",\"first_refusal\":");
  print_text(answers.first_refusal);
  printf(",\"stalls\":%u,\"stalled\":%s", result->stalls, result->is_stalled ? "true" : "false");
  printf(",\"publishers_closed\":%d", publishers.closed);
}

void report_print(const Options *options, const RunResult *result) {
  putchar('{');
  print_connecting(options, result);
  if (!options->is_idle) {
    print_speed(options, result);
    print_latency();
    print_judgement(result);
  }
  printf(",\"pings\":%lu,\"unmarked\":%lu,\"first_unmarked\":", subscribers.pings, subscribers.unmarked);
  print_text(subscribers.first_unmarked);
  print_closes();
  puts("}");
}

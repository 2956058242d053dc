#include "process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

// The list's next number; moves `list` behind it. 0 at the end.
static long next_pid(const char **list) {
  char *end;
  long pid = strtol(*list, &end, 10);
  *list = *end == ',' ? end + 1 : end;
  return pid;
}

static FILE *open_proc(long pid, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/%s", pid, name);
  return fopen(path, "r");
}

static double read_cpu_s(long pid) {
  char line[1024];
  unsigned long user = 0, system = 0;
  FILE *file = open_proc(pid, "stat");
  if (!file) return 0;
  // The command's name may hold spaces and brackets: the fields count from its last bracket.
  char *fields = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
  if (fields) sscanf(fields + 2, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user, &system);
  fclose(file);
  return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double read_memory_kib(long pid) {
  char line[256];
  long kib = 0;
  FILE *file = open_proc(pid, "smaps_rollup");
  if (!file) return 0;
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "Pss: %ld kB", &kib) == 1) break;
  fclose(file);
  return (double)kib;
}

double process_cpu_s(const char *pids) {
  double sum = 0;
  for (long pid; (pid = next_pid(&pids)) > 0;) sum += read_cpu_s(pid);
  return sum;
}

double process_memory_kib(const char *pids) {
  double sum = 0;
  for (long pid; (pid = next_pid(&pids)) > 0;) sum += read_memory_kib(pid);
  return sum;
}

double machine_cpu_s(void) {
  unsigned long user = 0, nice = 0, system = 0, irq = 0, softirq = 0, steal = 0;
  FILE *file = fopen("/proc/stat", "r");
  if (!file) return 0;
  if (fscanf(file, "cpu %lu %lu %lu %*u %*u %lu %lu %lu", &user, &nice, &system, &irq, &softirq, &steal) < 6)
    steal = 0;
  fclose(file);
  return (double)(user + nice + system + irq + softirq + steal) / (double)sysconf(_SC_CLK_TCK);
}

double own_cpu_s(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

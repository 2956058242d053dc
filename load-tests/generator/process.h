// CPU and memory of processes, read from /proc.
#ifndef PROCESS_H
#define PROCESS_H

// CPU seconds (user and system) used so far by the processes of a comma-separated list.
double process_cpu_s(const char *pids);

// Their memory in KiB: Pss, in which a page shared by n processes counts 1/n for each.
double process_memory_kib(const char *pids);

// CPU seconds used so far by the whole machine, other guests' share of its cores included.
double machine_cpu_s(void);

// CPU seconds used so far by this program.
double own_cpu_s(void);

#endif

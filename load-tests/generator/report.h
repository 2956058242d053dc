// The result as one JSON object on stdout; its keys are documented in ../README.md.
#ifndef REPORT_H
#define REPORT_H

#include "run.h"

void report_print(const Options *options, const RunResult *result);

#endif

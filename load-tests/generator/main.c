// newswire-load: the project's load generator. One thread, one epoll loop, loopback only.
#include <stdio.h>

#include "answers.h"
#include "options.h"
#include "run.h"

#define EXIT_CANNOT_RUN 3

int main(int argc, char **argv) {
  Options options;
  RunResult result = {0};
  options_parse(&options, argc, argv);
  const char *failure = run(&options, &result);
  if (failure) {
    fprintf(stderr, "newswire-load: %s.\n", failure);
    if (answers.refused) fprintf(stderr, "newswire-load: the first refusal: %s\n", answers.first_refusal);
    return EXIT_CANNOT_RUN;
  }
  report_print(&options, &result);
  return 0;
}

// What the server says to publishes: HTTP responses or RESP replies, walked only to find refusals.
#ifndef ANSWERS_H
#define ANSWERS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint64_t accepted, refused;
  char first_refusal[201];
} Answers;

extern Answers answers;

// Each walks over whole answers and returns the bytes done with; the caller hands in the rest again.
size_t answers_http(const char *bytes, size_t length);
size_t answers_redis(const char *bytes, size_t length);

// Notes one refusal with its text.
void answers_refuse(const char *text, size_t length);

#endif

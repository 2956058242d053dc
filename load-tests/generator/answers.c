#include "answers.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STATUS_AT 9 // behind "HTTP/1.1 "
#define STATUS_OK '2' // 200, or 201 and 202 where the server only takes it
#define ERROR_BODY "{\"error\""

Answers answers;

void answers_refuse(const char *text, size_t length) {
  size_t kept = length < sizeof answers.first_refusal ? length : sizeof answers.first_refusal - 1;
  if (answers.refused++ == 0) memcpy(answers.first_refusal, text, kept);
}

// The value of Content-Length in a head, or 0: an answer without a body.
static size_t content_length(const char *head, size_t length) {
  static const char name[] = "\r\ncontent-length:";
  size_t name_bytes = sizeof name - 1;
  for (const char *p = head; (p = memchr(p, '\r', (size_t)(head + length - p))); p++) {
    if ((size_t)(head + length - p) < name_bytes) break;
    if (strncasecmp(p, name, name_bytes) == 0) return (size_t)strtoul(p + name_bytes, NULL, 10);
  }
  return 0;
}

size_t answers_http(const char *bytes, size_t length) {
  const char *p = bytes, *end = bytes + length, *head_end;
  while ((head_end = memmem(p, (size_t)(end - p), "\r\n\r\n", 4))) {
    const char *body = head_end + 4;
    size_t body_bytes = content_length(p, (size_t)(body - p));
    if ((size_t)(end - body) < body_bytes) break;
    int is_ok = head_end - p > STATUS_AT && p[STATUS_AT] == STATUS_OK;
    int is_error = body_bytes >= sizeof ERROR_BODY - 1 &&
                   memcmp(body, ERROR_BODY, sizeof ERROR_BODY - 1) == 0;
    if (is_ok && !is_error) answers.accepted++;
    else if (body_bytes) answers_refuse(body, body_bytes);
    else answers_refuse(p, strcspn(p, "\r"));
    p = body + body_bytes;
  }
  return (size_t)(p - bytes);
}

size_t answers_redis(const char *bytes, size_t length) {
  const char *p = bytes, *end = bytes + length, *line_end;
  while ((line_end = memchr(p, '\n', (size_t)(end - p)))) {
    if (*p == '-') answers_refuse(p, (size_t)(line_end - p) - 1);
    else answers.accepted++;
    p = line_end + 1;
  }
  return (size_t)(p - bytes);
}

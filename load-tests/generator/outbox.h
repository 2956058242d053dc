// What a publishing connection is to send: messages in the form that the options ask for.
#ifndef OUTBOX_H
#define OUTBOX_H

#include <stddef.h>

#include "marker.h"
#include "options.h"

typedef struct {
  char *bytes;
  size_t length, room;
} Outbox;

// To be called once, before the others.
void outbox_start(const Options *options);

// Room for so many bytes more; the caller writes them and adds to `length`.
char *outbox_reserve(Outbox *outbox, size_t length);

void outbox_add_frame(Outbox *outbox, int opcode, const void *bytes, size_t length);

// Fills a template in and adds it, as a frame where the publishing is by ws. NULL adds nothing.
void outbox_add_text(Outbox *outbox, const char *text, int connection);

void outbox_add_message(Outbox *outbox, const Marker *marker);

// Takes away what was sent.
void outbox_sent(Outbox *outbox, size_t length);

#endif

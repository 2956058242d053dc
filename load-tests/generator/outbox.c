#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "template.h"
#include "websocket.h"

static const Options *options;
static char *filled; // room for one text, before its framing
static unsigned char *packed;

static size_t room_for(const char *text) { return text ? template_limit(text, options->size_bytes) : 0; }

void outbox_start(const Options *given) {
  options = given;
  size_t room = room_for(options->publish) + room_for(options->publish_hello) +
                room_for(options->protocol->pong);
  filled = malloc(room);
  packed = malloc(room + PACK_OVERHEAD);
  if (!filled || !packed) abort();
}

char *outbox_reserve(Outbox *outbox, size_t length) {
  if (outbox->length + length > outbox->room) {
    outbox->room = (outbox->length + length) * 2;
    outbox->bytes = realloc(outbox->bytes, outbox->room);
    if (!outbox->bytes) abort();
  }
  return outbox->bytes + outbox->length;
}

static void add_bytes(Outbox *outbox, const char *bytes, size_t length) {
  memcpy(outbox_reserve(outbox, length), bytes, length);
  outbox->length += length;
}

void outbox_add_frame(Outbox *outbox, int opcode, const void *bytes, size_t length) {
  unsigned char *out = (unsigned char *)outbox_reserve(outbox, length + FRAME_OVERHEAD);
  outbox->length += frame_write(out, opcode, bytes, length);
}

static void add_text(Outbox *outbox, const char *text) { add_bytes(outbox, text, strlen(text)); }

static void add_http(Outbox *outbox, const char *body, size_t length, const Places *places) {
  char line[32];
  add_text(outbox, "POST ");
  char *path = outbox_reserve(outbox, template_limit(options->publish_path, options->size_bytes));
  outbox->length += template_fill(path, options->publish_path, places);
  add_text(outbox, " HTTP/1.1\r\nHost: ");
  add_text(outbox, options->host);
  add_text(outbox, "\r\nContent-Type: application/json\r\n");
  add_text(outbox, options->headers);
  add_bytes(outbox, line, (size_t)sprintf(line, "Content-Length: %zu\r\n\r\n", length));
  add_bytes(outbox, body, length);
}

// A command's arguments are divided by single spaces, before places are filled in.
static void add_redis(Outbox *outbox, const char *command, const Places *places) {
  char part[4096], head[32];
  int count = 1;
  for (const char *c = command; *c; c++) count += *c == ' ';
  add_bytes(outbox, head, (size_t)sprintf(head, "*%d\r\n", count));
  for (const char *from = command; count-- > 0;) {
    size_t bytes = strcspn(from, " ");
    snprintf(part, sizeof part, "%.*s", (int)bytes, from);
    size_t length = template_fill(filled, part, places);
    add_bytes(outbox, head, (size_t)sprintf(head, "$%zu\r\n", length));
    add_bytes(outbox, filled, length);
    add_bytes(outbox, "\r\n", 2);
    from += bytes + 1;
  }
}

// Over plain TCP a protocol's packets are the same, without frames.
static void add_filled(Outbox *outbox, size_t length) {
  const Protocol *protocol = options->protocol;
  const char *bytes = protocol->pack ? (char *)packed : filled;
  if (protocol->pack) length = protocol->pack(packed, filled, length);
  if (options->publish_by == PUBLISH_WS) outbox_add_frame(outbox, protocol->opcode, bytes, length);
  else add_bytes(outbox, bytes, length);
}

void outbox_add_text(Outbox *outbox, const char *text, int connection) {
  Places places = {.connection = connection};
  if (text) add_filled(outbox, template_fill(filled, text, &places));
}

void outbox_add_message(Outbox *outbox, const Marker *marker) {
  Places places = {.channel = (int)marker->channel, .marker = marker,
                   .size_bytes = options->size_bytes};
  if (options->publish_by == PUBLISH_REDIS) {
    add_redis(outbox, options->publish, &places);
    return;
  }
  size_t length = template_fill(filled, options->publish, &places);
  if (options->publish_by == PUBLISH_HTTP) add_http(outbox, filled, length, &places);
  else add_filled(outbox, length);
}

void outbox_sent(Outbox *outbox, size_t length) {
  outbox->length -= length;
  memmove(outbox->bytes, outbox->bytes + length, outbox->length);
}

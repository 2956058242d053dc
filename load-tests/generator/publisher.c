#include "publisher.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "ledger.h"
#include "loop.h"
#include "template.h"
#include "websocket.h"

#define FULL_BYTES (4u << 20)
#define READ_BYTES (64 * 1024)

typedef enum { DIALLING, UPGRADING, READY, CLOSED } State;

typedef struct {
  int fd;
  State state;
  int is_blocked; // the socket is full: EPOLLOUT is watched
  char *out;
  size_t out_bytes, out_room;
  char in[READ_BYTES + 1];
  size_t in_bytes;
  FrameWalk walk;
} Publisher;

Publishers publishers;

static const Options *options;
static uint32_t first_tag;
static Publisher *all;
static char *message; // room for one message before its framing

static uint32_t tag_of(const Publisher *p) { return first_tag + (uint32_t)(p - all); }

static void drop(Publisher *p) {
  if (p->state == CLOSED) return;
  close(p->fd);
  p->state = CLOSED;
  publishers.closed++;
}

static char *reserve(Publisher *p, size_t length) {
  if (p->out_bytes + length > p->out_room) {
    p->out_room = (p->out_bytes + length) * 2;
    p->out = realloc(p->out, p->out_room);
    if (!p->out) abort();
  }
  return p->out + p->out_bytes;
}

static void add_bytes(Publisher *p, const char *bytes, size_t length) {
  memcpy(reserve(p, length), bytes, length);
  p->out_bytes += length;
}

static void add_frame(Publisher *p, int opcode, const void *bytes, size_t length) {
  unsigned char *out = (unsigned char *)reserve(p, length + FRAME_OVERHEAD);
  p->out_bytes += frame_write(out, opcode, bytes, length);
}

static void flush(Publisher *p) {
  if (p->out_bytes == 0 || p->state == CLOSED || p->state == DIALLING) return;
  long taken = loop_send(p->fd, p->out, p->out_bytes);
  if (taken < 0) {
    drop(p);
    return;
  }
  p->out_bytes -= (size_t)taken;
  memmove(p->out, p->out + taken, p->out_bytes);
  int is_blocked = p->out_bytes > 0;
  if (is_blocked == p->is_blocked) return;
  p->is_blocked = is_blocked;
  loop_watch(p->fd, tag_of(p), is_blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void add_http(Publisher *p, const char *body, size_t length) {
  size_t limit = 256 + strlen(options->publish_path) + strlen(options->headers);
  char *head = reserve(p, limit);
  p->out_bytes += (size_t)snprintf(head, limit,
                                   "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
                                   "%sContent-Length: %zu\r\n\r\n",
                                   options->publish_path, options->host, options->headers, length);
  add_bytes(p, body, length);
}

// A command's arguments are divided by single spaces, before places are filled in.
static void add_redis(Publisher *p, const char *command, const Places *places) {
  char part[4096], head[32];
  int count = 1;
  for (const char *c = command; *c; c++) count += *c == ' ';
  add_bytes(p, head, (size_t)sprintf(head, "*%d\r\n", count));
  for (const char *from = command; count-- > 0;) {
    size_t bytes = strcspn(from, " ");
    snprintf(part, sizeof part, "%.*s", (int)bytes, from);
    size_t filled = template_fill(message, part, places);
    add_bytes(p, head, (size_t)sprintf(head, "$%zu\r\n", filled));
    add_bytes(p, message, filled);
    add_bytes(p, "\r\n", 2);
    from += bytes + 1;
  }
}

void publisher_add(uint32_t channel, int is_probe, uint64_t sent_ns) {
  Publisher *p = &all[channel % (uint32_t)options->publishers];
  Marker marker = {.channel = channel, .sent_ns = sent_ns};
  Places places = {.channel = (int)channel, .marker = &marker, .size_bytes = options->size_bytes};
  if (!is_probe) {
    marker.sequence = ledger_publish(channel);
    publishers.published++;
  }
  if (options->publish_by == PUBLISH_REDIS) {
    add_redis(p, options->publish, &places);
    return;
  }
  size_t length = template_fill(message, options->publish, &places);
  if (options->publish_by == PUBLISH_HTTP) add_http(p, message, length);
  else if (options->publish_by == PUBLISH_WS) add_frame(p, FRAME_TEXT, message, length);
  else add_bytes(p, message, length);
}

static void become_ready(Publisher *p) {
  p->state = READY;
  publishers.ready++;
  if (!options->publish_hello) return;
  Places places = {.connection = (int)(p - all)};
  size_t length = template_fill(message, options->publish_hello, &places);
  if (options->publish_by == PUBLISH_WS) add_frame(p, FRAME_TEXT, message, length);
  else add_bytes(p, message, length);
  flush(p);
}

static void connected(Publisher *p) {
  loop_watch(p->fd, tag_of(p), EPOLLIN);
  if (options->publish_by != PUBLISH_WS) {
    become_ready(p);
    return;
  }
  p->state = UPGRADING;
  char *request = reserve(p, 8192);
  p->out_bytes += handshake_write(request, 8192, options->host, options->publish_path, options->headers);
  flush(p);
}

static size_t skip_data(void *owner, const unsigned char *bytes, size_t length, int is_end) {
  (void)owner, (void)bytes, (void)is_end;
  return length;
}

static int take_control(void *owner, int opcode, const unsigned char *bytes, size_t length) {
  if (opcode == FRAME_PING) add_frame(owner, FRAME_PONG, bytes, length);
  return opcode != FRAME_CLOSE;
}

static long take_frames(Publisher *p) {
  static const FrameSink sink = {skip_data, take_control};
  const unsigned char *bytes = (unsigned char *)p->in;
  long head = p->state == UPGRADING ? handshake_read(bytes, p->in_bytes) : 0;
  if (head < 0 || (head == 0 && p->state == UPGRADING)) return head;
  if (p->state == UPGRADING) become_ready(p);
  long walked = frames_walk(&p->walk, &sink, p, bytes + head, p->in_bytes - (size_t)head);
  return walked < 0 ? -1 : head + walked;
}

static long take_answers(Publisher *p) {
  switch (options->publish_by) {
  case PUBLISH_HTTP: return (long)answers_http(p->in, p->in_bytes);
  case PUBLISH_REDIS: return (long)answers_redis(p->in, p->in_bytes);
  case PUBLISH_WS: return take_frames(p);
  default: return (long)p->in_bytes;
  }
}

static void read_answers(Publisher *p) {
  ssize_t got = read(p->fd, p->in + p->in_bytes, READ_BYTES - p->in_bytes);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got > 0) p->in_bytes += (size_t)got;
  p->in[p->in_bytes] = 0;
  long done = got > 0 ? take_answers(p) : -1;
  if (done < 0 || (done == 0 && p->in_bytes == READ_BYTES)) { // over, or an answer without an end
    drop(p);
    return;
  }
  p->in_bytes -= (size_t)done;
  memmove(p->in, p->in + done, p->in_bytes);
}

void publisher_handle(uint32_t publisher, uint32_t events) {
  Publisher *p = &all[publisher];
  if (p->state == CLOSED) return;
  if (p->state == DIALLING && (events & (EPOLLERR | EPOLLHUP))) drop(p);
  else if (p->state == DIALLING) connected(p);
  else {
    if (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) read_answers(p);
    if (events & EPOLLOUT) flush(p);
  }
}

void publishers_start(const Options *given, uint32_t tag) {
  options = given;
  first_tag = tag;
  all = calloc((size_t)options->publishers, sizeof *all);
  size_t room = template_limit(options->publish, options->size_bytes);
  if (options->publish_hello) room += template_limit(options->publish_hello, 0);
  message = malloc(room);
  if (!all || !message) abort();
  for (int i = 0; i < options->publishers; i++) {
    all[i].fd = loop_dial(options->host, options->publish_port, first_tag + (uint32_t)i);
    if (all[i].fd < 0) {
      all[i].state = CLOSED;
      publishers.closed++;
    }
  }
}

void publishers_flush(void) {
  for (int i = 0; i < options->publishers; i++)
    if (!all[i].is_blocked) flush(&all[i]);
}

int publishers_are_full(void) {
  for (int i = 0; i < options->publishers; i++)
    if (all[i].out_bytes > FULL_BYTES) return 1;
  return 0;
}

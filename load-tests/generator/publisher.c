#include "publisher.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "ledger.h"
#include "loop.h"
#include "outbox.h"
#include "websocket.h"

#define FULL_BYTES (4u << 20)
#define FULL_MESSAGES 100000
#define READ_BYTES (64 * 1024)
#define HANDSHAKE_BYTES 8192

// Messages that wait for their turn, first in first out.
typedef struct {
  Marker *markers;
  size_t from, to, room; // those from `from` to before `to` wait
} Queue;

static size_t queue_length(const Queue *queue) { return queue->to - queue->from; }

static void queue_add(Queue *queue, const Marker *marker) {
  if (queue->to == queue->room && queue->from > queue->room / 2) {
    memmove(queue->markers, queue->markers + queue->from, queue_length(queue) * sizeof *marker);
    queue->to -= queue->from;
    queue->from = 0;
  } else if (queue->to == queue->room) {
    queue->room = queue->room * 2 + 64;
    queue->markers = realloc(queue->markers, queue->room * sizeof *marker);
    if (!queue->markers) abort();
  }
  queue->markers[queue->to++] = *marker;
}

// The first one, which waits no more. There must be one.
static Marker queue_take(Queue *queue) {
  Marker marker = queue->markers[queue->from++];
  if (queue->from == queue->to) queue->from = queue->to = 0;
  return marker;
}

typedef enum { DIALLING, UPGRADING, AWAIT_HELLO, READY, CLOSED } State;

typedef struct {
  int fd;
  State state;
  int is_blocked; // the socket is full: EPOLLOUT is watched
  Outbox out;
  Queue queue;         // messages that wait for answers
  uint64_t unanswered; // requests
  char in[READ_BYTES + 1];
  size_t in_bytes;
  FrameWalk walk;
  ProtocolState protocol;
} Publisher;

Publishers publishers;

static const Options *options;
static uint32_t first_tag;
static Publisher *all;

static uint32_t get_tag(const Publisher *p) { return first_tag + (uint32_t)(p - all); }

static void drop(Publisher *p) {
  if (p->state == CLOSED) return;
  close(p->fd);
  p->state = CLOSED;
  publishers.closed++;
}

static void flush(Publisher *p) {
  if (p->out.length == 0 || p->state == CLOSED || p->state == DIALLING) return;
  long taken = loop_send(p->fd, p->out.bytes, p->out.length);
  if (taken < 0) {
    drop(p);
    return;
  }
  outbox_sent(&p->out, (size_t)taken);
  int is_blocked = p->out.length > 0;
  if (is_blocked == p->is_blocked) return;
  p->is_blocked = is_blocked;
  loop_watch(p->fd, get_tag(p), is_blocked ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

// Whether a message must wait for the answer to an earlier one.
static int is_waiting(const Publisher *p) {
  return options->publish_by == PUBLISH_HTTP && options->pipeline > 0 &&
         p->unanswered >= (uint64_t)options->pipeline;
}

static void send_message(Publisher *p, const Marker *marker) {
  p->unanswered++;
  outbox_add_message(&p->out, marker);
}

void publisher_add(uint32_t channel, int is_probe, uint64_t sent_ns) {
  Publisher *p = &all[channel % (uint32_t)options->publishers];
  Marker marker = {.channel = channel, .sent_ns = sent_ns};
  if (!is_probe) {
    marker.sequence = ledger_publish(channel);
    publishers.published++;
  }
  if (is_waiting(p)) queue_add(&p->queue, &marker);
  else send_message(p, &marker);
}

static void become_ready(Publisher *p) {
  p->state = READY;
  publishers.ready++;
}

static void begin(Publisher *p) {
  if (options->await_publish_hello) p->state = AWAIT_HELLO;
  else become_ready(p);
  outbox_add_text(&p->out, options->publish_hello, (int)(p - all));
  flush(p);
}

// A frame is looked at whole when it fits into what is read at once.
static size_t await_text(Publisher *p, const unsigned char *bytes, size_t length, int is_end) {
  const char *awaited = options->await_publish_hello;
  if (memmem(bytes, length, awaited, strlen(awaited))) become_ready(p);
  else if (!is_end && length < READ_BYTES / 2) return 0;
  return length;
}

static void connected(Publisher *p) {
  loop_watch(p->fd, get_tag(p), EPOLLIN);
  if (options->publish_by != PUBLISH_WS) {
    begin(p);
    return;
  }
  p->state = UPGRADING;
  char *request = outbox_reserve(&p->out, HANDSHAKE_BYTES);
  p->out.length += handshake_write(request, HANDSHAKE_BYTES, options->host, options->publish_path,
                                   options->headers);
  flush(p);
}

static void ignore_message(void *owner, const unsigned char *marker) { (void)owner, (void)marker; }

static void answer_ping(void *owner) {
  Publisher *p = owner;
  outbox_add_text(&p->out, options->protocol->pong, (int)(p - all));
}

static void take_text(void *owner, const unsigned char *text, size_t length) {
  (void)owner;
  if (memmem(text, length, "error", 5) || memmem(text, length, "-ERR", 4))
    answers_refuse((const char *)text, length);
}

static size_t take_data(void *owner, const unsigned char *bytes, size_t length, int is_end) {
  static const ProtocolSink sink = {ignore_message, answer_ping, take_text};
  Publisher *p = owner;
  if (p->state == AWAIT_HELLO) return await_text(p, bytes, length, is_end);
  return options->protocol->take(&p->protocol, &sink, p, bytes, length, is_end);
}

static int take_control(void *owner, int opcode, const unsigned char *bytes, size_t length) {
  Publisher *p = owner;
  if (opcode == FRAME_PING) outbox_add_frame(&p->out, FRAME_PONG, bytes, length);
  return opcode != FRAME_CLOSE;
}

static long take_frames(Publisher *p) {
  static const FrameSink sink = {take_data, take_control};
  const unsigned char *bytes = (unsigned char *)p->in;
  long head = p->state == UPGRADING ? handshake_read(bytes, p->in_bytes) : 0;
  if (head < 0 || (head == 0 && p->state == UPGRADING)) return head;
  if (p->state == UPGRADING) begin(p);
  long walked = frames_walk(&p->walk, &sink, p, bytes + head, p->in_bytes - (size_t)head);
  return walked < 0 ? -1 : head + walked;
}

static long take_http(Publisher *p) {
  uint64_t before = answers.accepted + answers.refused;
  size_t done = answers_http(p->in, p->in_bytes);
  p->unanswered -= answers.accepted + answers.refused - before;
  while (queue_length(&p->queue) && !is_waiting(p)) {
    Marker marker = queue_take(&p->queue);
    send_message(p, &marker);
  }
  return (long)done;
}

static long take_answers(Publisher *p) {
  switch (options->publish_by) {
  case PUBLISH_HTTP: return take_http(p);
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
    if (!p->is_blocked || (events & EPOLLOUT)) flush(p);
  }
}

void publishers_start(const Options *given, uint32_t tag) {
  options = given;
  first_tag = tag;
  all = calloc((size_t)options->publishers, sizeof *all);
  if (!all) abort();
  outbox_start(options);
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

int publishers_are_waiting(void) {
  for (int i = 0; i < options->publishers; i++)
    if (queue_length(&all[i].queue)) return 1;
  return 0;
}

int publishers_are_full(void) {
  for (int i = 0; i < options->publishers; i++)
    if (all[i].out.length > FULL_BYTES || queue_length(&all[i].queue) > FULL_MESSAGES) return 1;
  return 0;
}

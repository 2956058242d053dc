#include "subscribers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ledger.h"
#include "loop.h"
#include "template.h"
#include "websocket.h"

#define HANDSHAKES_AT_ONCE 128 // well under the usual listen backlog of 512
#define READ_BYTES (256 * 1024)
#define CARRY_BYTES 1024 // a handshake's head, a control frame, or a cut marker

typedef enum { DIALLING, UPGRADING, AWAIT_HELLO, AWAIT_SUBSCRIBED, READY, CLOSED } State;

typedef struct {
  int fd;
  State state;
  uint32_t index;
  uint32_t carried;
  FrameWalk walk;
  ProtocolState protocol;
  unsigned char carry[CARRY_BYTES]; // what came and could not be used yet
} Subscriber;

Subscribers subscribers;

static const Options *options;
static Subscriber *all;
static int dialled;
static uint64_t read_ns; // when the bytes at hand were read: one look at the clock a read

static void fail(const char *what, const char *why) {
  if (!subscribers.failure[0])
    snprintf(subscribers.failure, sizeof subscribers.failure, "%s: %s", what, why);
}

static void drop(Subscriber *s, int code) {
  if (s->state != READY) fail("a connection was closed before it was subscribed", "see the server's log");
  close(s->fd);
  s->state = CLOSED;
  ledger_leave(s->index);
  subscribers.closes[code]++;
  subscribers.open--;
}

static void send_frame(Subscriber *s, int opcode, const void *bytes, size_t length) {
  unsigned char *frame = malloc(length + FRAME_OVERHEAD);
  if (!frame) return;
  size_t n = frame_write(frame, opcode, bytes, length);
  // So little goes up these sockets that one which takes less than all of it is as good as broken.
  if (loop_send(s->fd, frame, n) != (long)n && s->state != READY) fail("cannot send", strerror(errno));
  free(frame);
}

static void send_packed(Subscriber *s, const char *text, size_t length) {
  unsigned char *packet = malloc(length + PACK_OVERHEAD);
  if (!packet) return;
  send_frame(s, options->protocol->opcode, packet, options->protocol->pack(packet, text, length));
  free(packet);
}

static void send_text(Subscriber *s, const char *text, uint32_t channel) {
  if (!text) return;
  char *filled = malloc(template_limit(text, 0));
  if (!filled) return;
  Places places = {.channel = (int)channel, .connection = (int)s->index};
  size_t length = template_fill(filled, text, &places);
  if (options->protocol->pack) send_packed(s, filled, length);
  else send_frame(s, options->protocol->opcode, filled, length);
  free(filled);
}

static void become_ready(Subscriber *s) {
  s->state = READY;
  subscribers.ready++;
}

static void subscribe(Subscriber *s) {
  for (int k = 0; k < options->channels_per_connection; k++)
    send_text(s, options->subscribe, (s->index + (uint32_t)k) % (uint32_t)options->channels);
  if (options->await_subscribed) s->state = AWAIT_SUBSCRIBED;
  else become_ready(s);
}

static void begin(Subscriber *s) {
  send_text(s, options->hello, s->index % (uint32_t)options->channels);
  if (options->await_hello) s->state = AWAIT_HELLO;
  else subscribe(s);
}

// While a text is awaited, a frame is looked at whole when it fits into the carry.
static size_t await_text(Subscriber *s, const unsigned char *bytes, size_t length, int is_end) {
  const char *awaited = s->state == AWAIT_HELLO ? options->await_hello : options->await_subscribed;
  if (!memmem(bytes, length, awaited, strlen(awaited)))
    return is_end || length >= CARRY_BYTES - FRAME_OVERHEAD ? length : 0;
  if (s->state == AWAIT_HELLO) subscribe(s);
  else become_ready(s);
  return length;
}

static void note_unmarked(void *owner, const unsigned char *bytes, size_t length) {
  (void)owner;
  size_t kept = length < sizeof subscribers.first_unmarked ? length : sizeof subscribers.first_unmarked - 1;
  if (subscribers.unmarked++ == 0) memcpy(subscribers.first_unmarked, bytes, kept);
}

static void deliver(void *owner, const unsigned char *text) {
  Subscriber *s = owner;
  Marker marker = marker_read(text);
  if (ledger_deliver(s->index, marker.channel, marker.sequence) && subscribers.is_measuring)
    histogram_add(&subscribers.latency, marker_age_ns(marker.sent_ns, read_ns) / 1000);
}

static void answer_ping(void *owner) {
  subscribers.pings++;
  send_text(owner, options->protocol->pong, 0);
}

static size_t take_data(void *owner, const unsigned char *bytes, size_t length, int is_end) {
  static const ProtocolSink sink = {deliver, answer_ping, note_unmarked};
  Subscriber *s = owner;
  if (s->state != READY) return await_text(s, bytes, length, is_end);
  subscribers.frames += (uint64_t)is_end;
  return options->protocol->take(&s->protocol, &sink, s, bytes, length, is_end);
}

static int take_control(void *owner, int opcode, const unsigned char *bytes, size_t length) {
  Subscriber *s = owner;
  if (opcode == FRAME_PING) {
    subscribers.pings++;
    send_frame(s, FRAME_PONG, bytes, length);
  }
  if (opcode != FRAME_CLOSE) return 1;
  int code = length >= 2 ? bytes[0] << 8 | bytes[1] : 1005;
  send_frame(s, FRAME_CLOSE, bytes, length);
  drop(s, code < CLOSE_CODES ? code : 0);
  return 0;
}

// Returns the bytes done with, or -1 when the connection is over.
static long take_bytes(Subscriber *s, const unsigned char *bytes, size_t length) {
  static const FrameSink sink = {take_data, take_control};
  long head = 0, walked;
  if (s->state == UPGRADING) {
    head = handshake_read(bytes, length);
    if (head < 0) {
      fail("the server did not upgrade to WebSocket but answered", strtok((char *)bytes, "\r\n"));
      return -1;
    }
    if (head == 0) return 0;
    begin(s);
  }
  walked = frames_walk(&s->walk, &sink, s, bytes + head, length - (size_t)head);
  return walked < 0 ? -1 : head + walked;
}

// Returns whether there may be more: of that, EPOLLET says nothing again.
static int read_some(Subscriber *s) {
  static unsigned char buffer[CARRY_BYTES + READ_BYTES + 1];
  if (s->carried) memcpy(buffer, s->carry, s->carried);
  ssize_t got = recv(s->fd, buffer + s->carried, READ_BYTES, 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return errno == EINTR;
  if (got <= 0) {
    drop(s, CLOSE_WITHOUT_FRAME);
    return 0;
  }
  subscribers.bytes += (uint64_t)got;
  size_t length = s->carried + (size_t)got;
  buffer[length] = 0;
  read_ns = now_ns();
  long done = take_bytes(s, buffer, length);
  if (s->state == CLOSED) return 0;
  if (done < 0 || length - (size_t)done > CARRY_BYTES) {
    drop(s, 1002);
    return 0;
  }
  s->carried = (uint32_t)(length - (size_t)done);
  if (s->carried) memcpy(s->carry, buffer + done, s->carried);
  return got == READ_BYTES;
}

static void upgrade(Subscriber *s) {
  char request[8192], *path = malloc(template_limit(options->path, 0));
  if (!path) return;
  Places places = {.channel = (int)(s->index % (uint32_t)options->channels), .connection = (int)s->index};
  template_fill(path, options->path, &places);
  size_t n = handshake_write(request, sizeof request, options->host, path, options->headers);
  free(path);
  loop_watch(s->fd, s->index, EPOLLIN | EPOLLRDHUP | EPOLLET);
  s->state = UPGRADING;
  if (loop_send(s->fd, request, n) != (long)n) fail("cannot connect", strerror(errno));
}

void subscriber_handle(uint32_t connection, uint32_t events) {
  Subscriber *s = &all[connection];
  if (s->state == CLOSED) return;
  if (s->state == DIALLING && (events & (EPOLLERR | EPOLLHUP))) fail("cannot connect", "refused");
  else if (s->state == DIALLING && (events & EPOLLOUT)) upgrade(s);
  else {
    int is_ending = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    while (read_some(s) || (is_ending && s->state != CLOSED));
  }
}

void subscribers_start(const Options *given) {
  options = given;
  all = calloc((size_t)options->connections, sizeof *all);
  if (!all) fail("cannot start", "out of memory");
}

void subscribers_dial(void) {
  while (!subscribers.failure[0] && dialled < options->connections &&
         dialled - subscribers.ready < HANDSHAKES_AT_ONCE) {
    Subscriber *s = &all[dialled];
    s->index = (uint32_t)dialled;
    s->fd = loop_dial(options->host, options->ports[dialled % options->port_count], s->index);
    if (s->fd < 0) fail("cannot connect", strerror(errno));
    else subscribers.open++, dialled++;
  }
}

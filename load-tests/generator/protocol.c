#include "protocol.h"

#include <string.h>

#include "websocket.h"

#define TEXT_LIMIT 1024 // of a longer frame without a message nothing is kept

const unsigned char *find_markers(ProtocolState *state, const ProtocolSink *sink, void *owner,
                                  const unsigned char *p, const unsigned char *end, int is_cut) {
  while ((p = memchr(p, '~', (size_t)(end - p)))) {
    if (end - p < MARKER_BYTES) return is_cut ? p : end;
    if (p[1] != 'N') {
      p++;
      continue;
    }
    sink->message(owner, p);
    state->is_found = 1;
    p += MARKER_BYTES;
  }
  return end;
}

void end_frame(ProtocolState *state, const ProtocolSink *sink, void *owner,
               const unsigned char *bytes, size_t length) {
  if (!state->is_found && length && length < TEXT_LIMIT) sink->other(owner, bytes, length);
  state->is_found = state->is_in_line = 0;
}

static size_t seed_take(ProtocolState *state, const ProtocolSink *sink, void *owner,
                        const unsigned char *bytes, size_t length, int is_end) {
  const unsigned char *done = find_markers(state, sink, owner, bytes, bytes + length, !is_end);
  if (!is_end) return (size_t)(done - bytes);
  end_frame(state, sink, owner, bytes, length);
  return length;
}

// A line that begins with "{}" is nothing else: a ping.
static size_t centrifuge_take(ProtocolState *state, const ProtocolSink *sink, void *owner,
                              const unsigned char *bytes, size_t length, int is_end) {
  const unsigned char *p = bytes, *end = bytes + length;
  while (p < end) {
    if (!state->is_in_line && *p == '{') {
      if (end - p < 2 && !is_end) return (size_t)(p - bytes);
      if (end - p >= 2 && p[1] == '}') {
        sink->ping(owner);
        state->is_found = 1;
      }
    }
    const unsigned char *line_end = memchr(p, '\n', (size_t)(end - p));
    state->is_in_line = 1;
    p = find_markers(state, sink, owner, p, line_end ? line_end : end, !line_end && !is_end);
    if (!line_end) break;
    state->is_in_line = 0;
    p = line_end + 1;
  }
  if (!is_end) return (size_t)(p - bytes);
  end_frame(state, sink, owner, bytes, length);
  return length;
}

// Socket.IO over Engine.IO 4, in text: a packet a frame, which begins with one or two digits. `2` is
// a ping, `42["news",…]` an event, `430[]` the answer to a subscription, `40{…}` that to a connect.
static int is_answer(const unsigned char *bytes, size_t length) {
  return length >= 2 && bytes[0] == '4' && (bytes[1] == '0' || bytes[1] == '3');
}

static size_t socketio_take(ProtocolState *state, const ProtocolSink *sink, void *owner,
                     const unsigned char *bytes, size_t length, int is_end) {
  if (!state->is_in_line) {
    if (length < 2 && !is_end) return 0;
    if (is_end && length == 1 && bytes[0] == '2') {
      sink->ping(owner);
      state->is_found = 1;
    }
    if (is_answer(bytes, length)) state->is_found = 1;
    state->is_in_line = 1;
  }
  return seed_take(state, sink, owner, bytes, length, is_end);
}

// Pusher's protocol: an object a frame, whose first member is its event.
static size_t pusher_take(ProtocolState *state, const ProtocolSink *sink, void *owner,
                          const unsigned char *bytes, size_t length, int is_end) {
  static const char ping[] = "{\"event\":\"pusher:ping\"";
  if (!state->is_in_line) {
    if (length < sizeof ping - 1 && !is_end) return 0;
    if (length >= sizeof ping - 1 && memcmp(bytes, ping, sizeof ping - 1) == 0) {
      sink->ping(owner);
      state->is_found = 1;
    }
    state->is_in_line = 1;
  }
  return seed_take(state, sink, owner, bytes, length, is_end);
}

#define NATS_CONNECT "CONNECT {\"verbose\":false,\"pedantic\":false}\\r\\n"

static const Protocol protocols[] = {
    {.name = "seed", .opcode = FRAME_TEXT, .path = "/ws", .subscribe = "sub#c{C}", .take = seed_take},
    {.name = "centrifuge", .opcode = FRAME_TEXT, .path = "/connection/websocket",
     .hello = "{\"id\":1,\"connect\":{}}", .await_hello = "\"connect\"",
     .subscribe = "{\"id\":2,\"subscribe\":{\"channel\":\"c{C}\"}}",
     .await_subscribed = "\"subscribe\"", .publish_hello = "{\"id\":1,\"connect\":{}}",
     .publish = "{\"id\":2,\"publish\":{\"channel\":\"c{C}\",\"data\":\"{M}\"}}",
     .pong = "{}", .take = centrifuge_take},
    {.name = "centrifuge-protobuf", .opcode = FRAME_BINARY, .path = "/connection/websocket",
     .header = "Sec-WebSocket-Protocol: centrifuge-protobuf", .hello = "CONNECT",
     .await_hello = "\x08\x01\x2a", .subscribe = "SUBSCRIBE c{C}", .await_subscribed = "\x08\x02\x32",
     .publish_hello = "CONNECT", .publish = "PUBLISH c{C} \"{M}\"", .pong = "PONG",
     .take = protobuf_take, .pack = protobuf_pack},
    {.name = "pusher", .opcode = FRAME_TEXT, .path = "/app/key?protocol=7",
     .await_hello = "connection_established",
     .subscribe = "{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"c{C}\"}}",
     .await_subscribed = "subscription_succeeded", .pong = "{\"event\":\"pusher:pong\",\"data\":{}}",
     .take = pusher_take},
    {.name = "nats", .opcode = FRAME_BINARY, .path = "/", .hello = NATS_CONNECT "PING\\r\\n",
     .await_hello = "PONG", .subscribe = "SUB c{C} {C}\\r\\nPING\\r\\n", .await_subscribed = "PONG",
     .publish_hello = NATS_CONNECT, .publish = "PUB c{C} {S}\\r\\n{M}\\r\\n", .pong = "PONG\\r\\n",
     .take = nats_take},
    {.name = "mqtt", .opcode = FRAME_BINARY, .path = "/mqtt", .header = "Sec-WebSocket-Protocol: mqtt",
     .hello = "CONNECT", .await_hello = "\x20\x02", .subscribe = "SUBSCRIBE c{C}",
     .await_subscribed = "\x90\x03", .publish_hello = "CONNECT", .publish = "PUBLISH c{C} {M}",
     .take = mqtt_take, .pack = mqtt_pack},
    {.name = "socket.io", .opcode = FRAME_TEXT, .path = "/socket.io/?EIO=4&transport=websocket",
     .hello = "40", .await_hello = "40{", .subscribe = "420[\"subscribe\",\"c{C}\"]",
     .await_subscribed = "430[", .publish_hello = "40", .await_publish_hello = "40{",
     .publish = "42[\"publish\",\"c{C}\",\"{M}\"]", .pong = "3", .take = socketio_take},
};

const Protocol *protocol_named(const char *name) {
  for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++)
    if (strcmp(protocols[i].name, name) == 0) return &protocols[i];
  return NULL;
}

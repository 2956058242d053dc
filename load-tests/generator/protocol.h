// What the data frames hold: the seed protocol (each frame is a message's text), the Centrifuge protocol
// in JSON (lines of JSON, several in a frame) and Protobuf, Pusher's, and the NATS and MQTT protocols (byte
// streams cut into frames anywhere). Messages are found by their marker, so nothing is parsed that need not be.
#ifndef PROTOCOL_H
#define PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#include "marker.h"

#define GATHER_BYTES 160
#define PACK_OVERHEAD 16

// What a protocol remembers of a connection from one span to the next.
typedef struct {
  int is_in_line;         // Centrifuge: the frame's current line was begun in an earlier span
  int is_found;           // the current frame has had a message or a ping
  uint64_t payload;       // NATS: bytes of the message whose marker comes next
  uint64_t skip;          // NATS, MQTT: bytes to pass over; Protobuf: of the message, still to come
  uint32_t gathered;      // NATS, MQTT: bytes in `gather`, of a line, marker or packet that was cut
  unsigned char gather[GATHER_BYTES];
} ProtocolState;

// What is found, in order.
typedef struct {
  void (*message)(void *owner, const unsigned char *marker); // MARKER_BYTES characters
  void (*ping)(void *owner);                                 // wants the protocol's `pong` back
  void (*other)(void *owner, const unsigned char *text, size_t length); // such as an error
} ProtocolSink;

typedef struct {
  const char *name;
  int opcode; // of a client's frames
  // What the options of these names are unless they are given.
  const char *path, *hello, *await_hello, *subscribe, *await_subscribed, *publish_hello, *publish;
  const char *await_publish_hello;
  const char *pong; // NULL: the protocol has no pings of its own
  const char *header; // a line of the upgrade request that servers insist on; NULL: there is none
  // Makes of one of these texts what the protocol sends: at most PACK_OVERHEAD bytes longer. Returns
  // its length. NULL: texts are sent as they are.
  size_t (*pack)(unsigned char *out, const char *text, size_t length);
  // Takes a span of a data frame, as FrameSink's `data` does.
  size_t (*take)(ProtocolState *state, const ProtocolSink *sink, void *owner, const unsigned char *bytes,
                 size_t length, int is_end);
} Protocol;

// NULL when there is no protocol of this name.
const Protocol *protocol_named(const char *name);

// Finds the markers up to `end`. Returns up to where all is done: `end`, or a marker that was cut.
const unsigned char *find_markers(ProtocolState *state, const ProtocolSink *sink, void *owner,
                                  const unsigned char *p, const unsigned char *end, int is_cut);

// Reports a frame in which nothing was found.
void end_frame(ProtocolState *state, const ProtocolSink *sink, void *owner,
               const unsigned char *bytes, size_t length);

// In protocol_protobuf.c.
size_t protobuf_take(ProtocolState *state, const ProtocolSink *sink, void *owner, const unsigned char *bytes,
                     size_t length, int is_end);
size_t protobuf_pack(unsigned char *out, const char *text, size_t length);

// In protocol_nats.c.
size_t nats_take(ProtocolState *state, const ProtocolSink *sink, void *owner, const unsigned char *bytes,
                 size_t length, int is_end);

// In protocol_mqtt.c.
size_t mqtt_take(ProtocolState *state, const ProtocolSink *sink, void *owner, const unsigned char *bytes,
                 size_t length, int is_end);
size_t mqtt_pack(unsigned char *out, const char *text, size_t length);

#endif

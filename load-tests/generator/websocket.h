// WebSocket from the client's side: the handshake, frames to send, and a walk over frames received.
//
// Walking headers costs less than searching every byte and says exactly what a byte belongs to, so
// pings and closes need no extra look. Data frames are handed on in spans as they come, however
// long they are; only a header, a control frame or what the sink leaves may wait for more bytes.
#ifndef WEBSOCKET_H
#define WEBSOCKET_H

#include <stddef.h>
#include <stdint.h>

enum { FRAME_TEXT = 1, FRAME_BINARY, FRAME_CLOSE = 8, FRAME_PING = 9, FRAME_PONG = 10 };

#define FRAME_OVERHEAD 14

typedef struct {
  uint64_t left; // bytes of the current data frame still to come
} FrameWalk;

typedef struct {
  // Takes a span of a data frame; `is_end` when the frame ends with it. Returns the bytes it is done
  // with: all of them at the end of a frame, otherwise it may leave a few for the next call.
  size_t (*data)(void *owner, const unsigned char *bytes, size_t length, int is_end);
  // Takes a whole close, ping or pong. Returns 0 when nothing further is to be read.
  int (*control)(void *owner, int opcode, const unsigned char *bytes, size_t length);
} FrameSink;

// Walks over `length` bytes. Returns how many are done with; the caller hands in the rest again,
// before the bytes that follow. Returns -1 when the sink stopped it or the bytes are no frames.
long frames_walk(FrameWalk *walk, const FrameSink *sink, void *owner, const unsigned char *bytes,
                 size_t length);

// Writes a client's frame (masked, with the key 0) to `out`, which holds length + FRAME_OVERHEAD
// bytes. Returns its length.
size_t frame_write(unsigned char *out, int opcode, const void *bytes, size_t length);

// Writes the upgrade request. `headers` are whole lines. Returns its length; cut at `limit`.
size_t handshake_write(char *out, size_t limit, const char *host, const char *path,
                       const char *headers);

// Length of the answer's head when it has all come, 0 when not yet, -1 when it is no upgrade.
long handshake_read(const unsigned char *bytes, size_t length);

#endif

// Socket.IO over Engine.IO 4, in text: a packet a frame, which begins with one or two digits. `2` is
// a ping, `42["news",…]` an event, `430[]` the answer to a subscription, `40{…}` that to a connect.
#include "wire.h"

static int is_answer(const unsigned char *bytes, size_t length) {
  return length >= 2 && bytes[0] == '4' && (bytes[1] == '0' || bytes[1] == '3');
}

size_t socketio_take(WireState *state, const WireSink *sink, void *owner,
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

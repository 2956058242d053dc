// What the command line asked for.
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdint.h>

#include "protocol.h"

#define MAX_PORTS 64

typedef enum { PUBLISH_HTTP, PUBLISH_WS, PUBLISH_REDIS, PUBLISH_RAW } PublishBy;

typedef struct {
  const char *host; // an IPv4 loopback address
  uint16_t ports[MAX_PORTS];
  int port_count;
  const Protocol *protocol;
  const char *path;
  const char *headers; // extra request header lines, each ended by \r\n
  int connections;
  int channels;
  int channels_per_connection;
  const char *hello; // NULL: nothing is said before subscribing
  const char *await_hello;
  const char *subscribe;
  const char *await_subscribed;
  PublishBy publish_by;
  const char *publish; // body, text, command or bytes
  const char *publish_path;
  const char *publish_hello;
  const char *await_publish_hello; // NULL: nothing is waited for
  int publish_port;
  int publishers;
  int pipeline; // 0: any number
  int size_bytes; // of {M}
  int window;     // messages in flight; used when rate is 0
  double rate;    // messages a second; 0: closed loop
  double warm_s, measure_s, settle_s, drain_s, connect_limit_s;
  const char *pids, *other_pids;
  int is_idle; // only connect, subscribe and weigh: nothing is published
} Options;

// Fills `options` from the arguments, or says in one sentence what is wrong and exits 2.
void options_parse(Options *options, int argc, char **argv);

#endif

#include "options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "marker.h"

#define EXIT_USAGE 2

static _Noreturn void refuse(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("newswire-load: ", stderr);
  vfprintf(stderr, format, arguments);
  fputs(".\n", stderr);
  va_end(arguments);
  exit(EXIT_USAGE);
}

static long whole_number(const char *name, const char *text, long low, long high) {
  char *end;
  long value = strtol(text, &end, 10);
  if (*text == 0 || *end != 0 || value < low || value > high)
    refuse("--%s must be a whole number from %ld to %ld, not \"%s\"", name, low, high, text);
  return value;
}

static double number(const char *name, const char *text, double high) {
  char *end;
  double value = strtod(text, &end);
  if (*text == 0 || *end != 0 || !(value >= 0 && value <= high))
    refuse("--%s must be a number from 0 to %.0f, not \"%s\"", name, high, text);
  return value;
}

static void take_ports(Options *options, const char *text) {
  char list[512];
  if (strlen(text) >= sizeof list) refuse("--ports is too long");
  strcpy(list, text);
  options->port_count = 0;
  for (char *port = strtok(list, ","); port; port = strtok(NULL, ",")) {
    if (options->port_count == MAX_PORTS) refuse("--ports takes at most %d ports", MAX_PORTS);
    options->ports[options->port_count++] = (uint16_t)whole_number("ports", port, 1, 65535);
  }
  if (options->port_count == 0) refuse("--ports names no port");
}

static const char *loopback(const char *text) {
  struct in_addr address;
  if (strcmp(text, "localhost") == 0) return "127.0.0.1";
  if (inet_pton(AF_INET, text, &address) != 1 || ntohl(address.s_addr) >> 24 != 127)
    refuse("--host must be an IPv4 loopback address such as 127.0.0.1, not \"%s\": this program "
           "never sends load to another machine", text);
  return text;
}

static PublishBy publish_by(const char *text) {
  static const char *const kinds[] = {"http", "ws", "redis", "raw"};
  for (int kind = 0; kind < 4; kind++)
    if (strcmp(text, kinds[kind]) == 0) return (PublishBy)kind;
  refuse("--publish-by must be http, ws, redis or raw, not \"%s\"", text);
}

static const Wire *wire(const char *name) {
  const Wire *wire = wire_named(name);
  if (!wire) refuse("--wire must be one of those that --help names, not \"%s\"", name);
  return wire;
}

static const char *with_header(const char *headers, const char *line) {
  char *joined;
  if (asprintf(&joined, "%s%s\r\n", headers, line) < 0) refuse("out of memory");
  return joined;
}

// The long options, in the order of their handling below.
enum { HOST = 1, PORTS, WIRE, PATH, HEADER, CONNECTIONS, CHANNELS, PER_CONNECTION, HELLO, AWAIT_HELLO,
       SUBSCRIBE, AWAIT_SUBSCRIBED, BY, PUBLISH, PUBLISH_PORT, PUBLISH_PATH, PUBLISH_HELLO, AWAIT_PUBLISH_HELLO,
       PUBLISHERS, PIPELINE, SIZE, WINDOW, RATE, WARM, SECONDS, SETTLE, DRAIN, CONNECT_LIMIT,
       PIDS, OTHER_PIDS, IDLE, HELP };

static const struct option names[] = {
    {"host", 1, 0, HOST}, {"ports", 1, 0, PORTS}, {"wire", 1, 0, WIRE}, {"path", 1, 0, PATH},
    {"header", 1, 0, HEADER}, {"connections", 1, 0, CONNECTIONS}, {"channels", 1, 0, CHANNELS},
    {"channels-per-connection", 1, 0, PER_CONNECTION}, {"hello", 1, 0, HELLO},
    {"await-hello", 1, 0, AWAIT_HELLO}, {"subscribe", 1, 0, SUBSCRIBE},
    {"await-subscribed", 1, 0, AWAIT_SUBSCRIBED}, {"publish-by", 1, 0, BY},
    {"publish", 1, 0, PUBLISH}, {"publish-port", 1, 0, PUBLISH_PORT},
    {"publish-path", 1, 0, PUBLISH_PATH}, {"publish-hello", 1, 0, PUBLISH_HELLO},
    {"await-publish-hello", 1, 0, AWAIT_PUBLISH_HELLO},
    {"publishers", 1, 0, PUBLISHERS}, {"pipeline", 1, 0, PIPELINE}, {"size", 1, 0, SIZE}, {"window", 1, 0, WINDOW},
    {"rate", 1, 0, RATE}, {"warm", 1, 0, WARM}, {"seconds", 1, 0, SECONDS},
    {"settle", 1, 0, SETTLE}, {"drain", 1, 0, DRAIN}, {"connect-limit", 1, 0, CONNECT_LIMIT},
    {"pids", 1, 0, PIDS}, {"other-pids", 1, 0, OTHER_PIDS}, {"idle", 0, 0, IDLE}, {"help", 0, 0, HELP}, {0, 0, 0, 0}};

// One case an option: longer than other functions here, and nothing but a table.
static void take(Options *o, int option, const char *value) {
  switch (option) {
  case HOST: o->host = loopback(value); break;
  case PORTS: take_ports(o, value); break;
  case WIRE: o->wire = wire(value); break;
  case PATH: o->path = value; break;
  case HEADER: o->headers = with_header(o->headers, value); break;
  case CONNECTIONS: o->connections = (int)whole_number("connections", value, 1, 1000000); break;
  case CHANNELS: o->channels = (int)whole_number("channels", value, 1, MAX_CHANNELS); break;
  case PER_CONNECTION:
    o->channels_per_connection = (int)whole_number("channels-per-connection", value, 1, 100000);
    break;
  case HELLO: o->hello = value; break;
  case AWAIT_HELLO: o->await_hello = value; break;
  case SUBSCRIBE: o->subscribe = value; break;
  case AWAIT_SUBSCRIBED: o->await_subscribed = value; break;
  case BY: o->publish_by = publish_by(value); break;
  case PUBLISH: o->publish = value; break;
  case PUBLISH_PORT: o->publish_port = (uint16_t)whole_number("publish-port", value, 1, 65535); break;
  case PUBLISH_PATH: o->publish_path = value; break;
  case PUBLISH_HELLO: o->publish_hello = value; break;
  case AWAIT_PUBLISH_HELLO: o->await_publish_hello = value; break;
  case PUBLISHERS: o->publishers = (int)whole_number("publishers", value, 1, 1000); break;
  case PIPELINE: o->pipeline = (int)whole_number("pipeline", value, 0, 1000000); break;
  case SIZE: o->size_bytes = (int)whole_number("size", value, MARKER_BYTES, 1 << 20); break;
  case WINDOW: o->window = (int)whole_number("window", value, 1, 1000000); break;
  case RATE: o->rate = number("rate", value, 1e7); break;
  case WARM: o->warm_s = number("warm", value, 3600); break;
  case SECONDS: o->measure_s = number("seconds", value, 3600); break;
  case SETTLE: o->settle_s = number("settle", value, 3600); break;
  case DRAIN: o->drain_s = number("drain", value, 3600); break;
  case CONNECT_LIMIT: o->connect_limit_s = number("connect-limit", value, 3600); break;
  case PIDS: o->pids = value; break;
  case OTHER_PIDS: o->other_pids = value; break;
  case IDLE: o->is_idle = 1; break;
  case HELP: fputs(options_help, stdout); exit(0);
  default: fputs("newswire-load: --help lists the options.\n", stderr); exit(EXIT_USAGE);
  }
}

// What was not given is the wire's; what was given empty is nothing at all.
static const char *or_else(const char *given, const char *of_wire) {
  if (!given) return of_wire;
  return *given ? given : NULL;
}

static void take_defaults(Options *o) {
  const Wire *wire = o->wire;
  int is_by_wire = o->publish_by == PUBLISH_WS;
  if (wire->header) o->headers = with_header(o->headers, wire->header);
  o->path = or_else(o->path, wire->path);
  o->hello = or_else(o->hello, wire->hello);
  o->await_hello = or_else(o->await_hello, wire->await_hello);
  o->subscribe = or_else(o->subscribe, wire->subscribe);
  o->await_subscribed = or_else(o->await_subscribed, wire->await_subscribed);
  o->publish_hello = or_else(o->publish_hello, is_by_wire ? wire->publish_hello : NULL);
  o->await_publish_hello =
      or_else(o->await_publish_hello, is_by_wire ? wire->await_publish_hello : NULL);
  o->publish = or_else(o->publish, is_by_wire ? wire->publish : NULL);
}

static void fit_together(Options *o) {
  if (o->channels_per_connection > o->channels)
    refuse("--channels-per-connection cannot exceed --channels");
  if ((long)o->connections * o->channels_per_connection < o->channels)
    refuse("%d connections cannot cover %d channels: each channel needs a subscriber",
           o->connections, o->channels);
  if (o->await_publish_hello && o->publish_by != PUBLISH_WS)
    refuse("--await-publish-hello needs --publish-by ws");
  if (o->publishers > o->channels)
    refuse("--publishers cannot exceed --channels: a channel keeps to one publisher, so that its "
           "order is defined");
  if (o->publish_port == 0) o->publish_port = o->ports[0];
  if (!o->publish_path) o->publish_path = o->publish_by == PUBLISH_WS ? o->path : "/api/publish";
  if (!o->publish && o->publish_by == PUBLISH_HTTP)
    o->publish = "{\"channel\":\"c{C}\",\"data\":\"{M}\"}";
  if (!o->publish && !o->is_idle) refuse("--publish is needed unless publishing by http, or by ws on a wire that can");
  if (o->publish && !o->is_idle && !strstr(o->publish, "{M}"))
    refuse("--publish must hold {M}, the place of the message");
}

void options_parse(Options *options, int argc, char **argv) {
  *options = (Options){
      .host = "127.0.0.1", .ports = {9900}, .port_count = 1, .wire = wire("seed"), .headers = "",
      .connections = 100, .channels = 1, .channels_per_connection = 1,
      .publishers = 1, .size_bytes = 64, .window = 1, .warm_s = 1, .measure_s = 5, .settle_s = 1,
      .drain_s = 2, .connect_limit_s = 30, .pids = "", .other_pids = ""};
  int option;
  while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) take(options, option, optarg);
  if (optind < argc) refuse("\"%s\" is not an option; --help lists them", argv[optind]);
  take_defaults(options);
  if (!options->path) refuse("--path cannot be empty");
  fit_together(options);
}

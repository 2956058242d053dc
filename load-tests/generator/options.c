#include "options.h"

#include <arpa/inet.h>
#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
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

static const Protocol *protocol(const char *name) {
  const Protocol *protocol = protocol_named(name);
  if (!protocol) refuse("--protocol must be one of those that --help names, not \"%s\"", name);
  return protocol;
}

static const char *with_header(const char *headers, const char *line) {
  char *joined;
  if (asprintf(&joined, "%s%s\r\n", headers, line) < 0) refuse("out of memory");
  return joined;
}

// How an option's value is read, and what it is stored as: text, int, double, or by a case in `take`.
typedef enum { TEXT, COUNT, SECONDS, HOST, PORTS, PROTOCOL, HEADER, BY, RATE, IDLE, HELP } Kind;

typedef struct {
  const char *name, *value;
  Kind kind;
  size_t at;      // of its member of Options
  long low, high; // of a count
  const char *help;
} Spec;

#define AT(member) offsetof(Options, member)

static const Spec specs[] = {
    {"host", "ADDRESS", HOST, 0, 0, 0, "127.0.0.1 (only loopback addresses)"},
    {"ports", "LIST", PORTS, 0, 0, 0, "9900; subscribers are spread over them"},
    {"protocol", "NAME", PROTOCOL, 0, 0, 0, "seed, centrifuge, centrifuge-protobuf, pusher, nats, mqtt or socket.io; seed. It decides the defaults marked *"},
    {"path", "PATH", TEXT, AT(path), 0, 0, "*"},
    {"header", "LINE", HEADER, 0, 0, 0, "an extra request header; may be repeated"},
    {"connections", "N", COUNT, AT(connections), 1, 1000000, "100"},
    {"channels", "N", COUNT, AT(channels), 1, MAX_CHANNELS, "1"},
    {"channels-per-connection", "N", COUNT, AT(channels_per_connection), 1, 100000, "1"},
    {"hello", "TEXT", TEXT, AT(hello), 0, 0, "*; sent first on each connection"},
    {"await-hello", "TEXT", TEXT, AT(await_hello), 0, 0, "*; wait for this text before subscribing"},
    {"subscribe", "TEXT", TEXT, AT(subscribe), 0, 0, "*; sub#c{C} on the seed protocol; empty where --path is enough"},
    {"await-subscribed", "TEXT", TEXT, AT(await_subscribed), 0, 0, "*; wait for this text after subscribing"},
    {"publish-by", "KIND", BY, 0, 0, 0, "http, ws (on the same protocol), redis or raw; http"},
    {"publish", "TEXT", TEXT, AT(publish), 0, 0, "{\"channel\":\"c{C}\",\"data\":\"{M}\"}, or * by ws"},
    {"publish-port", "PORT", COUNT, AT(publish_port), 1, 65535, "the first of --ports"},
    {"publish-path", "PATH", TEXT, AT(publish_path), 0, 0, "/api/publish for http, --path for ws"},
    {"publish-hello", "TEXT", TEXT, AT(publish_hello), 0, 0, "* by ws; sent first on each publishing connection"},
    {"await-publish-hello", "TEXT", TEXT, AT(await_publish_hello), 0, 0, "* by ws; wait for this text before publishing"},
    {"publishers", "N", COUNT, AT(publishers), 1, 1000, "1; a channel keeps to one of them"},
    {"pipeline", "N", COUNT, AT(pipeline), 0, 1000000, "0; http: unanswered requests on a connection, 0: any number"},
    {"size", "BYTES", COUNT, AT(size_bytes), MARKER_BYTES, 1 << 20, "64; of {M}, at least 34"},
    {"window", "N", COUNT, AT(window), 1, 1000000, "1; closed loop: messages in flight"},
    {"rate", "N", RATE, 0, 0, 0, "open loop: messages a second"},
    {"warm", "SECONDS", SECONDS, AT(warm_s), 0, 0, "1; published but not measured"},
    {"seconds", "SECONDS", SECONDS, AT(measure_s), 0, 0, "5; measured"},
    {"settle", "SECONDS", SECONDS, AT(settle_s), 0, 0, "1; between connecting and weighing"},
    {"drain", "SECONDS", SECONDS, AT(drain_s), 0, 0, "2; without progress before the rest counts as lost"},
    {"connect-limit", "SECONDS", SECONDS, AT(connect_limit_s), 0, 0, "30; for all connections together"},
    {"pids", "LIST", TEXT, AT(pids), 0, 0, "processes whose CPU and memory are measured"},
    {"other-pids", "LIST", TEXT, AT(other_pids), 0, 0, "further processes whose CPU is measured, apart from those"},
    {"idle", "", IDLE, 0, 0, 0, "publish nothing"},
    {"help", "", HELP, 0, 0, 0, "this list"},
};

#define SPECS (sizeof specs / sizeof *specs)

static _Noreturn void print_help(void) {
  puts("newswire-load: opens WebSocket subscribers, publishes, and judges what arrives.\n"
       "Templates may hold {C} (channel number), {I} (connection number), {M} (the message), {S} (its size).\n");
  for (const Spec *spec = specs; spec < specs + SPECS; spec++)
    printf("  --%s %-*s%s\n", spec->name, 27 - (int)strlen(spec->name), spec->value, spec->help);
  exit(0);
}

static void take(Options *o, const Spec *spec, const char *value) {
  void *member = (char *)o + spec->at;
  switch (spec->kind) {
  case TEXT: *(const char **)member = value; break;
  case COUNT: *(int *)member = (int)whole_number(spec->name, value, spec->low, spec->high); break;
  case SECONDS: *(double *)member = number(spec->name, value, 3600); break;
  case HOST: o->host = loopback(value); break;
  case PORTS: take_ports(o, value); break;
  case PROTOCOL: o->protocol = protocol(value); break;
  case HEADER: o->headers = with_header(o->headers, value); break;
  case BY: o->publish_by = publish_by(value); break;
  case RATE: o->rate = number("rate", value, 1e7); break;
  case IDLE: o->is_idle = 1; break;
  case HELP: print_help();
  }
}

// What was not given is the protocol's; what was given empty is nothing at all.
static const char *or_else(const char *given, const char *of_protocol) {
  if (!given) return of_protocol;
  return *given ? given : NULL;
}

static void take_defaults(Options *o) {
  const Protocol *protocol = o->protocol;
  int is_by_protocol = o->publish_by == PUBLISH_WS;
  if (protocol->header) o->headers = with_header(o->headers, protocol->header);
  o->path = or_else(o->path, protocol->path);
  o->hello = or_else(o->hello, protocol->hello);
  o->await_hello = or_else(o->await_hello, protocol->await_hello);
  o->subscribe = or_else(o->subscribe, protocol->subscribe);
  o->await_subscribed = or_else(o->await_subscribed, protocol->await_subscribed);
  o->publish_hello = or_else(o->publish_hello, is_by_protocol ? protocol->publish_hello : NULL);
  o->await_publish_hello =
      or_else(o->await_publish_hello, is_by_protocol ? protocol->await_publish_hello : NULL);
  o->publish = or_else(o->publish, is_by_protocol ? protocol->publish : NULL);
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
  if (!o->publish && !o->is_idle) refuse("--publish is needed unless publishing by http, or by ws on a protocol that can");
  if (o->publish && !o->is_idle && !strstr(o->publish, "{M}"))
    refuse("--publish must hold {M}, the place of the message");
}

void options_parse(Options *options, int argc, char **argv) {
  *options = (Options){
      .host = "127.0.0.1", .ports = {9900}, .port_count = 1, .protocol = protocol("seed"), .headers = "",
      .connections = 100, .channels = 1, .channels_per_connection = 1,
      .publishers = 1, .size_bytes = 64, .window = 1, .warm_s = 1, .measure_s = 5, .settle_s = 1,
      .drain_s = 2, .connect_limit_s = 30, .pids = "", .other_pids = ""};
  struct option names[SPECS + 1] = {0};
  for (size_t i = 0; i < SPECS; i++)
    names[i] = (struct option){specs[i].name, *specs[i].value ? 1 : 0, NULL, (int)i + 1};
  for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
    if (option < 1 || option > (int)SPECS) refuse("--help lists the options");
    take(options, &specs[option - 1], optarg);
  }
  if (optind < argc) refuse("\"%s\" is not an option; --help lists them", argv[optind]);
  take_defaults(options);
  if (!options->path) refuse("--path cannot be empty");
  fit_together(options);
}

#include "loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>


#define EVENTS_A_TURN 1024

static int epoll_fd;

void loop_start(void) {
  epoll_fd = epoll_create1(0);
  if (epoll_fd < 0) {
    perror("newswire-load: epoll_create1");
    exit(3);
  }
}

int loop_dial(const char *host, uint16_t port, uint32_t tag) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  inet_pton(AF_INET, host, &address.sin_addr);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.u32 = tag};
  if ((connect(fd, (struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS) ||
      epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
  }
  return fd;
}

void loop_watch(int fd, uint32_t tag, uint32_t events) {
  struct epoll_event event = {.events = events, .data.u32 = tag};
  epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &event);
}

void loop_turn(uint64_t timeout_ns, EventHandler handle) {
  static struct epoll_event events[EVENTS_A_TURN];
  struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / NS_PER_SECOND),
                             .tv_nsec = (long)(timeout_ns % NS_PER_SECOND)};
  int count = epoll_pwait2(epoll_fd, events, EVENTS_A_TURN, &timeout, NULL);
  for (int i = 0; i < count; i++) handle(events[i].data.u32, events[i].events);
}

long loop_send(int fd, const void *bytes, size_t length) {
  ssize_t taken = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (taken < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
  return taken;
}

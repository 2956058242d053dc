// Messages that wait for their turn, first in first out.
#ifndef QUEUE_H
#define QUEUE_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "marker.h"

typedef struct {
  Marker *markers;
  size_t from, to, room; // those from `from` to before `to` wait
} Queue;

static inline size_t queue_length(const Queue *queue) { return queue->to - queue->from; }

static inline void queue_add(Queue *queue, const Marker *marker) {
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
static inline Marker queue_take(Queue *queue) {
  Marker marker = queue->markers[queue->from++];
  if (queue->from == queue->to) queue->from = queue->to = 0;
  return marker;
}

#endif

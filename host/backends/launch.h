/* launch.h: how many trials one kernel launch takes: found by time, so that launches stay short (a display, a
 * watchdog and other users of a GPU can wait that long) and are still worth their start. */
#ifndef FC_HOST_LAUNCH_H
#define FC_HOST_LAUNCH_H

#include <stddef.h>

/* Within a batch launches only grow, so that a batch of n trials has at most n / trials + 1 of them; they
 * shrink between batches. */
struct fc_launch {
    size_t trials;   /* of the next launch */
    size_t capacity; /* most of them, for the memory of the device */
    size_t next;     /* of the first launch of the next batch */
};

enum { FC_LAUNCH_SMALLEST = 1 << 12 };

/* Starts with `trials`, at most `capacity`, which is at least FC_LAUNCH_SMALLEST. */
struct fc_launch fc_launch_start(size_t trials, size_t capacity);

/* Before a batch. */
void fc_launch_batch(struct fc_launch *launch);

/* After a full launch that took `took_s`. */
void fc_launch_took(struct fc_launch *launch, double took_s);

#endif

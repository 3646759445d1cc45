/* launch.c: see launch.h. */
#include "launch.h"

/* A launch should take between these, s. */
static const double short_s = 0.04, long_s = 0.15;

struct fc_launch fc_launch_start(size_t trials, size_t capacity)
{
    size_t first = trials < capacity ? trials : capacity;
    return (struct fc_launch){first, capacity, first};
}

void fc_launch_batch(struct fc_launch *launch)
{
    launch->trials = launch->next;
}

void fc_launch_took(struct fc_launch *launch, double took_s)
{
    if (took_s < short_s && launch->trials <= launch->capacity / 2)
        launch->trials = launch->next = launch->trials * 2;
    else if (took_s > long_s && launch->trials / 2 >= FC_LAUNCH_SMALLEST)
        launch->next = launch->trials / 2;
}

/* clock.h: the clock that durations are measured with. */
#ifndef FC_HOST_CLOCK_H
#define FC_HOST_CLOCK_H

/* Seconds since some moment in the past; never goes back. */
double fc_clock_s(void);

#endif

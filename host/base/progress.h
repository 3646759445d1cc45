/* progress.h: a line on stderr that says how far long work is, when stderr is a terminal. */
#ifndef FC_HOST_PROGRESS_H
#define FC_HOST_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct fc_progress_line {
    const char *unit; /* "trials" */
    bool shown, quiet;
    double last_s; /* elapsed time at the last update */
};

/* Starts a line; nothing is ever printed when `quiet` is set or stderr is no terminal. */
void fc_progress_start(struct fc_progress_line *line, const char *unit, bool quiet);

/* Shows done of total and the time left, at most ten times a second, after the first half second. */
void fc_progress_update(struct fc_progress_line *line, uint64_t done, uint64_t total, double elapsed_s);

/* Wipes the line. */
void fc_progress_end(struct fc_progress_line *line);

/* Waiting for something that gives no counts, a driver: where it was switched on and stderr is a terminal, "WHAT, 12 s"
 * after the first second; fc_progress_waited wipes it. */
void fc_progress_waits(bool shown);
void fc_progress_wait(const char *what, double elapsed_s);
void fc_progress_waited(void);

#endif

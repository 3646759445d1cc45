/* stop.h: the one place where signals ask a command to stop.
 *
 * After fc_stop_watch the first SIGINT, SIGTERM, SIGHUP or SIGXCPU (the limit on CPU time) sets a flag that long loops look at; a second SIGINT or
 * SIGTERM ends the program at once, as it would have without us. A signal that was ignored at the start stays
 * ignored (nohup). */
#ifndef FC_HOST_STOP_H
#define FC_HOST_STOP_H

#include <stdbool.h>

/* Begins to watch; again is allowed and changes nothing. */
void fc_stop_watch(void);

/* Whether a stop was asked for. Any thread may call. */
bool fc_stop_asked(void);

/* After fc_stop_watch, for a process whose launcher (mpirun) sends SIGTERM more than once: it is not the end at once. */
void fc_stop_by_launcher(void);

#endif

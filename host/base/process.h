/* process.h: what a command needs of the process around it, whatever started it: descriptors 0 to 2, a stack, an
 * end with the right status.
 *
 * main runs a command through fc_process_run; the rest is for those who start threads or leave some behind. */
#ifndef FC_HOST_PROCESS_H
#define FC_HOST_PROCESS_H

/* Makes the process fit to work in: opens descriptors 0 to 2 where they are closed, so that no file gets one of their
 * numbers (what is printed on a closed standard output then fails, which is a fault and not a result); gives every
 * thread a stack of 8 MiB, whatever the limit says; turns an exit in the middle of the work (OpenMP's when it finds no
 * thread) into status FC_FAULT. Then runs `command` on a thread with such a stack and returns what it returned, or
 * FC_FAULT, said on stderr, where no thread can be started. */
int fc_process_run(int (*command)(int argc, char **argv), int argc, char **argv);

/* Says that a thread was left behind which may never come back: fc_process_run then ends the process when the command
 * does, with its status, and waits for nothing else. */
void fc_process_leave(void);

/* Ends the process at once with this status, standard output and error flushed, when threads are left behind that do
 * not come back. */
_Noreturn void fc_process_end_now(int status);

#endif

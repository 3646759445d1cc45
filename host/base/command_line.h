/* command_line.h: the command that this process was started with, as a reader can type it to get the same answer. */
#ifndef FC_HOST_COMMAND_LINE_H
#define FC_HOST_COMMAND_LINE_H

/* Called once, at the start; the arguments stay where they are. argv[0] is written as "flopcast". */
void fc_command_line_set(int argc, char **argv);

/* "flopcast run my.yaml --set 'cluster.gpus=72'", quoted for a shell, without what does not change the answer (files to
 * write, threads, quiet); "" before fc_command_line_set. Stays valid; for one thread. */
const char *fc_command_line(void);

#endif

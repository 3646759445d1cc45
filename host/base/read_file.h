/* read_file.h: reads a whole file, and remembers which files this process has read, so that no output replaces
 * one of them (output.h).
 *
 * A pipe is read too: <(command) of a shell works. One that nobody writes to is refused after two seconds, not
 * waited for. */
#ifndef FC_HOST_READ_FILE_H
#define FC_HOST_READ_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "error.h"

/* Reads all of a file of at most `most` bytes into *text, which is to be freed and ends with a NUL that is not
 * counted in *length. "-" is standard input, which is read once and kept. Returns 0, or -1 with `error` filled (FC_BAD_INPUT: it cannot be opened, is a folder, is
 * too large; FC_FAULT: no memory). */
int fc_read_file(const char *path, size_t most, char **text, size_t *length, struct fc_error *error);

/* Takes note that this file is an input, read or about to be read. A file that is not there is passed over. */
void fc_read_file_remember(const char *path);

/* Whether the file with this device and inode is an input of this process. */
bool fc_read_file_is_input(dev_t device, ino_t inode);

#endif

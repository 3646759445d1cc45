/* options.h: what the commands share in reading their options: errors that say what is wrong, and counts.
 *
 *     opterr = 0;
 *     while ((option = getopt_long(argc, argv, ":n:h", known, NULL)) != -1)
 *         switch (option) { ... default: return fc_option_error("run", option, argv, known, error); }
 */
#ifndef FC_HOST_OPTIONS_H
#define FC_HOST_OPTIONS_H

#include <getopt.h>
#include <stdint.h>

#include "error.h"

/* Fills `error` for what getopt_long returned (':' or '?'; the option string begins with ':'), and names the
 * nearest option there is. `known` is the command's table of long options. Returns -1. */
int fc_option_error(const char *command, int option, char **argv, const struct option *known,
                    struct fc_error *error);

/* Reads a whole number between `least` and `most`, exactly: "100000", "1e6" or "1_000_000". `name` is the option's,
 * for the message. */
int fc_option_count(const char *name, const char *text, uint64_t least, uint64_t most, uint64_t *value,
                    struct fc_error *error);

#endif

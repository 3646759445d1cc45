/* program_detail.h: the part of a run that a hardware era's profile describes (reliability.profile): classes
 * of failures, spares, checkpoint kinds, ages. Called by program.c. */
#ifndef FC_HOST_PROGRAM_DETAIL_H
#define FC_HOST_PROGRAM_DETAIL_H

#include "compiled.h"

/* Fills program.run.detail and sets program.run.detailed, where the profile is not 'plain'; program.run has
 * its GPUs, spares and distributions already. A key that only a profile reads is refused beside 'plain'. */
int fc_program_compile_detail(struct fc_compiled *compiled, const struct fc_settings *settings,
                              struct fc_error *error);

/* Whether a detailed run meets this class (enum fc_class) as a stop of the job: all but those that are off unless stated
 * and not stated. */
bool fc_program_class_in_use(const struct fc_program *program, int c);

#endif

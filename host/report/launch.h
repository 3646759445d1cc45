/* launch.h: a plan as the launch settings of training software, for a named version of it. */
#ifndef FC_HOST_LAUNCH_H
#define FC_HOST_LAUNCH_H

#include <stdio.h>

#include "host/step/plan.h"
#include "host/step/plan_options.h"

enum fc_launcher { FC_MEGATRON_LM, FC_MEGATRON_BRIDGE, FC_TORCHTITAN_022, FC_LAUNCHERS };

/* "megatron", "nemo", "torchtitan", by enum fc_launcher. */
extern const char *const fc_launcher_names[FC_LAUNCHERS + 1];

/* Prints the settings, with the version that they are for, and a comment for each part of the plan that the
 * software cannot express. */
void fc_launch_print(FILE *out, enum fc_launcher launcher, const struct fc_plan *plan,
                     const struct fc_plan_options *options);

#endif

/* plan_program.h: from a plan to the numbers of the step layer (cuda/model/step/step_program.h). */
#ifndef FC_HOST_PLAN_PROGRAM_H
#define FC_HOST_PLAN_PROGRAM_H

#include "cuda/model/step/step_program.h"
#include "plan.h"

/* Fills the numbers of a plan; what is drawn (joint, median, factor) is left empty. */
void fc_plan_program(const struct fc_plan *plan, struct fc_step_program *program);
/* The same without memory, which stays 0. */
void fc_plan_time_program(const struct fc_plan *plan, struct fc_step_program *program);

#endif

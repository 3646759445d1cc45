/* plan_program.h: from a plan to the numbers of the step layer (cuda/model/step/step_program.h). */
#ifndef FC_HOST_PLAN_PROGRAM_H
#define FC_HOST_PLAN_PROGRAM_H

#include <stddef.h>

#include "cuda/model/step/step_program.h"
#include "plan.h"
#include "stages.h"

/* Fills the numbers of a plan; nothing is drawn (joint_count 0; joint, median and factor stay as they are). */
void fc_plan_program(const struct fc_plan *plan, struct fc_step_program *program);
/* What takes time of it, and no more: neither the job's totals nor memory are written, nor what is drawn. */
void fc_plan_time_program(const struct fc_plan *plan, struct fc_step_program *program);

/* Two parts of fc_plan_time_program, for those who compute many plans. The first writes what a layer and the head cost:
 * it depends on tp, cp, ep, expert_tp, micro-batch, precision, recomputation and the kinds of layers of the slowest
 * stage, and sets the rest to 0. The second adds the pipeline: stages, bubble and messages. What both leave out (sharded
 * parameters, gradients, optimizer, waiting) takes time and saves none, so that fc_step_time of the two is a lower bound. */
void fc_plan_layer_program(const struct fc_plan *plan, const struct fc_stages *stages,
                           struct fc_step_program *program);
void fc_plan_pipeline_program(const struct fc_plan *plan, const struct fc_stages *stages,
                              struct fc_step_program *program);

/* Bytes of a program up to what is drawn. */
#define FC_STEP_PROGRAM_NUMBERS offsetof(struct fc_step_program, joint_count)

#endif

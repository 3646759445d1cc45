/* plan.c: see plan.h. The step layer is being built; until then a step takes its model FLOP at the peak. */
#include "plan.h"

int fc_plan_compile(struct fc_compiled *compiled, const struct fc_settings *settings,
                    const struct fc_catalog *catalog, struct fc_error *error)
{
    static const enum fc_field_id needed[] = {FC_FIELD_GPU, FC_FIELD_MODEL, FC_FIELD_GPUS,
                                              FC_FIELD_GLOBAL_BATCH, FC_FIELD_SEQUENCE};
    const struct fc_setting *f = settings->fields;
    struct fc_step_program *step = &compiled->program.step;
    const struct fc_catalog_entry *model, *gpu;
    double parameters, peak;
    if (fc_program_require(settings, needed, sizeof needed / sizeof needed[0], "step", error) ||
        fc_catalog_find(catalog, "model", f[FC_FIELD_MODEL].name, &f[FC_FIELD_MODEL].place, &model, error) ||
        fc_catalog_find(catalog, "gpu", f[FC_FIELD_GPU].name, &f[FC_FIELD_GPU].place, &gpu, error) ||
        fc_catalog_number(model, "active_params", &parameters, &f[FC_FIELD_MODEL].place, error) ||
        fc_catalog_number(gpu, "bf16_flop_per_s", &peak, &f[FC_FIELD_GPU].place, error))
        return -1;
    step->gpus = (float)f[FC_FIELD_GPUS].number;
    step->tokens_per_step = (float)(f[FC_FIELD_GLOBAL_BATCH].number * f[FC_FIELD_SEQUENCE].number);
    step->flop_per_step = (float)(6 * parameters * (double)step->tokens_per_step);
    step->peak_flops = (float)peak;
    return 0;
}

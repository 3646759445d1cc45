/* commands.c: the list of commands. */
#include "commands.h"

#include "host/backends/kernels.h"
#include "cuda/model/program.h"
#include "host/base/version.h"

const struct fc_command fc_commands[] = {
    {"init", "from a model, GPUs and tokens to a commented scenario that runs", fc_command_init},
    {"run", "simulate a scenario and print distributions", fc_command_run},
    {"search", "the best plan for a model on a cluster, in uncertain worlds", fc_command_search},
    {"explain", "what drives the answer: tornado, Sobol indices, the worst worlds", fc_command_explain},
    {"solve", "the value of one input that reaches a target", fc_command_solve},
    {"sweep", "one input over values or names, or named cases, on the same worlds", fc_command_sweep},
    {"stress", "shocks, the chance of a breach, and what leads to it", fc_command_stress},
    {"merge", "put the result files of shards or machines together", fc_command_merge},
    {"compare", "scenarios on the same worlds; or two results: how far they part",
     fc_command_compare},
    {"report", "a page, a table or a workbook from a result", fc_command_report},
    {"flows", "what a contract pays, earns and delivers by period, as bands", fc_command_flows},
    {"value", "what a clause of a contract is worth to each side, as an interval", fc_command_value},
    {"outages", "outages of several sites one by one, and what of them overlaps", fc_command_outages},
    {"replay", "one world of a run, event by event", fc_command_replay},
    {"step", "one training step explained: time and memory by part", fc_command_step},
    {"calibrate", "fit the efficiency factors to measured steps, as a posterior", fc_command_calibrate},
    {"validate", "predictions against measured step times", fc_command_validate},
    {"update", "the forecast of a run under way, from a log of what has happened", fc_command_update},
    {"backtest", "published runs forecast from what was known, beside what happened", fc_command_backtest},
    {"devices", "the machine, the backends and devices, and how they would be used", fc_command_devices},
    {"bench", "trials and events per second, with the answers checked first", fc_command_bench},
    {"list", "the catalog and the bundled scenarios", fc_command_list},
    {"show", "a catalog entry, a scenario, a key or a metric explained, with sources",
     fc_command_show},
    {NULL, NULL, NULL},
};

void fc_print_version(FILE *out)
{
    fprintf(out, "flopcast " FC_VERSION ", model version %d, kernels: %s, built by %s\n", FC_MODEL_VERSION,
            fc_kernel_names(), fc_kernel_compiler());
}

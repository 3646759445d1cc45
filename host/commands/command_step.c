/* command_step.c: `flopcast step`: one training step explained: where its time and memory go. */
#include <getopt.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/base/command_line.h"
#include "host/base/document_write.h"
#include "host/base/format.h"
#include "host/base/terminal.h"
#include "host/base/notes_write.h"
#include "host/backends/kernels.h"
#include "host/base/options.h"
#include "host/base/order.h"
#include "host/compile/assumptions.h"
#include "host/compile/plan_scenario.h"
#include "host/report/outputs.h"
#include "host/report/report.h"
#include "host/compile/scenario.h"
#include "host/step/step_time.h"
#include "host/step/plan_memory.h"

static const char help[] =
    "usage: flopcast step SCENARIO [OPTIONS]\n"
    "       flopcast step --model M --gpus NxGPU --tokens N [OPTIONS]\n"
    "\n"
    "Explains one training step of the scenario's plan at the median of every factor: seconds by part,\n"
    "communication hidden and exposed, memory by part, model FLOP; and the interval over all worlds.\n"
    "\n"
    "      --set PATH=VALUE  change one value of the scenario, as often as needed\n"
    "  -o, --output FILE     write it too: .json, .csv, .xlsx or .html\n"
    "      --report F.html   write it as a page\n"
    "      --json            print it as JSON\n"
    "  -q, --quiet           no notes on stderr\n" FC_QUICK_HELP "  -h, --help            this text\n";

static const struct option long_options[] = {
    FC_QUICK_OPTIONS,
    {"set", required_argument, NULL, 's'},
    {"output", required_argument, NULL, 'o'},
    {"report", required_argument, NULL, 'r'},
    {"json", no_argument, NULL, 'j'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* What is to be printed and written. */
struct asked {
    bool json, quiet;
    const char *output, *report;
    struct fc_outputs outputs;
};

enum { WORLDS = 1 << 16, PARTS = 20 };

struct part {
    const char *key, *what;
    double seconds;
};

struct explanation {
    struct fc_plan plan;
    struct fc_step_breakdown parts;
    struct fc_plan_memory memory;
    double inputs[FC_IN_STEP_END]; /* medians */
    struct part part[PARTS];
    double flop_causal, flop_full;     /* per step */
    double step_s[3], memory_bytes[3]; /* P5, P50, P95 */
    double fits;                       /* probability */
    bool takes_recipe;                 /* a feature is not stated */
};

static int read_options(int argc, char **argv, struct fc_scenario_options *scenario, struct asked *asked,
                        const char **name, struct fc_error *error)
{
    int option;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":o:qh", long_options, NULL)) != -1) {
        switch (option) {
        case 's':
            if (fc_scenario_add_override(scenario, optarg, error))
                return -1;
            break;
        case 'j':
            asked->json = true;
            break;
        case 'o':
            asked->output = optarg;
            break;
        case 'r':
            asked->report = optarg;
            break;
        case 'q':
            asked->quiet = true;
            break;
        case 'h':
            return 1;
        default:
            if (!fc_quick_take(&scenario->quick, option, optarg))
                return fc_option_error("step", option, argv, long_options, error);
        }
    }
    if (optind >= argc && !fc_quick_given(&scenario->quick))
        return fc_fail(error, FC_BAD_INPUT,
                       "step needs a scenario, or --model, --gpus and --tokens; see flopcast list scenarios");
    if (optind + 1 < argc)
        return fc_fail(error, FC_BAD_INPUT, "unexpected argument '%.80s': step takes a single scenario",
                       argv[optind + 1]);
    *name = optind < argc ? argv[optind] : NULL;
    if (fc_outputs_take(&asked->outputs, asked->output, asked->report, 0, error))
        return -1;
    return fc_scenario_add_override(scenario, "layers=step", error);
}

static void take_quantiles(float *values, double quantiles[3])
{
    qsort(values, WORLDS, sizeof *values, fc_by_float);
    quantiles[0] = (double)values[WORLDS / 20];
    quantiles[1] = (double)values[WORLDS / 2];
    quantiles[2] = (double)values[WORLDS - WORLDS / 20 - 1];
}

/* Simulates the scenario's worlds on one thread. */
static int simulate(const struct fc_scenario *scenario, struct explanation *e, struct fc_error *error)
{
    const struct fc_kernel *kernel = fc_kernel_best();
    const struct fc_program *program = &scenario->compiled.program;
    struct fc_program *unbounded = malloc(sizeof *unbounded); /* the time of worlds that do not fit, too */
    size_t chunk = (size_t)kernel->chunk, bytes = ((size_t)kernel->scratch_bytes + 63) / 64 * 64;
    void *scratch = aligned_alloc(64, bytes);
    float *out = malloc((size_t)program->metric_count * chunk * sizeof *out);
    float *seconds = malloc(2 * WORLDS * sizeof *seconds), *memory = seconds ? seconds + WORLDS : NULL;
    int status =
        scratch && out && seconds && unbounded ? 0 : fc_fail(error, FC_FAULT, "out of memory for the worlds");
    double fitting = 0;
    if (!status) {
        memset(scratch, 0, bytes);
        *unbounded = *program;
        unbounded->step.memory_capacity = 0;
    }
    for (size_t at = 0; !status && at < WORLDS; at += chunk) {
        size_t here = WORLDS - at < chunk ? WORLDS - at : chunk;
        kernel->run(unbounded, scenario->compiled.tables, scenario->seed, at, (int)here, scratch, out);
        for (size_t i = 0; i < here; i++) {
            seconds[at + i] = out[(size_t)program->metric_row[FC_M_STEP_TIME_S] * chunk + i];
            memory[at + i] = out[(size_t)program->metric_row[FC_M_MEMORY_PER_GPU_BYTES] * chunk + i];
            fitting += memory[at + i] <= program->step.memory_capacity;
        }
    }
    if (!status) {
        take_quantiles(seconds, e->step_s);
        take_quantiles(memory, e->memory_bytes);
        e->fits = fitting / WORLDS;
    }
    free(unbounded);
    free(scratch);
    free(out);
    free(seconds);
    return status;
}

static int explain(const struct fc_scenario *scenario, struct explanation *e, struct fc_error *error)
{
    struct fc_beliefs *beliefs = malloc(sizeof *beliefs);
    struct fc_plan_options options;
    int status = beliefs ? fc_beliefs_read(beliefs, scenario->catalog, error)
                         : fc_fail(error, FC_FAULT, "out of memory");
    if (!status)
        status = fc_plan_read_unchecked(&e->plan, &options, scenario->settings, scenario->catalog, error);
    if (!status)
        e->takes_recipe = fc_plan_takes_recipe(&e->plan, &options);
    if (!status)
        status = simulate(scenario, e, error);
    if (!status) {
        fc_beliefs_medians(beliefs, &e->plan, e->inputs);
        for (int i = 0; i < FC_IN_STEP_END; i++) {
            const struct fc_setting *own = &scenario->settings->fields[fc_field_of_input(i)];
            if (own->is_set)
                e->inputs[i] = fc_distribution_quantile(own->distribution, 0.5, 0.5);
        }
        fc_step_time(&scenario->compiled.program.step, e->inputs, &e->parts);
        e->memory = fc_plan_memory(&e->plan);
        double tokens = e->plan.global_batch * e->plan.sequence;
        e->flop_causal = tokens * fc_plan_flop_per_token(&e->plan, true);
        e->flop_full = tokens * fc_plan_flop_per_token(&e->plan, false);
        const struct fc_step_breakdown *p = &e->parts;
        const struct part parts[PARTS] = {{"gemm", "matrix products of the layers", p->gemm},
                                          {"experts", "grouped products of the experts", p->experts},
                                          {"attention", "attention", p->attention},
                                          {"memory_bound", "memory-bound kernels", p->memory},
                                          {"gaps", "gaps between kernels", p->gaps},
                                          {"host", "waiting for the host's launches", p->host},
                                          {"head", "output layer and loss", p->head},
                                          {"tp", "tensor parallel, exposed", p->tp},
                                          {"cp", "context parallel, exposed", p->cp},
                                          {"ep", "expert parallel, exposed", p->ep},
                                          {"fsdp", "FSDP, exposed", p->fsdp},
                                          {"pp", "pipeline messages, exposed", p->pp},
                                          {"dp_dense", "data parallel, dense, exposed", p->dp - p->dp_expert},
                                          {"dp_expert", "data parallel, experts, exposed", p->dp_expert},
                                          {"offload", "offloading to the host, exposed", p->offload},
                                          {"bubble", "pipeline bubble", p->bubble},
                                          {"optimizer", "optimizer and fixed work", p->optimizer},
                                          {"waiting", "waiting for the slowest replica", p->waiting},
                                          {"straggling", "stragglers and jitter", p->straggling - p->waiting},
                                          {"residual", "not explained by the model", p->residual}};
        memcpy(e->part, parts, sizeof parts);
    }
    free(beliefs);
    return status;
}

static double exposed(const struct fc_step_breakdown *p)
{
    return p->tp + p->cp + p->ep + p->fsdp + p->pp + p->dp;
}

static void print_bar(double share, bool utf8)
{
    int room = fc_terminal_width() - 58, most = room < 40 ? room : 40;
    int eighths = (int)lround(share * most * 8);
    static const char *const part[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    for (int i = 0; i < (utf8 ? eighths / 8 : (eighths + 4) / 8); i++)
        fputs(utf8 ? "█" : "#", stdout);
    if (utf8)
        fputs(part[eighths % 8], stdout);
    putchar('\n');
}

static void print_rate(const char *what, double flop, const struct explanation *e)
{
    double rate = flop / e->parts.step / e->plan.gpus, peak = fc_plan_peak(&e->plan);
    bool narrow = fc_terminal_width() < 104;
    printf("  %-44s %s%8.1f TFLOP/s per GPU (%.1f to %.1f), MFU %.1f %%\n", what, narrow ? "\n  " : "",
           rate / 1e12, flop / e->step_s[2] / e->plan.gpus / 1e12, flop / e->step_s[0] / e->plan.gpus / 1e12,
           100 * rate / peak);
}

static void print(const struct fc_scenario *scenario, const struct explanation *e)
{
    const struct fc_plan *p = &e->plan;
    const struct fc_setting *f = scenario->settings->fields;
    bool utf8 = fc_locale_is_utf8();
    char head[800];
    snprintf(head, sizeof head,
             "%s: one step of %s on %g %s, tp %g, pp %g (vpp %g), cp %g, ep %g, dp %g, micro-batch %g, %g "
             "micro-batches, "
             "software %s%s",
             scenario->name, f[FC_FIELD_MODEL].name, p->gpus, p->gpu.name, p->tp, p->pp, p->vpp, p->cp, p->ep,
             fc_plan_data_parallel(p), p->micro_batch, fc_plan_micro_batches(p), p->software->name,
             p->software_assumed ? " (the newest, not stated)" : "");
    int width = fc_terminal_width();
    fc_print_wrapped(stdout, head, 0, 2, width);
    char features[160];
    const struct fc_recipe *recipe = &p->recipes[p->precision];
    char whose[120] = " for this model and GPU unless stated";
    if (recipe->of[0])
        snprintf(whose, sizeof whose, " for %s, the nearest model with the same operators, unless stated",
                 recipe->of);
    snprintf(head, sizeof head, "features: %s%s%s%s", fc_plan_features_text(p, features, sizeof features),
             e->takes_recipe && recipe->known ? ", as in the published recipe of " : "",
             e->takes_recipe && recipe->known ? p->software->name : "",
             e->takes_recipe && recipe->known    ? whose
             : e->takes_recipe && !recipe->known ? " (no published recipe; off unless stated)"
                                                 : " (stated)");
    fc_print_wrapped(stdout, head, 0, 2, width);
    putchar('\n');
    for (int i = 0; i < PARTS; i++) {
        if (e->part[i].seconds == 0)
            continue;
        printf("  %-34s %10.4f s %5.1f %%  ", e->part[i].what, e->part[i].seconds,
               100 * e->part[i].seconds / e->parts.step);
        print_bar(fmax(0, e->part[i].seconds / e->parts.step), utf8);
    }
    printf("  %-34s %10.4f s%s90 %% of the worlds: %.4g to %.4g s\n\n", "step", e->parts.step,
           width < 100 ? "\n  " : "           ", e->step_s[0], e->step_s[2]);
    printf("communication %.4f s, of which %.4f s exposed (%.1f %% of the step)\n\n", e->parts.communication,
           exposed(&e->parts), 100 * exposed(&e->parts) / e->parts.step);
    double tokens_per_s = p->global_batch * p->sequence / e->parts.step;
    printf("throughput: %.4g tokens/s, %.1f per GPU\n", tokens_per_s, tokens_per_s / p->gpus);
    print_rate("model FLOP, causal attention (used here)", e->flop_causal, e);
    print_rate("the same with full attention", e->flop_full, e);
    const struct fc_plan_memory *m = &e->memory;
    putchar('\n');
    snprintf(
        head, sizeof head,
        "memory of the fullest GPU: %.1f GB (90 %%: %.1f to %.1f) of %.0f GB, fits in %.2f %% of the worlds",
        e->memory_bytes[1] / 1e9, e->memory_bytes[0] / 1e9, e->memory_bytes[2] / 1e9,
        p->gpu.memory_bytes / 1e9, 100 * e->fits);
    fc_print_wrapped(stdout, head, 0, 2, width);
    fputs("  ", stdout);
    snprintf(head, sizeof head,
             "weights and gradients %.1f, optimizer %.1f, activations %.1f, logits and embedding %.1f, "
             "framework %.1f GB, "
             "allocator x %.2f",
             m->weights / 1e9, m->optimizer / 1e9, m->activations / 1e9, m->logits / 1e9,
             e->inputs[FC_IN_MEMORY_FRAMEWORK] / 1e9, e->inputs[FC_IN_MEMORY_ALLOCATOR]);
    fc_print_wrapped(stdout, head, 2, 2, width);
    if (m->host > 0)
        printf("memory of the host: %.1f GB of %.0f GB per GPU\n", m->host / 1e9, p->gpu.host_memory_bytes / 1e9);
}

static void write_triple(struct fc_writer *w, const char *key, const double *q)
{
    fc_write_map(w, key);
    fc_write_number(w, "p5", q[0]);
    fc_write_number(w, "p50", q[1]);
    fc_write_number(w, "p95", q[2]);
    fc_write_end(w);
}

static int print_json(FILE *out, const struct fc_scenario *scenario, const struct explanation *e,
                      const struct fc_notes *notes, struct fc_error *error)
{
    struct fc_writer *w;
    if (fc_writer_open(&w, out, FC_JSON, error))
        return -1;
    const struct fc_plan *p = &e->plan;
    double per_gpu = e->parts.step * p->gpus, peak = fc_plan_peak(p);
    fc_write_map(w, NULL);
    fc_write_text(w, "command", "step");
    fc_write_text(w, "command_line", fc_command_line());
    fc_write_text(w, "scenario", scenario->name);
    fc_write_text(w, "software", p->software->name);
    char features[160];
    const struct fc_recipe *recipe = &p->recipes[p->precision];
    fc_write_text(w, "features", fc_plan_features_text(p, features, sizeof features));
    if (e->takes_recipe && recipe->known)
        fc_write_text(w, "features_from_recipe", recipe->release);
    fc_write_number(w, "step_time_s", e->parts.step);
    write_triple(w, "step_time_over_worlds_s", e->step_s);
    fc_write_map(w, "parts_s");
    for (int i = 0; i < PARTS; i++)
        fc_write_number(w, e->part[i].key, e->part[i].seconds);
    fc_write_end(w);
    fc_write_number(w, "communication_s", e->parts.communication);
    fc_write_number(w, "exposed_communication_s", exposed(&e->parts));
    fc_write_number(w, "tokens_per_s", p->global_batch * p->sequence / e->parts.step);
    fc_write_number(w, "tflops_per_gpu", e->flop_causal / per_gpu / 1e12);
    fc_write_number(w, "mfu", e->flop_causal / per_gpu / peak);
    fc_write_number(w, "tflops_per_gpu_full_attention", e->flop_full / per_gpu / 1e12);
    fc_write_number(w, "mfu_full_attention", e->flop_full / per_gpu / peak);
    fc_write_map(w, "memory_bytes");
    fc_write_number(w, "weights_and_gradients", e->memory.weights);
    fc_write_number(w, "optimizer", e->memory.optimizer);
    fc_write_number(w, "activations", e->memory.activations);
    fc_write_number(w, "logits", e->memory.logits);
    fc_write_number(w, "pools_of_streams", e->memory.pools);
    fc_write_number(w, "framework", e->inputs[FC_IN_MEMORY_FRAMEWORK]);
    write_triple(w, "total_over_worlds", e->memory_bytes);
    fc_write_number(w, "capacity", p->gpu.memory_bytes);
    fc_write_number(w, "host", e->memory.host);
    fc_write_end(w);
    fc_write_number(w, "fits_in_memory", e->fits);
    fc_notes_write(notes, w);
    fc_assumptions_write(scenario->settings, NULL, 0, w, "assumptions");
    fc_write_end(w);
    return fc_writer_close(w, error);
}

/* The scenario's notes without those on keys that only its other layers read: the command chose the layer. */
static void notes_of(const struct fc_scenario *scenario, struct fc_notes *notes)
{
    struct fc_notes all = {0};
    fc_scenario_notes(scenario, &all);
    for (size_t i = 0; i < all.count; i++)
        if (strcmp(all.list[i].id, "key-unread") != 0)
            fc_notes_put(notes, all.list[i].severity, all.list[i].id, all.list[i].place, all.list[i].text);
    fc_notes_free(&all);
}

int fc_command_step(int argc, char **argv)
{
    struct fc_scenario_options options = {0};
    struct fc_scenario scenario;
    struct explanation e = {0};
    struct fc_error error = {0};
    const char *name = NULL;
    struct asked asked = {0};
    struct fc_notes notes = {0};
    bool open = false;
    int status = read_options(argc, argv, &options, &asked, &name, &error);
    if (status == 1) {
        fc_help_print(help, NULL);
        fc_scenario_options_free(&options);
        return FC_DONE;
    }
    if (!status) {
        status = fc_scenario_open(&scenario, name, &options, &error);
        open = !status;
    }
    if (!status) {
        notes_of(&scenario, &notes);
        fc_notes_print(&notes, stderr, asked.quiet);
        status = fc_outputs_open(&asked.outputs, &error);
    }
    if (!status)
        status = explain(&scenario, &e, &error);
    if (!status && (asked.json || fc_outputs_any(&asked.outputs))) {
        FILE *out = fc_outputs_begin(&asked.outputs, &error);
        status = out ? fc_outputs_end(&asked.outputs, print_json(out, &scenario, &e, &notes, &error) != 0,
                                      asked.json, &error)
                     : -1;
    }
    if (!status && fc_outputs_leave_room(&asked.outputs, asked.json)) {
        fc_fold_start();
        print(&scenario, &e);
    }
    fc_outputs_close(&asked.outputs);
    fc_notes_free(&notes);
    if (open)
        fc_scenario_close(&scenario);
    fc_scenario_options_free(&options);
    if (status) {
        fprintf(stderr, "flopcast: %s\n", error.text);
        return (int)error.status;
    }
    return FC_DONE;
}

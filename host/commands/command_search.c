/* command_search.c: `flopcast search`: the best plan for a model on a cluster, under uncertainty. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "host/base/comments.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/analysis/search.h"
#include "host/language/fields.h"
#include "host/language/scenario_file.h"
#include "host/base/error.h"
#include "host/base/format.h"
#include "host/base/options.h"
#include "host/base/read_file.h"
#include "host/base/table.h"
#include "host/compile/plan_scenario.h"
#include "host/report/launch.h"
#include "host/report/outputs.h"
#include "host/result/metrics.h"

static const char help[] =
    "usage: flopcast search SCENARIO [OPTIONS]\n"
    "       flopcast search --model M --gpus NxGPU --tokens N [OPTIONS]\n"
    "\n"
    "Tries every plan that divides the model over the GPUs (tensor, pipeline, virtual, context, expert and "
    "data\n"
    "parallel, sharding, micro-batch, recomputation), follows the fastest through the same uncertain worlds, "
    "and\n"
    "ranks them. What the scenario states of its plan is compared with what is found.\n"
    "\n"
    "      --by FIGURE         rank by it: 'p90(wall_clock_days)', 'mean(cost_usd)', 'deadline_met'\n"
    "                          (default: p50(wall_clock_days); p50(cost_per_mtoken_usd) for a run that is\n"
    "                          watched for training.wall; without a run p50(step_time_s))\n"
    "      --keep              keep what the scenario states of the plan; search only what is open (`auto`)\n"
    "      --precision A,B     search these too: bf16, fp8, mxfp8, nvfp4 (default: the scenario's)\n"
    "      --fits P            least probability to fit in memory (default 0.9)\n"
    "      --contenders N      plans that meet uncertain worlds (default 60)\n"
    "      --finalists N       plans that are simulated through all layers (default 8)\n"
    "  -o, --output FILE.yaml  write the scenario with the best plan; it runs as it is (the other endings: "
    "the\n"
    "                          result, as below)\n"
    "      --emit SOFTWARE     print the launch settings of the best plan: megatron (Megatron-LM), nemo\n"
    "                          (Megatron-Bridge), torchtitan\n" FC_QUICK_INSTEAD "\n"
    "exit status: 0 a plan was found; 2 none fits, or the input is wrong\n"
    "\n";

enum {
    OPTION_BY = FC_ANALYSIS_OWN,
    OPTION_KEEP,
    OPTION_PRECISION,
    OPTION_FITS,
    OPTION_CONTENDERS,
    OPTION_FINALISTS,
    OPTION_EMIT
};

static const struct option own[] = {
    {"by", required_argument, NULL, OPTION_BY},
    {"keep", no_argument, NULL, OPTION_KEEP},
    {"precision", required_argument, NULL, OPTION_PRECISION},
    {"fits", required_argument, NULL, OPTION_FITS},
    {"contenders", required_argument, NULL, OPTION_CONTENDERS},
    {"finalists", required_argument, NULL, OPTION_FINALISTS},
    {"emit", required_argument, NULL, OPTION_EMIT},
    FC_QUICK_OPTIONS, /* --precision is the one above */
    {NULL, 0, NULL, 0},
};

enum { RESULT = FC_OUTPUT_JSON | FC_OUTPUT_CSV | FC_OUTPUT_XLSX | FC_OUTPUT_HTML };

struct options {
    struct fc_analysis_options shared;
    struct fc_outputs outputs;
    struct fc_search_request request;
    int launcher; /* enum fc_launcher, or -1 */
};

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && strncmp(word, text, length) == 0;
}

static int read_precisions(const char *text, unsigned *bits, struct fc_error *error)
{
    const char *at = text;
    do {
        size_t length = strcspn(at, ","), k = 0;
        while (k < FC_RECIPES && !is_word(at, length, fc_precision_name((enum fc_precision)k)))
            k++;
        if (k == FC_RECIPES)
            return fc_fail(error, FC_BAD_INPUT, "--precision '%s' is not a list of bf16, fp8, mxfp8, nvfp4",
                           text);
        *bits |= 1u << k;
        at += length;
    } while (*at++ == ',');
    return 0;
}

static int read_count(const char *option, const char *text, long most, size_t *count, struct fc_error *error)
{
    char *end;
    long value = strtol(text, &end, 10);
    if (*end || end == text || value < 1 || value > most)
        return fc_fail(error, FC_BAD_INPUT, "%s '%s' is not an integer from 1 to %ld", option, text, most);
    *count = (size_t)value;
    return 0;
}

static int take(struct options *o, int option, struct fc_error *error)
{
    char *end;
    switch (option) {
    case OPTION_BY:
        o->request.by = optarg;
        return 0;
    case OPTION_KEEP:
        o->request.keep = true;
        return 0;
    case OPTION_PRECISION:
        return read_precisions(optarg, &o->request.precision, error);
    case OPTION_FITS:
        o->request.fits = strtod(optarg, &end);
        if (*end || end == optarg || !(o->request.fits >= 0 && o->request.fits < 1))
            return fc_fail(error, FC_BAD_INPUT, "--fits '%s' is not a probability from 0 to below 1", optarg);
        return 0;
    case OPTION_CONTENDERS:
        return read_count("--contenders", optarg, 1000, &o->request.contenders, error);
    case OPTION_FINALISTS:
        return read_count("--finalists", optarg, 100, &o->request.finalists, error);
    default:
        for (o->launcher = 0; fc_launcher_names[o->launcher]; o->launcher++)
            if (strcmp(optarg, fc_launcher_names[o->launcher]) == 0)
                return 0;
        return fc_fail(error, FC_BAD_INPUT, "--emit '%s' is not one of megatron, nemo, torchtitan", optarg);
    }
}

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    while ((option = fc_analysis_next(&o->shared, "search", argc, argv, own, error)) >= FC_ANALYSIS_OWN)
        if (take(o, option, error))
            return FC_ANALYSIS_WRONG;
    if (option != FC_ANALYSIS_DONE)
        return option;
    if (argc - optind != 1 && !(argc == optind && fc_quick_given(&o->shared.scenario.quick)))
        return fc_fail(
            error, FC_BAD_INPUT,
            "search needs one scenario, or --model, --gpus and --tokens; see flopcast search --help");
    o->request.scenario = argc > optind ? argv[optind] : NULL;
    o->request.options = &o->shared;
    if (o->request.finalists > o->request.contenders)
        o->request.finalists = o->request.contenders;
    return fc_outputs_take(&o->outputs, o->shared.output, o->shared.report, RESULT | FC_OUTPUT_YAML, error);
}

/* The tally's quantile of a metric as a figure; false where too few worlds lie beyond it. */
static bool quantile_cell(struct fc_table *table, const struct fc_contender *c, int metric,
                          const struct fc_scale *scale, double p)
{
    const struct fc_tally_metric *m = fc_tally_find(&c->tally, metric);
    struct fc_estimate e = m ? fc_statistics_quantile(m, p) : (struct fc_estimate){0};
    char text[96] = "n/a";
    if (m && !e.refused && !isfinite(e.value))
        snprintf(text, sizeof text, "never");
    else if (m && !e.refused)
        fc_format_figure(e.value, e.error, scale, text, sizeof text);
    fc_table_cell(table, "%s", text);
    return !e.refused;
}

static double typical(const struct fc_contender *c, int metric)
{
    const struct fc_tally_metric *m = fc_tally_find(&c->tally, metric);
    return m ? fc_statistics_quantile(m, 0.5).value : 1;
}

/* Digits behind the point of a percentage that is not all: 99.99, not 100. */
static int digits_below_all(double share)
{
    int digits = 0;
    while (share < 1 && digits < 6 && 100 * share >= 100 - 0.5 * pow(10, -digits))
        digits++;
    return digits;
}

static void print_finalists(const struct fc_search *s)
{
    const struct fc_program *program = &s->scenario.compiled.program;
    bool refused = false, endless = false, run = program->metric_row[FC_M_WALL_CLOCK_DAYS] >= 0,
         watched = run && fc_metric_fixed(program) == FC_FIXED_TIME; /* days and cost are the same for all */
    int price = watched ? FC_M_COST_PER_MTOKEN_USD : FC_M_COST_USD;
    bool cost = run && program->metric_row[price] >= 0, length = run && !watched;
    struct fc_scale days = fc_scale_for("day", 10),
                    money = fc_scale_for("USD", cost ? typical(&s->contenders[0], price) : 1);
    struct fc_table table;
    for (size_t i = 0; i < s->finalists; i++)
        printf("  %2zu%s %s%s\n", i + 1, s->contenders[i].front ? "*" : " ", s->contenders[i].text,
               s->contenders[i].stated ? " (as stated)" : "");
    printf("\n");
    fc_table_start(&table, 6 + 2 * length + cost, 1);
    fc_table_cell(&table, "%s", "");
    fc_table_cell(&table, "step s");
    fc_table_cell(&table, "memory");
    fc_table_cell(&table, "P(fits)");
    if (length) {
        fc_table_cell(&table, "P50 days");
        fc_table_cell(&table, "P90 days");
    }
    if (cost)
        fc_table_cell(&table, "P50 %s%s", money.unit, watched ? "/Mtok" : "");
    fc_table_cell(&table, "P(best)");
    fc_table_cell(&table, "regret");
    for (size_t i = 0; i < s->finalists; i++) {
        const struct fc_contender *c = &s->contenders[i];
        fc_table_cell(&table, "%2zu", i + 1);
        fc_table_cell(&table, isfinite(c->step_p50) ? "%.3g" : "never", c->step_p50);
        fc_table_cell(&table, "%.0f GB", c->memory_bytes / 1e9);
        fc_table_cell(&table, "%.*f %%", digits_below_all(c->fits), 100 * c->fits);
        if (length) {
            refused |= !quantile_cell(&table, c, FC_M_WALL_CLOCK_DAYS, &days, 0.5);
            refused |= !quantile_cell(&table, c, FC_M_WALL_CLOCK_DAYS, &days, 0.9);
        }
        if (cost)
            refused |= !quantile_cell(&table, c, price, &money, 0.5);
        if (isfinite(c->regret.best))
            fc_table_cell(&table, "%.0f %%", 100 * c->regret.best);
        else
            fc_table_cell(&table, "n/a");
        if (isfinite(c->regret.mean))
            fc_table_cell(&table, "%.3g", c->regret.mean);
        else
            fc_table_cell(&table, "n/a");
        endless |= !isfinite(c->regret.mean);
    }
    fc_table_print(&table, stdout, 2);
    fc_table_free(&table);
    const struct fc_metric_info *by = fc_metric_find(s->by.metric);
    bool plain = *by->unit == '1';
    printf("\n  * no other is as good in time, cost and memory and better in one of them.\n"
           "  P(best) and mean regret%s%s%s: %s of each world, the same worlds for all.\n"
           "  Errors of the step model that differ between plans are not in them; on\n"
           "  measured layouts they are a few percent.\n",
           plain ? "" : " [", plain ? "" : by->unit, plain ? "" : "]", by->name);
    if (refused)
        printf("  n/a: fewer than 50 worlds lie beyond that quantile; more with -n.\n");
    if (endless)
        printf("  regret n/a: in some worlds the plan does not fit, or its run does not end.\n");
}

static bool all_the_same(const struct fc_search *s)
{
    for (size_t i = 1; i < s->finalists; i++)
        if (s->contenders[i].figure.value != s->contenders[0].figure.value)
            return false;
    return s->finalists > 1;
}

/* The parts of the step in which the winner and the runner-up differ most. */
static void print_why(const struct fc_search *s)
{
    if (s->finalists < 2)
        return;
    const struct fc_contender *a = &s->contenders[0], *b = &s->contenders[1];
    const struct fc_step_breakdown *x = &a->parts, *y = &b->parts;
    const struct {
        const char *name;
        double first, second;
    } parts[] = {
        {"matrix products", x->gemm + x->experts, y->gemm + y->experts},
        {"attention", x->attention, y->attention},
        {"memory-bound kernels", x->memory, y->memory},
        {"launches and gaps", x->gaps + x->host, y->gaps + y->host},
        {"output layer and loss", x->head, y->head},
        {"tensor parallel", x->tp, y->tp},
        {"context parallel", x->cp, y->cp},
        {"expert parallel", x->ep, y->ep},
        {"sharded parameters", x->fsdp, y->fsdp},
        {"pipeline messages", x->pp, y->pp},
        {"data parallel", x->dp, y->dp},
        {"offloading", x->offload, y->offload},
        {"pipeline bubble", x->bubble, y->bubble},
        {"optimizer", x->optimizer, y->optimizer},
        {"waiting for the slowest", x->straggling, y->straggling},
    };
    printf("\nwhy 1 and not 2 (seconds of a step at the median)\n");
    struct fc_table table;
    fc_table_start(&table, 4, 1);
    fc_table_cell(&table, "part");
    fc_table_cell(&table, "1");
    fc_table_cell(&table, "2");
    fc_table_cell(&table, "difference");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (fabs(parts[i].second - parts[i].first) < 0.0005 * x->step)
            continue;
        fc_table_cell(&table, "%s", parts[i].name);
        fc_table_cell(&table, "%.3f", parts[i].first);
        fc_table_cell(&table, "%.3f", parts[i].second);
        fc_table_cell(&table, "%+.3f", parts[i].second - parts[i].first);
    }
    fc_table_cell(&table, "step");
    fc_table_cell(&table, "%.3f", x->step);
    fc_table_cell(&table, "%.3f", y->step);
    fc_table_cell(&table, "%+.3f", y->step - x->step);
    fc_table_print(&table, stdout, 2);
    fc_table_free(&table);
}

static void print_people(const struct fc_search *s, const struct fc_analysis *analysis)
{
    char plans[32], slower[32], evaluated[32], large[32];
    fc_format_count(s->found.plans, plans, sizeof plans);
    fc_format_count(s->found.evaluated, evaluated, sizeof evaluated);
    fc_format_count(s->found.too_large, large, sizeof large);
    fc_format_count(s->found.slower, slower, sizeof slower);
    fc_analysis_head(stdout, &s->scenario, s->trials);
    printf("%s plans divide the model over the GPUs. A bound shows %s of them to be\n"
           "too slow; of the rest %s do not fit in memory, and %s were timed in %.2f s.\n"
           "The %zu fastest met %llu uncertain worlds, and %zu were simulated to the end,\n"
           "ranked by %s.\n\n",
           plans, slower, large, evaluated, s->seconds, s->count, (unsigned long long)s->step_trials,
           s->finalists, s->by_name);
    print_finalists(s);
    if (s->stated_fault[0])
        printf("\n  the plan that the scenario states is left out: %s\n", s->stated_fault);
    print_why(s);
    const struct fc_contender *best = &s->contenders[0];
    const struct fc_metric_info *info = fc_metric_find(s->by.metric);
    if (all_the_same(s))
        printf("\nEvery finalist has the same %s: rank by another figure (--by).\n", s->by_name);
    else if (isfinite(best->regret.mean))
        printf("\nAnother finalist beats plan 1 in %.0f %% of the worlds; knowing the uncertain\n"
               "factors before choosing would improve %s by %.2g%s%s on average.\n",
               100 * (1 - best->regret.best), info->name, best->regret.mean, *info->unit == '1' ? "" : " ",
               *info->unit == '1' ? "" : info->unit);
    if (best->stated)
        printf("\nThe plan of the scenario is the best.\n");
    else
        printf("\n%s%s -o FILE.yaml writes plan 1 as a scenario,\n"
               "--emit its launch settings.\n",
               s->path ? "flopcast search " : "The same with", s->path ? s->path : "");
    fc_analysis_foot(stdout, analysis);
}

static void write_number(struct fc_writer *w, const char *key, double value)
{
    fc_write_number(w, key, value); /* what is not finite becomes null */
}

static int print_json(const struct fc_search *s, const struct fc_analysis *analysis, struct fc_error *error)
{
    struct fc_writer *w;
    if (fc_analysis_write_start(&w, "search", analysis, &s->scenario, s->trials, error))
        return -1;
    fc_write_text(w, "by", s->by_name);
    fc_write_unsigned(w, "plans", s->found.plans);
    fc_write_unsigned(w, "plans_too_slow", s->found.slower);
    fc_write_unsigned(w, "plans_evaluated", s->found.evaluated);
    fc_write_unsigned(w, "plans_too_large", s->found.too_large);
    fc_write_number(w, "search_s", s->seconds);
    fc_write_unsigned(w, "step_trials", s->step_trials);
    fc_write_list(w, "found");
    for (size_t i = 0; i < s->count; i++) {
        const struct fc_contender *c = &s->contenders[i];
        const struct fc_plan_choice *p = &c->point.choice;
        fc_write_map(w, NULL);
        fc_write_text(w, "plan", c->text);
        fc_write_unsigned(w, "tp", (uint64_t)p->tp);
        fc_write_unsigned(w, "pp", (uint64_t)p->pp);
        fc_write_unsigned(w, "vpp", (uint64_t)p->vpp);
        fc_write_unsigned(w, "cp", (uint64_t)p->cp);
        fc_write_unsigned(w, "ep", (uint64_t)p->ep);
        fc_write_unsigned(w, "expert_tp", (uint64_t)p->expert_tp);
        fc_write_unsigned(w, "micro_batch", (uint64_t)p->micro_batch);
        fc_write_text(w, "order", fc_field_word(FC_FIELD_ORDER, (int)p->order));
        fc_write_text(w, "offload", fc_field_word(FC_FIELD_OFFLOAD, (int)p->offload));
        fc_write_text(w, "zero", fc_field_word(FC_FIELD_ZERO, (int)p->zero));
        fc_write_text(w, "recompute", fc_field_word(FC_FIELD_RECOMPUTE, (int)p->recompute));
        fc_write_text(w, "precision", fc_precision_name(p->precision));
        fc_write_flag(w, "stated", c->stated);
        write_number(w, "step_time_s_p5", c->step_p5);
        write_number(w, "step_time_s_p50", c->step_p50);
        write_number(w, "step_time_s_p95", c->step_p95);
        write_number(w, "memory_per_gpu_bytes_p50", c->memory_bytes);
        write_number(w, "fits_in_memory", c->fits);
        write_number(w, "step_p_best", c->step_regret.best);
        write_number(w, "step_regret_s", c->step_regret.mean);
        fc_write_flag(w, "final", c->final);
        if (c->final) {
            fc_analysis_write_estimate(w, "figure", c->figure);
            write_number(w, "p_best", c->regret.best);
            write_number(w, "regret", c->regret.mean);
            write_number(w, "regret_p95", c->regret.p95);
            fc_write_flag(w, "front", c->front);
            fc_write_map(w, "parts_s");
            const struct fc_step_breakdown *b = &c->parts;
            const struct {
                const char *key;
                double value;
            } parts[] = {{"gemm", b->gemm},
                         {"experts", b->experts},
                         {"attention", b->attention},
                         {"memory", b->memory},
                         {"gaps", b->gaps},
                         {"host", b->host},
                         {"head", b->head},
                         {"tp", b->tp},
                         {"cp", b->cp},
                         {"ep", b->ep},
                         {"fsdp", b->fsdp},
                         {"pp", b->pp},
                         {"dp", b->dp},
                         {"offload", b->offload},
                         {"bubble", b->bubble},
                         {"optimizer", b->optimizer},
                         {"step", b->step},
                         {"straggling", b->straggling}};
            for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
                write_number(w, parts[k].key, parts[k].value);
            fc_write_end(w);
        }
        fc_write_end(w);
    }
    fc_write_end(w);
    return fc_analysis_write_end(w, error);
}

/* What the scenario states, with the plan that was found, as YAML to be freed; defaults stay defaults. */
static char *scenario_text(const struct fc_search *s, struct fc_error *error)
{
    struct fc_settings *stated = malloc(sizeof *stated);
    char *text = NULL;
    size_t length = 0;
    FILE *file = stated ? open_memstream(&text, &length) : NULL;
    struct fc_writer *w;
    int status = file ? 0 : fc_fail(error, FC_FAULT, "out of memory for the scenario");
    if (status == 0) {
        *stated = *s->scenario.settings; /* shares what the settings own */
        for (int i = 0; i < FC_FIELD_COUNT; i++)
            if (stated->fields[i].from_default || (i == FC_FIELD_DP && stated->fields[i].is_auto))
                stated->fields[i] = (struct fc_setting){0};
        status = fc_writer_open(&w, file, FC_YAML, error);
    }
    if (status == 0) {
        fc_settings_write_scenario(stated, w, NULL);
        status = fc_writer_close(w, error);
    }
    if (file && fclose(file) && status == 0)
        status = fc_fail(error, FC_FAULT, "out of memory for the scenario");
    free(stated);
    if (status == 0)
        return text;
    free(text);
    return NULL;
}

/* Whether the search gave the value that stands at a path. */
static bool was_found(const char *path, void *user)
{
    const struct fc_settings *settings = user;
    const struct fc_field *field = fc_field_find(path);
    return field && settings->fields[field - fc_fields].found;
}

static int write_scenario(const struct fc_search *s, struct fc_output *output, struct fc_error *error)
{
    const struct fc_embedded_file *embedded = s->path ? fc_scenario_file_find(s->path) : NULL;
    char *source = NULL, *text = scenario_text(s, error);
    size_t length = embedded ? embedded->size : 0;
    struct fc_error ignored; /* it was read before: where it cannot be again, its comments are missing */
    if (!embedded && s->path && fc_read_file(s->path, FC_SCENARIO_BYTES, &source, &length, &ignored))
        source = NULL;
    const char *from = embedded ? (const char *)embedded->data : source;
    FILE *file = text ? fc_output_begin(output, error) : NULL;
    if (file) {
        char name[200];
        fprintf(file, "# The plan is the best that flopcast search found, ranked by %s.\n", s->by_name);
        if (s->path)
            fprintf(file, "# The rest is as in %s:\n# %s.\n",
                    fc_printable(name, sizeof name, s->path, strlen(s->path)),
                    from ? "its comments are kept but for those behind values that the plan replaced"
                         : "its comments could not be read again and are left out");
        fputc('\n', file);
        if (!fc_comments_carry(from ? from : "{}", from ? length : 2, text, was_found, s->scenario.settings,
                               file))
            fc_lose();
    }
    free(source);
    free(text);
    return file ? fc_output_commit(output, error) : -1;
}

static int emit(const struct fc_search *s, int launcher, struct fc_error *error)
{
    struct fc_plan plan;
    struct fc_plan_options options;
    if (fc_plan_read_unchecked(&plan, &options, s->scenario.settings, s->scenario.catalog, error))
        return -1;
    printf("\n");
    fc_launch_print(stdout, (enum fc_launcher)launcher, &plan, &options);
    return 0;
}

int fc_command_search(int argc, char **argv)
{
    struct options o = {
        .request = {.fits = 0.9, .contenders = 60, .finalists = 8}, .launcher = -1, .shared.wish.device = -1};
    struct fc_analysis analysis = {0};
    struct fc_search search = {0};
    struct fc_error error;
    int status = read_options(argc, argv, &o, &error);
    if (status == FC_ANALYSIS_HELP) {
        fc_help_print(help, fc_analysis_help);
        fc_analysis_options_free(&o.shared);
        return 0;
    }
    if (status == 0) {
        if (o.request.scenario)
            fc_read_file_remember(o.request.scenario);
        status = fc_outputs_open(&o.outputs, &error);
    }
    if (status == 0)
        status = fc_analysis_open(&analysis, &o.shared, 0, &error);
    if (status == 0)
        status = fc_search_plans(&search, &analysis, &o.request, &error);
    fc_progress_end(&analysis.line);
    if (status == 0)
        fc_scenario_print_notes(&search.scenario, stderr, o.shared.quiet);
    if (status == 0 && (o.shared.json || fc_outputs_any(&o.outputs))) {
        analysis.json = fc_outputs_begin(&o.outputs, &error);
        status = analysis.json ? fc_outputs_end(&o.outputs, print_json(&search, &analysis, &error) != 0,
                                                o.shared.json, &error)
                               : -1;
    }
    bool people = status == 0 && fc_outputs_leave_room(&o.outputs, o.shared.json);
    if (people)
        fc_fold_start();
    if (people)
        print_people(&search, &analysis);
    fc_fold_end(); /* what follows is for other programs */
    for (int i = 0; status == 0 && i < o.outputs.count; i++)
        if (o.outputs.list[i].kind == FC_OUTPUT_YAML)
            status = write_scenario(&search, o.outputs.list[i].output, &error);
    if (status == 0 && o.launcher >= 0)
        status = emit(&search, o.launcher, &error);
    fc_search_free(&search);
    fc_outputs_close(&o.outputs);
    fc_analysis_close(&analysis);
    fc_analysis_options_free(&o.shared);
    return fc_analysis_end(status, &error);
}

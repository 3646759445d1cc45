/* command_calibrate.c: `flopcast calibrate CSV`: the efficiency factors' posterior from measured steps. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/calibrate/calibration.h"
#include "host/base/clock.h"
#include "commands.h"
#include "host/base/fold.h"
#include "host/base/table.h"
#include "host/base/help.h"
#include "host/base/format.h"
#include "host/backends/launch.h"
#include "host/base/options.h"
#include "host/base/output.h"
#include "host/report/outputs.h"
#include "host/calibrate/validation.h"
#include "host/compile/scenario.h"
#include "own_runs.h"

static const char help[] =
    "usage: flopcast calibrate SCENARIO --step-time TIME -o mine.yaml [OPTIONS]\n"
    "       flopcast calibrate SCENARIO RUNS.csv -o mine.yaml [OPTIONS]\n"
    "       flopcast calibrate [TABLE.csv] [-o posterior.yaml] [OPTIONS]\n"
    "\n"
    "With a scenario: updates the efficiency factors that come with the program by steps that you measured. "
    "The plan\n"
    "that was measured is then known as well as it was measured, its neighbours mostly, other plans of the "
    "site in\n"
    "part. Every command that forecasts takes the file: --posterior mine.yaml.\n"
    "\n"
    "      --step-time TIME  '8.08 s', or '8.08 s +- 0.6 %' with one standard deviation; as often as was "
    "measured\n"
    "      --set PATH=VALUE  change one value of the scenario, as often as needed\n"
    "\n"
    "RUNS.csv has a column step_time_s (or tokens_per_s_per_gpu) and those that differ from the scenario "
    "(tp, pp, mbs,\n"
    "gbs, gpus ..., or its keys, such as training.software).\n"
    "\n"
    "With a table alone, or none: fits the factors from their priors to the table (default: the published "
    "rows that\n"
    "come with the program), which replaces the posterior; that is how catalog/posterior.yaml is made.\n"
    "\n"
    "  -o, --output FILE     where the posterior goes, a .yaml (default: only a summary is\n"
    "                        printed)\n"
    "  -n, --draws N         evaluations of all rows (default 1e6)\n"
    "  -s, --seed N          seed of the random numbers (default 1)\n"
    "  -b, --backend NAME    what evaluates the rows: cpu (default), opencl or cuda; all give the same bits\n"
    "  -t, --threads N       CPU threads (default: all)\n"
    "  -q, --quiet           no notes on stderr (warnings stay)\n" FC_QUICK_HELP
    "  -h, --help            this text\n";

static const struct option long_options[] = {
    FC_QUICK_OPTIONS,
    {"step-time", required_argument, NULL, 'm'},
    {"set", required_argument, NULL, 'S'},
    {"output", required_argument, NULL, 'o'},
    {"draws", required_argument, NULL, 'n'},
    {"seed", required_argument, NULL, 's'},
    {"backend", required_argument, NULL, 'b'},
    {"threads", required_argument, NULL, 't'},
    {"quiet", no_argument, NULL, 'q'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

enum { MOST_TIMES = 1000 };

struct options {
    const char *table, *output, *backend, *scenario;
    char *times[MOST_TIMES];
    size_t time_count;
    struct fc_scenario_options change;
    struct fc_calibration_options run;
    bool quiet;
    bool own; /* an update by measurements of one's own */
};

static bool has_ending(const char *path)
{
    const char *slash = strrchr(path, '/');
    return strchr(slash ? slash + 1 : path, '.') != NULL;
}

/* Returns 0, 1 when help was asked for, or -1. */
static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    uint64_t threads;
    *o = (struct options){.run = {.draws = 1000000, .seed = 1}};
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":o:n:s:b:t:qh", long_options, NULL)) != -1) {
        switch (option) {
        case 'm':
            if (o->time_count == MOST_TIMES)
                return fc_fail(error, FC_BAD_INPUT, "--step-time is taken %d times at most", MOST_TIMES);
            o->times[o->time_count++] = optarg;
            break;
        case 'S':
            if (fc_scenario_add_override(&o->change, optarg, error))
                return -1;
            break;
        case 'o':
            if (strcmp(optarg, "-") == 0)
                return fc_fail(error, FC_BAD_INPUT,
                               "-o -: calibrate prints its summary on standard output; name a file, for example posterior.yaml");
            if (has_ending(optarg) && !fc_output_kind_of("-o", optarg, FC_OUTPUT_YAML, error))
                return -1;
            o->output = optarg;
            break;
        case 'n':
            if (fc_option_count("-n", optarg, 1000, (uint64_t)1e10, &o->run.draws, error))
                return -1;
            break;
        case 's':
            if (fc_option_count("-s", optarg, 0, UINT64_MAX, &o->run.seed, error))
                return -1;
            break;
        case 'b':
            o->backend = optarg;
            break;
        case 't':
            if (fc_option_count("-t", optarg, 1, 65536, &threads, error))
                return -1;
            o->run.threads = (int)threads;
            break;
        case 'q':
            o->quiet = true;
            break;
        case 'h':
            return 1;
        default:
            if (fc_quick_take(&o->change.quick, option, optarg))
                break;
            return fc_option_error("calibrate", option, argv, long_options, error);
        }
    }
    bool quick = fc_quick_given(&o->change.quick), own = quick || o->time_count || o->change.override_count;
    int left = argc - optind;
    if (left > (quick ? 1 : 2))
        return fc_fail(error, FC_BAD_INPUT,
                       "unexpected argument '%.80s': calibrate takes a scenario and a table", argv[argc - 1]);
    if (left == 2 || (own && !quick && left == 1)) {
        o->scenario = argv[optind];
        o->table = left == 2 ? argv[optind + 1] : NULL;
        own = true;
    } else {
        o->table = left ? argv[optind] : NULL;
    }
    if (own && !o->scenario && !quick)
        return fc_fail(error, FC_BAD_INPUT,
                       "own steps need their scenario: flopcast calibrate SCENARIO --step-time ...");
    if (own && !o->time_count && !o->table)
        return fc_fail(error, FC_BAD_INPUT, "nothing was measured: give --step-time or a table of runs");
    o->own = own;
    return 0;
}

static int write_own(const struct options *o, const struct fc_own_measurements *own, struct fc_error *error)
{
    char source[512];
    struct fc_output *output;
    snprintf(source, sizeof source, "flopcast calibrate %.150s%s%.150s",
             o->scenario ? o->scenario : "--model ...", o->table ? " " : " --step-time",
             o->table ? o->table : "");
    if (fc_output_open(&output, "-o", o->output, error))
        return -1;
    FILE *out = fc_output_begin(output, error);
    if (out)
        fc_own_measurements_write(own, source, out);
    int status = out ? fc_output_commit(output, error) : -1;
    fc_output_close(output);
    return status;
}

static void print_own(const struct options *o, const struct fc_own_measurements *own)
{
    struct fc_table table;
    static const char *const heads[] = {"plan", "measured", "error", "forecast before (90 %)",
                                        "after (90 %)"};
    fc_table_start(&table, 5, 1);
    for (int c = 0; c < 5; c++)
        fc_table_cell(&table, "%s", heads[c]);
    for (int k = 0; k < own->count; k++) {
        const struct fc_own_plan *p = &own->plans[k];
        const struct fc_plan *q = &p->plan;
        fc_table_cell(&table, "%g GPUs, tp %g pp %g mb %g gbs %g", q->gpus, q->tp, q->pp, q->micro_batch,
                      q->global_batch);
        fc_table_cell(&table, "%.4g s", p->seconds);
        fc_table_cell(&table, "%.2g %%", 100 * p->sd_log);
        fc_table_cell(&table, "%.4g s (%.4g to %.4g)", p->before[1], p->before[0], p->before[2]);
        fc_table_cell(&table, "%.4g s (%.4g to %.4g)", p->after[1], p->after[0], p->after[2]);
    }
    fc_table_print(&table, stdout, 0);
    fc_table_free(&table);
    for (int k = 0; k < own->count; k++) {
        const struct fc_own_plan *p = &own->plans[k];
        double z = log(p->seconds / p->before[1]) / (log(p->before[2] / p->before[1]) / 1.6448536);
        if (p->grown > 1)
            printf("  plan %d: its %d measurements differ by more than their errors: the error was "
                   "multiplied by "
                   "%.2g\n",
                   k + 1, p->count, p->grown);
        if (fabs(z) > 2.6)
            printf(
                "  plan %d: this is %.1f standard deviations from the forecast: check plan, GPU and unit\n",
                k + 1, z);
    }
    if (o->output)
        printf("\nwritten to %s; forecasts take it by --posterior %s\n", o->output, o->output);
    else
        printf("\nnothing is written without -o FILE\n");
}

static int calibrate_own(struct options *o, struct fc_error *error)
{
    struct fc_catalog *catalog = NULL;
    struct fc_notes notes = {0};
    struct fc_beliefs *beliefs = malloc(sizeof *beliefs);
    struct fc_own_measurements *own = calloc(1, sizeof *own);
    int status = beliefs && own ? 0 : fc_fail(error, FC_FAULT, "out of memory for the calibration");
    if (!status && fc_catalog_posterior())
        status = fc_fail(error, FC_BAD_INPUT,
                         "calibrate starts from the bundled posterior; leave --posterior out and give "
                         "all measurements at once");
    if (!status)
        status = fc_scenario_add_override(&o->change, "layers=step", error);
    if (!status)
        status = fc_catalog_open(&catalog, error);
    if (!status)
        status = fc_beliefs_read(beliefs, catalog, error);
    if (!status) {
        own->beliefs = beliefs;
        if (o->time_count)
            status = fc_own_runs_stated(own, o->scenario, &o->change, o->times, o->time_count, &notes, error);
    }
    if (!status && o->table)
        status = fc_own_runs_table(own, o->scenario, &o->change, o->table, &notes, error);
    if (!status)
        status = fc_own_measurements_update(own, error);
    fc_notes_print(&notes, stderr, o->quiet);
    if (!status && o->output)
        status = write_own(o, own, error);
    if (!status)
        fc_fold_start();
    if (!status)
        print_own(o, own);
    if (own)
        fc_own_measurements_free(own);
    free(own);
    free(beliefs);
    fc_notes_free(&notes);
    fc_catalog_close(catalog);
    return status;
}

static void print_summary(const struct fc_calibration *c, const struct fc_beliefs *prior,
                          const struct fc_residual_parts *r, size_t rows, double wall_s)
{
    fc_fold_start();
    static const char *const heads[] = {"factor", "prior", "sd", "posterior", "sd", "mode", "shift"};
    struct fc_table table;
    fc_table_start(&table, 7, 1);
    for (int i = 0; i < 7; i++)
        fc_table_cell(&table, "%s", heads[i]);
    for (int f = 0; f < FC_FACTORS; f++) {
        fc_table_cell(&table, "%s", fc_factors[f].name);
        fc_table_cell(&table, "%.4g", prior->median[f]);
        fc_table_cell(&table, "%.3f", prior->sd_log[f]);
        fc_table_cell(&table, "%.4g", prior->median[f] * exp(c->mean[f]));
        fc_table_cell(&table, "%.3f", sqrt(c->covariance[f][f]));
        fc_table_cell(&table, "%.4g", prior->median[f] * exp(c->mode[f]));
        fc_table_cell(&table, "%+.1f", c->mean[f] / prior->sd_log[f]);
    }
    fc_table_print(&table, stdout, 0);
    fc_table_free(&table);
    printf("\nsd: of the logarithm; shift: in standard deviations of the prior\n");
    printf("residual, sites that the vendor did not tune: mean %+.3f, sd %.3f\n", r->site_mean, r->site_sd);
    printf("residual, sd: vendor %.3f, model %.3f (mixture %.3f), plan %.3f (mixture %.3f), noise %.3f\n",
           r->vendor_sd, r->model_sd[0], r->model_sd[1], r->plan_sd[0], r->plan_sd[1], r->noise_sd);
    printf("\n%zu rows, %llu draws in %.1f s (%.3g row evaluations/s): %zu particles, %d stages, acceptance "
           "%.2f, "
           "effective sample size about %.0f (plain importance sampling: %.1f)\n",
           rows, (unsigned long long)c->draws, wall_s, (double)c->draws * (double)rows / wall_s, c->count,
           c->stages, c->acceptance, c->ess, c->first_ess);
}

static int write_file(const struct options *o, const struct fc_calibration *c, const struct fc_beliefs *prior,
                      const struct fc_residual_parts *residual, const struct fc_generation_score *unseen,
                      const struct fc_catalog *catalog, size_t rows, struct fc_output *output,
                      struct fc_error *error)
{
    char source[512];
    snprintf(source, sizeof source, "flopcast calibrate: %zu measured steps of %.200s, %llu draws, seed %llu",
             rows, o->table ? o->table : "catalog/measured-training.csv", (unsigned long long)c->draws,
             (unsigned long long)o->run.seed);
    FILE *out = fc_output_begin(output, error);
    if (!out)
        return -1;
    fc_calibration_write(c, prior, residual, unseen, catalog, source, out);
    return fc_output_commit(output, error);
}

/* What the table says of a generation that nobody measured; rows 0 where it has but one. */
static int score_generation(const struct fc_measurements *m, const struct fc_beliefs *prior,
                            const struct fc_catalog *catalog, struct fc_generation_score *score,
                            struct fc_error *error)
{
    struct fc_prediction *p = calloc(m->count + 1, sizeof *p);
    struct fc_heir heir;
    size_t old = 0;
    int status = p ? fc_heir_read(&heir, catalog, error)
                   : fc_fail(error, FC_FAULT, "out of memory for the calibration");
    for (size_t i = 0; !status && i < m->count; i++)
        old += !m->rows[i].left_out[0] && m->rows[i].plan.gpu.family <= heir.family;
    if (!status && old > 0)
        status = fc_leave_generation(m, prior, &heir, p, error);
    if (!status && old > 0)
        *score = fc_generation_score(m, &heir, p);
    free(p);
    return status;
}

static int calibrate(const struct options *o, struct fc_error *error)
{
    struct fc_catalog *catalog = NULL;
    struct fc_measurements m = {0};
    struct fc_fit fit = {0};
    struct fc_beliefs *prior = malloc(sizeof *prior);
    struct fc_calibration *c = calloc(1, sizeof *c);
    struct fc_residual_parts residual;
    struct fc_generation_score unseen = {0};
    double start = fc_clock_s();
    struct fc_output *output = NULL;
    int status = prior && c ? 0 : fc_fail(error, FC_FAULT, "out of memory for the calibration");
    if (!status)
        status = fc_catalog_open(&catalog, error);
    if (!status)
        status = fc_beliefs_read_priors(prior, catalog, error);
    if (!status)
        status = fc_measurements_open(&m, o->table, catalog, error);
    if (!status)
        fc_notes_print(&m.notes, stderr, false);
    if (!status && m.used == 0)
        status = fc_fail(error, FC_BAD_INPUT, "no row of the table can be used (%s)",
                         m.count ? m.rows[0].left_out : "it is empty");
    if (!status)
        status = o->output ? fc_output_open(&output, "-o", o->output, error) : 0;
    if (!status)
        status = fc_fit_create(&fit, &m, NULL, prior, error);
    if (!status)
        fc_fit_take_sites(&fit, &m, NULL);
    if (!status)
        status = fc_calibration_run(c, &fit, &o->run, error);
    if (!status)
        status = fc_validation_residuals(&m, prior, &residual, error);
    if (!status)
        status = score_generation(&m, prior, catalog, &unseen, error);
    if (!status)
        print_summary(c, prior, &residual, m.used, fc_clock_s() - start);
    if (!status && o->output)
        status = write_file(o, c, prior, &residual, &unseen, catalog, m.used, output, error);
    fc_output_close(output);
    if (c)
        fc_calibration_free(c);
    free(c);
    free(prior);
    fc_fit_free(&fit);
    fc_measurements_free(&m);
    fc_catalog_close(catalog);
    return status;
}

int fc_command_calibrate(int argc, char **argv)
{
    static struct options o; /* large */
    struct fc_error error = {0};
    int status = read_options(argc, argv, &o, &error);
    if (status == 1) {
        fc_help_print(help, NULL);
        return FC_DONE;
    }
    if (!status && o.own)
        status = calibrate_own(&o, &error);
    else if (!status)
        status = fc_times_choose(o.backend, o.run.threads, &o.run.backend, &o.run.device, &error);
    if (!status && !o.own)
        status = calibrate(&o, &error);
    fc_scenario_options_free(&o.change);
    if (status) {
        fprintf(stderr, "flopcast: %s\n", error.text);
        return (int)error.status;
    }
    return FC_DONE;
}

/* command_calibrate.c: `flopcast calibrate CSV`: the efficiency factors' posterior from measured steps. */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/calibrate/calibration.h"
#include "host/base/clock.h"
#include "commands.h"
#include "host/base/format.h"
#include "host/backends/launch.h"
#include "host/base/options.h"
#include "host/base/output.h"
#include "host/calibrate/validation.h"

static const char help[] =
    "usage: flopcast calibrate [CSV] -o posterior.yaml [OPTIONS]\n"
    "\n"
    "Fits the efficiency factors to the measured steps of the table (default: the published ones that come "
    "with\n"
    "the program) and writes their joint posterior as a catalog file. Put it into a directory and name that "
    "in\n"
    "FLOPCAST_CATALOG, and every scenario uses it.\n"
    "\n"
    "  -o, --output FILE     where the posterior goes (default: only a summary is printed)\n"
    "  -n, --draws N         evaluations of all rows (default 1e6)\n"
    "  -s, --seed N          seed of the random numbers (default 1)\n"
    "  -b, --backend NAME    what evaluates the rows: cpu (default), opencl or cuda; all give the same bits\n"
    "  -t, --threads N       CPU threads (default: all)\n"
    "  -h, --help            this text\n";

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"draws", required_argument, NULL, 'n'},
    {"seed", required_argument, NULL, 's'},
    {"backend", required_argument, NULL, 'b'},
    {"threads", required_argument, NULL, 't'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct options {
    const char *table, *output, *backend;
    struct fc_calibration_options run;
};

/* Returns 0, 1 when help was asked for, or -1. */
static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    uint64_t threads;
    *o = (struct options){.run = {.draws = 1000000, .seed = 1}};
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":o:n:s:b:t:h", long_options, NULL)) != -1) {
        switch (option) {
        case 'o':
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
        case 'h':
            return 1;
        default:
            return fc_option_error("calibrate", option, argv, long_options, error);
        }
    }
    if (optind + 1 < argc)
        return fc_fail(error, FC_BAD_INPUT, "unexpected argument '%.80s': calibrate takes a single table",
                       argv[optind + 1]);
    o->table = optind < argc ? argv[optind] : NULL;
    return 0;
}

static void print_summary(const struct fc_calibration *c, const struct fc_beliefs *prior,
                          const double *residual_sd, size_t rows, double wall_s)
{
    printf("%-28s %12s %8s %12s %8s %8s %8s\n", "factor", "prior", "sd", "posterior", "sd", "mode", "shift");
    for (int f = 0; f < FC_FACTORS; f++)
        printf("%-28s %12.4g %8.3f %12.4g %8.3f %8.4g %+8.1f\n", fc_factors[f].name, prior->median[f],
               prior->sd_log[f], prior->median[f] * exp(c->mean[f]), sqrt(c->covariance[f][f]),
               prior->median[f] * exp(c->mode[f]), c->mean[f] / prior->sd_log[f]);
    printf("\nsd: of the logarithm; shift: in standard deviations of the prior\n");
    for (int g = 0; g < FC_GROUPS; g++)
        printf("residual, %-28s %8.3f\n", fc_group_names[g], residual_sd[g]);
    printf("\n%zu rows, %llu draws in %.1f s (%.3g row evaluations/s): %zu particles, %d stages, acceptance "
           "%.2f, "
           "effective sample size about %.0f (plain importance sampling: %.1f)\n",
           rows, (unsigned long long)c->draws, wall_s, (double)c->draws * (double)rows / wall_s, c->count,
           c->stages, c->acceptance, c->ess, c->first_ess);
}

static int write_file(const struct options *o, const struct fc_calibration *c, const struct fc_beliefs *prior,
                      const double *residual_sd, const struct fc_catalog *catalog, size_t rows,
                      struct fc_output *output, struct fc_error *error)
{
    char source[512];
    snprintf(source, sizeof source, "flopcast calibrate: %zu measured steps of %.200s, %llu draws, seed %llu",
             rows, o->table ? o->table : "catalog/measured-training.csv", (unsigned long long)c->draws,
             (unsigned long long)o->run.seed);
    FILE *out = fc_output_begin(output, error);
    if (!out)
        return -1;
    fc_calibration_write(c, prior, residual_sd, catalog, source, out);
    return fc_output_commit(output, error);
}

static int calibrate(const struct options *o, struct fc_error *error)
{
    struct fc_catalog *catalog = NULL;
    struct fc_measurements m = {0};
    struct fc_fit fit = {0};
    struct fc_beliefs *prior = malloc(sizeof *prior);
    struct fc_calibration *c = calloc(1, sizeof *c);
    double residual_sd[FC_GROUPS], start = fc_clock_s();
    struct fc_output *output = NULL;
    int status = prior && c ? 0 : fc_fail(error, FC_FAULT, "out of memory for the calibration");
    if (!status)
        status = fc_catalog_open(&catalog, error);
    if (!status)
        status = fc_beliefs_read_priors(prior, catalog, error);
    if (!status)
        status = fc_measurements_open(&m, o->table, catalog, error);
    if (!status && m.used == 0)
        status = fc_fail(error, FC_BAD_INPUT, "no row of the table can be used (%s)",
                         m.count ? m.rows[0].left_out : "it is empty");
    if (!status)
        status = o->output ? fc_output_open(&output, "-o", o->output, error) : 0;
    if (!status)
        status = fc_fit_create(&fit, &m, NULL, prior, error);
    if (!status)
        status = fc_calibration_run(c, &fit, &o->run, error);
    if (!status)
        status = fc_validation_residuals(&m, prior, residual_sd, error);
    if (!status)
        print_summary(c, prior, residual_sd, m.used, fc_clock_s() - start);
    if (!status && o->output)
        status = write_file(o, c, prior, residual_sd, catalog, m.used, output, error);
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
    struct options o;
    struct fc_error error = {0};
    int status = read_options(argc, argv, &o, &error);
    if (status == 1) {
        fputs(help, stdout);
        return FC_DONE;
    }
    if (!status)
        status = fc_times_choose(o.backend, o.run.threads, &o.run.backend, &o.run.device, &error);
    if (!status)
        status = calibrate(&o, &error);
    if (status) {
        fprintf(stderr, "flopcast: %s\n", error.text);
        return (int)error.status;
    }
    return FC_DONE;
}

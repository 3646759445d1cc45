/* command_compare.c: `flopcast compare A.json B.json`: the same bits, or where and how far two results part.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/analysis/analysis.h"
#include "host/base/command_line.h"
#include "host/analysis/compare_scenarios.h"
#include "host/compile/scenario.h"
#include "host/result/comparison.h"
#include "host/base/document_write.h"
#include "host/base/format.h"
#include "host/base/options.h"
#include "host/report/outputs.h"

static const char help[] =
    "usage: flopcast compare A.json B.json [--json]\n"
    "       flopcast compare A.yaml B.yaml [C.yaml]... [--of METRIC]... [OPTIONS]\n"
    "\n"
    "Two result files (flopcast run -o FILE): the same inputs, model version, seed and trials? The same "
    "bits,\n"
    "or the first metric that differs and in which part? If the bits differ: the difference of each "
    "metric's\n"
    "mean and quantiles in standard errors, the Kolmogorov-Smirnov distance of the histograms with its "
    "critical\n"
    "value, and the speed side by side.\n"
    "\n"
    "Two to eight scenarios (files, or names as flopcast list scenarios shows them): all are simulated on "
    "the\n"
    "same worlds; by how much their metrics differ from the first's, and in which share of the worlds each "
    "is\n"
    "better.\n"
    "\n"
    "  -o, --output FILE     write the comparison too: .json, .csv, .xlsx or .html\n"
    "      --report F.html   write it as a page\n"
    "      --json            print the comparison as JSON instead of tables\n"
    "  -h, --help            this text\n"
    "\n"
    "for results, exit status: 0 the results are the same, bit for bit; 1 they are not; 2 a file cannot be "
    "read\n"
    "as a result\n"
    "\n"
    "for scenarios:\n"
    "      --of METRIC       compare this metric, as often as needed (default: all in common)\n"
    "      --tail P          compare the means of the worst P % of the worlds too (expected shortfall), with errors\n"
    "      --sort change     the largest relative change first (default: table, the order of run)\n";

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"report", required_argument, NULL, 'r'},
    {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* Both results differ in nothing but chance, as far as the samples can tell. */
static bool same_law(const struct fc_comparison *c)
{
    return c->different == 0 && c->metric_count > 0;
}

/* Same seed and overlapping trials, other inputs: differences are surer than independent samples would make
 * them. */
static bool common_numbers(const struct fc_comparison *c, const struct fc_result *a,
                           const struct fc_result *b)
{
    bool overlap = false;
    for (size_t i = 0; i < a->tally.range_count; i++)
        for (size_t k = 0; k < b->tally.range_count; k++) {
            struct fc_trial_range x = a->tally.ranges[i], y = b->tally.ranges[k];
            overlap = overlap || (x.first < y.first + y.count && y.first < x.first + x.count);
        }
    return c->same_seed && overlap && !c->identical;
}

static void print_pair(const char *what, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        printf("%-15s %s\n", what, a);
    else
        printf("%-15s %s\n%-15s %s\n", what, a, "", b);
}

static void print_origin(const struct fc_comparison *c, const struct fc_result *a, const struct fc_result *b)
{
    char left[64], right[64], a_count[32], b_count[32];
    print_pair("scenario", a->scenario_name ? a->scenario_name : "?",
               b->scenario_name ? b->scenario_name : "?");
    snprintf(left, sizeof left, "%016" PRIx64, a->input_digest);
    snprintf(right, sizeof right, "%016" PRIx64, b->input_digest);
    printf("%-15s %s\n", "inputs", c->same_inputs ? "the same" : "different");
    if (!c->same_inputs)
        print_pair("", left, right);
    printf("%-15s %s\n", "model version", c->same_model ? "the same" : "different");
    snprintf(left, sizeof left, "%" PRIu64, a->seed);
    snprintf(right, sizeof right, "%" PRIu64, b->seed);
    print_pair("seed", left, right);
    fc_format_count(c->a_trials, a_count, sizeof a_count);
    fc_format_count(c->b_trials, b_count, sizeof b_count);
    if (c->same_trials)
        printf("%-15s the same %s\n", "trials", a_count);
    else
        print_pair("trials", a_count, c->a_trials == c->b_trials ? "as many, but others" : b_count);
    print_pair("backend", a->backend, b->backend);
    print_pair("devices", a->devices, b->devices);
    print_pair("build", a->build, b->build);
    if (isfinite(c->a_trials_per_s) && isfinite(c->b_trials_per_s)) {
        char a_speed[32], b_speed[32];
        fc_format_number(c->a_trials_per_s, 3, a_speed, sizeof a_speed);
        fc_format_number(c->b_trials_per_s, 3, b_speed, sizeof b_speed);
        printf("%-15s %s and %s trials/s: the second is %.3g times as fast\n", "speed", a_speed, b_speed,
               c->b_trials_per_s / c->a_trials_per_s);
    }
    snprintf(left, sizeof left, "%016" PRIx64, c->a_digest);
    snprintf(right, sizeof right, "%016" PRIx64, c->b_digest);
    print_pair("digest", left, right);
}

static void print_z(double z)
{
    if (isnan(z))
        printf(" %8s", "n/a");
    else
        printf(" %+8.2f", z);
}

static void print_metrics(const struct fc_comparison *c)
{
    printf("\n%-26s %12s %12s %9s %8s %8s %8s %8s %9s %9s\n", "metric", "mean of A", "mean of B", "B - A",
           "mean/se", "P5/se", "P50/se", "P95/se", "KS", "critical");
    for (int i = 0; i < c->metric_count; i++) {
        const struct fc_metric_comparison *m = &c->metrics[i];
        char label[104];
        snprintf(label, sizeof label, "%s%s%s%s", m->name, *m->unit && strcmp(m->unit, "1") != 0 ? " [" : "",
                 strcmp(m->unit, "1") != 0 ? m->unit : "", *m->unit && strcmp(m->unit, "1") != 0 ? "]" : "");
        printf("%-26s", label);
        if (m->part == FC_PART_MISSING || isnan(m->a_mean)) {
            printf(" %s\n", m->part == FC_PART_MISSING ? m->detail : "no finite value on one side");
            continue;
        }
        char a_mean[32], b_mean[32];
        fc_format_number(m->a_mean, 6, a_mean, sizeof a_mean);
        fc_format_number(m->b_mean, 6, b_mean, sizeof b_mean);
        printf(" %12s %12s %+8.3g%%", a_mean, b_mean, 100 * m->relative);
        print_z(m->mean_z);
        print_z(m->p5_z);
        print_z(m->p50_z);
        print_z(m->p95_z);
        printf(" %9.5f %9.5f%s\n", m->ks, m->ks_critical, m->differs ? "  differs" : "");
    }
}

static void print_verdict(const struct fc_comparison *c, const struct fc_result *a, const struct fc_result *b)
{
    if (c->identical) {
        printf("\nThe results are the same, bit for bit.\n");
        return;
    }
    if (c->first_difference >= 0) {
        const struct fc_metric_comparison *m = &c->metrics[c->first_difference];
        printf("\nThe bits differ, first in %s: %s (%s).\n", m->name, fc_tally_part_name(m->part), m->detail);
    } else {
        printf("\nEvery number is the same, but %s.\n", !c->same_model
                                                            ? "the models are of different versions"
                                                        : !c->same_inputs ? "the inputs differ"
                                                        : !c->same_trials ? "the trials differ"
                                                                          : "the seeds differ");
    }
    if (c->same_model && c->same_inputs && c->same_seed && c->same_trials)
        printf("Model, inputs, seed and trials are the same, so the bits should be: one of the devices or "
               "builds is "
               "wrong.\n");
    if (same_law(c))
        printf("Statistically indistinguishable: no metric differs at the 1 %% level over all (|mean/se| <= "
               "%.2f, KS <= "
               "critical).\n",
               c->z_critical);
    else
        printf("%d of %d metrics differ statistically (1 %% level over all: |mean/se| > %.2f or KS > "
               "critical).\n",
               c->different, c->metric_count, c->z_critical);
    if (common_numbers(c, a, b))
        printf("Both use the same random numbers: differences are more certain than these errors, which take "
               "the two as "
               "independent.\n");
}

static void write_side(struct fc_writer *w, const char *key, const char *path, const struct fc_result *r,
                       uint64_t digest, uint64_t trials, double speed)
{
    char text[32];
    fc_write_map(w, key);
    fc_write_text(w, "file", path);
    fc_write_text(w, "scenario", r->scenario_name);
    snprintf(text, sizeof text, "%016" PRIx64, r->input_digest);
    fc_write_text(w, "input_digest", text);
    fc_write_signed(w, "model_version", r->model_version);
    fc_write_unsigned(w, "seed", r->seed);
    fc_write_unsigned(w, "trials", trials);
    snprintf(text, sizeof text, "%016" PRIx64, digest);
    fc_write_text(w, "digest", text);
    fc_write_text(w, "backend", r->backend);
    fc_write_text(w, "devices", r->devices);
    fc_write_text(w, "build", r->build);
    fc_write_number(w, "wall_s", r->wall_s);
    fc_write_number(w, "trials_per_s", speed);
    fc_write_end(w);
}

static int write_json(FILE *out, const struct fc_comparison *c, const struct fc_result *a,
                      const struct fc_result *b, char **paths, struct fc_error *error)
{
    struct fc_writer *w = NULL;
    if (fc_writer_open(&w, out, FC_JSON, error))
        return -1;
    fc_write_map(w, NULL);
    fc_write_text(w, "command", "compare");
    fc_write_text(w, "command_line", fc_command_line());
    fc_write_flag(w, "identical", c->identical);
    fc_write_flag(w, "indistinguishable", c->identical || same_law(c));
    fc_write_flag(w, "same_inputs", c->same_inputs);
    fc_write_flag(w, "same_model_version", c->same_model);
    fc_write_flag(w, "same_seed", c->same_seed);
    fc_write_flag(w, "same_trials", c->same_trials);
    fc_write_flag(w, "common_random_numbers", common_numbers(c, a, b));
    fc_write_text(w, "first_difference",
                  c->first_difference >= 0 ? c->metrics[c->first_difference].name : NULL);
    fc_write_number(w, "z_critical", c->z_critical);
    fc_write_number(w, "speed_ratio", c->b_trials_per_s / c->a_trials_per_s);
    write_side(w, "a", paths[0], a, c->a_digest, c->a_trials, c->a_trials_per_s);
    write_side(w, "b", paths[1], b, c->b_digest, c->b_trials, c->b_trials_per_s);
    fc_write_map(w, "metrics");
    for (int i = 0; i < c->metric_count; i++) {
        const struct fc_metric_comparison *m = &c->metrics[i];
        fc_write_map(w, m->name);
        fc_write_text(w, "unit", m->unit);
        fc_write_flag(w, "same_bits", m->part == FC_PART_NONE);
        fc_write_text(w, "differs_in", m->part == FC_PART_NONE ? NULL : fc_tally_part_name(m->part));
        fc_write_text(w, "detail", m->part == FC_PART_NONE ? NULL : m->detail);
        fc_write_flag(w, "differs", m->differs);
        fc_write_number(w, "a_mean", m->a_mean);
        fc_write_number(w, "b_mean", m->b_mean);
        fc_write_number(w, "relative", m->relative);
        fc_write_number(w, "mean_z", m->mean_z);
        fc_write_number(w, "p5_z", m->p5_z);
        fc_write_number(w, "p50_z", m->p50_z);
        fc_write_number(w, "p95_z", m->p95_z);
        fc_write_number(w, "ks", m->ks);
        fc_write_number(w, "ks_critical", m->ks_critical);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_end(w);
    return fc_writer_close(w, error);
}

static int compare(char **paths, bool json, struct fc_outputs *outputs, struct fc_error *error)
{
    struct fc_result a = {0}, b = {0};
    struct fc_comparison c = {0};
    int status = FC_BAD_INPUT;
    if (fc_result_read(&a, paths[0], error))
        return (int)error->status;
    if (fc_result_read(&b, paths[1], error)) {
        status = (int)error->status;
        goto out_a;
    }
    const struct fc_result *both[] = {&a, &b};
    for (int i = 0; i < 2; i++) {
        struct fc_error unfit;
        if (fc_scenario_check_result(both[i], paths[i], &unfit) < 0)
            fprintf(stderr, "flopcast: warning: %s\n", unfit.text);
    }
    if (fc_comparison_make(&c, &a, &b, error)) {
        status = (int)error->status;
        goto out;
    }
    if (fc_outputs_open(outputs, error)) {
        status = (int)error->status;
        goto out;
    }
    status = c.identical ? FC_DONE : FC_ANSWER_NO;
    if (json || fc_outputs_any(outputs)) {
        FILE *out = fc_outputs_begin(outputs, error);
        if (!out || fc_outputs_end(outputs, write_json(out, &c, &a, &b, paths, error) != 0, json, error))
            status = (int)error->status;
    }
    if (fc_outputs_leave_room(outputs, json)) {
        fc_fold_start();
        printf("A: %s\nB: %s\n\n", paths[0], paths[1]);
        print_origin(&c, &a, &b);
        if (!c.identical)
            print_metrics(&c);
        print_verdict(&c, &a, &b);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fc_fail(error, FC_FAULT, "the comparison could not be written to standard output");
        status = FC_FAULT;
    }
out:
    fc_comparison_free(&c);
    fc_result_free(&b);
out_a:
    fc_result_free(&a);
    return status;
}

int fc_command_compare(int argc, char **argv)
{
    struct fc_error error = {0};
    bool json = false;
    const char *output = NULL, *report = NULL;
    struct fc_outputs outputs = {0};
    int option, status = FC_DONE;
    for (int i = 1; i < argc; i++)
        if (fc_compare_is_scenario(argv[i]))
            return fc_command_compare_scenarios(argc, argv, help);
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":o:h", long_options, NULL)) != -1) {
        if (option == 'j') {
            json = true;
        } else if (option == 'o') {
            output = optarg;
        } else if (option == 'r') {
            report = optarg;
        } else if (option == 'h') {
            fc_help_print(help, fc_analysis_help);
            return FC_DONE;
        } else {
            fc_option_error("compare", option, argv, long_options, &error);
            status = FC_BAD_INPUT;
            break;
        }
    }
    if (status == FC_DONE && argc - optind != 2) {
        fc_fail(&error, FC_BAD_INPUT,
                "compare takes two result files or two scenarios, not %d; see flopcast compare --help",
                argc - optind);
        status = FC_BAD_INPUT;
    }
    if (status == FC_DONE && fc_outputs_take(&outputs, output, report, 0, &error))
        status = FC_BAD_INPUT;
    if (status == FC_DONE)
        status = compare(argv + optind, json, &outputs, &error);
    fc_outputs_close(&outputs);
    if (error.text[0])
        fprintf(stderr, "flopcast: %s\n", error.text);
    return status;
}

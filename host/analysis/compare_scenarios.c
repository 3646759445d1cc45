/* compare_scenarios.c: see compare_scenarios.h. */
#include "compare_scenarios.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "host/base/format.h"
#include "host/result/metrics.h"
#include "host/base/options.h"
#include "host/result/samples.h"
#include "host/language/scenario_file.h"
#include "host/base/table.h"

#define Z95 1.959963984540054

bool fc_compare_is_scenario(const char *path_or_name)
{
    if (fc_scenario_file_find(path_or_name))
        return true;
    const char *dot = strrchr(path_or_name, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/* The two sides and what is compared. `row` of a side is the metric's row there. */
struct sides {
    struct fc_scenario scenario[2];
    struct fc_tally tally[2];
    bool ran[2];
    float *samples[2];
    uint64_t trials;
    int count;
    char names[FC_METRIC_COUNT][64];
    int metrics[2][FC_METRIC_COUNT]; /* by position in `names` */
};

/* Metrics are matched by name: "run_cost_usd@5e26" may have another number in the other scenario. */
static int match(struct sides *s, const char *const *of, int of_count, struct fc_error *error)
{
    const struct fc_program *a = &s->scenario[0].compiled.program, *b = &s->scenario[1].compiled.program;
    int wanted = of_count ? of_count : a->metric_count;
    for (int i = 0; i < wanted; i++) {
        char name[64];
        if (of_count)
            snprintf(name, sizeof name, "%s", of[i]);
        else
            fc_metric_name(a->metrics[i], a->contract.run_flop, name, sizeof name);
        struct fc_error why;
        int in_a, in_b;
        if (fc_answer_metric(a, name, strlen(name), &in_a, of_count ? error : &why) ||
            fc_answer_metric(b, name, strlen(name), &in_b, of_count ? error : &why)) {
            if (of_count)
                return -1;
            continue;
        }
        snprintf(s->names[s->count], sizeof s->names[0], "%s", name);
        s->metrics[0][s->count] = in_a;
        s->metrics[1][s->count++] = in_b;
    }
    if (s->count == 0)
        return fc_fail(error, FC_BAD_INPUT, "the scenarios %s and %s have no metric in common",
                       s->scenario[0].name, s->scenario[1].name);
    return 0;
}

static int run_side(struct fc_analysis *analysis, struct sides *s, int side, struct fc_error *error)
{
    struct fc_compiled *compiled = &s->scenario[side].compiled;
    fc_analysis_keep(&compiled->program, s->metrics[side], s->count);
    s->samples[side] = fc_analysis_samples(s->trials, s->count, error);
    if (!s->samples[side] || fc_analysis_run(analysis, compiled, s->scenario[0].seed, 0, s->trials,
                                             &s->tally[side], s->samples[side], error))
        return -1;
    s->ran[side] = true;
    return 0;
}

static const struct fc_tally_metric *tally_of(const struct sides *s, int side, int i)
{
    return fc_tally_find(&s->tally[side], s->metrics[side][i]);
}

static int worst_is_high(const struct sides *s, int i)
{
    return fc_metric_worst_is_high(s->metrics[0][i], fc_metric_fixed(&s->scenario[0].compiled.program));
}

static struct fc_paired pair_of(const struct sides *s, int i)
{
    const float *column[2];
    for (int side = 0; side < 2; side++)
        column[side] =
            s->samples[side] +
            (size_t)s->scenario[side].compiled.program.metric_row[s->metrics[side][i]] * (size_t)s->trials;
    return fc_samples_paired(column[0], column[1], (size_t)s->trials);
}

/* The mean, or for a probability the share of all worlds. */
static struct fc_estimate answer_of(const struct sides *s, int side, int i)
{
    struct fc_answer answer = {.kind = FC_ANSWER_MEAN, .metric = s->metrics[side][i]};
    return fc_answer_value(&answer, &s->tally[side]);
}

static void print(const struct sides *s)
{
    struct fc_table table;
    char cell[96];
    const char *heads[] = {"metric [unit]", "mean of A", "mean of B",   "B - A",
                           "95 % interval", "relative",  "A better in", "B better in"};
    fc_table_start(&table, 8, 1);
    for (int c = 0; c < 8; c++)
        fc_table_cell(&table, "%s", heads[c]);
    for (int i = 0; i < s->count; i++) {
        const struct fc_metric_info *info = fc_metric_find(s->metrics[0][i]);
        struct fc_estimate mean[2];
        for (int side = 0; side < 2; side++)
            mean[side] = answer_of(s, side, i);
        struct fc_paired p = pair_of(s, i);
        struct fc_scale scale =
            info->probability
                ? (struct fc_scale){0.01, "%"}
                : fc_scale_for(info->unit, fmax(fabs(fc_statistics_plain_mean(tally_of(s, 0, i))),
                                                fabs(fc_statistics_plain_mean(tally_of(s, 1, i)))));
        fc_table_cell(&table, info->probability ? "P(%s)%s%s%s" : "%s%s%s%s", s->names[i],
                      *scale.unit ? " [" : "", scale.unit, *scale.unit ? "]" : "");
        for (int side = 0; side < 2; side++) {
            fc_format_figure(mean[side].value, mean[side].error, &scale, cell, sizeof cell);
            fc_table_cell(&table, "%s", cell);
        }
        if (p.equal == 1) {
            fc_table_cell(&table, "the same");
            for (int c = 0; c < 4; c++)
                fc_table_cell(&table, "-");
            continue;
        }
        fc_format_figure(p.mean, p.error, &scale, cell, sizeof cell);
        fc_table_cell(&table, "%s%s", p.mean > 0 ? "+" : "", cell);
        if (isfinite(p.mean) && isfinite(p.error))
            fc_table_cell(&table, "%+.4g to %+.4g", (p.mean - Z95 * p.error) / scale.factor,
                          (p.mean + Z95 * p.error) / scale.factor);
        else
            fc_table_cell(&table, "n/a");
        if (isfinite(p.mean) && isfinite(mean[0].value) && mean[0].value != 0 && !info->probability)
            fc_table_cell(&table, "%+.3g %%", 100 * p.mean / fabs(mean[0].value));
        else
            fc_table_cell(&table, "-");
        if (fabs(p.mean) <= Z95 * p.error) { /* which is better is not known */
            fc_table_cell(&table, "within noise");
            fc_table_cell(&table, "within noise");
            continue;
        }
        double b_better = worst_is_high(s, i) ? p.lower : 1 - p.lower - p.equal;
        fc_table_cell(&table, "%.1f %%", 100 * (1 - p.equal - b_better));
        fc_table_cell(&table, "%.1f %%", 100 * b_better);
    }
    fc_table_print(&table, stdout, 0);
    fc_table_free(&table);
    puts("\nThe same worlds meet both (common random numbers): the interval is that of the mean difference, "
         "world by\n"
         "world. 'A better in': share of the worlds where A has the better value (lower for costs and times, "
         "higher\n"
         "for what one gets); where the two shares do not add up to 100 %, the rest is equal. 'Within "
         "noise': the mean\n"
         "difference lies within its 95 % interval, so neither is called better. n/a: some worlds have no "
         "value.");
}

static int print_json(const struct fc_analysis *analysis, const struct sides *s, struct fc_error *error)
{
    struct fc_writer *w;
    char digest[17];
    if (fc_analysis_write_start(&w, "compare", analysis, &s->scenario[0], s->trials, error))
        return -1;
    fc_write_text(w, "against", s->scenario[1].name);
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)s->scenario[1].compiled.input_digest);
    fc_write_text(w, "against_input_digest", digest);
    fc_write_map(w, "metrics");
    for (int i = 0; i < s->count; i++) {
        const struct fc_metric_info *info = fc_metric_find(s->metrics[0][i]);
        struct fc_paired p = pair_of(s, i);
        double b_better = worst_is_high(s, i) ? p.lower : 1 - p.lower - p.equal;
        fc_write_map(w, s->names[i]);
        fc_write_text(w, "unit", info->unit);
        fc_analysis_write_estimate(w, "mean_a", answer_of(s, 0, i));
        fc_analysis_write_estimate(w, "mean_b", answer_of(s, 1, i));
        fc_write_number(w, "difference", p.mean);
        fc_write_number(w, "difference_se", p.error);
        fc_write_number(w, "lo", p.mean - Z95 * p.error);
        fc_write_number(w, "hi", p.mean + Z95 * p.error);
        fc_write_number(w, "p_a_better", 1 - p.equal - b_better);
        fc_write_number(w, "p_b_better", b_better);
        fc_write_flag(w, "within_noise", p.equal == 1 || fabs(p.mean) <= Z95 * p.error);
        fc_write_number(w, "p_equal", p.equal);
        fc_write_end(w);
    }
    fc_write_end(w);
    return fc_analysis_write_end(w, error);
}

int fc_compare_scenarios(const char *a, const char *b, const char *const *of, int of_count,
                         const struct fc_analysis_options *options, struct fc_error *error)
{
    struct sides *s = calloc(1, sizeof *s);
    struct fc_analysis analysis = {0};
    bool opened = false;
    int status = -1;
    if (!s)
        return fc_fail(error, FC_FAULT, "out of memory while comparing");
    if (fc_analysis_scenario(&s->scenario[0], a, options, NULL, 0, error) ||
        fc_analysis_scenario(&s->scenario[1], b, options, NULL, 0, error) || match(s, of, of_count, error))
        goto out;
    s->trials = fc_analysis_trials(&s->scenario[0], options, 2);
    if (fc_analysis_open(&analysis, options, 2 * s->trials, error))
        goto out;
    opened = true;
    if (run_side(&analysis, s, 0, error) || run_side(&analysis, s, 1, error))
        goto out;
    fc_progress_end(&analysis.line);
    if (options->json) {
        status = print_json(&analysis, s, error);
        goto out;
    }
    printf("A: %s (%s)\nB: %s (%s)\n", s->scenario[0].name, a, s->scenario[1].name, b);
    char text[32];
    fc_format_count(s->trials, text, sizeof text);
    printf("%s trials each, seed %llu\n\n", text, (unsigned long long)s->scenario[0].seed);
    print(s);
    fc_analysis_foot(stdout, &analysis);
    status = 0;
out:
    for (int side = 0; side < 2; side++) {
        if (s->ran[side])
            fc_tally_free(&s->tally[side]);
        free(s->samples[side]);
        fc_scenario_close(&s->scenario[side]);
    }
    if (opened)
        fc_analysis_close(&analysis);
    free(s);
    return status;
}

int fc_compare_scenarios_command(int argc, char **argv, const char *help)
{
    enum { OPTION_OF = FC_ANALYSIS_OWN, OF_MAX = 32 };
    static const struct option own[] = {{"of", required_argument, NULL, OPTION_OF}, {NULL, 0, NULL, 0}};
    struct fc_analysis_options options = {.wish.device = -1};
    struct fc_error error = {0};
    const char *of[OF_MAX];
    int option, of_count = 0, status = 0;
    while ((option = fc_analysis_next(&options, "compare", argc, argv, own, &error)) == OPTION_OF) {
        if (of_count == OF_MAX) {
            option = fc_fail(&error, FC_BAD_INPUT, "too many --of; at most %d", OF_MAX);
            break;
        }
        of[of_count++] = optarg;
    }
    if (option == FC_ANALYSIS_HELP) {
        fputs(help, stdout);
        fputs(fc_analysis_help, stdout);
        fc_analysis_options_free(&options);
        return FC_DONE;
    }
    status = option == FC_ANALYSIS_DONE ? 0 : -1;
    if (status == 0 && argc - optind != 2)
        status = fc_fail(&error, FC_BAD_INPUT, "compare takes two scenarios or two result files, not %d",
                         argc - optind);
    for (int i = optind; status == 0 && i < argc; i++)
        if (!fc_compare_is_scenario(argv[i]))
            status = fc_fail(&error, FC_BAD_INPUT,
                             "%s is not a scenario, but the other is; compare two scenarios or two results",
                             argv[i]);
    if (status == 0)
        status = fc_compare_scenarios(argv[optind], argv[optind + 1], of, of_count, &options, &error);
    fc_analysis_options_free(&options);
    return fc_analysis_end(status, &error);
}

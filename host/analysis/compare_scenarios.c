/* compare_scenarios.c: see compare_scenarios.h. */
#include "compare_scenarios.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "host/result/metrics.h"
#include "host/language/scenario_file.h"
#include "host/result/statistics.h"


bool fc_compare_is_scenario(const char *path_or_name)
{
    if (fc_scenario_file_find(path_or_name))
        return true;
    const char *dot = strrchr(path_or_name, '.');
    return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

/* Metrics are matched by name: "run_cost_usd@5e26" may have another number in another scenario. */
static int match(struct fc_sides *s, const char *const *of, int of_count, struct fc_error *error)
{
    const struct fc_program *a = &s->scenario[0].compiled.program;
    int wanted = of_count ? of_count : a->metric_count;
    for (int i = 0; i < wanted; i++) {
        char name[64];
        bool in_all = true;
        if (of_count)
            snprintf(name, sizeof name, "%s", of[i]);
        else
            fc_metric_name(a->metrics[i], a->contract.run_flop, name, sizeof name);
        for (int side = 0; side < s->sides && in_all; side++) {
            struct fc_error why;
            int metric;
            in_all = fc_answer_metric(&s->scenario[side].compiled.program, name, strlen(name), &metric,
                                      of_count ? error : &why) == 0;
            if (!in_all && of_count)
                return -1;
            if (in_all)
                s->metrics[side][s->count] = metric;
        }
        if (!in_all)
            continue;
        snprintf(s->names[s->count], sizeof s->names[0], "%s", name);
        s->order[s->count] = s->count;
        s->count++;
    }
    if (s->count == 0)
        return fc_fail(error, FC_BAD_INPUT, "the scenarios %s and %s have no metric in common",
                       s->scenario[0].name, s->scenario[s->sides - 1].name);
    return 0;
}

int fc_sides_open(struct fc_sides *s, const char *const *paths, int count, const char *const *of,
                  int of_count, const struct fc_analysis_options *options, struct fc_error *error)
{
    for (int side = 0; side < count; side++) {
        if (fc_analysis_scenario(&s->scenario[side], paths[side], options, NULL, 0, error))
            return -1;
        s->paths[s->sides++] = paths[side];
    }
    s->trials = fc_analysis_trials(&s->scenario[0], options, (size_t)count);
    return match(s, of, of_count, error);
}

int fc_sides_run(struct fc_sides *s, struct fc_analysis *analysis, struct fc_error *error)
{
    for (int side = 0; side < s->sides; side++) {
        struct fc_compiled *compiled = &s->scenario[side].compiled;
        fc_analysis_keep(&compiled->program, s->metrics[side], s->count);
        s->samples[side] = fc_analysis_samples(s->trials, s->count, error);
        if (!s->samples[side] || fc_analysis_run(analysis, compiled, s->scenario[0].seed, 0, s->trials,
                                                 &s->tally[side], s->samples[side], error))
            return -1;
        s->ran[side] = true;
    }
    return 0;
}

void fc_sides_free(struct fc_sides *s)
{
    for (int side = 0; side < FC_SIDES; side++) {
        if (s->ran[side])
            fc_tally_free(&s->tally[side]);
        free(s->samples[side]);
        fc_scenario_close(&s->scenario[side]);
    }
}

static const float *column_of(const struct fc_sides *s, int side, int i)
{
    int row = s->scenario[side].compiled.program.metric_row[s->metrics[side][i]];
    return s->samples[side] + (size_t)row * (size_t)s->trials;
}

struct fc_side fc_side_of(const struct fc_sides *s, int side, int i)
{
    struct fc_answer answer = {.kind = FC_ANSWER_MEAN, .metric = s->metrics[side][i]};
    struct fc_side found = {.mean = fc_answer_value(&answer, &s->tally[side])};
    double cap = fc_metric_find(s->metrics[0][i])->cap;
    found.pair = fc_samples_paired(column_of(s, 0, i), column_of(s, side, i), (size_t)s->trials, cap);
    bool high = fc_metric_worst_is_high(s->metrics[0][i], fc_metric_fixed(&s->scenario[0].compiled.program));
    found.better = high ? found.pair.lower : found.pair.higher;
    found.first_better = high ? found.pair.higher : found.pair.lower;
    found.equal = found.pair.equal == 1;
    found.noise = found.equal || fabs(found.pair.mean) <= FC_Z95 * found.pair.error;
    return found;
}

struct fc_side_tail fc_side_tail_of(const struct fc_sides *s, int side, int i)
{
    int high = fc_metric_worst_is_high(s->metrics[0][i], fc_metric_fixed(&s->scenario[0].compiled.program));
    double edge[2], p = high ? 1 - s->tail : s->tail;
    struct fc_estimate mean[2];
    for (int k = 0; k < 2; k++) {
        int at = k ? side : 0;
        const struct fc_tally_metric *m = fc_tally_find(&s->tally[at], s->metrics[at][i]);
        mean[k] = fc_statistics_cvar(m, s->tail, high);
        edge[k] = fc_statistics_quantile(m, p).value;
    }
    struct fc_side_tail found = {mean[1], mean[1].value - mean[0].value, (double)NAN};
    if (isfinite(found.difference) && isfinite(edge[0]) && isfinite(edge[1]))
        found.error = fc_samples_tail_error(column_of(s, 0, i), edge[0], column_of(s, side, i), edge[1], s->tail,
                                            high, (size_t)s->trials);
    return found;
}

static double largest_change(const struct fc_sides *s, int i)
{
    double first = fabs(fc_side_of(s, 0, i).mean.value), most = 0;
    for (int side = 1; side < s->sides; side++) {
        double change = fabs(fc_side_of(s, side, i).pair.mean) / first;
        most = isfinite(change) ? fmax(most, change) : most;
    }
    return most;
}

void fc_sides_sort_by_change(struct fc_sides *s)
{
    double change[FC_METRIC_COUNT];
    for (int i = 0; i < s->count; i++)
        change[i] = largest_change(s, i);
    for (int i = 1; i < s->count; i++) {
        int moved = s->order[i], at = i;
        for (; at > 0 && change[s->order[at - 1]] < change[moved]; at--)
            s->order[at] = s->order[at - 1];
        s->order[at] = moved;
    }
}

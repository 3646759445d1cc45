/* answer.c: see answer.h. */
#include "answer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/source.h"
#include "host/language/value.h"
#include "host/result/metrics.h"

enum { NAME_BYTES = 64 };

int fc_answer_metric(const struct fc_program *program, const char *name, size_t length, int *metric,
                     struct fc_error *error)
{
    static _Thread_local char names[FC_METRIC_COUNT][NAME_BYTES];
    const char *words[FC_METRIC_COUNT];
    char hint[96], shown[64], list[900] = "";
    size_t used = 0;
    for (int r = 0; r < program->metric_count; r++) {
        fc_metric_name(program->metrics[r], program->contract.run_flop, names[r], sizeof names[r]);
        words[r] = names[r];
        if (strlen(names[r]) == length && memcmp(names[r], name, length) == 0) {
            *metric = program->metrics[r];
            return 0;
        }
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", r ? ", " : "", names[r]);
    }
    const char *at = memchr(name, '@', length);
    const struct fc_metric_info *old = fc_metric_named(name, at ? (size_t)(at - name) : length);
    for (int r = 0; old && r < program->metric_count; r++) /* by its name of an earlier version */
        if (fc_metric_find(program->metrics[r]) == old && !at) {
            *metric = program->metrics[r];
            return 0;
        }
    fc_did_you_mean(hint, sizeof hint, name, length, words, (size_t)program->metric_count);
    fc_printable(shown, sizeof shown, name, length);
    if (hint[0])
        return fc_fail(error, FC_BAD_INPUT, "the scenario has no metric '%s'%s", shown, hint);
    return fc_fail(error, FC_BAD_INPUT, "the scenario has no metric '%s'; it has %s", shown, list);
}

int fc_answer_read(const struct fc_program *program, const char *text, size_t length,
                   struct fc_answer *answer, struct fc_error *error)
{
    while (length > 0 && *text == ' ')
        text++, length--;
    while (length > 0 && text[length - 1] == ' ')
        length--;
    *answer = (struct fc_answer){.kind = FC_ANSWER_MEAN};
    const char *open = memchr(text, '(', length);
    if (!open)
        return fc_answer_metric(program, text, length, &answer->metric, error);
    size_t word = (size_t)(open - text);
    char shown[64], function[16] = "";
    if (text[length - 1] == ')' && word < sizeof function) {
        memcpy(function, text, word);
        function[word] = '\0';
    }
    char *end = function;
    double percent = function[0] == 'p' ? strtod(function + 1, &end) : 0;
    if (function[0] == 'p' && end > function + 1 && *end == '\0' && percent > 0 && percent < 100) {
        answer->kind = FC_ANSWER_QUANTILE;
        answer->p = percent / 100;
    } else if (strcmp(function, "worst5") == 0) {
        answer->kind = FC_ANSWER_WORST5;
    } else if (strcmp(function, "sd") == 0) {
        answer->kind = FC_ANSWER_SD;
    } else if (strcmp(function, "mean") != 0) {
        return fc_fail(
            error, FC_BAD_INPUT,
            "'%s' is not a figure; write mean(METRIC), sd(METRIC), p95(METRIC) (any p between 0 and "
            "100), worst5(METRIC) or the name of a probability",
            fc_printable(shown, sizeof shown, text, length));
    }
    if (fc_answer_metric(program, open + 1, length - word - 2, &answer->metric, error))
        return -1;
    answer->worst_is_high = fc_metric_worst_is_high(answer->metric, fc_metric_fixed(program));
    return 0;
}

int fc_answer_limit(const char *option, const char *text, int metric, double *limit, struct fc_notes *notes,
                    struct fc_error *error)
{
    const char *unit = fc_metric_find(metric)->unit;
    struct fc_source source = fc_source_of(option, text);
    char said[160];
    if (fc_value_read_number(&source, unit, strcmp(unit, "1") == 0 ? FC_UNIT_NONE : FC_UNIT_ASSUMED, -1e300, 1e300, limit,
                             said, sizeof said, error))
        return -1;
    if (said[0])
        fc_note(notes, FC_NOTE, "no-unit", NULL, "%s: %s", option, said);
    return 0;
}

struct fc_estimate fc_answer_value(const struct fc_answer *answer, const struct fc_tally *tally)
{
    const struct fc_tally_metric *m = fc_tally_find(tally, answer->metric);
    if (!m)
        return (struct fc_estimate){(double)NAN, (double)NAN, 1, 0, FC_WHY_EMPTY, 0};
    switch (answer->kind) {
    case FC_ANSWER_SD:
        return fc_statistics_sd(m);
    case FC_ANSWER_QUANTILE:
        return fc_statistics_quantile(m, answer->p);
    case FC_ANSWER_WORST5:
        return fc_statistics_cvar(m, 0.05, answer->worst_is_high);
    case FC_ANSWER_MEAN:
        break;
    }
    if (fc_metric_find(answer->metric)->probability) {
        double p, lo, hi, n = (double)fc_statistics_worlds(m);
        fc_statistics_probability(m, &p, &lo, &hi);
        if (m->shifts)
            return fc_statistics_mean(m);
        return (struct fc_estimate){p, n > 1 ? sqrt(p * (1 - p) / (n - 1)) : (double)NAN, 0, 0, FC_WHY_NONE,
                                    1};
    }
    return fc_statistics_mean(m);
}

void fc_answer_name(const struct fc_answer *answer, const float *run_flop, char *text, size_t size)
{
    char name[NAME_BYTES];
    fc_metric_name(answer->metric, run_flop, name, sizeof name);
    const struct fc_metric_info *info = fc_metric_find(answer->metric);
    switch (answer->kind) {
    case FC_ANSWER_QUANTILE:
        snprintf(text, size, "p%g(%s)", 100 * answer->p, name);
        return;
    case FC_ANSWER_WORST5:
        snprintf(text, size, "worst5(%s)", name);
        return;
    case FC_ANSWER_SD:
        snprintf(text, size, "sd(%s)", name);
        return;
    case FC_ANSWER_MEAN:
        snprintf(text, size, info && info->probability ? "P(%s)" : "mean(%s)", name);
    }
}

/* tail_question.c: see tail_question.h. */
#include "tail_question.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <string.h>

#include "host/analysis/answer.h"
#include "host/analysis/tail_contract.h"
#include "host/base/clock.h"
#include "host/base/command_line.h"
#include "host/base/document_write.h"
#include "host/base/format.h"
#include "host/base/table.h"
#include "host/result/metrics.h"

bool fc_tail_asked(const char *text)
{
    return strpbrk(text, "<>") != NULL;
}

static int read_question(struct fc_scenario *scenario, const char *text, struct fc_tail_question *q, struct fc_error *error)
{
    const char *sign = strpbrk(text, "<>"), *begin = text + strspn(text, " "), *end = sign;
    while (end > begin && end[-1] == ' ')
        end--;
    if (end == begin)
        return fc_fail(error, FC_BAD_INPUT,
                       "--tail '%.80s' is neither a percentage nor METRIC > VALUE or METRIC < VALUE; write for example "
                       "'npv_usd < -30 B USD'",
                       text);
    if (fc_answer_metric(&scenario->compiled.program, begin, (size_t)(end - begin), &q->metric, error))
        return -1;
    q->above = *sign == '>';
    q->equal = sign[1] == '=';
    sign += 1 + q->equal;
    return fc_answer_limit("--tail", sign + strspn(sign, " "), q->metric, &q->value, &scenario->compiled.notes, error);
}

static const char *const verdicts[] = {"agree", "apart", "counted", "unknown"};

static void add_estimate(struct fc_table *table, const char *method, const struct fc_tail_estimate *e, const char *by)
{
    fc_table_cell(table, "%s", method);
    fc_table_cell(table, "%.3g", e->p);
    if (e->p > 0)
        fc_table_cell(table, "%.2g %%", 100 * e->error / e->p);
    else
        fc_table_cell(table, "-");
    fc_table_cell(table, "%s", by);
}

static void print_estimates(const struct fc_tail *t)
{
    struct fc_table table;
    char by[120];
    static const char *const heads[] = {"method", "probability", "standard error", "by"};
    fc_table_start(&table, 4, 1);
    for (int i = 0; i < 4; i++)
        fc_table_cell(&table, "%s", heads[i]);
    if (t->verdict == FC_TAIL_NOT_RARE) {
        add_estimate(&table, "counting", &t->splitting, "worlds as they come");
    } else {
        snprintf(by, sizeof by, "%d levels, %d repetitions; the worlds in the tail descend from %d", t->levels,
                 (int)FC_TAIL_REPEATS, t->ancestors);
        add_estimate(&table, "splitting", &t->splitting, by);
        snprintf(by, sizeof by, "%d of the random words drawn otherwise; %.2g %% of the worlds hit", t->tilted_words,
                 100 * t->hits);
        add_estimate(&table, "importance sampling", &t->tilted, by);
    }
    fc_table_print(&table, stdout, 0);
    fc_table_free(&table);
}

static void value_text(const struct fc_scenario *s, const struct fc_tail_question *q, double value, char *text, size_t size)
{
    char number[64];
    struct fc_scale scale = fc_scale_for(fc_metric_find(q->metric)->unit, fabs(value));
    (void)s;
    fc_format_number(value / scale.factor, 4, number, sizeof number);
    snprintf(text, size, "%s%s%s", number, *scale.unit ? " " : "", scale.unit);
}

static void print_answer(const struct fc_scenario *s, const struct fc_tail_question *q, const struct fc_tail *t, double took)
{
    char value[96], reached[96];
    const char *name = fc_metric_find(q->metric)->name;
    value_text(s, q, q->value, value, sizeof value);
    printf("%s: how probable is %s %s%s %s?\n\n", s->name, name, q->above ? ">" : "<", q->equal ? "=" : "", value);
    if (t->verdict == FC_TAIL_STUCK) {
        value_text(s, q, q->above ? t->reached : -t->reached, reached, sizeof reached);
        printf("P lies between %.2g and %.2g: %.0f of %.3g worlds.\n"
               "No levels lead there (a first search came to %s at most): it never happens, or at a stroke that nothing leads\n"
               "up to, as with a figure that is 0 or 1. Ask for one that gets there by degrees, or count more worlds (-n).\n",
               t->low, t->high, t->hits * (double)t->counted, (double)t->counted, reached);
    } else {
        print_estimates(t);
        printf("\nP = %.3g", t->p);
        if (t->p > 0)
            printf(", once in %.3g worlds,", 1 / t->p);
        printf(" between %.3g and %.3g\n", t->low, t->high);
        if (t->verdict == FC_TAIL_APART)
            printf("The two do not support each other well enough: take the whole range, which holds both, for what is known, "
                   "and ask again with more worlds (-n).\n");
    }
    printf("\n%.3g worlds, seed %llu, %.1f s, cpu\n", (double)t->worlds, (unsigned long long)s->seed, took);
}

static void write_estimate(struct fc_writer *w, const char *key, const struct fc_tail_estimate *e)
{
    fc_write_map(w, key);
    fc_write_number(w, "probability", e->p);
    fc_write_number(w, "standard_error", e->error);
    fc_write_end(w);
}

static int write_json(const struct fc_scenario *s, const struct fc_tail_question *q, const struct fc_tail *t,
                      struct fc_error *error)
{
    struct fc_writer *w;
    if (fc_writer_open(&w, stdout, FC_JSON, error))
        return -1;
    fc_write_map(w, NULL);
    fc_write_text(w, "command", "tail");
    fc_write_text(w, "command_line", fc_command_line());
    fc_write_text(w, "scenario", s->name);
    fc_write_text(w, "metric", fc_metric_find(q->metric)->name);
    fc_write_text(w, "sign", q->above ? (q->equal ? ">=" : ">") : (q->equal ? "<=" : "<"));
    fc_write_number(w, "value", q->value);
    fc_write_text(w, "verdict", verdicts[t->verdict]);
    fc_write_number(w, "probability", t->p);
    fc_write_number(w, "low", t->low);
    fc_write_number(w, "high", t->high);
    if (t->verdict == FC_TAIL_NOT_RARE)
        write_estimate(w, "counting", &t->splitting);
    if (t->verdict == FC_TAIL_GOOD || t->verdict == FC_TAIL_APART) {
        write_estimate(w, "splitting", &t->splitting);
        write_estimate(w, "importance_sampling", &t->tilted);
        fc_write_unsigned(w, "ancestors", (uint64_t)t->ancestors);
        fc_write_number(w, "hits", t->hits);
    }
    fc_write_list(w, "levels");
    for (int i = 0; i < t->levels; i++)
        fc_write_number(w, NULL, q->above ? t->level[i] : -t->level[i]);
    fc_write_end(w);
    fc_write_number(w, "reached", q->above ? t->reached : -t->reached);
    fc_write_unsigned(w, "trials", t->worlds);
    fc_write_unsigned(w, "seed", s->seed);
    fc_write_end(w);
    return fc_writer_close(w, error);
}

int fc_tail_answer(struct fc_scenario *scenario, const struct fc_tail_run *run, struct fc_error *error)
{
    struct fc_tail_question question;
    struct fc_tail tail;
    int threads = run->threads ? run->threads : omp_get_num_procs();
    struct fc_tail_options options = {scenario->seed, run->worlds ? run->worlds : FC_TAIL_WORLDS, threads};
    double begin = fc_clock_s();
    if (options.worlds < 100000)
        return fc_fail(error, FC_BAD_INPUT, "--tail with a value needs at least 100,000 worlds (-n 1e5)");
    if (read_question(scenario, run->text, &question, error))
        return -1;
    fc_scenario_print_notes(scenario, stderr, run->quiet);
    if (fc_tail_contract(&tail, &scenario->compiled, &question, &options, run->isa, error))
        return -1;
    if (!run->json)
        print_answer(scenario, &question, &tail, fc_clock_s() - begin);
    else if (write_json(scenario, &question, &tail, error))
        return -1;
    return tail.verdict == FC_TAIL_APART || tail.verdict == FC_TAIL_STUCK;
}

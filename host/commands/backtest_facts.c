/* backtest_facts.c: see backtest_facts.h. */
#include "backtest_facts.h"

#include <math.h>
#include <string.h>

#include "host/analysis/history.h"
#include "host/base/table.h"

static double q(const struct fc_fact *fact, double p)
{
    return fc_history_quantile(fact->forecast, FC_FACT_POINTS, p);
}

static const char *unit_of(const struct fc_fact *fact)
{
    static const char *const units[] = {NULL, NULL, NULL, NULL, "months", "of 1", "h"};
    return units[fact->class] ? units[fact->class] : fact->unit;
}

static void print_value(struct fc_table *table, const struct fc_fact *fact)
{
    const char *more = fact->at_least ? " or more" : "";
    if (fact->high > fact->low && !fact->at_least)
        fc_table_cell(table, "%.4g to %.4g", fact->low, fact->high);
    else
        fc_table_cell(table, "%.4g%s", fact->low, more);
}

static void print_rows(const struct fc_facts *facts)
{
    static const char *const heads[] = {"fact", "known", "unit", "from",      "happened",
                                        "P5",   "P50",   "P95",  "percentile"};
    struct fc_table table;
    fc_table_start(&table, 9, 3);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        fc_table_cell(&table, "%s", heads[i]);
    for (size_t i = 0; i < facts->count; i++) {
        const struct fc_fact *fact = &facts->rows[i];
        if (fact->reason[0])
            continue;
        bool moves = fact->origin >= 0;
        fc_table_cell(&table, "%.44s", moves ? fact->series : fact->quantity);
        fc_table_cell(&table, "%s", fact->known);
        fc_table_cell(&table, "%s", unit_of(fact));
        if (moves)
            fc_table_cell(&table, "%s: %.4g", facts->rows[fact->origin].known, facts->rows[fact->origin].low);
        else
            fc_table_cell(&table, "%s", "");
        print_value(&table, fact);
        fc_table_cell(&table, "%.4g", q(fact, 0.05));
        fc_table_cell(&table, "%.4g", q(fact, 0.5));
        fc_table_cell(&table, "%.4g", q(fact, 0.95));
        fc_table_cell(&table, "%.1f%s", 100 * fact->percentile, fact->inside90 ? "  " : " *");
    }
    fc_table_print(&table, stdout, 0);
    fc_table_free(&table);
    printf("\n* outside the 90 %% interval\n\n");
}

static void print_log(struct fc_table *table, const char *format, double value)
{
    char text[32] = "";
    if (isfinite(value))
        snprintf(text, sizeof text, format[0] == '+' ? "%+.3f" : "%.3f", value);
    fc_table_cell(table, "%s", text);
}

static void print_mean(struct fc_table *table, const struct fc_fact_mean *m, const char *suffix)
{
    if (m->rows == 0)
        return;
    fc_table_cell(table, "%s%s", m->name, suffix);
    fc_table_cell(table, "%zu", m->rows);
    fc_table_cell(table, "%zu", m->inside90);
    fc_table_cell(table, "%.0f %%", 100 * (double)m->inside90 / (double)m->rows);
    print_log(table, "+", m->bias_log);
    print_log(table, "", m->mae_log);
    print_log(table, "", m->mae_log_unchanged);
    print_log(table, "", m->crps);
}

static void start_means(struct fc_table *table, const char *what)
{
    const char *const heads[] = {
        what,        "rows", "inside", "of them", "bias of ln", "mean |ln error|", "the same, 'as it was'",
        "CRPS of ln"};
    fc_table_start(table, 8, 1);
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        fc_table_cell(table, "%s", heads[i]);
}

static void print_means(const struct fc_facts *facts)
{
    struct fc_table table;
    start_means(&table, "series");
    for (size_t i = 0; i < facts->count; i++) {
        if (facts->rows[i].reason[0] || facts->rows[i].origin < 0)
            continue;
        struct fc_fact_mean mean = fc_facts_series(facts, i);
        print_mean(&table, &mean, "");
    }
    fc_table_print(&table, stdout, 0);
    fc_table_free(&table);
    printf("\n");
    start_means(&table, "all of a kind");
    for (int class = 0; class < FC_FACT_NONE; class ++) {
        bool prices = class <= FC_FACT_ELECTRICITY;
        struct fc_fact_mean mean = fc_facts_mean(facts, (enum fc_fact_class) class, true);
        print_mean(&table, &mean, prices ? ", a year ahead" : "");
        mean = fc_facts_mean(facts, (enum fc_fact_class) class, false);
        if (prices)
            print_mean(&table, &mean, ", other horizons");
    }
    fc_table_print(&table, stdout, 0);
    fc_table_free(&table);
}

/* What of the prices a year ahead a forecast could hold at best. */
static void print_luck(const struct fc_fact_luck *luck)
{
    if (luck->rows == 0)
        return;
    printf("\n%zu prices a year ahead, each series counted once: %.0f %% inside. They overlap and follow one market, so a\n"
           "forecast that is right holds %.0f %% of them over many histories, but in one history all of them with\n"
           "probability %.2f, 85 to 95 %% with %.2f and fewer with %.2f.\n",
           luck->rows, 100 * luck->by_series, 100 * luck->mean, luck->all, luck->in_band, luck->fewer);
}

/* Reasons, each once, with the rows that have it. */
static void print_reasons(const struct fc_facts *facts)
{
    printf("\nnot forecast:\n");
    for (size_t i = 0; i < facts->count; i++) {
        const char *reason = facts->rows[i].reason;
        size_t same = 0, before = 0;
        if (!reason[0])
            continue;
        for (size_t k = 0; k < facts->count; k++)
            if (strcmp(facts->rows[k].reason, reason) == 0) {
                same++;
                before += k < i;
            }
        if (before)
            continue;
        if (facts->rows[i].class != FC_FACT_NONE) {
            printf("  %zu %s %s: %s\n", same, same > 1 ? "rows from" : "row of", facts->rows[i].known,
                   reason);
            continue;
        }
        printf("  %s:\n", reason);
        for (size_t k = i; k < facts->count; k++)
            if (strcmp(facts->rows[k].reason, reason) == 0)
                printf("    %-11s %.100s\n", facts->rows[k].known, facts->rows[k].quantity);
    }
}

static void write_quantiles(struct fc_writer *w, const struct fc_fact *fact)
{
    static const struct {
        const char *name;
        double p;
    } points[] = {{"p5", 0.05}, {"p25", 0.25}, {"p50", 0.5}, {"p75", 0.75}, {"p95", 0.95}};
    fc_write_map(w, "forecast");
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
        fc_write_number(w, points[i].name, q(fact, points[i].p));
    fc_write_end(w);
}

static void write_row(struct fc_writer *w, const struct fc_facts *facts, const struct fc_fact *fact)
{
    fc_write_map(w, NULL);
    fc_write_unsigned(w, "line", (unsigned)fact->line);
    fc_write_text(w, "quantity", fact->quantity);
    fc_write_text(w, "series", fact->series);
    fc_write_text(w, "kind", fc_fact_class_name(fact->class));
    fc_write_text(w, "known", fact->known);
    fc_write_text(w, "unit", unit_of(fact));
    fc_write_text(w, "grade", fact->grade);
    if (fact->origin >= 0) {
        const struct fc_fact *from = &facts->rows[fact->origin];
        fc_write_map(w, "from");
        fc_write_text(w, "known", from->known);
        fc_write_number(w, "low", from->low);
        fc_write_number(w, "high", from->high);
        fc_write_end(w);
        fc_write_unsigned(w, "horizon_months", (unsigned)fact->horizon);
        fc_write_flag(w, "year_ahead", fact->year_ahead);
    }
    fc_write_number(w, "low", fact->low);
    fc_write_number(w, "high", fact->high);
    fc_write_flag(w, "at_least", fact->at_least);
    write_quantiles(w, fact);
    fc_write_number(w, "percentile", fact->percentile);
    fc_write_flag(w, "inside90", fact->inside90);
    fc_write_number(w, "log_error", fact->log_error);
    fc_write_number(w, "crps", fact->crps);
    fc_write_end(w);
}

static void write_mean(struct fc_writer *w, const struct fc_fact_mean *m, bool year_ahead)
{
    if (m->rows == 0)
        return;
    fc_write_map(w, NULL);
    fc_write_text(w, "name", m->name);
    if (m->class <= FC_FACT_ELECTRICITY)
        fc_write_flag(w, "year_ahead", year_ahead);
    fc_write_unsigned(w, "rows", m->rows);
    fc_write_unsigned(w, "inside90", m->inside90);
    fc_write_number(w, "coverage90", (double)m->inside90 / (double)m->rows);
    fc_write_number(w, "bias_log", m->bias_log);
    fc_write_number(w, "mae_log", m->mae_log);
    fc_write_number(w, "mae_log_unchanged", m->mae_log_unchanged);
    fc_write_number(w, "crps", m->crps);
    fc_write_end(w);
}

static int print_json(FILE *out, const struct fc_facts *facts, struct fc_error *error)
{
    struct fc_writer *w;
    if (fc_analysis_write_head(&w, out, "backtest", error))
        return -1;
    fc_write_list(w, "rows");
    for (size_t i = 0; i < facts->count; i++)
        if (!facts->rows[i].reason[0])
            write_row(w, facts, &facts->rows[i]);
    fc_write_end(w);
    fc_write_list(w, "not_forecast");
    for (size_t i = 0; i < facts->count; i++)
        if (facts->rows[i].reason[0]) {
            fc_write_map(w, NULL);
            fc_write_unsigned(w, "line", (unsigned)facts->rows[i].line);
            fc_write_text(w, "known", facts->rows[i].known);
            fc_write_text(w, "quantity", facts->rows[i].quantity);
            fc_write_text(w, "reason", facts->rows[i].reason);
            fc_write_end(w);
        }
    fc_write_end(w);
    fc_write_list(w, "series");
    for (size_t i = 0; i < facts->count; i++) {
        struct fc_fact_mean mean = {0};
        if (!facts->rows[i].reason[0] && facts->rows[i].origin >= 0)
            mean = fc_facts_series(facts, i);
        write_mean(w, &mean, facts->rows[i].year_ahead);
    }
    fc_write_end(w);
    fc_write_list(w, "kinds");
    for (int class = 0; class < FC_FACT_NONE; class ++)
        for (int year = class <= FC_FACT_ELECTRICITY ? 0 : 1; year < 2; year++) {
            struct fc_fact_mean mean = fc_facts_mean(facts, (enum fc_fact_class) class, year);
            write_mean(w, &mean, year);
        }
    fc_write_end(w);
    if (facts->luck.rows > 0) {
        fc_write_map(w, "right_forecast");
        fc_write_unsigned(w, "rows", facts->luck.rows);
        fc_write_number(w, "inside_by_series", facts->luck.by_series);
        fc_write_number(w, "mean_inside", facts->luck.mean);
        fc_write_number(w, "all_inside", facts->luck.all);
        fc_write_number(w, "inside_85_to_95", facts->luck.in_band);
        fc_write_number(w, "fewer_inside", facts->luck.fewer);
        fc_write_end(w);
    }
    fc_write_end(w);
    return fc_writer_close(w, error);
}

/* Whether fewer than 80 % of what was forecast lies inside. */
static bool falls_short(const struct fc_facts *facts)
{
    size_t rows = 0, inside = 0;
    for (size_t i = 0; i < facts->count; i++) {
        rows += !facts->rows[i].reason[0];
        inside += !facts->rows[i].reason[0] && facts->rows[i].inside90;
    }
    return rows > 0 && (double)inside < 0.8 * (double)rows;
}

int fc_backtest_facts(const char *path, const struct fc_analysis_options *options, struct fc_outputs *outputs,
                      struct fc_error *error)
{
    struct fc_analysis analysis = {0};
    struct fc_facts facts = {0};
    int status = fc_facts_read(&facts, path, error);
    if (status == 0)
        status = fc_outputs_open(outputs, error);
    if (status == 0)
        status = fc_analysis_open(&analysis, options, 0, error);
    if (status == 0)
        status = fc_facts_run(&facts, &analysis, options, error);
    fc_progress_end(&analysis.line);
    if (status == 0 && (options->json || fc_outputs_any(outputs))) {
        FILE *json = fc_outputs_begin(outputs, error);
        status =
            json ? fc_outputs_end(outputs, print_json(json, &facts, error) != 0, options->json, error) : -1;
    }
    if (status == 0 && fc_outputs_leave_room(outputs, options->json)) {
        print_rows(&facts);
        print_means(&facts);
        print_luck(&facts.luck);
        print_reasons(&facts);
    }
    if (status == 0 && falls_short(&facts))
        status = FC_ANSWER_NO;
    fc_facts_free(&facts);
    fc_analysis_close(&analysis);
    return status;
}

/* validation_report.c: a validation as a table, as JSON, and as docs/validation/step-time.md with its plot.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/base/command_line.h"
#include "host/base/output.h"
#include "host/base/table.h"
#include "host/calibrate/validation.h"

static void cell(FILE *out, const char *before, double value, double scale, int digits, const char *after)
{
    if (isnan(value))
        fprintf(out, "%s-%s", before, after);
    else
        fprintf(out, "%s%.*f%s", before, digits, scale * value, after);
}

/* The figures of a score in the order of the columns, "-" where there is none. */
enum { FIGURES = 10, FIGURE_TEXT = 16 };
static void score_figures(const struct fc_score *s, char text[FIGURES][FIGURE_TEXT])
{
    const struct {
        double value;
        int digits;
        double scale;
    } cells[FIGURES] = {
        {s->mape, 1, 100},   {s->median_ape, 1, 100}, {s->p90_ape, 1, 100}, {s->max_ape, 1, 100},
        {s->bias, 1, 100},   {s->cover50, 0, 100},    {s->cover90, 0, 100}, {s->constant_mfu_mape, 1, 100},
        {s->spearman, 2, 1}, {s->regret, 1, 100}};
    for (int i = 0; i < FIGURES; i++) {
        if (isnan(cells[i].value))
            snprintf(text[i], FIGURE_TEXT, "-");
        else
            snprintf(text[i], FIGURE_TEXT, "%.*f", cells[i].digits, cells[i].scale * cells[i].value);
    }
}

static void print_scores(const struct fc_score *scores, int count, FILE *out)
{
    static const char *const heads[] = {"group", "rows",  "mean",  "median", "P90", "max",
                                        "bias",  "in 50", "in 90", "c.MFU",  "rho", "regret"};
    struct fc_table table;
    fc_table_start(&table, FIGURES + 2, 1);
    for (int c = 0; c < FIGURES + 2; c++)
        fc_table_cell(&table, "%s", heads[c]);
    for (int i = 0; i < count; i++) {
        char text[FIGURES][FIGURE_TEXT];
        score_figures(&scores[i], text);
        fc_table_cell(&table, "%s", scores[i].name);
        fc_table_cell(&table, "%d", scores[i].rows);
        for (int c = 0; c < FIGURES; c++)
            fc_table_cell(&table, "%s", text[c]);
    }
    fc_table_print(&table, out, 0);
    fc_table_free(&table);
}

/* The groups that hold rows of the generation that was left out. */
static void print_unseen(const struct fc_validation *v,
                         void (*print)(const struct fc_score *scores, int count, FILE *out), FILE *out)
{
    struct fc_score scores[FC_SCORES];
    int count = 0;
    for (int i = 0; i < v->score_count; i++)
        if (v->unseen_scores[i].rows > 0)
            scores[count++] = v->unseen_scores[i];
    print(scores, count, out);
}

void fc_validation_print(const struct fc_validation *v, FILE *out)
{
    fprintf(out,
            "step time of %zu of %zu rows, predicted by the posterior of the catalog; errors in %%\n%s\n",
            v->measurements.used, v->measurements.count,
            v->validated
                ? ""
                : "The posterior was fitted to the published rows: where these are such rows, expect larger "
                  "errors elsewhere\n(--cross-validate shows how large).\n");
    print_scores(v->scores, v->score_count, out);
    if (v->validated) {
        fprintf(
            out,
            "\ncross-validation: each source on each GPU predicted by a fit, and with a width, that have not "
            "seen it\n\n");
        print_scores(v->validated_scores, v->score_count, out);
        fprintf(out, "\neach model predicted by a fit that has not seen it (five folds)\n\n");
        print_scores(&v->by_model_score, 1, out);
    }
    if (v->unseen) {
        fprintf(out,
                "\na generation that nobody measured: rows of newer GPUs by a fit, and with a width, from "
                "rows up to %s alone\n\n",
                fc_family_name(v->heir.family));
        print_unseen(v, print_scores, out);
    }
    fprintf(out, "\nmean, median, P90, max: |predicted / measured - 1|; in 50, in 90: rows inside the 50 %% "
                 "and 90 %% interval;\n"
                 "c.MFU: mean error of the median MFU of other models on the same GPU and precision, dense "
                 "and mixture apart;\n"
                 "rho, regret: rank correlation over layouts of one job, and loss by taking the layout "
                 "predicted best\n");
    fprintf(out, "\ncollectives: all-reduce bus bandwidth by message size and span\n\n");
    fc_collectives_print(v->collectives, v->collective_count, false, out);
    fprintf(out, "\n%zu rows left out:\n", v->measurements.count - v->measurements.used);
    for (size_t i = 0; i < v->measurements.count; i++)
        if (v->measurements.rows[i].left_out[0])
            fprintf(out, "  line %d, %s: %s\n", v->measurements.rows[i].line, v->measurements.rows[i].id,
                    v->measurements.rows[i].left_out);
}

static void write_score(struct fc_writer *w, const char *key, const struct fc_score *s)
{
    fc_write_map(w, key);
    fc_write_signed(w, "rows", s->rows);
    fc_write_number(w, "mape", s->mape);
    fc_write_number(w, "median_ape", s->median_ape);
    fc_write_number(w, "p90_ape", s->p90_ape);
    fc_write_number(w, "max_ape", s->max_ape);
    fc_write_number(w, "bias", s->bias);
    fc_write_number(w, "cover50", s->cover50);
    fc_write_number(w, "cover90", s->cover90);
    fc_write_number(w, "constant_mfu_mape", s->constant_mfu_mape);
    fc_write_number(w, "spearman", s->spearman);
    fc_write_number(w, "regret", s->regret);
    fc_write_end(w);
}

static void write_scores(struct fc_writer *w, const struct fc_score *scores, int count)
{
    write_score(w, "overall", &scores[0]);
    fc_write_map(w, "groups");
    for (int i = 1; i < count; i++)
        if (scores[i].rows > 0)
            write_score(w, scores[i].name, &scores[i]);
    fc_write_end(w);
}

void fc_validation_json(const struct fc_validation *v, struct fc_writer *w)
{
    fc_write_map(w, NULL);
    fc_write_text(w, "command", "validate");
    fc_write_text(w, "command_line", fc_command_line());
    /* the headline is what a fit has not seen */
    write_scores(w, v->validated ? v->validated_scores : v->scores, v->score_count);
    if (v->validated) {
        fc_write_map(w, "in_sample");
        write_scores(w, v->scores, v->score_count);
        fc_write_end(w);
        fc_write_map(w, "by_model");
        write_score(w, "overall", &v->by_model_score);
        fc_write_end(w);
    }
    if (v->unseen) {
        fc_write_map(w, "leave_generation");
        fc_write_text(w, "fitted_up_to", fc_family_name(v->heir.family));
        fc_write_number(w, "inherited_sd_log", v->heir.sd_log);
        write_scores(w, v->unseen_scores, v->score_count);
        fc_write_end(w);
    }
    fc_write_list(w, "rows");
    for (size_t i = 0; i < v->measurements.count; i++) {
        const struct fc_measurement *m = &v->measurements.rows[i];
        if (m->left_out[0])
            continue;
        fc_write_map(w, NULL);
        fc_write_text(w, "id", m->id);
        fc_write_number(w, "measured_s", m->seconds);
        fc_write_number(w, "predicted_s", v->fitted[i].seconds);
        fc_write_number(w, "error", v->fitted[i].error);
        fc_write_number(w, "sd_log", v->fitted[i].sd_log);
        if (v->validated)
            fc_write_number(w, "cross_validated_error", v->validated[i].error);
        if (v->unseen && m->plan.gpu.family > v->heir.family) {
            fc_write_number(w, "leave_generation_error", v->unseen[i].error);
            fc_write_number(w, "leave_generation_sd_log", v->unseen[i].sd_log);
        }
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_collectives_json(v->collectives, v->collective_count, w);
    fc_write_list(w, "left_out");
    for (size_t i = 0; i < v->measurements.count; i++) {
        const struct fc_measurement *m = &v->measurements.rows[i];
        if (!m->left_out[0])
            continue;
        fc_write_map(w, NULL);
        fc_write_text(w, "id", m->id);
        fc_write_signed(w, "line", m->line);
        fc_write_text(w, "reason", m->left_out);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_end(w);
}

/* --- the report
 * --------------------------------------------------------------------------------------------------- */

static void report_scores(const struct fc_score *scores, int count, FILE *out)
{
    fprintf(out, "| group | rows | mean | median | P90 | max | bias | in 50 | in 90 | constant MFU | rank "
                 "corr. | regret |\n"
                 "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
    for (int i = 0; i < count; i++) {
        char text[FIGURES][FIGURE_TEXT];
        score_figures(&scores[i], text);
        fprintf(out, "| %s | %d", scores[i].name, scores[i].rows);
        for (int c = 0; c < FIGURES; c++)
            fprintf(out, " | %6s", text[c]);
        fputs(" |\n", out);
    }
}

static void report_rows(const struct fc_validation *v, FILE *out)
{
    fprintf(out,
            "| row | measured s | made of | predicted s | error %% | %s |\n|---|---:|---|---:|---:|---:|\n",
            v->validated ? "cross-validated %" : "90 % interval s");
    for (size_t i = 0; i < v->measurements.count; i++) {
        const struct fc_measurement *m = &v->measurements.rows[i];
        if (m->left_out[0])
            continue;
        fprintf(out, "| %s | %.4g | %s | %.4g | ", m->id, m->seconds, m->how, v->fitted[i].seconds);
        cell(out, "", v->fitted[i].error, 100, 1, " | ");
        if (v->validated)
            cell(out, "", v->validated[i].error, 100, 1, " |\n");
        else
            fprintf(out, "%.4g to %.4g |\n", v->fitted[i].seconds * exp(-1.645 * v->fitted[i].sd_log),
                    v->fitted[i].seconds * exp(1.645 * v->fitted[i].sd_log));
    }
}

static int plot(const struct fc_validation *v, const char *folder)
{
    FILE *gnuplot = popen("gnuplot 2>/dev/null", "w");
    if (!gnuplot)
        return -1;
    fprintf(gnuplot,
            "set terminal svg size 760,560 font 'sans,12'\nset output '%s/step-time.svg'\nset logscale xy\n"
            "set xlabel 'measured step, s'\nset ylabel 'predicted, s (90%% interval)'\nset key left top\nset "
            "grid\n"
            "plot x with lines lc rgb '#888888' title 'equal', '-' using 1:2:3:4 with yerrorbars pt 7 ps "
            "0.35 title "
            "'dense', '-' using 1:2:3:4 with yerrorbars pt 7 ps 0.35 title 'mixture of experts'\n",
            folder);
    for (int mixture = 0; mixture < 2; mixture++) {
        for (size_t i = 0; i < v->measurements.count; i++) {
            const struct fc_measurement *m = &v->measurements.rows[i];
            const struct fc_prediction *p = v->validated ? &v->validated[i] : &v->fitted[i];
            if (m->left_out[0] || (int)fc_architecture_is_mixture(&m->plan.model) != mixture)
                continue;
            fprintf(gnuplot, "%g %g %g %g\n", m->seconds, p->seconds, p->seconds * exp(-1.645 * p->sd_log),
                    p->seconds * exp(1.645 * p->sd_log));
        }
        fputs("e\n", gnuplot);
    }
    return pclose(gnuplot) == 0 ? 0 : -1;
}

int fc_validation_report(const struct fc_validation *v, const char *folder, struct fc_error *error)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/step-time.md", folder) >= sizeof path ||
        strpbrk(folder, "'\"\n"))
        return fc_fail(error, FC_BAD_INPUT, "the folder '%s' is not usable (too long, or quotes in it)",
                       folder);
    struct fc_output *output;
    if (fc_output_open(&output, "--output", path, error))
        return -1;
    FILE *out = fc_output_begin(output, error);
    if (!out) {
        fc_output_close(output);
        return -1;
    }
    fprintf(
        out,
        "# Step time: predicted against measured\n\nMade by `flopcast validate%s --output`. %zu of %zu "
        "published rows are "
        "used; the others are listed below with the reason. An error is predicted / measured - 1; all "
        "figures but rows "
        "and rank correlation are in %%.\n\n\"constant MFU\" is the line any model must beat: the median MFU "
        "of other "
        "models on the same GPU and precision, dense models and mixtures apart. \"in 50\" and \"in 90\": "
        "rows inside the "
        "interval of that probability. Rank correlation and regret are over sets of layouts of one job.\n\n",
        v->validated ? v->unseen ? " --cross-validate --leave-generation" : " --cross-validate"
        : v->unseen  ? " --leave-generation"
                     : "",
        v->measurements.used, v->measurements.count);
    fprintf(out, "## In sample: the shipped posterior\n\n");
    report_scores(v->scores, v->score_count, out);
    if (v->validated) {
        fprintf(
            out,
            "\n## Cross-validated: each source on each GPU by a fit that has not seen it\n\nNeither the "
            "fit nor the width of the intervals has seen the rows. A source is a publication, whatever the "
            "release: all summaries of Megatron-Bridge on one GPU are one.\n\n");
        report_scores(v->validated_scores, v->score_count, out);
        fprintf(out, "\n## By model: five fits, each without a fifth of the models\n\n");
        report_scores(&v->by_model_score, 1, out);
    }
    if (v->unseen) {
        fprintf(out,
                "\n## A generation that nobody measured\n\nRows of GPUs newer than %s by a fit, and with a "
                "width, from older rows alone. Their efficiency relative to the peaks is inherited, their clock "
                "follows from the board's power, and the step time is wider by %.0f %% (one standard deviation): "
                "what is done for a GPU like VR200, and what such a forecast is worth.\n\n",
                fc_family_name(v->heir.family), 100 * v->heir.sd_log);
        print_unseen(v, report_scores, out);
    }
    if (plot(v, folder) == 0)
        fprintf(out, "\n![predicted against measured step time](step-time.svg)\n");
    fprintf(out, "\n## Every row\n\n");
    report_rows(v, out);
    fprintf(
        out,
        "\n## Collectives\n\nAll-reduce bus bandwidth (as nccl-tests defines it) by message size and "
        "span: the measured tables of "
        "`catalog/networks.yaml` and the formula of `host/step/collectives.h`, whose constants are fitted to "
        "them.\n\n");
    fc_collectives_print(v->collectives, v->collective_count, true, out);
    fprintf(out, "\n## Left out\n\n| line | row | reason |\n|---:|---|---|\n");
    for (size_t i = 0; i < v->measurements.count; i++)
        if (v->measurements.rows[i].left_out[0])
            fprintf(out, "| %d | %s | %s |\n", v->measurements.rows[i].line, v->measurements.rows[i].id,
                    v->measurements.rows[i].left_out);
    int status = fc_output_commit(output, error);
    fc_output_close(output);
    return status;
}

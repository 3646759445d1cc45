/* memory_validation.c: see memory_validation.h. */
#include "memory_validation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/command_line.h"
#include "host/base/terminal.h"
#include "host/language/embedded.h"
#include "host/step/factors.h"
#include "host/step/plan_search.h"

static bool measured(const struct fc_measurement *m)
{
    return m->left_out[0] == '\0' && (m->memory_bytes > 0 || m->out_of_memory);
}

static void predict(const struct fc_measurement *m, const struct fc_beliefs *beliefs,
                    struct fc_memory_prediction *p)
{
    static const enum fc_memory_part parts[] = {[FC_MEMORY_ALLOCATED] = FC_MEMORY_TENSORS,
                                                [FC_MEMORY_RESERVED] = FC_MEMORY_HELD,
                                                [FC_MEMORY_DRIVER] = FC_MEMORY_ALL};
    struct fc_plan_memory memory = fc_plan_memory(&m->plan);
    double variance;
    p->bytes = fc_plan_memory_total(&m->plan, &memory, beliefs, parts[m->memory_kind], &variance);
    p->error = m->memory_bytes > 0 ? p->bytes / m->memory_bytes - 1 : (double)NAN;
    p->sd_log = sqrt(variance);
    p->fits = fc_plan_fit_probability(&m->plan, beliefs);
}

static struct fc_memory_score *score_named(struct fc_memory_validation *v, const char *name)
{
    for (int i = 0; i < v->score_count; i++)
        if (strcmp(v->scores[i].name, name) == 0)
            return &v->scores[i];
    if (v->score_count == FC_MEMORY_SCORES)
        return NULL;
    struct fc_memory_score *score = &v->scores[v->score_count++];
    *score = (struct fc_memory_score){0};
    snprintf(score->name, sizeof score->name, "%s", name);
    return score;
}

static void add(struct fc_memory_score *score, const struct fc_memory_prediction *p)
{
    if (!score)
        return;
    if (isnan(p->error)) {
        score->ran_out++;
        return;
    }
    score->rows++;
    score->mape += fabs(p->error);
    score->bias += p->error;
    score->cover90 += fabs(log1p(p->error)) <= 1.64485 * p->sd_log;
}

static void score_rows(struct fc_memory_validation *v)
{
    for (size_t i = 0; i < v->measurements.count; i++) {
        const struct fc_measurement *m = &v->measurements.rows[i];
        const struct fc_memory_prediction *p = &v->predictions[i];
        if (!measured(m))
            continue;
        add(score_named(v, "overall"), p);
        add(score_named(v, m->plan.software->name), p);
        v->wrong_fit += m->out_of_memory && p->fits > 0.5;
        v->wrong_refuse += !m->out_of_memory && p->fits < 0.05;
    }
    for (int i = 0; i < v->score_count; i++) {
        double n = v->scores[i].rows > 0 ? (double)v->scores[i].rows : (double)NAN;
        v->scores[i].mape /= n;
        v->scores[i].bias /= n;
        v->scores[i].cover90 /= n;
    }
}

int fc_memory_validation_run(struct fc_memory_validation *v, const char *path,
                             const struct fc_catalog *catalog, struct fc_error *error)
{
    static const char shipped[] = "catalog/measured-memory.csv";
    memset(v, 0, sizeof *v);
    struct fc_beliefs *beliefs = malloc(sizeof *beliefs);
    int status = beliefs ? fc_beliefs_read(beliefs, catalog, error)
                         : fc_fail(error, FC_FAULT, "out of memory while validating");
    const struct fc_embedded_file *file = path ? NULL : fc_embedded_find(shipped);
    if (!status && !path && !file)
        status =
            fc_fail(error, FC_FAULT, "no measurements are embedded in this build of memory; name a CSV file");
    if (!status)
        status = path ? fc_measurements_open(&v->measurements, path, catalog, error)
                      : fc_measurements_read(&v->measurements, shipped, (const char *)file->data, file->size,
                                             catalog, error);
    if (!status) {
        v->predictions = calloc(v->measurements.count + 1, sizeof *v->predictions);
        if (!v->predictions)
            status = fc_fail(error, FC_FAULT, "out of memory while validating");
    }
    int rows = 0;
    for (size_t i = 0; !status && i < v->measurements.count; i++)
        if (measured(&v->measurements.rows[i])) {
            predict(&v->measurements.rows[i], beliefs, &v->predictions[i]);
            rows++;
        }
    if (!status && rows == 0)
        status =
            fc_fail(error, FC_BAD_INPUT, "%s: no row states the memory of a layout (column measured_gib)",
                    path ? path : shipped);
    if (!status)
        score_rows(v);
    free(beliefs);
    if (status)
        fc_memory_validation_free(v);
    return status;
}

void fc_memory_validation_free(struct fc_memory_validation *v)
{
    fc_measurements_free(&v->measurements);
    free(v->predictions);
    v->predictions = NULL;
}

static const char *const kinds[] = {"allocated", "reserved", "nvidia-smi"};

void fc_memory_validation_print(const struct fc_memory_validation *v, FILE *out)
{
    fprintf(out, "memory of a GPU in %d layouts; errors in %%\n\n", v->scores[0].rows + v->scores[0].ran_out);
    fprintf(out, "%-24s %6s %8s %8s %8s %8s\n", "software", "rows", "ran out", "mean", "bias", "in 90");
    for (int i = 0; i < v->score_count; i++)
        fprintf(out, "%-24s %6d %8d %8.1f %8.1f %8.0f\n", v->scores[i].name, v->scores[i].rows,
                v->scores[i].ran_out, 100 * v->scores[i].mape, 100 * v->scores[i].bias,
                100 * v->scores[i].cover90);
    int room = fc_terminal_width() - 48, wide = room < 28 ? 28 : room > 52 ? 52 : room;
    fprintf(out, "\n%-*s %-10s %9s %9s %8s %7s\n", wide, "row", "kind", "measured", "predicted", "error",
            "P(fit)");
    for (size_t i = 0; i < v->measurements.count; i++) {
        const struct fc_measurement *m = &v->measurements.rows[i];
        const struct fc_memory_prediction *p = &v->predictions[i];
        if (!measured(m))
            continue;
        fprintf(out, "%-*s %-10s ", wide, m->id, m->out_of_memory ? "all" : kinds[m->memory_kind]);
        if (m->out_of_memory)
            fprintf(out, "%9s %6.1f GB %8s %7.2f\n", "ran out", p->bytes / 1e9, "", p->fits);
        else
            fprintf(out, "%6.1f GB %6.1f GB %+7.1f%% %7.2f\n", m->memory_bytes / 1e9, p->bytes / 1e9,
                    100 * p->error, p->fits);
    }
    fprintf(out, "\nran out with P(fit) above 0.5: %d; ran with P(fit) below 0.05: %d\n", v->wrong_fit,
            v->wrong_refuse);
    for (size_t i = 0; i < v->measurements.count; i++)
        if (v->measurements.rows[i].left_out[0])
            fprintf(out, "left out, line %d: %s (%s)\n", v->measurements.rows[i].line,
                    v->measurements.rows[i].id, v->measurements.rows[i].left_out);
}

void fc_memory_validation_json(const struct fc_memory_validation *v, struct fc_writer *w)
{
    fc_write_map(w, NULL);
    fc_write_text(w, "command", "validate");
    fc_write_text(w, "command_line", fc_command_line());
    fc_write_list(w, "groups");
    for (int i = 0; i < v->score_count; i++) {
        const struct fc_memory_score *s = &v->scores[i];
        fc_write_map(w, NULL);
        fc_write_text(w, "name", s->name);
        fc_write_number(w, "rows", s->rows);
        fc_write_number(w, "out_of_memory", s->ran_out);
        if (s->rows) {
            fc_write_number(w, "mape", s->mape);
            fc_write_number(w, "bias", s->bias);
            fc_write_number(w, "cover90", s->cover90);
        }
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_list(w, "rows");
    for (size_t i = 0; i < v->measurements.count; i++) {
        const struct fc_measurement *m = &v->measurements.rows[i];
        const struct fc_memory_prediction *p = &v->predictions[i];
        if (!measured(m))
            continue;
        fc_write_map(w, NULL);
        fc_write_text(w, "id", m->id);
        fc_write_text(w, "software", m->plan.software->name);
        fc_write_text(w, "kind", m->out_of_memory ? "out of memory" : kinds[m->memory_kind]);
        fc_write_number(w, "predicted_bytes", p->bytes);
        if (!m->out_of_memory) {
            fc_write_number(w, "measured_bytes", m->memory_bytes);
            fc_write_number(w, "error", p->error);
            fc_write_number(w, "within90", fabs(log1p(p->error)) <= 1.64485 * p->sd_log ? 1 : 0);
        }
        fc_write_number(w, "sd_log", p->sd_log);
        fc_write_number(w, "p_fit", p->fits);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_number(w, "out_of_memory_said_to_fit", v->wrong_fit);
    fc_write_number(w, "ran_said_not_to_fit", v->wrong_refuse);
    fc_write_list(w, "left_out");
    for (size_t i = 0; i < v->measurements.count; i++) {
        const struct fc_measurement *m = &v->measurements.rows[i];
        if (!m->left_out[0])
            continue;
        fc_write_map(w, NULL);
        fc_write_text(w, "id", m->id);
        fc_write_number(w, "line", m->line);
        fc_write_text(w, "reason", m->left_out);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_end(w);
}

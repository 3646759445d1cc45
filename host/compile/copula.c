/* copula.c: see copula.h. */
#include "copula.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "host/language/in_use.h"
#include "cuda/model/base/draw.h"

#define PI 3.14159265358979323846
#define SMALLEST 1e-6 /* eigenvalue that a repair leaves */
#define ROUNDING 1e-9 /* eigenvalues and pivots this near to 0 are 0 */

typedef double matrix[FC_COPULA_MAX][FC_COPULA_MAX];

double fc_copula_pearson(double rank)
{
    return 2 * sin(PI * rank / 6);
}

void fc_copula_eigen(int n, matrix a, double values[FC_COPULA_MAX], matrix vectors)
{
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            vectors[i][j] = i == j;
    for (int sweep = 0; sweep < 60; sweep++) {
        double off = 0;
        for (int p = 0; p < n; p++)
            for (int q = p + 1; q < n; q++)
                off += a[p][q] * a[p][q];
        if (off < 1e-28)
            break;
        for (int p = 0; p < n; p++) {
            for (int q = p + 1; q < n; q++) {
                if (fabs(a[p][q]) < 1e-300)
                    continue;
                double theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
                double t = (theta >= 0 ? 1 : -1) / (fabs(theta) + sqrt(theta * theta + 1));
                double c = 1 / sqrt(t * t + 1), s = t * c;
                for (int k = 0; k < n; k++) {
                    double kp = a[k][p], kq = a[k][q];
                    a[k][p] = c * kp - s * kq;
                    a[k][q] = s * kp + c * kq;
                }
                for (int k = 0; k < n; k++) {
                    double pk = a[p][k], qk = a[q][k];
                    a[p][k] = c * pk - s * qk;
                    a[q][k] = s * pk + c * qk;
                }
                for (int k = 0; k < n; k++) {
                    double kp = vectors[k][p], kq = vectors[k][q];
                    vectors[k][p] = c * kp - s * kq;
                    vectors[k][q] = s * kp + c * kq;
                }
            }
        }
    }
    for (int i = 0; i < n; i++)
        values[i] = a[i][i];
}

static double smallest_eigenvalue(int n, matrix a)
{
    matrix work, vectors;
    double values[FC_COPULA_MAX], least = INFINITY;
    memcpy(work, a, sizeof work);
    fc_copula_eigen(n, work, values, vectors);
    for (int i = 0; i < n; i++)
        least = fmin(least, values[i]);
    return least;
}

/* The nearest matrix (Frobenius) with eigenvalues of at least `least`. */
static void project_definite(int n, matrix a, double least)
{
    matrix work, vectors;
    double values[FC_COPULA_MAX];
    memcpy(work, a, sizeof work);
    fc_copula_eigen(n, work, values, vectors);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            a[i][j] = 0;
            for (int k = 0; k < n; k++)
                a[i][j] += vectors[i][k] * fmax(values[k], least) * vectors[j][k];
        }
}

double fc_copula_repair(int n, matrix r)
{
    matrix start, correction = {{0}}, before;
    memcpy(start, r, sizeof start);
    for (int step = 0; step < 500; step++) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                r[i][j] = before[i][j] = r[i][j] - correction[i][j];
        project_definite(n, r, 2 * SMALLEST);
        double change = 0;
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++) {
                correction[i][j] = r[i][j] - before[i][j];
                double next = i == j ? 1 : r[i][j];
                change = fmax(change, fabs(next - r[i][j]));
                r[i][j] = next;
            }
        if (change < 1e-9)
            break;
    }
    /* the diagonal was set last: what is missing is mixed in from the identity */
    double least = smallest_eigenvalue(n, r);
    double mix = least < SMALLEST ? (SMALLEST - least) / (1 - least) : 0, moved = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            r[i][j] = i == j ? 1 : (1 - mix) * 0.5 * (r[i][j] + r[j][i]);
            r[j][i] = r[i][j];
        }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            moved = fmax(moved, fabs(r[i][j] - start[i][j]));
    return moved;
}

int fc_copula_factor(int n, matrix r, matrix factor)
{
    memset(factor, 0, sizeof(matrix));
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            double sum = r[i][j];
            for (int k = 0; k < j; k++)
                sum -= factor[i][k] * factor[j][k];
            if (i == j && sum < -ROUNDING)
                return -1;
            if (i != j && !(factor[j][j] > 0) && fabs(sum) > sqrt(ROUNDING)) /* no such matrix is definite */
                return -1;
            if (i == j)
                factor[i][j] = sum > ROUNDING ? sqrt(sum) : 0;
            else /* a column whose pivot is 0 belongs to a value that others determine (a rank of 1 or -1) */
                factor[i][j] = factor[j][j] > 0 ? sum / factor[j][j] : 0;
        }
    return 0;
}

void fc_copula_table(const struct fc_distribution *distribution, float *table)
{
    for (int i = 0; i < FC_Z_TABLE_SIZE; i++) {
        struct fc_tails tails = fc_normal_tails(-(double)FC_Z_END + (double)i / FC_Z_PER_UNIT);
        table[i] = (float)fc_distribution_quantile(distribution, tails.lower, tails.upper);
    }
}

/* The draw of this input, or NULL where it is not drawn or certain. */
static struct fc_draw *uncertain_draw(struct fc_program *program, int input)
{
    for (int i = 0; i < program->draw_count; i++)
        if (program->draws[i].input == input)
            return program->draws[i].kind == FC_DRAW_CONSTANT ? NULL : &program->draws[i];
    return NULL;
}

/* Makes the draw one over a standard normal. */
static int make_z(struct fc_compiled *compiled, struct fc_draw *draw, const struct fc_distribution *d,
                  struct fc_error *error)
{
    if (fc_distribution_is_discrete(d)) {
        float *table = fc_program_add_table(compiled, 2 * d->count, &draw->table, error);
        if (!table)
            return -1;
        for (size_t i = 0; i < d->count; i++) {
            double z = fc_normal_quantile(d->tails[i]);
            table[i] = (float)d->values[i];
            table[d->count + i] = (float)fmax(fmin(z, 100), -100);
        }
        draw->kind = FC_DRAW_DISCRETE_Z;
        return 0;
    }
    float *table = fc_program_add_table(compiled, FC_Z_TABLE_SIZE, &draw->table, error);
    if (!table)
        return -1;
    fc_copula_table(d, table);
    draw->kind = FC_DRAW_TABLE_Z;
    return 0;
}

/* The fields that are correlated and drawn, in the order of their inputs. */
static int collect(const struct fc_settings *settings, struct fc_program *program, int fields[FC_COPULA_MAX],
                   struct fc_error *error)
{
    int n = 0;
    for (size_t c = 0; c < settings->correlation_count; c++) {
        const int pair[2] = {(int)settings->correlations[c].a, (int)settings->correlations[c].b};
        if (!uncertain_draw(program, fc_fields[pair[0]].input) ||
            !uncertain_draw(program, fc_fields[pair[1]].input))
            continue;
        for (int side = 0; side < 2; side++) {
            int at = 0;
            while (at < n && fields[at] != pair[side])
                at++;
            if (at < n)
                continue;
            if (n == FC_COPULA_MAX)
                return fc_fail_at(error, &settings->correlations[c].place,
                                  "too many values are correlated (at most %d); drop some",
                                  (int)FC_COPULA_MAX);
            for (at = n++; at > 0 && fc_fields[fields[at - 1]].input > fc_fields[pair[side]].input; at--)
                fields[at] = fields[at - 1];
            fields[at] = pair[side];
        }
    }
    return n;
}

/* A correlation that the user states needs two values that are drawn. */
static void note_without_effect(struct fc_compiled *compiled, const struct fc_settings *settings)
{
    for (size_t c = 0; c < settings->correlation_count; c++) {
        const struct fc_correlation *pair = &settings->correlations[c];
        const struct fc_field *field[2] = {&fc_fields[pair->a], &fc_fields[pair->b]};
        bool usual = !pair->place.file || strncmp(pair->place.file, "catalog/", strlen("catalog/")) == 0;
        for (int side = 0; !usual && side < 2; side++)
            if (!uncertain_draw(&compiled->program, field[side]->input)) {
                bool read =
                    settings->fields[field[side]->id].is_set && fc_field_in_use(settings, field[side]);
                fc_note(&compiled->notes, FC_NOTE, "correlation-without-effect", &pair->place,
                        "the correlation between %s and %s changes nothing: %s %s", field[0]->path,
                        field[1]->path, field[side]->path,
                        read ? "is one number, not a distribution" : "is not drawn in this scenario");
                break;
            }
    }
}

static int position(const int *fields, int n, int field)
{
    int at = 0;
    while (at < n && fields[at] != field)
        at++;
    return at;
}

int fc_copula_compile(struct fc_compiled *compiled, const struct fc_settings *settings,
                      struct fc_error *error)
{
    struct fc_copula *copula = &compiled->program.copula;
    int fields[FC_COPULA_MAX];
    int n = collect(settings, &compiled->program, fields, error);
    note_without_effect(compiled, settings);
    if (n <= 0)
        return n;
    matrix r = {{0}}, factor;
    for (int i = 0; i < n; i++)
        r[i][i] = 1;
    for (size_t c = 0; c < settings->correlation_count; c++) {
        const struct fc_correlation *pair = &settings->correlations[c];
        int a = position(fields, n, (int)pair->a), b = position(fields, n, (int)pair->b);
        if (a < n && b < n && a != b)
            r[a][b] = r[b][a] = fc_copula_pearson(pair->rank);
    }
    double least = smallest_eigenvalue(n, r);
    if (least < -ROUNDING) {
        if (!settings->correlation_repair)
            return fc_fail_at(
                error, &settings->correlations[0].place,
                "the correlation matrix is not positive semidefinite (smallest eigenvalue %.3g), so no "
                "values can "
                "have all these ranks; weaken some, or write 'repair: true' for the nearest matrix that is",
                least);
        double moved = fc_copula_repair(n, r);
        fc_note(&compiled->notes, FC_NOTE, "correlations-repaired", &settings->correlations[0].place,
                "the correlation matrix is not positive semidefinite (smallest eigenvalue %.3g); the nearest "
                "one that "
                "is was taken instead, no entry moved by more than %.3g",
                least, moved);
    }
    if (fc_copula_factor(n, r, factor))
        return fc_fail(error, FC_FAULT, "the correlation matrix could not be factored");
    struct fc_draw draw = {0};
    if (fc_program_normal_draw(compiled, &draw, error))
        return -1;
    copula->normal_table = draw.table;
    copula->count = n;
    for (int i = 0; i < n; i++) {
        copula->input[i] = fc_fields[fields[i]].input;
        for (int j = 0; j <= i; j++)
            copula->factor[i][j] = (float)factor[i][j];
        struct fc_draw *drawn = uncertain_draw(&compiled->program, copula->input[i]);
        if (make_z(compiled, drawn, settings->fields[fields[i]].distribution, error))
            return -1;
    }
    return 0;
}

/* own_steps.c: see own_steps.h. */
#include "own_steps.h"

#include <math.h>
#include <string.h>

#include "cuda/model/program.h"
#include "host/base/linear.h"
#include "plan_program.h"
#include "step_time.h"

enum { N = FC_FACTORS, MOST = FC_OWN_STEPS };

int fc_own_steps_condition(struct fc_beliefs *b)
{
    struct fc_own_steps *own = &b->own;
    int count = own->count;
    double s[MOST * MOST], inverse[MOST * MOST];
    for (int f = 0; f < N; f++)
        for (int k = 0; k < count; k++) {
            own->factor[f][k] = 0;
            for (int g = 0; g < N; g++)
                own->factor[f][k] += b->covariance[f][g] * own->step[k].gradient[g];
        }
    for (int k = 0; k < count; k++)
        for (int l = 0; l < count; l++) {
            double sum = fc_residual_covariance(&b->residual, &own->step[k].plan, &own->step[l].plan);
            for (int f = 0; f < N; f++)
                sum += own->step[l].gradient[f] * own->factor[f][k];
            s[k * count + l] = sum + (k == l ? own->step[k].sd_log * own->step[k].sd_log : 0);
        }
    if (!fc_cholesky(s, count))
        return -1;
    fc_cholesky_inverse(s, count, inverse);
    for (int k = 0; k < count; k++) {
        own->weight[k] = 0;
        for (int l = 0; l < count; l++) {
            own->inverse[k][l] = inverse[k * count + l];
            own->weight[k] += inverse[k * count + l] * own->step[l].surprise;
        }
    }
    for (int f = 0; f < N; f++) {
        double gain[MOST] = {0}, shift = b->log_shift[f];
        for (int k = 0; k < count; k++) {
            shift += own->factor[f][k] * own->weight[k];
            for (int l = 0; l < count; l++)
                gain[k] += own->factor[f][l] * own->inverse[l][k];
        }
        fc_beliefs_shift(b, f, shift);
        for (int g = 0; g < N; g++)
            for (int k = 0; k < count; k++)
                b->covariance[f][g] -= gain[k] * own->factor[g][k];
    }
    return 0;
}

double fc_own_steps_mean(const struct fc_own_steps *own, const struct fc_residual_parts *parts,
                         const struct fc_plan_traits *plan)
{
    double sum = 0;
    for (int k = 0; k < own->count; k++)
        sum += own->weight[k] * fc_residual_covariance(parts, plan, &own->step[k].plan);
    return sum;
}

double fc_own_steps_residual(const struct fc_own_steps *own, const struct fc_residual_parts *parts,
                             const struct fc_plan_traits *plan, double with[FC_FACTORS])
{
    double variance = fc_residual_covariance(parts, plan, plan), shared[MOST], gain[MOST] = {0};
    for (int k = 0; k < own->count; k++)
        shared[k] = fc_residual_covariance(parts, plan, &own->step[k].plan);
    for (int k = 0; k < own->count; k++) {
        for (int l = 0; l < own->count; l++)
            gain[k] += own->inverse[k][l] * shared[l];
        variance -= gain[k] * shared[k];
    }
    for (int f = 0; f < N; f++) {
        with[f] = 0;
        for (int k = 0; k < own->count; k++)
            with[f] -= own->factor[f][k] * gain[k];
    }
    return fmax(0, variance);
}

double fc_own_steps_linear(const struct fc_beliefs *b, const struct fc_plan *plan,
                           struct fc_plan_traits *traits, double gradient[N])
{
    const double h = 1e-4;
    double inputs[FC_IN_STEP_END];
    struct fc_step_program program;
    fc_plan_traits_of(plan, traits);
    fc_plan_program(plan, &program);
    fc_beliefs_factor_medians(b, plan, inputs);
    double log_time = log(fc_step_time(&program, inputs, NULL));
    memset(gradient, 0, N * sizeof *gradient);
    int factors[FC_IN_STEP_END];
    fc_factors_for(plan, factors);
    for (int i = 0; i < FC_IN_STEP_END; i++) {
        int f = factors[i];
        double value = inputs[i];
        if ((f < 0 && i != FC_IN_ROUTER_SPREAD) || value == 0)
            continue;
        inputs[i] = value * exp(h);
        double slope = (log(fc_step_time(&program, inputs, NULL)) - log_time) / h;
        inputs[i] = value;
        if (i == FC_IN_ROUTER_SPREAD)
            traits->router_sd = slope * b->router_sd_log;
        else
            gradient[f] = slope;
    }
    return log_time;
}

/* Of a plan that was measured: the slopes that its measurement was taken in with, so that the interval is as wide as the
 * measurement also where the step has a kink nearby. */
static void take_measured_slopes(const struct fc_beliefs *b, struct fc_plan_traits *traits, double gradient[N])
{
    for (int k = 0; k < b->own.count; k++) {
        const struct fc_own_step *s = &b->own.step[k];
        if (memcmp(s->plan.sizes, traits->sizes, sizeof traits->sizes) == 0 &&
            memcmp(s->plan.shape, traits->shape, sizeof traits->shape) == 0 &&
            memcmp(s->plan.ways, traits->ways, sizeof traits->ways) == 0 &&
            strcmp(s->plan.gpu, traits->gpu) == 0 && strcmp(s->plan.software, traits->software) == 0 &&
            s->plan.vendor == traits->vendor) {
            memcpy(gradient, s->gradient, N * sizeof *gradient);
            traits->router_sd = s->plan.router_sd;
        }
    }
}

void fc_own_steps_total(const struct fc_beliefs *b, const struct fc_plan *plan, const bool *own_input,
                        double *mean, double *sd)
{
    struct fc_plan_traits traits;
    double gradient[N], with[N], log_time = fc_own_steps_linear(b, plan, &traits, gradient);
    take_measured_slopes(b, &traits, gradient);
    int factors[FC_IN_STEP_END];
    fc_factors_for(plan, factors);
    for (int i = 0; own_input && i < FC_IN_STEP_END; i++)
        if (own_input[i] && factors[i] >= 0)
            gradient[factors[i]] = 0;
    double variance = fc_own_steps_residual(&b->own, &b->residual, &traits, with);
    for (int f = 0; f < N; f++) {
        variance += 2 * gradient[f] * with[f];
        for (int g = 0; g < N; g++)
            variance += gradient[f] * b->covariance[f][g] * gradient[g];
    }
    *mean = log_time + fc_residual_mean(&b->residual, &traits) +
            fc_own_steps_mean(&b->own, &b->residual, &traits);
    *sd = sqrt(fmax(0, variance));
}

/* FNV-1a over the figures, to five digits: those of the file, not of the compiler. */
uint64_t fc_beliefs_fingerprint(const struct fc_beliefs *b)
{
    uint64_t hash = 0xcbf29ce484222325u;
    char text[64];
    for (int f = 0; f < N + 1; f++) {
        int n = f < N ? snprintf(text, sizeof text, "%.4g %.4g;", b->now[f],
                                 sqrt(b->covariance[f][f]))
                      : snprintf(text, sizeof text, "%d %.4g %.4g", FC_MODEL_VERSION, b->residual.site_mean,
                                 b->residual.site_sd);
        for (int i = 0; i < n; i++)
            hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3u;
    }
    return hash;
}

/* --- files
 * -------------------------------------------------------------------------------------------------------- */

static void write_list(FILE *out, const char *key, const double *values, int count)
{
    fprintf(out, "    %s: [", key);
    for (int i = 0; i < count; i++)
        fprintf(out, "%s%.9g", i ? ", " : "", values[i]);
    fputs("]\n", out);
}

static void write_quoted(FILE *out, const char *key, const char *text)
{
    fprintf(out, "    %s: \"", key);
    for (; *text; text++)
        fputc(*text == '"' || *text == '\\' || (unsigned char)*text < ' ' ? '\'' : *text, out);
    fputs("\"\n", out);
}

void fc_own_step_write(const struct fc_own_step *s, int number, double seconds, const char *what,
                       const char *source, const struct fc_beliefs *beliefs, FILE *out)
{
    fprintf(out, "  own_step_%d:\n", number);
    write_quoted(out, "what", what);
    write_quoted(out, "source", source);
    fprintf(out,
            "    grade: measured\n    step_s: %.9g\n    sd_log: %.9g\n    surprise: %.9g\n    against: "
            "\"%016llx\"\n"
            "    gpu: \"%s\"\n    software: \"%s\"\n    vendor: %d\n    mixture: %d\n    inherited_sd: "
            "%.9g\n    router_sd: %.9g\n",
            seconds, s->sd_log, s->surprise, (unsigned long long)fc_beliefs_fingerprint(beliefs), s->plan.gpu,
            s->plan.software, s->plan.vendor, s->plan.mixture, s->plan.inherited_sd, s->plan.router_sd);
    write_list(out, "sizes", s->plan.sizes, FC_TRAIT_SIZES);
    write_list(out, "shape", s->plan.shape, FC_TRAIT_SHAPE);
    write_list(out, "ways", s->plan.ways, FC_TRAIT_WAYS);
    write_list(out, "gradient", s->gradient, N);
}

static int read_list(const struct fc_catalog_entry *entry, const char *key, double *values, int count,
                     struct fc_error *error)
{
    const struct fc_node *list = fc_node_get(entry->node, key);
    int k = 0;
    for (const struct fc_node *item = list ? list->first : NULL; item; item = item->next) {
        struct fc_source source = item->kind == FC_NODE_TEXT ? fc_node_source(item) : (struct fc_source){0};
        size_t offset = 0;
        if (k >= count || !source.text || fc_source_number(&source, &offset, &values[k++], error))
            return fc_fail_at(error, &item->place, "'%s' of '%s' is not %d numbers", key, entry->name, count);
    }
    return k == count ? 0
                      : fc_fail_at(error, &entry->place,
                                   "'%s' of '%s' holds %d numbers, not %d; make the file again with this "
                                   "program's flopcast calibrate",
                                   key, entry->name, k, count);
}

static int read_step(struct fc_own_step *s, const struct fc_catalog_entry *entry, const char *against,
                     struct fc_error *error)
{
    const char *gpu = fc_node_text(entry->node, "gpu"), *software = fc_node_text(entry->node, "software");
    const char *made = fc_node_text(entry->node, "against");
    double vendor, mixture;
    if (!gpu || !software || !made)
        return fc_fail_at(error, &entry->place, "'%s' lacks gpu, software or against", entry->name);
    if (strcmp(made, against) != 0)
        return fc_fail_at(
            error, &entry->place,
            "'%s' was measured against another posterior (%s; this program's is %s); run flopcast "
            "calibrate on the measurements again",
            entry->name, made, against);
    snprintf(s->plan.gpu, sizeof s->plan.gpu, "%s", gpu);
    snprintf(s->plan.software, sizeof s->plan.software, "%s", software);
    if (fc_catalog_number(entry, "vendor", &vendor, NULL, error) ||
        fc_catalog_number(entry, "mixture", &mixture, NULL, error) ||
        fc_catalog_number(entry, "inherited_sd", &s->plan.inherited_sd, NULL, error) ||
        fc_catalog_number(entry, "router_sd", &s->plan.router_sd, NULL, error) ||
        fc_catalog_number(entry, "surprise", &s->surprise, NULL, error) ||
        fc_catalog_number(entry, "sd_log", &s->sd_log, NULL, error) ||
        read_list(entry, "sizes", s->plan.sizes, FC_TRAIT_SIZES, error) ||
        read_list(entry, "shape", s->plan.shape, FC_TRAIT_SHAPE, error) ||
        read_list(entry, "ways", s->plan.ways, FC_TRAIT_WAYS, error) ||
        read_list(entry, "gradient", s->gradient, N, error))
        return -1;
    s->plan.vendor = vendor != 0;
    s->plan.mixture = mixture != 0;
    return s->sd_log > 0 && s->sd_log < 1 && fabs(s->surprise) < 5
               ? 0
               : fc_fail_at(error, &entry->place, "'%s' needs a sd_log from 0 to 1 and a surprise within 5",
                            entry->name);
}

int fc_own_steps_read(struct fc_beliefs *b, const struct fc_catalog *catalog, struct fc_error *error)
{
    char against[24];
    snprintf(against, sizeof against, "%016llx", (unsigned long long)fc_beliefs_fingerprint(b));
    b->own.count = 0;
    for (size_t e = 0; e < fc_catalog_count(catalog); e++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, e);
        if (strcmp(entry->kind, "posterior") != 0 || strncmp(entry->name, "own_step_", 9) != 0)
            continue;
        if (b->own.count == MOST)
            return fc_fail_at(error, &entry->place, "at most %d own steps are taken", MOST);
        if (read_step(&b->own.step[b->own.count], entry, against, error))
            return -1;
        b->own.count++;
    }
    if (b->own.count && fc_own_steps_condition(b))
        return fc_fail(error, FC_BAD_INPUT, "the own steps of the posterior contradict each other");
    return 0;
}

/* calibration.c: see calibration.h. */
#include "calibration.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/base/random.h"
#include "host/base/linear.h"
#include "cuda/model/step/step_program.h"

enum {
    N = FC_FACTORS,
    STREAM = 16,
    MOVES_PER_STAGE = 4,
    LEAST_PARTICLES = 128,
    MOST_STAGES = 200,
    BATCH = 1 << 14 /* particles whose rows are evaluated at once */
};

/* All that the particles share. */
struct swarm {
    const struct fc_fit *fit;
    const struct fc_times_backend *backend;
    struct fc_times *times; /* its session; NULL without rows */
    struct fc_error *error;
    const struct fc_step_program **plans;
    int (*which)[FC_STEP_JOINT]; /* values: the factors, then 1 */
    double mode[N];
    double *root;   /* lower Cholesky factor of the covariance, row-major */
    double *state;  /* count x N standard normal coordinates: shift = mode + root state */
    double *excess; /* log posterior less log normal distribution, up to a constant */
    size_t count;
    uint64_t seed, draws;
    uint32_t event; /* counter of random numbers */
    int threads;
};

/* `count` standard normals of one particle and event (Box and Muller). */
static void normals(uint64_t seed, uint64_t particle, uint32_t event, int count, double *z, double *uniform)
{
    fc_u32 low = (fc_u32)particle, high = (fc_u32)(particle >> 32), words[4][1];
    for (int i = 0; i < count; i += 4) {
        fc_u32 number = event * 64 + (fc_u32)(i / 4);
        fc_random_words(seed, &low, &high, &number, STREAM, words);
        for (int pair = 0; pair < 2; pair++) {
            double radius = sqrt(-2 * log(((double)words[2 * pair][0] + 0.5) / 4294967296.0));
            double angle = 2 * 3.14159265358979323846 * ((double)words[2 * pair + 1][0] + 0.5) / 4294967296.0;
            if (i + 2 * pair < count)
                z[i + 2 * pair] = radius * cos(angle);
            if (i + 2 * pair + 1 < count)
                z[i + 2 * pair + 1] = radius * sin(angle);
        }
    }
    fc_u32 last = event * 64 + 63;
    fc_random_words(seed, &low, &high, &last, STREAM, words);
    *uniform = ((double)words[0][0] + 0.5) / 4294967296.0;
}

static void shift_of(const struct swarm *s, const double *state, double *shift)
{
    for (int f = 0; f < N; f++) {
        double sum = s->mode[f];
        for (int g = 0; g <= f; g++)
            sum += s->root[f * N + g] * state[g];
        shift[f] = sum;
    }
}

/* Room for one batch of proposed particles. */
struct batch {
    double *trial, *excess, *uniform; /* N states, excess and a uniform number of each */
    float *values, *times;            /* as struct fc_times_backend has them */
};

/* Proposes particles first ... first + count - 1 and sets all of their excess but the rows' part. */
static void propose(const struct swarm *s, struct batch *b, size_t first, size_t count, double step)
{
    double keep = sqrt(1 - step * step);
#pragma omp parallel for num_threads(s->threads) schedule(static)
    for (size_t i = 0; i < count; i++) {
        double z[N], shift[N], sum = 0, *state = b->trial + i * N;
        normals(s->seed, first + i, s->event, N, z, &b->uniform[i]);
        for (int f = 0; f < N; f++)
            state[f] = keep * s->state[(first + i) * N + (size_t)f] + step * z[f];
        shift_of(s, state, shift);
        for (int f = 0; f < N; f++) {
            double standard = shift[f] / s->fit->prior->sd_log[f];
            sum += 0.5 * state[f] * state[f] - 0.5 * standard * standard;
            b->values[(size_t)f * count + i] = (float)(s->fit->prior->median[f] * exp(shift[f]));
        }
        b->values[(size_t)N * count + i] = 1;
        b->excess[i] = sum;
    }
}

/* Takes the rows' part in and accepts or refuses. Returns how many were accepted. */
static size_t decide(struct swarm *s, struct batch *b, size_t first, size_t count, double power, bool always)
{
    size_t accepted = 0, rows = s->fit->count;
#pragma omp parallel for num_threads(s->threads) schedule(static) reduction(+ : accepted)
    for (size_t i = 0; i < count; i++) {
        double excess = b->excess[i];
        for (size_t r = 0; r < rows; r++)
            excess -= s->fit->rows[r].weight *
                      fc_fit_loss((double)b->times[r * count + i] - s->fit->rows[r].log_seconds);
        if (!isfinite(excess))
            excess = -1e300;
        if (!always && log(b->uniform[i]) >= power * (excess - s->excess[first + i]))
            continue;
        memcpy(s->state + (first + i) * N, b->trial + i * N, N * sizeof *b->trial);
        s->excess[first + i] = excess;
        accepted++;
    }
    return accepted;
}

/* Moves all particles once under the distribution of `power`; step 1 draws them afresh. Returns the share accepted, or
 * -1. */
static double move(struct swarm *s, double power, double step)
{
    size_t accepted = 0, room = s->count < BATCH ? s->count : BATCH;
    struct batch b = {.trial = malloc(room * (N + 2) * sizeof(double)),
                      .values = malloc(room * (N + 1) * sizeof(float)),
                      .times = malloc(room * (s->fit->count + 1) * sizeof(float))};
    int status = 0;
    if (!b.trial || !b.values || !b.times) {
        fc_fail(s->error, FC_FAULT, "out of memory for the calibration");
        free(b.trial);
        free(b.values);
        free(b.times);
        return -1;
    }
    b.excess = b.trial + room * N;
    b.uniform = b.excess + room;
    for (size_t first = 0; !status && first < s->count; first += room) {
        size_t here = s->count - first < room ? s->count - first : room;
        propose(s, &b, first, here, step);
        if (s->fit->count)
            status = s->backend->run(s->times, b.values, here, b.times, s->error);
        if (!status)
            accepted += decide(s, &b, first, here, power, step >= 1);
    }
    s->event++;
    s->draws += s->count;
    free(b.trial);
    free(b.values);
    free(b.times);
    return status ? -1 : (double)accepted / (double)s->count;
}

/* Effective sample size of weights exp(rise excess). */
static double sample_size(const struct swarm *s, double rise)
{
    double most = -INFINITY, sum = 0, squares = 0;
    for (size_t i = 0; i < s->count; i++)
        most = fmax(most, s->excess[i]);
    for (size_t i = 0; i < s->count; i++) {
        double w = exp(rise * (s->excess[i] - most));
        sum += w;
        squares += w * w;
    }
    return sum * sum / squares;
}

/* The largest rise of the power that keeps half of the sample size. */
static double next_rise(const struct swarm *s, double power)
{
    double low = 0, high = 1 - power;
    if (sample_size(s, high) >= 0.5 * (double)s->count)
        return high;
    for (int k = 0; k < 40; k++) {
        double middle = 0.5 * (low + high);
        if (sample_size(s, middle) >= 0.5 * (double)s->count)
            low = middle;
        else
            high = middle;
    }
    return fmax(low, 1e-6);
}

/* Systematic resampling; returns the mean number of copies of a particle's ancestor, itself included, or -1.
 */
static double resample(struct swarm *s, double rise)
{
    double *state = malloc(s->count * N * sizeof *state), *excess = malloc(s->count * sizeof *excess);
    double most = -INFINITY, sum = 0, walked = 0, uniform, z[1], family = 0;
    if (!state || !excess) {
        free(state);
        free(excess);
        return -1;
    }
    for (size_t i = 0; i < s->count; i++)
        most = fmax(most, s->excess[i]);
    for (size_t i = 0; i < s->count; i++)
        sum += exp(rise * (s->excess[i] - most));
    normals(s->seed, UINT64_MAX, s->event++, 1, z, &uniform);
    size_t to = 0;
    for (size_t i = 0; i < s->count; i++) {
        double copies = 0;
        walked += exp(rise * (s->excess[i] - most)) / sum * (double)s->count;
        while (to < s->count && ((double)to + uniform < walked || i + 1 == s->count)) {
            memcpy(state + to * N, s->state + i * N, N * sizeof *state);
            excess[to++] = s->excess[i];
            copies++;
        }
        family += copies * copies;
    }
    free(s->state);
    free(s->excess);
    s->state = state;
    s->excess = excess;
    return family / (double)s->count;
}

/* The largest correlation over the coordinates between the states before and after a move. */
static double stickiness(const struct swarm *s, const double *before)
{
    double worst = 0;
    for (int f = 0; f < N; f++) {
        double xy = 0, xx = 0, yy = 0, mx = 0, my = 0, n = (double)s->count;
        for (size_t i = 0; i < s->count; i++) {
            mx += before[i * N + (size_t)f] / n;
            my += s->state[i * N + (size_t)f] / n;
        }
        for (size_t i = 0; i < s->count; i++) {
            double x = before[i * N + (size_t)f] - mx, y = s->state[i * N + (size_t)f] - my;
            xy += x * y;
            xx += x * x;
            yy += y * y;
        }
        worst = fmax(worst, xy / sqrt(xx * yy));
    }
    return fmin(worst, 1);
}

static double adapt(double step, double accepted)
{
    return fmin(0.98, fmax(0.02, step * exp(1.5 * (accepted - 0.35))));
}

/* From the normal distribution to the posterior, then moves until the draws are used up. */
static int carry(struct swarm *s, struct fc_calibration *c, uint64_t draws)
{
    double power = 0, step = 0.5, family = 1, accepted = move(s, 0, 1);
    if (accepted < 0)
        return -1;
    c->first_ess = sample_size(s, 1);
    while (power < 1 && c->stages < MOST_STAGES) {
        double rise = next_rise(s, power);
        family = resample(s, rise);
        power = power + rise > 1 - 1e-9 ? 1 : power + rise;
        c->stages++;
        for (int k = 0; k < MOVES_PER_STAGE && family > 0 && accepted >= 0; k++) {
            accepted = move(s, power, step);
            step = adapt(step, accepted);
        }
        if (family < 0 || accepted < 0)
            return -1;
    }
    double *before = malloc(s->count * N * sizeof *before), moves = MOVES_PER_STAGE;
    if (!before)
        return -1;
    do {
        memcpy(before, s->state, s->count * N * sizeof *before);
        accepted = move(s, 1, step);
        moves++;
    } while (accepted >= 0 && s->draws + s->count <= draws);
    /* copies of one ancestor part with the moves that follow */
    double alike = pow(stickiness(s, before), 2 * moves);
    c->ess = (double)s->count / (1 + (family - 1) * alike);
    c->acceptance = accepted;
    free(before);
    return accepted < 0 ? -1 : 0;
}

static void summarize(struct swarm *s, struct fc_calibration *c)
{
    c->particles = s->state; /* turned into shifts in place */
    c->count = s->count;
    s->state = NULL;
    for (size_t i = 0; i < c->count; i++) {
        double shift[N];
        shift_of(s, c->particles + i * N, shift);
        memcpy(c->particles + i * N, shift, sizeof shift);
        for (int f = 0; f < N; f++)
            c->mean[f] += shift[f] / (double)c->count;
    }
    for (size_t i = 0; i < c->count; i++)
        for (int f = 0; f < N; f++)
            for (int g = 0; g <= f; g++)
                c->covariance[f][g] += (c->particles[i * N + (size_t)f] - c->mean[f]) *
                                       (c->particles[i * N + (size_t)g] - c->mean[g]) /
                                       (double)(c->count - 1);
    for (int f = 0; f < N; f++)
        for (int g = 0; g < f; g++)
            c->covariance[g][f] = c->covariance[f][g];
}

int fc_calibration_run(struct fc_calibration *c, struct fc_fit *fit, const struct fc_calibration_options *o,
                       struct fc_error *error)
{
    *c = (struct fc_calibration){0};
    struct fc_error own = {0}; /* of the way; what it does not name is want of memory */
    struct swarm s = {.fit = fit, .seed = o->seed, .error = &own};
    if (o->draws < 1000)
        return fc_fail(error, FC_BAD_INPUT,
                       "%llu draws are too few for a posterior; at least 1000 are needed",
                       (unsigned long long)o->draws);
    if (fc_fit_find_mode(fit, c->mode, c->covariance, error))
        return -1;
    memcpy(s.mode, c->mode, sizeof s.mode);
    size_t wanted = (size_t)(o->draws / 40);
    s.count = ((wanted < LEAST_PARTICLES ? LEAST_PARTICLES : wanted) + 63) / 64 * 64;
    s.backend = o->backend ? o->backend : &fc_times_cpu;
    s.threads = o->threads > 0 ? o->threads : omp_get_max_threads();
    s.plans = malloc((fit->count + 1) * sizeof *s.plans);
    s.which = malloc((fit->count + 1) * sizeof *s.which);
    s.root = malloc(N * N * sizeof *s.root);
    s.state = calloc(s.count * N, sizeof *s.state);
    s.excess = calloc(s.count, sizeof *s.excess);
    int status = s.plans && s.which && s.root && s.state && s.excess ? 0 : -1;
    for (size_t r = 0; !status && r < fit->count; r++) {
        s.plans[r] = &fit->rows[r].program;
        for (int i = 0; i < FC_IN_STEP_END; i++)
            s.which[r][i] = fit->rows[r].factor[i] < 0 ? N : fit->rows[r].factor[i];
    }
    if (!status) {
        memcpy(s.root, c->covariance, N * N * sizeof *s.root);
        memset(c->covariance, 0, sizeof c->covariance);
        const struct fc_times_job job = {(const struct fc_step_program *const *)s.plans,
                                         (const int(*)[FC_STEP_JOINT])s.which, fit->count, N + 1, s.threads};
        if (fit->count)
            status = s.backend->open(&s.times, o->device, &job, &own);
        if (!status)
            status = fc_cholesky(s.root, N) ? carry(&s, c, o->draws) : -1;
        s.backend->close(s.times);
    }
    if (!status) {
        summarize(&s, c);
        c->draws = s.draws;
    }
    free(s.plans);
    free(s.which);
    free(s.root);
    free(s.state);
    free(s.excess);
    if (status && own.text[0])
        *error = own;
    return status && !own.text[0] ? fc_fail(error, FC_FAULT, "out of memory for the calibration") : status;
}

void fc_calibration_free(struct fc_calibration *c)
{
    free(c->particles);
    c->particles = NULL;
}

static void write_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++)
        fputc(*text == '"' || *text == '\\' || (unsigned char)*text < ' ' ? '\'' : *text, out);
    fputs("\"\n", out);
}

void fc_calibration_write(const struct fc_calibration *c, const struct fc_beliefs *prior,
                          const struct fc_residual_parts *residual, const struct fc_generation_score *unseen,
                          const struct fc_catalog *catalog, const char *source, FILE *out)
{
    fputs("# What measured steps say of the efficiency factors of efficiency.yaml, jointly. Made by flopcast "
          "calibrate.\n"
          "# correlations: of the logarithms, with the entries before this one in their order.\n"
          "kind: posterior\nfigures:\n  median: {unit: \"as the prior\", what: \"median of the factor\"}\n"
          "  sd_log: {unit: \"1\", what: \"standard deviation of the logarithm\"}\n"
          "  correlations: {unit: \"1\", what: \"of the logarithm, with those of the entries "
          "before\"}\n"
          "  step_s: {unit: \"s\", what: \"own steps: what was measured\"}\n"
          "  surprise: {unit: \"1\", what: \"logarithm of measured over predicted\"}\n"
          "  against: {unit: \"1\", what: \"identity of the posterior that predicted\"}\n"
          "  gpu: {unit: \"1\", what: \"of the measured plan\"}\n"
          "  software: {unit: \"1\", what: \"of the measured plan\"}\n"
          "  vendor: {unit: \"1\", what: \"1: tuned by the vendor\"}\n"
          "  mixture: {unit: \"1\", what: \"1: a mixture of experts\"}\n"
          "  inherited_sd: {unit: \"1\", what: \"of the GPU\"}\n"
          "  router_sd: {unit: \"1\", what: \"of the logarithm of the step time by uneven routing\"}\n"
          "  sizes: {unit: \"1\", what: \"binary logarithms of the plan's sizes\"}\n"
          "  shape: {unit: \"1\", what: \"of the model\"}\n"
          "  ways: {unit: \"1\", what: \"precision, recomputation and the like\"}\n"
          "  gradient: {unit: \"1\", what: \"of the logarithm of the step time by those of the factors\"}\n"
          "  rows: {unit: \"1\", what: \"measured steps\"}\n"
          "  mape: {unit: \"1\", what: \"mean of abs(predicted / measured - 1)\"}\n"
          "  cover90: {unit: \"1\", what: \"share of the rows inside the 90 % interval\"}\n"
          "entries:\n",
          out);
    for (int f = 0; f < N; f++) {
        const struct fc_catalog_entry *entry = fc_catalog_get(catalog, "efficiency", fc_factors[f].name);
        fprintf(out, "  %s:\n    what: ", fc_factors[f].name);
        write_quoted(out, entry && entry->what ? entry->what : "efficiency factor");
        fputs("    source: ", out);
        write_quoted(out, source);
        fprintf(out, "    grade: derived\n    median: %.6g\n    sd_log: %.5g\n",
                prior->median[f] * exp(c->mean[f]), sqrt(c->covariance[f][f]));
        for (int g = 0; g < f; g++)
            fprintf(out, "%s%.4f%s", g ? ", " : "    correlations: [",
                    c->covariance[f][g] / sqrt(c->covariance[f][f] * c->covariance[g][g]),
                    g + 1 == f ? "]\n" : "");
    }
    const struct {
        const char *name, *what;
        double median, sd;
    } parts[] = {
        {"residual_site", "common factor of a site, framework or fabric that the vendor did not tune",
         exp(residual->site_mean), residual->site_sd},
        {"residual_vendor", "between the vendor's own sources and GPUs", 1, residual->vendor_sd},
        {"residual_model_dense", "between models that the fit has not seen, dense", 1, residual->model_sd[0]},
        {"residual_model_mixture", "between models that the fit has not seen, mixtures", 1,
         residual->model_sd[1]},
        {"residual_plan_dense", "between layouts of one model, dense", 1, residual->plan_sd[0]},
        {"residual_plan_mixture", "between layouts of one model, mixtures", 1, residual->plan_sd[1]},
        {"residual_noise", "between two measurements of one plan", 1, residual->noise_sd}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        fprintf(out,
                "  %s:\n    what: \"what the model leaves unexplained: %s\"\n    source: ", parts[i].name,
                parts[i].what);
        write_quoted(out, source);
        fprintf(out, "    grade: derived\n    median: %.5g\n    sd_log: %.4g\n", parts[i].median,
                parts[i].sd);
    }
    if (unseen->rows == 0)
        return;
    fputs("  unseen_generation:\n    what: \"what a forecast for a GPU of a generation that nobody measured is "
          "worth: rows of Blackwell by a fit to A100 and Hopper alone\"\n    source: ",
          out);
    write_quoted(out, "flopcast validate --leave-generation, with the same table");
    fprintf(out, "    grade: derived\n    rows: %d\n    mape: %.3f\n    cover90: %.3f\n", unseen->rows,
            unseen->mape, unseen->cover90);
}

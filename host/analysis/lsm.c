/* lsm.c: see lsm.h. */
#include "lsm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/base/random.h"
#include "host/base/linear.h"

enum { DEGREE_MOST = 6, TERMS_MOST = 211 }; /* binomial(6 + 4, 4) + 1 */

struct date {
    double mean[FC_LSM_STATES], scale[FC_LSM_STATES]; /* of the fitted paths */
    double stop_mean, stop_scale;
    double where[TERMS_MOST]; /* coefficients of E[V(k + 1)], where a stop may pay */
    double all[TERMS_MOST];   /* in every state */
    bool fitted;              /* enough paths came where a stop may pay */
    bool everywhere;          /* all of them did */
};

struct fc_lsm_policy {
    struct fc_lsm_model model;
    struct fc_lsm_options options;
    int terms;
    int rights;
    int power[TERMS_MOST][FC_LSM_STATES];
    struct date date[]; /* (rights left - 1) × dates + date */
};

static const struct date *date_of(const struct fc_lsm_policy *p, int left, int k)
{
    return &p->date[(left - 1) * p->model.dates + k];
}

/* `count` standard normals of (path, event): Box and Muller on the 32-bit words of one draw. */
static void draw(const struct fc_lsm_policy *p, uint32_t stream, uint64_t path, uint32_t event, double *z)
{
    fc_u32 low[FC_W], high[FC_W], events[FC_W], words[4][FC_W];
    for (int l = 0; l < FC_W; l++) {
        low[l] = (fc_u32)path;
        high[l] = (fc_u32)(path >> 32);
        events[l] = event;
    }
    fc_random_words(p->options.seed, low, high, events, stream, words);
    for (int i = 0; i < 4; i += 2) {
        double radius = sqrt(-2 * log(((double)words[i][0] + 0.5) / 4294967296.0));
        double angle = 6.283185307179586 * ((double)words[i + 1][0] + 0.5) / 4294967296.0;
        z[i] = radius * cos(angle);
        z[i + 1] = radius * sin(angle);
    }
}

static double stop_at(const struct fc_lsm_policy *p, int k, const double *x)
{
    return p->model.stop(p->model.of, k, x);
}

static double flow_at(const struct fc_lsm_policy *p, int k, const double *x)
{
    return p->model.flow ? p->model.flow(p->model.of, k, x) : 0;
}

/* Flags have no powers, and of several only one is ever set. */
static bool is_term(const struct fc_lsm_policy *p, const int *power)
{
    int flags = 0;
    for (int i = 0; i < p->model.states; i++)
        flags += p->model.flag[i] ? power[i] : 0;
    return flags <= 1;
}

/* All powers of the states up to the degree together. */
static void list_terms(struct fc_lsm_policy *p)
{
    int power[FC_LSM_STATES] = {0}, n = p->model.states, total = 0;
    p->terms = 0;
    for (;;) {
        if (total <= p->options.degree && is_term(p, power))
            memcpy(p->power[p->terms++], power, sizeof power);
        int i = 0;
        while (i < n && power[i] == p->options.degree) {
            total -= power[i];
            power[i++] = 0;
        }
        if (i == n)
            break;
        power[i]++;
        total++;
    }
}

/* A state by which polynomials are made: no further out than four standard deviations, where no path was fitted. */
static double scaled(const struct fc_lsm_policy *p, const struct date *d, int i, double x)
{
    return p->model.flag[i] ? x : fmin(fmax((x - d->mean[i]) / d->scale[i], -4), 4);
}

/* Terms of a state, and last what a stop pays; returns how many. */
static int basis(const struct fc_lsm_policy *p, const struct date *d, const double *x, double stop, double *b)
{
    double powers[FC_LSM_STATES][DEGREE_MOST + 1];
    for (int i = 0; i < p->model.states; i++) {
        powers[i][0] = 1;
        for (int n = 1; n <= p->options.degree; n++)
            powers[i][n] = powers[i][n - 1] * scaled(p, d, i, x[i]);
    }
    for (int t = 0; t < p->terms; t++) {
        b[t] = 1;
        for (int i = 0; i < p->model.states; i++)
            b[t] *= powers[i][p->power[t][i]];
    }
    b[p->terms] = isfinite(stop) ? fmax(stop - d->stop_mean, -d->stop_mean) / d->stop_scale : 0;
    return p->terms + 1;
}

static double dot(const double *a, const double *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* What is known of C(k, x) without a fit: what is expected without a stop, or the flow alone. */
static double known_at(const struct fc_lsm_policy *p, int k, const double *x)
{
    double known = p->model.expected ? p->model.expected(p->model.of, k, x) : 0;
    return p->model.expected && !p->model.apart ? known : known + flow_at(p, k, x);
}

/* D(r) of the `left`-th right alone (of one right: C(k, x)): what is known of it and the fit of the rest, `where` by that
 * where a stop may pay. A right for which no date is left is worth nothing; beyond the last date nothing follows. `b` are the
 * state's terms, the same whatever is left. */
static double worth_of(const struct fc_lsm_policy *p, int left, int k, double known, const double *b, bool where)
{
    const struct date *d = date_of(p, left, k);
    if (left > 1 && left > p->model.dates - 1 - k)
        return 0;
    double value = known + dot(where ? d->where : d->all, b, p->terms + 1);
    return p->model.going_on_costs_nothing ? fmax(value, 0) : value;
}

static bool may_pay(const struct fc_lsm_policy *p, double stop)
{
    return p->model.going_on_costs_nothing ? stop > 0 : isfinite(stop);
}

/* worth[0 ... left - 1] of each right: no more than of the one before. */
static void worths(const struct fc_lsm_policy *p, int left, int k, const double *x, double stop, bool where,
                   double *worth)
{
    double b[TERMS_MOST + 1], known = known_at(p, k, x);
    if (k == p->model.dates - 1) {
        memset(worth, 0, (size_t)left * sizeof *worth);
        worth[0] = flow_at(p, k, x);
        return;
    }
    basis(p, date_of(p, 1, k), x, stop, b);
    for (int r = 0; r < left; r++) {
        bool here = where && date_of(p, r + 1, k)->fitted;
        worth[r] = worth_of(p, r + 1, k, known, b, here);
        worth[r] = r > 0 ? fmin(worth[r], worth[r - 1]) : worth[r];
    }
}

/* uses[r - 1]: whether date k is used with r rights left, r = 1 ... left. */
static void uses_with(const struct fc_lsm_policy *p, int left, int k, const double *x, double stop, bool *uses)
{
    double worth[FC_LSM_RIGHTS];
    memset(uses, 0, (size_t)left * sizeof *uses);
    if (!may_pay(p, stop) || (k < p->model.dates - 1 && !date_of(p, 1, k)->fitted))
        return;
    worths(p, left, k, x, stop, true, worth);
    for (int r = 0; r < left; r++)
        uses[r] = stop > worth[r];
}

bool fc_lsm_uses(const struct fc_lsm_policy *p, int left, int k, const double *x)
{
    bool uses[FC_LSM_RIGHTS];
    if (left < 1)
        return false;
    uses_with(p, left, k, x, stop_at(p, k, x), uses);
    return uses[left - 1];
}

bool fc_lsm_stops(const struct fc_lsm_policy *p, int k, const double *x)
{
    return fc_lsm_uses(p, p->rights, k, x);
}

/* Adds V(k, x, r) of the fit to values[0 ... rights - 1], less what is expected of so many rights without a stop, for the
 * martingales. */
static void add_fitted(const struct fc_lsm_policy *p, int k, const double *x, double *values)
{
    double worth[FC_LSM_RIGHTS], before = 0, known = 0;
    double stop = stop_at(p, k, x);
    bool where = may_pay(p, stop) && (k == p->model.dates - 1 || date_of(p, 1, k)->fitted);
    worths(p, p->rights, k, x, stop, where, worth);
    if (p->model.expected)
        known = p->model.expected(p->model.of, k, x);
    for (int r = 0; r < p->rights; r++) {
        values[r] += before + fmax(stop, worth[r]) - (r + 1) * known;
        before += worth[r];
    }
}

static int solve(double *normal, double *right, int n, double *out)
{
    double ridge = 1e-10;
    double *factor = malloc((size_t)(n * n) * sizeof *factor);
    if (!factor)
        return -1;
    for (int tries = 0; tries < 8; tries++, ridge *= 100) {
        memcpy(factor, normal, (size_t)(n * n) * sizeof *factor);
        for (int i = 0; i < n; i++)
            factor[i * n + i] += ridge * (1 + normal[i * n + i]);
        if (fc_cholesky(factor, n))
            break;
    }
    memcpy(out, right, (size_t)n * sizeof *out);
    fc_cholesky_solve(factor, n, out);
    free(factor);
    return 0;
}

/* Means and spreads by which a date's states are scaled. */
static void scale(const struct fc_lsm_policy *p, struct date *d, int k, const double *x, int64_t paths)
{
    double sum[FC_LSM_STATES + 1] = {0}, squares[FC_LSM_STATES + 1] = {0};
    int n = p->model.states;
    for (int64_t i = 0; i < paths; i++)
        for (int s = 0; s <= n; s++) {
            double v = s < n ? x[i * n + s] : stop_at(p, k, &x[i * n]);
            v = isfinite(v) ? v : 0;
            sum[s] += v;
            squares[s] += v * v;
        }
    for (int s = 0; s <= n; s++) {
        double mean = sum[s] / (double)paths;
        double sd = sqrt(fmax(squares[s] / (double)paths - mean * mean, 0));
        sd = sd > 1e-12 * (1 + fabs(mean)) ? sd : 1;
        *(s < n ? &d->mean[s] : &d->stop_mean) = mean;
        *(s < n ? &d->scale[s] : &d->stop_scale) = sd;
    }
}

/* Regresses what follows, `later`, less what was expected of it, on the states of date k. */
static int fit_date(struct fc_lsm_policy *p, int left, int k, const double *x, const double *later, bool where)
{
    struct date *d = &p->date[(left - 1) * p->model.dates + k];
    int n = p->terms + 1, count = 0;
    if (!where && d->everywhere) {
        memcpy(d->all, d->where, sizeof d->all);
        return 0;
    }
    double *normal = calloc((size_t)(n * n + n), sizeof *normal), *right = normal ? normal + n * n : NULL;
    double b[TERMS_MOST + 1];
    if (!normal)
        return -1;
    for (int64_t i = 0; i < p->options.fit_paths; i++) {
        const double *state = &x[i * p->model.states];
        double stop = stop_at(p, k, state);
        if (where && !may_pay(p, stop))
            continue;
        basis(p, d, state, stop, b);
        for (int r = 0; r < n; r++) {
            for (int c = 0; c <= r; c++)
                normal[r * n + c] += b[r] * b[c];
            right[r] += b[r] * later[i];
        }
        count++;
    }
    int status = 0;
    bool enough = count >= 10 * n;
    if (enough)
        status = solve(normal, right, n, where ? d->where : d->all);
    if (where) {
        d->fitted = enough;
        d->everywhere = enough && count == p->options.fit_paths;
    }
    free(normal);
    return status;
}

static int check(const struct fc_lsm_model *m, const struct fc_lsm_options *o, struct fc_error *error)
{
    if (m->dates < 1 || m->dates > FC_LSM_DATES || m->states < 1 || m->states > FC_LSM_STATES ||
        m->normals < 0 || m->normals > FC_LSM_STATES || o->degree < 1 || o->degree > DEGREE_MOST ||
        m->rights < 0 || m->rights > FC_LSM_RIGHTS ||
        (m->rights > 1 && (m->flow || m->other_flow || (m->expected && !m->apart))) ||
        o->fit_paths < 1000 || o->paths < 100 || (o->dual_paths > 0 && o->inner < 2))
        return fc_fail(error, FC_FAULT,
                       "a right to stop with %d dates, %d states and polynomials of degree %d", m->dates,
                       m->states, o->degree);
    return 0;
}

/* Follows date k of a fitted path: later[(r - 1) × paths] is what the r-th right alone brings from then on, less what was
 * expected of it. With one right more the date is used where it is with one less; then it is the right before that is left. */
static void decide(const struct fc_lsm_policy *p, int k, const double *state, double *later, int64_t paths)
{
    const struct fc_lsm_model *m = &p->model;
    bool last = k == m->dates - 1;
    double known = m->expected ? m->expected(m->of, k, state) : 0;
    double flow = !m->expected || m->apart ? flow_at(p, k, state) : 0; /* else the flow is on both sides */
    double stop = stop_at(p, k, state);
    bool uses[FC_LSM_RIGHTS];
    uses_with(p, p->rights, k, state, stop, uses);
    for (int r = p->rights; r >= 1; r--) {
        double *at = &later[(r - 1) * paths];
        if (last && (!m->expected || m->apart))
            *at = -known;
        if (uses[r - 1] && r > 1 && uses[r - 2])
            *at = last ? -known : later[(r - 2) * paths];
        else if (uses[r - 1])
            *at = stop - known;
        else
            *at += flow;
    }
}

int fc_lsm_fit(struct fc_lsm_policy **policy, const struct fc_lsm_model *model,
               const struct fc_lsm_options *options, struct fc_error *error)
{
    *policy = NULL;
    if (check(model, options, error))
        return -1;
    int n = model->states, dates = model->dates, rights = model->rights > 1 ? model->rights : 1;
    int64_t paths = options->fit_paths;
    struct fc_lsm_policy *p = calloc(1, sizeof *p + (size_t)(rights * dates) * sizeof p->date[0]);
    double *x = malloc((size_t)(paths * n * dates) * sizeof *x),
           *later = calloc((size_t)(paths * rights), sizeof *later);
    if (!p || !x || !later)
        goto no_memory;
    p->model = *model;
    p->options = *options;
    p->rights = rights;
    list_terms(p);
    for (int64_t i = 0; i < paths; i++) {
        double state[FC_LSM_STATES], z[4];
        model->start(model->of, state);
        for (int k = 0; k < dates; k++) {
            memcpy(&x[((int64_t)k * paths + i) * n], state, (size_t)n * sizeof *state);
            draw(p, FC_STREAM_STOP_FIT, (uint64_t)i, (uint32_t)k, z);
            if (k < dates - 1)
                model->step(model->of, k, state, z);
        }
    }
    for (int k = dates - 1; k >= 0; k--) {
        const double *at = &x[(int64_t)k * paths * n];
        scale(p, &p->date[k], k, at, paths);
        for (int r = 1; r <= rights; r++) {
            struct date *d = &p->date[(r - 1) * dates + k];
            const double *of_this = &later[(r - 1) * paths];
            if (r > 1) { /* the same paths, so the same scales */
                memcpy(d->mean, p->date[k].mean, sizeof d->mean);
                memcpy(d->scale, p->date[k].scale, sizeof d->scale);
                d->stop_mean = p->date[k].stop_mean;
                d->stop_scale = p->date[k].stop_scale;
            }
            if (k < dates - 1 &&
                (fit_date(p, r, k, at, of_this, true) || fit_date(p, r, k, at, of_this, false)))
                goto no_memory; /* where a stop may always pay, both are one */
        }
        for (int64_t i = 0; i < paths; i++)
            decide(p, k, &at[i * n], &later[i], paths);
    }
    free(x);
    free(later);
    *policy = p;
    return 0;
no_memory:
    free(p);
    free(x);
    free(later);
    return fc_fail(error, FC_FAULT, "no memory for the paths of a right to stop");
}

void fc_lsm_free(struct fc_lsm_policy *policy)
{
    free(policy);
}

/* Sums for a mean and its standard error. */
struct sums {
    double sum, squares;
    int64_t count;
};

static void add(struct sums *s, double value)
{
    s->sum += value;
    s->squares += value * value;
    s->count++;
}

static struct fc_lsm_figure figure(const struct sums *s)
{
    double n = (double)s->count, mean = s->sum / n;
    return (struct fc_lsm_figure){mean, sqrt(fmax(s->squares / n - mean * mean, 0) / (n - 1))};
}

/* Mean and error of y less what follows from c, whose mean is zero: y - beta c (control variate). */
static struct fc_lsm_figure controlled(const double *y, const double *c, int64_t n)
{
    double my = 0, mc = 0, cc = 0, yc = 0, squares = 0;
    for (int64_t i = 0; i < n; i++) {
        my += y[i] / (double)n;
        mc += c[i] / (double)n;
    }
    for (int64_t i = 0; i < n; i++) {
        cc += (c[i] - mc) * (c[i] - mc);
        yc += (y[i] - my) * (c[i] - mc);
    }
    double beta = cc > 0 ? yc / cc : 0;
    for (int64_t i = 0; i < n; i++) {
        double rest = y[i] - my - beta * (c[i] - mc);
        squares += rest * rest;
    }
    return (struct fc_lsm_figure){my - beta * mc, sqrt(squares / (double)n / (double)(n - 2))};
}

/* What a path brings: by the policy, without a stop, at its best date; whether the policy stops; and of the martingale. */
enum { LOWER, NEVER, HINDSIGHT, STOPPED, OTHER, GAIN, OTHER_GAIN, HINDSIGHT_GAIN, USED, CONTROL, FIGURES };

/* Keeps the greatest `count` values, the greatest first. */
static void keep_best(double *best, int count, double value)
{
    for (int j = 0; j < count && value > -INFINITY; j++)
        if (value > best[j]) {
            double less = best[j];
            best[j] = value;
            value = less;
        }
}

/* What the best dates bring, known beforehand: the best one or none, or as many as there are rights. */
static double known_best(const double *best, int rights, double flows)
{
    double sum = 0;
    if (rights == 1)
        return fmax(best[0], flows);
    for (int j = 0; j < rights; j++)
        sum += fmax(best[j], 0);
    return sum;
}

/* Follows path i, or its mirror, whose normals have the other sign, and adds half of it to `got`. */
static void follow_path(const struct fc_lsm_policy *p, int64_t i, bool mirror, double got[FIGURES])
{
    const struct fc_lsm_model *m = &p->model;
    double state[FC_LSM_STATES], z[4], flows = 0, kept = 0, best[FC_LSM_RIGHTS];
    double other = 0, other_kept = 0, control = 0, at_start = 0;
    int left = p->rights;
    for (int r = 0; r < p->rights; r++)
        best[r] = -INFINITY;
    m->start(m->of, state);
    if (m->expected)
        at_start = m->expected(m->of, 0, state);
    for (int k = 0; k < m->dates; k++) {
        double stop = stop_at(p, k, state);
        keep_best(best, p->rights, flows + stop);
        if (left > 0 && fc_lsm_uses(p, left, k, state)) {
            left--;
            kept += flows + stop;
            control += m->expected ? (m->apart ? 0 : flows) + m->expected(m->of, k, state) - at_start : 0;
            other_kept += other + (m->other_stop ? m->other_stop(m->of, k, state) : 0);
        }
        flows += flow_at(p, k, state);
        other += m->other_flow ? m->other_flow(m->of, k, state) : 0;
        if (k == m->dates - 1)
            break;
        draw(p, FC_STREAM_STOP_FOLLOW, (uint64_t)i, (uint32_t)k, z);
        for (int n = 0; n < 4 && mirror; n++)
            z[n] = -z[n];
        m->step(m->of, k, state, z);
    }
    bool stopped = left < p->rights;
    double hindsight = known_best(best, p->rights, flows);
    got[LOWER] += (stopped ? kept : flows) / 2;
    got[NEVER] += flows / 2;
    got[HINDSIGHT] += hindsight / 2;
    got[STOPPED] += stopped / 2.0;
    got[USED] += (p->rights - left) / 2.0;
    if (m->expected)
        control += left * ((m->apart ? m->expected(m->of, m->dates - 1, state) : flows) - at_start);
    got[CONTROL] += control / 2;
    got[OTHER] += (stopped ? other_kept : other) / 2;
    got[GAIN] += stopped ? (kept - flows) / 2 : 0;
    got[HINDSIGHT_GAIN] += (hindsight - flows) / 2;
    got[OTHER_GAIN] += stopped ? (other_kept - other) / 2 : 0;
}

static int follow(struct fc_lsm_value *value, const struct fc_lsm_policy *p)
{
    struct sums sums[FIGURES] = {0};
    int64_t pairs = p->options.paths / 2;
    double *kept = malloc((size_t)(pairs * FIGURES) * sizeof *kept);
    struct fc_lsm_figure *figures[CONTROL] = {&value->lower,      &value->never,         &value->hindsight,
                                              &value->stopped,    &value->other,         &value->gain,
                                              &value->other_gain, &value->hindsight_gain, &value->used};
    if (!kept)
        return -1;
    for (int64_t i = 0; i < pairs; i++) { /* a path and its mirror count as one */
        double got[FIGURES] = {0};
        follow_path(p, i, false, got);
        follow_path(p, i, true, got);
        for (int f = 0; f < FIGURES; f++) {
            add(&sums[f], got[f]);
            kept[f * pairs + i] = got[f];
        }
    }
    for (int f = 0; f < CONTROL; f++)
        *figures[f] = figure(&sums[f]);
    for (int f = 0; f < CONTROL && p->model.expected; f++)
        if (f == LOWER || f == OTHER)
            *figures[f] = controlled(kept + f * pairs, kept + CONTROL * pairs, pairs);
    free(kept);
    return 0;
}

/* means[0 ... rights - 1] of V(k + 1, X) over the inner draws from the state of date k, every second one the mirror of the one
 * before. */
static void expected_next(const struct fc_lsm_policy *p, int k, const double *state, uint64_t path, double *means)
{
    const struct fc_lsm_model *m = &p->model;
    memset(means, 0, (size_t)p->rights * sizeof *means);
    for (int64_t j = 0; j < p->options.inner; j++) {
        double next[FC_LSM_STATES], z[4];
        memcpy(next, state, sizeof next);
        if (j % 2 == 0 || m->normals == 0)
            draw(p, FC_STREAM_STOP_INNER, path, (uint32_t)(k * p->options.inner + j), z);
        else /* antithetic */
            draw(p, FC_STREAM_STOP_INNER, path, (uint32_t)(k * p->options.inner + j - 1), z);
        for (int i = 0; i < 4 && j % 2 == 1; i++)
            z[i] = -z[i];
        m->step(m->of, k, next, z);
        add_fitted(p, k + 1, next, means);
    }
    for (int r = 0; r < p->rights; r++)
        means[r] /= (double)p->options.inner;
}

/* One path of the dual: what stops and flows bring at each date, and the steps of the martingale of each number of rights. */
struct dual_path {
    double stop[FC_LSM_DATES], flow[FC_LSM_DATES], step[FC_LSM_DATES][FC_LSM_RIGHTS];
};

static void follow_dual(const struct fc_lsm_policy *p, int64_t i, struct dual_path *path)
{
    const struct fc_lsm_model *m = &p->model;
    double state[FC_LSM_STATES] = {0}, z[4], expected[FC_LSM_RIGHTS];
    m->start(m->of, state);
    for (int k = 0; k < m->dates; k++) {
        path->stop[k] = stop_at(p, k, state);
        path->flow[k] = flow_at(p, k, state);
        if (k == m->dates - 1)
            break;
        expected_next(p, k, state, (uint64_t)i, expected);
        double surely = m->expected ? m->expected(m->of, k, state) : 0;
        surely -= m->expected && !m->apart ? flow_at(p, k, state) : 0;
        draw(p, FC_STREAM_STOP_DUAL, (uint64_t)i, (uint32_t)k, z);
        m->step(m->of, k, state, z);
        double *step = path->step[k], more = m->expected ? m->expected(m->of, k + 1, state) - surely : 0;
        memset(step, 0, (size_t)p->rights * sizeof *step);
        add_fitted(p, k + 1, state, step);
        for (int r = 0; r < p->rights; r++)
            step[r] += (r + 1) * more - expected[r];
    }
}

/* The best dates of the path, less the martingale of the rights that are left meanwhile: best[r] from date k on. */
static double best_dates(const struct fc_lsm_policy *p, const struct dual_path *path)
{
    double best[FC_LSM_RIGHTS + 1] = {0};
    int last = p->model.dates - 1;
    for (int k = last; k >= 0; k--)
        for (int r = p->rights; r >= 1; r--) {
            double on = path->flow[k] + best[r] - (k < last ? path->step[k][r - 1] : 0);
            double used = path->stop[k] + best[r - 1] - (k < last && r > 1 ? path->step[k][r - 2] : 0);
            best[r] = fmax(on, used);
        }
    return best[p->rights];
}

static int bound(struct fc_lsm_value *value, const struct fc_lsm_policy *p)
{
    struct sums upper = {0};
    struct dual_path *path = malloc(sizeof *path);
    if (!path)
        return -1;
    for (int64_t i = 0; i < p->options.dual_paths; i++) {
        follow_dual(p, i, path);
        add(&upper, best_dates(p, path));
    }
    value->upper = figure(&upper);
    free(path);
    return 0;
}

int fc_lsm_value(struct fc_lsm_value *value, const struct fc_lsm_policy *policy, struct fc_error *error)
{
    *value = (struct fc_lsm_value){.upper = {NAN, NAN}};
    if (follow(value, policy) || (policy->options.dual_paths > 0 && bound(value, policy)))
        return fc_fail(error, FC_FAULT, "no memory to follow a policy");
    return 0;
}

/* outages.c: see outages.h. */
#include "outages.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/base/random.h"

enum {
    SOURCES = FC_OUTAGES_SITES + 1,
    LEVELS = FC_OUTAGES_LEVELS + 1,
    BLOCK = 512,
    FEW = 12,
    OPEN = 256,
    ROOM = 4 * FC_OUTAGES_EXPECTED
};

const char *const fc_outages_length_names[FC_LENGTHS + 1] = {"exponential", "fixed", "uniform", NULL};

int fc_outages_sources(const struct fc_outages_question *q)
{
    return q->sites + q->common;
}

struct fc_outages_source fc_outages_by_calendar(double rate, double mean)
{
    return (struct fc_outages_source){rate / (1 - rate * mean), mean};
}

/* ---- sums over worlds ---- */

struct pair { /* of two figures of each world */
    double x, y, xx, yy, xy;
};

static void add(struct pair *p, double x, double y)
{
    p->x += x;
    p->y += y;
    p->xx += x * x;
    p->yy += y * y;
    p->xy += x * y;
}

static void add_sums(double *into, const double *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        into[i] += from[i];
}

static struct fc_outages_figure mean_of(double sum, double squares, double n)
{
    double mean = sum / n;
    return (struct fc_outages_figure){mean, sqrt(fmax(squares / n - mean * mean, 0) / fmax(n - 1, 1))};
}

static struct fc_outages_figure ratio_of(const struct pair *p, double n)
{
    double ratio = p->x / p->y; /* NaN where there was nothing */
    double squares = p->xx - 2 * ratio * p->xy + ratio * ratio * p->yy;
    return (struct fc_outages_figure){ratio, sqrt(fmax(squares, 0) * n / fmax(n - 1, 1)) / p->y};
}

static struct fc_outages_overlap overlap_of(const struct pair *p, double n)
{
    return (struct fc_outages_overlap){mean_of(p->x, p->xx, n), mean_of(p->y, p->yy, n), ratio_of(p, n)};
}

struct sums { /* doubles only: added as such */
    struct pair placed[LEVELS], counted[LEVELS], busy,
        lost; /* chance and times; hours and periods; lost and all */
    double seen[LEVELS], outages, unfinished;
};

/* ---- one world ---- */

struct world {
    const struct fc_outages_question *q;
    const struct fc_outages_source *source;
    uint64_t number;
    double now, since, time[LEVELS]; /* hours with so many down, the last: or more */
    int level, begun[LEVELS];        /* how often at least so many began */
    double busy;
    int periods, taken, lost, outages;
    bool unfinished;
    double down[SOURCES]; /* hours of each source's outages that begin in the term */
    int starts[SOURCES];
    double *share; /* of the term, of each incident; room for ROOM */
};

static double uniform_of(fc_u32 word)
{
    return ((double)word + 0.5) / 4294967296.0;
}

/* The time up before outage number `index` of source i, and its length. */
static double draw(const struct world *w, int i, int index, double *length)
{
    fc_u32 words[4];
    fc_random_one(w->q->seed, (fc_u32)w->number, (fc_u32)(w->number >> 32), (fc_u32)i << 24 | (fc_u32)index,
                  FC_STREAM_SITES, words);
    double u = uniform_of(words[1]), mean = w->source[i].mean;
    *length = w->q->lengths == FC_LENGTHS_FIXED     ? mean
              : w->q->lengths == FC_LENGTHS_UNIFORM ? 2 * mean * u
                                                    : -mean * log(u);
    return w->source[i].rate > 0 ? -log(uniform_of(words[0])) / w->source[i].rate : INFINITY;
}

static void change(struct world *w, double t, int level)
{
    double until = fmin(t, w->q->term_h);
    int most = w->q->levels;
    if (until > w->now)
        w->time[w->level < most ? w->level : most] += until - w->now;
    for (int k = w->level + 1; k <= level && k <= most && t < w->q->term_h; k++)
        w->begun[k]++;
    if (w->level == 0 && level > 0) {
        w->since = t;
        w->periods++;
    } else if (w->level > 0 && level == 0)
        w->busy += t - w->since;
    w->level = level;
    w->now = t;
}

/* Whether the world ends before an event at t: the term is over and all is up, or it does not end. */
static bool ends(struct world *w, double t)
{
    if (t >= w->q->term_h && w->level == 0)
        return true;
    if (t <= 2 * w->q->term_h)
        return false;
    w->unfinished = true;
    change(w, 2 * w->q->term_h, 0);
    return true;
}

/* An outage at t asks for a place. */
static bool takes_a_place(struct world *w, double t)
{
    bool gets = w->taken < w->q->spare, counts = t < w->q->term_h;
    w->taken += gets;
    w->outages += counts;
    w->lost += counts && !gets;
    return gets;
}

static void follow_sites(struct world *w)
{
    int sources = fc_outages_sources(w->q), sites = w->q->sites, own = 0, index[SOURCES] = {0};
    double next[SOURCES] = {0}, length[SOURCES] = {0}, term = w->q->term_h;
    bool down[SOURCES] = {false}, place[SOURCES] = {false};
    for (int i = 0; i < sources; i++)
        next[i] = draw(w, i, 0, &length[i]);
    for (;;) {
        int i = 0;
        for (int j = 1; j < sources; j++)
            i = next[j] < next[i] ? j : i;
        double t = next[i];
        if (ends(w, t))
            return;
        down[i] = !down[i];
        own += i < sites ? down[i] ? 1 : -1 : 0;
        change(w, t, w->q->common && down[sites] ? sites : own);
        if (down[i]) {
            w->starts[i] += t < term;
            w->down[i] += t < term ? length[i] : 0; /* whole, so that none is lost at the end */
            place[i] = takes_a_place(w, t);
            next[i] = t + length[i];
        } else {
            w->taken -= place[i];
            index[i]++;
            next[i] = t + draw(w, i, index[i], &length[i]);
        }
    }
}

static void follow_incidents(struct world *w)
{
    double over[OPEN] = {0}, length, arrival = draw(w, 0, 0, &length), term = w->q->term_h;
    bool place[OPEN];
    int open = 0, index = 0;
    for (;;) {
        int first = 0;
        for (int j = 1; j < open; j++)
            first = over[j] < over[first] ? j : first;
        bool arrives = !open || arrival < over[first];
        double t = arrives ? arrival : over[first];
        if (ends(w, t))
            return;
        if (arrives && open < OPEN && index < ROOM) { /* more than either does not come (fc_outages_follow) */
            if (t < term)
                w->share[w->starts[0]++] = fmin(length / term, 1);
            place[open] = takes_a_place(w, t);
            over[open++] = t + length;
        } else if (!arrives) {
            open--;
            w->taken -= place[first];
            over[first] = over[open];
            place[first] = place[open];
        }
        if (arrives)
            arrival = t + draw(w, 0, ++index, &length);
        change(w, t, open);
    }
}

/* ---- what is placed at random ---- */

/* at[k]: the chance that at least k of `count` independent events come, k up to `most`; without number `without` (-1: with all). */
static void at_least(const double *p, int count, int without, int most, double *at)
{
    memset(at, 0, (size_t)(most + 1) * sizeof *at);
    at[0] = 1;
    for (int i = 0; i < count; i++)
        for (int k = most; k > 0 && i != without; k--)
            at[k] += p[i] * (at[k - 1] - at[k]);
}

/* The same without number i from that with all. */
static void at_least_without(const double *p, int count, int i, int most, const double *all, double *at)
{
    if (count <= FEW || p[i] > 0.25) { /* else the division does no harm */
        at_least(p, count, i, most, at);
        return;
    }
    at[0] = 1;
    for (int k = 1; k <= most; k++)
        at[k] = fmax(all[k] - p[i] * at[k - 1], 0) / (1 - p[i]);
}

/* Chance and times per hour of at least k, from shares of time and beginnings per hour of each source; begins NULL: one in `term_h`. */
static void placed(const double *share, const double *begins, int count, double term_h, double common,
                   double common_begins, int most, double *chance, double *times)
{
    double all[LEVELS], rest[LEVELS];
    at_least(share, count, -1, most, all);
    for (int k = 1; k <= most; k++) {
        chance[k] = common + (1 - common) * all[k];
        times[k] = common_begins * (1 - all[k]);
    }
    for (int i = 0; i < count; i++) {
        at_least_without(share, count, i, most, all, rest);
        for (int k = 1; k <= most; k++)
            times[k] += (1 - common) * (begins ? begins[i] : 1 / term_h) * fmax(rest[k - 1] - rest[k], 0);
    }
}

static void place_world(const struct world *w, double *chance, double *times)
{
    const struct fc_outages_question *q = w->q;
    double share[SOURCES] = {0}, begins[SOURCES] = {0};
    if (q->incidents) {
        placed(w->share, NULL, w->starts[0], q->term_h, 0, 0, q->levels, chance, times);
        return;
    }
    for (int i = 0; i < fc_outages_sources(q); i++) {
        share[i] = fmin(w->down[i] / q->term_h, 1);
        begins[i] = w->starts[i] / q->term_h;
    }
    placed(share, begins, q->sites, q->term_h, q->common ? share[q->sites] : 0,
           q->common ? begins[q->sites] : 0, q->levels, chance, times);
}

static void follow_world(const struct fc_outages_question *q, uint64_t number, double *share,
                         struct sums *sums)
{
    struct world w = {.q = q, .number = number, .share = share};
    double chance[LEVELS] = {0}, times[LEVELS] = {0}, hours = 0;
    w.source = q->sources + (q->uncertain ? number * (uint64_t)fc_outages_sources(q) : 0);
    if (q->incidents)
        follow_incidents(&w);
    else
        follow_sites(&w);
    place_world(&w, chance, times);
    for (int k = q->levels; k > 0; k--) {
        hours += w.time[k];
        add(&sums->placed[k], chance[k], times[k]);
        add(&sums->counted[k], hours / q->term_h, w.begun[k] / q->term_h);
        sums->seen[k] += w.begun[k] > 0;
    }
    add(&sums->busy, w.busy, w.periods);
    add(&sums->lost, w.lost, w.outages);
    sums->outages += w.outages;
    sums->unfinished += w.unfinished;
}

static void answer_of(const struct fc_outages_question *q, const struct sums *s, struct fc_outages_answer *a)
{
    double n = (double)q->worlds;
    memset(a, 0, sizeof *a);
    for (int k = 1; k <= q->levels; k++) {
        struct fc_outages_level *l = &a->level[k];
        l->placed = overlap_of(&s->placed[k], n);
        l->counted = overlap_of(&s->counted[k], n);
        l->in_term = mean_of(s->seen[k], s->seen[k], n);
        l->seen = (uint64_t)s->seen[k];
        double expected = l->placed.times.value * q->term_h;
        l->by_rate =
            (struct fc_outages_figure){-expm1(-expected), l->placed.times.error * q->term_h * exp(-expected)};
    }
    a->busy = ratio_of(&s->busy, n);
    a->lost = q->spare >= 0 ? ratio_of(&s->lost, n) : (struct fc_outages_figure){NAN, NAN};
    a->outages = (uint64_t)s->outages;
    a->unfinished = (uint64_t)s->unfinished;
}

static int check(const struct fc_outages_question *q, struct fc_error *error)
{
    uint64_t rows = q->uncertain ? q->worlds : 1;
    for (uint64_t i = 0; i < rows * (uint64_t)fc_outages_sources(q); i++) {
        const struct fc_outages_source *s = &q->sources[i];
        if (!(s->rate >= 0) || !isfinite(s->rate) || !(s->mean >= 0))
            return fc_fail(
                error, FC_BAD_INPUT,
                "outages that follow each other without a pause (rate × length is the whole year)");
        if (s->rate * q->term_h > FC_OUTAGES_EXPECTED)
            return fc_fail(error, FC_BAD_INPUT,
                           "%.4g outages are expected in the term, more than %d; shorten it",
                           s->rate * q->term_h, FC_OUTAGES_EXPECTED);
        if (q->incidents && s->rate * s->mean > FC_OUTAGES_LOAD)
            return fc_fail(error, FC_BAD_INPUT,
                           "%.4g incidents are open at once in the mean (rate × length), more than %d",
                           s->rate * s->mean, FC_OUTAGES_LOAD);
    }
    return 0;
}

int fc_outages_follow(const struct fc_outages_question *q, struct fc_outages_answer *answer,
                      struct fc_error *error)
{
    if (check(q, error))
        return -1;
    int64_t blocks = (int64_t)((q->worlds + BLOCK - 1) / BLOCK);
    struct sums *sums = calloc((size_t)blocks, sizeof *sums);
    double *share = calloc((size_t)omp_get_max_threads() * ROOM, sizeof *share);
    if (sums && share) {
#pragma omp parallel for schedule(dynamic)
        for (int64_t b = 0; b < blocks; b++)
            for (uint64_t w = (uint64_t)b * BLOCK; w < q->worlds && w < (uint64_t)(b + 1) * BLOCK; w++)
                follow_world(q, w, share + (size_t)omp_get_thread_num() * ROOM, &sums[b]);
        for (int64_t b = 1; b < blocks; b++)
            add_sums((double *)&sums[0], (const double *)&sums[b], sizeof *sums / sizeof(double));
        answer_of(q, &sums[0], answer);
    } else
        fc_fail(error, FC_FAULT, "out of memory for the outages of %llu worlds",
                (unsigned long long)q->worlds);
    int status = sums && share ? 0 : -1;
    free(sums);
    free(share);
    return status;
}

/* ---- closed forms ---- */

/* A chain of births and deaths on 0 ... k that begins at 0 and stays at k, and may jump there from anywhere: the chance to be there
 * by t. By uniformization over a short step, then squares: nothing is subtracted, so small chances keep their digits. */
static double reached(int k, const double *birth, const double *death, double jump, double t)
{
    double fastest = 0, one[LEVELS][LEVELS] = {{0}}, power[LEVELS][LEVELS] = {{0}},
           sum[LEVELS][LEVELS] = {{0}}, next[LEVELS][LEVELS];
    int squares = 0;
    for (int i = 0; i < k; i++)
        fastest = fmax(fastest, birth[i] + death[i] + jump);
    while (fastest * t > 0.5) {
        t /= 2;
        squares++;
    }
    for (int i = 0; i <= k; i++) {
        one[i][i] = power[i][i] = 1;
        if (i == k || fastest <= 0)
            continue;
        one[i][i] = 1 - (birth[i] + death[i] + jump) / fastest;
        one[i][i + 1] += birth[i] / fastest;
        one[i][k] += jump / fastest;
        if (i > 0)
            one[i][i - 1] += death[i] / fastest;
    }
    double weight = exp(-fastest * t);
    for (int step = 0; step < k + 24; step++) {
        for (int i = 0; i <= k; i++)
            for (int j = 0; j <= k; j++) {
                sum[i][j] += weight * power[i][j];
                next[i][j] = 0;
                for (int m = 0; m <= k; m++)
                    next[i][j] += power[i][m] * one[m][j];
            }
        memcpy(power, next, sizeof power);
        weight *= fastest * t / (step + 1);
    }
    for (; squares > 0; squares--) {
        for (int i = 0; i <= k; i++)
            for (int j = 0; j <= k; j++) {
                next[i][j] = 0;
                for (int m = 0; m <= k; m++)
                    next[i][j] += sum[i][m] * sum[m][j];
            }
        memcpy(sum, next, sizeof sum);
    }
    return fmin(sum[0][k], 1);
}

static double in_term(const struct fc_outages_question *q, int k)
{
    const struct fc_outages_source *s = q->sources;
    double birth[LEVELS], death[LEVELS];
    if (q->lengths != FC_LENGTHS_EXPONENTIAL || !(s[0].mean > 0))
        return NAN;
    for (int i = 1; i < q->sites; i++)
        if (s[i].rate != s[0].rate || s[i].mean != s[0].mean)
            return NAN;
    for (int i = 0; i < k; i++) {
        birth[i] = s[0].rate * (q->incidents ? 1 : q->sites - i);
        death[i] = i / s[0].mean;
    }
    return reached(k, birth, death, q->common ? s[q->sites].rate : 0, q->term_h);
}

static void exact_incidents(const struct fc_outages_question *q, struct fc_outages_exact *e)
{
    double rate = q->sources[0].rate, load = rate * q->sources[0].mean, term = exp(-load), loss = 1;
    for (int k = 1; k <= q->levels; k++) {
        double tail = 0, one = term * load / k;
        e->times[k] = rate * term; /* k - 1 are open, and one begins */
        term = one;
        for (int m = k; m < k + 200; m++) {
            tail += one;
            one *= load / (m + 1);
        }
        e->chance[k] = tail;
    }
    e->busy = expm1(load) / rate;
    for (int s = 1; s <= q->spare; s++)
        loss = load * loss / (s + load * loss);
    e->lost = q->spare >= 0 ? loss : NAN;
}

static void exact_sites(const struct fc_outages_question *q, struct fc_outages_exact *e)
{
    double share[SOURCES] = {0}, begins[SOURCES] = {0}, logs = 0, rate = 0; /* of 1 / P(all up) */
    int n = fc_outages_sources(q);
    for (int i = 0; i < n; i++) {
        double load = q->sources[i].rate * q->sources[i].mean;
        share[i] = load / (1 + load);
        begins[i] = q->sources[i].rate / (1 + load);
        logs += log1p(load);
        rate += q->sources[i].rate;
    }
    placed(share, begins, q->sites, q->term_h, q->common ? share[q->sites] : 0,
           q->common ? begins[q->sites] : 0, q->levels, e->chance, e->times);
    e->busy = expm1(logs) / rate;
}

void fc_outages_exact(const struct fc_outages_question *q, struct fc_outages_exact *e)
{
    e->lost = NAN;
    if (q->incidents)
        exact_incidents(q, e);
    else
        exact_sites(q, e);
    for (int k = 1; k <= q->levels; k++)
        e->in_term[k] = in_term(q, k);
}

/* sums.h: a run as sums instead of events.
 *
 * A plain run whose spares never run out is a renewal process: after every checkpoint, and after every restart, it begins anew.
 * A piece (interval and stall, length c) fails with probability f = 1 - e^(-c/M) each time that it is tried, a restart with
 * 1 - e^(-R/M). So
 *
 *   failures in n pieces         negative binomial: those before the n-th success
 *   failures in restarts         negative binomial: those before as many successes as there were failures in pieces
 *   of them in a stall           binomial
 *   time lost to each            independent, exponential and cut at the length of the piece, the stall or the restart
 *   detection                    independent draws of its distribution, a failure each
 *   replacements                 binomial
 *
 * which is the distribution of the run without an approximation (but for ticks: events round each time to one, sums round once).
 * Counts of small variance are drawn by going through their probabilities. Large counts, and sums of times, are drawn from
 * their first four cumulants (Cornish and Fisher 1938); in the worlds that fc_sums_admit lets in, a quantile from P0.1 to P99.9
 * is then within FC_SUMS_BOUND standard deviations of the right one (tests/test_sums.c computes that bound over all that is
 * admitted). All other worlds are simulated event by event; a world's inputs alone decide, so nothing is biased. */
#ifndef FC_MODEL_SUMS_H
#define FC_MODEL_SUMS_H

#include "timeline_state.h"

#define FC_SUMS_BOUND 1e-3f    /* of a world's standard deviation, from P0.1 to P99.9 */
#define FC_SUMS_FAILURES 64.0f /* fewest failures in pieces, on average: below, events are as quick */
#define FC_SUMS_LONG 0.5f      /* longest piece and restart, in mean gaps */
#define FC_SUMS_LARGE 30.0f    /* variance from which a count is drawn from its cumulants */
#define FC_SUMS_MOST 160       /* values of a count of small variance that are gone through */
#define FC_SUMS_NO_WAIT -13.8f /* ln of the largest probability that a world waits for a spare at all, 1e-6 */

/* How a world's run is simulated, and if it is not by sums though the scenario asks for them, why. */
enum fc_by {
    FC_BY_EVENTS = 0,
    FC_BY_SUMS = 1,
    FC_BY_EVENTS_FEW = 2, /* too few failures */
    FC_BY_EVENTS_GAP =
        3, /* the piece between two checkpoints, or the restart, is longer than half the mean gap */
    FC_BY_EVENTS_PLANNED = 4,   /* planned stops */
    FC_BY_EVENTS_SPARES = 5,    /* it may wait for a spare */
    FC_BY_EVENTS_DETECTION = 6, /* detection times are so skewed that a few decide the sum */
    FC_BY_EVENTS_HORIZON = 7    /* it may not end within the time watched */
};
#define FC_BY_COUNT 8

/* 1 - e^(-x), x >= 0, without cancellation. */
FC_INLINE fc_real fc_one_less_exp(fc_real x)
{
    fc_real s = fc_fma(-x, 0.2f, 1.0f);
    s = fc_fma(x * -0.25f, s, 1.0f);
    s = fc_fma(x * -0.33333333f, s, 1.0f);
    s = fc_fma(x * -0.5f, s, 1.0f);
    return x < 0.1f ? x * s : 1.0f - fc_exp(-x);
}

/* Standard quantile of a sum with skewness g1 and excess g2, at the normal quantile z (Cornish and Fisher). */
FC_INLINE fc_real fc_sums_quantile(fc_real z, fc_real g1, fc_real g2)
{
    fc_real z2 = z * z, cubic = z * (z2 - 3.0f);
    fc_real w = fc_fma(g1 * 0.16666667f, z2 - 1.0f, z);
    w = fc_fma(g2 * 0.041666667f, cubic, w);
    return fc_fma(g1 * g1 * -0.027777778f, z * fc_fma(2.0f, z2, -5.0f), w);
}

/* A count whose probabilities go p(k) = p(k - 1) (a + b / k): Poisson, binomial and negative binomial do (Panjer 1981). Its
 * cumulants are c, c / d, c (1 + a) / d^2, c (1 + 4 a + a^2) / d^3 with d = 1 - a, c = (a + b) / d; the whole number next to a
 * smooth variable has 1/12 more of a variance than that, and 1/120 less of a fourth cumulant. */
FC_INLINE fc_real fc_sums_count(fc_real a, fc_real b, fc_real z)
{
    fc_real per = 1.0f / (1.0f - a), mean = (a + b) * per;
    fc_real variance = mean * per - 0.083333333f, third = mean * per * per * (1.0f + a);
    fc_real fourth = fc_fma(mean * per * per * per, fc_fma(a, a + 4.0f, 1.0f), 0.0083333333f);
    fc_real sd = fc_sqrt(fc_max(variance, 1e-12f));
    fc_real g1 = third / (sd * sd * sd), g2 = fourth / (sd * sd * sd * sd);
    return fc_max(fc_floor(fc_fma(sd, fc_sums_quantile(z, g1, g2), mean) + 0.5f), 0.0f);
}

/* The same for any variance; log_none: ln p(0). Uses the word itself where the variance is small, else its normal quantile. What
 * no lane needs is not computed. */
FC_FN void fc_sums_count_lanes(FC_GLOBAL const float *normal, const fc_real *a, const fc_real *b,
                               const fc_real *log_none, const fc_u32 *word, fc_real *count)
{
    fc_real u[FC_W], p[FC_W], sum[FC_W], mean[FC_W], went[FC_W], z[FC_W];
    fc_i32 small[FC_W], any = 0, large = 0;
    FC_LANES (l) {
        fc_real per = 1.0f / (1.0f - a[l]);
        mean[l] = (a[l] + b[l]) * per;
        small[l] = mean[l] * per < FC_SUMS_LARGE;
        any |= small[l];
        large |= !small[l];
        went[l] = 0.0f;
        count[l] = 0.0f;
    }
    if (large) {
        fc_table_draw_lanes(normal, word, z);
        FC_LANES (l)
            count[l] = fc_sums_count(a[l], b[l], z[l]);
    }
    if (!any)
        return;
    FC_LANES (l) {
        u[l] = fc_uniform(word[l]);
        p[l] = fc_exp(log_none[l]);
        sum[l] = p[l];
    }
    for (fc_i32 k = 1; any && k <= FC_SUMS_MOST; k++) {
        fc_real at = (fc_real)k, per = 1.0f / at;
        any = 0;
        FC_LANES (
            l) { /* the probabilities that are left may round to less than u needs: an end is set to them */
            fc_i32 on = small[l] & (u[l] > sum[l]) & ((p[l] > 1e-9f) | (at <= mean[l]));
            went[l] += (fc_real)on;
            p[l] *= fc_fma(b[l], per, a[l]);
            sum[l] += p[l];
            any |= on;
        }
    }
    FC_LANES (l)
        count[l] = small[l] ? went[l] : count[l];
}

/* How many of n things, each with probability p. */
FC_FN void fc_sums_binomial_lanes(FC_GLOBAL const float *normal, const fc_real *n, const fc_real *p,
                                  const fc_u32 *word, fc_real *count)
{
    fc_real a[FC_W], b[FC_W], log_none[FC_W];
    FC_LANES (l) { /* by the rarer of the two */
        fc_real rare = fc_min(p[l], 1.0f - p[l]);
        a[l] = -rare / (1.0f - rare);
        b[l] = -(n[l] + 1.0f) * a[l];
        log_none[l] = n[l] * fc_log(1.0f - rare);
    }
    fc_sums_count_lanes(normal, a, b, log_none, word, count);
    FC_LANES (l) {
        fc_real rare = fc_min(count[l], n[l]);
        count[l] = p[l] > 0.5f ? n[l] - rare : rare;
    }
}

/* Failures before n successes, each with probability e^(-x). */
FC_FN void fc_sums_failures_lanes(FC_GLOBAL const float *normal, const fc_real *n, const fc_real *x,
                                  const fc_u32 *word, fc_real *count)
{
    fc_real a[FC_W], b[FC_W], log_none[FC_W];
    FC_LANES (l) {
        a[l] = fc_one_less_exp(x[l]);
        b[l] = (n[l] - 1.0f) * a[l];
        log_none[l] = -n[l] * x[l];
    }
    fc_sums_count_lanes(normal, a, b, log_none, word, count);
}

/* Sum of n exponential times, each cut at `length`; y: that over their mean, at most 1. A cut exponential is a uniform number
 * tilted by -y, so its cumulants are the derivatives of ln((e^t - 1) / t) there. */
FC_INLINE fc_real fc_sums_lost(fc_real n, fc_real length, fc_real y, fc_real z)
{
    fc_real y2 = y * y;
    fc_real k1 = fc_fma(y2, fc_fma(y2, 8.2671958e-7f, -3.3068783e-5f), 1.3888889e-3f);
    fc_real k2 = fc_fma(y2, fc_fma(y2, -5.7870370e-6f, 1.6534392e-4f), -4.1666667e-3f);
    fc_real k3 = fc_fma(y2, fc_fma(y2, 3.4722222e-5f, -6.6137566e-4f), 8.3333333e-3f) * y;
    fc_real k4 = fc_fma(y2, fc_fma(y2, -1.7361111e-4f, 1.9841270e-3f), -8.3333333e-3f);
    k1 = fc_fma(y, fc_fma(y2, k1, -0.083333333f), 0.5f);
    k2 = fc_fma(y2, k2, 0.083333333f);
    fc_real some = fc_max(n, 1.0f), sd = fc_sqrt(some * k2);
    fc_real g1 = some * k3 / (sd * sd * sd), g2 = some * k4 / (sd * sd * sd * sd);
    fc_real sum = fc_fma(sd, fc_sums_quantile(z, g1, g2), some * k1);
    return n > 0.0f ? fc_min(fc_max(sum, 0.0f), n) * length : 0.0f;
}

/* Decides for the trials base ... base + FC_W - 1 of the chunk: t->by. */
FC_FN void fc_sums_admit(FC_GLOBAL const struct fc_run *run, fc_i32 base, struct fc_timeline_chunk *t)
{
    FC_GLOBAL const struct fc_run_sums *sums = &run->sums;
    FC_LANES (l) {
        fc_i32 i = base + l;
        fc_real gap = t->gap_mean[i], piece = t->interval[i] + t->stall[i], restart = (fc_real)t->restart[i];
        fc_real x = piece / gap, y = restart / gap, p = t->swap_probability[i];
        fc_real pieces = (fc_real)t->work[i] / t->interval[i];
        fc_real failed = pieces * fc_one_less_exp(x) * fc_exp(x); /* times that a piece fails, on average */
        fc_real all = failed * fc_exp(y);
        fc_real found = sums->detection_mean * t->detection_scale[i];
        fc_real found_sd = sums->detection_sd * t->detection_scale[i];
        /* as much as a failure can cost, but for an unlucky detection: an upper bound of mean and spread */
        fc_real cost = found + restart + piece;
        fc_real end =
            fc_fma(pieces, piece, all * cost) + 12.0f * (cost + found_sd) * fc_sqrt(all * fc_exp(x + y));
        /* Erlang's formula bounded: P(all c + 1 in repair) <= 2 a^(c+1) e^-a / (c+1)! for a below (c+1) / 2 */
        fc_real places = (fc_real)(run->spares + 1);
        fc_real out = p * sums->repair_mean * t->repair_scale[i] / gap;
        fc_real waits = fc_fma(places, fc_log(fc_max(out, 1e-30f)), -out) - sums->log_places +
                        fc_log(fc_max(2.0f * all * p, 1e-30f));
        fc_i32 short_of = (p > 0.0f) & ((out > 0.5f * places) | (waits > FC_SUMS_NO_WAIT));
        /* what the fifth cumulant and the products of the lower ones of detection change at P0.1 and P99.9 */
        fc_real each = found + restart + 0.5f * piece;
        fc_real variance = fc_max(fc_fma(failed * each, each, all * found_sd * found_sd), 1e-30f);
        fc_real share = fc_sqrt(all) * found_sd / fc_sqrt(variance), root = 1.0f / fc_sqrt(fc_max(all, 1.0f));
        fc_real g1 = sums->detection_skew * root, g2 = sums->detection_excess * root * root;
        fc_real g5 = sums->detection_fifth * root * root * root;
        fc_real s2 = share * share, s3 = s2 * share;
        fc_real term = 1.9f * g1 * s3 * fc_fma(g1 * s3, g1 * s3, g2 * s2 * s2);
        fc_real off = fc_fma(0.31f * g5, s2 * s3, term);
        fc_i32 skewed = (off > 0.4f * FC_SUMS_BOUND) | (g1 > 0.5f) | (g2 > 1.0f);
        fc_i32 by = FC_BY_SUMS;
        by = failed < FC_SUMS_FAILURES ? FC_BY_EVENTS_FEW : by;
        by = skewed ? FC_BY_EVENTS_DETECTION : by;
        by = short_of ? FC_BY_EVENTS_SPARES : by;
        by = end < (fc_real)run->horizon && all < (fc_real)(FC_EVENTS_MOST / 2) ? by : FC_BY_EVENTS_HORIZON;
        by = x < FC_SUMS_LONG && y < FC_SUMS_LONG ? by : FC_BY_EVENTS_GAP;
        by = t->planned_every[i] < FC_FOREVER ? FC_BY_EVENTS_PLANNED : by;
        t->by[i] = by;
    }
}

/* Failures in the last piece, which is shorter than the others: at most FC_SUMS_LAST, and few worlds have one. The first is where
 * u < fails, and so on; *place receives the place of u among those that give the same count, which is uniform again. Adds up
 * the training and the stall that are lost to them. */
#define FC_SUMS_LAST 4
FC_FN fc_i32 fc_sums_last(fc_u64 seed, fc_u64 trial, fc_real fails, fc_real gap, fc_real work, fc_real u,
                          fc_real *place, fc_real *lost, fc_real *stalled)
{
    fc_real chance = fails, above = 1.0f;
    fc_u32 words[4];
    fc_i32 count = 0;
    fc_random_one(seed, (fc_u32)trial, (fc_u32)(trial >> 32), 2u, FC_STREAM_SUMS, words);
    for (fc_i32 k = 0; k < FC_SUMS_LAST && u < chance; k++) {
        fc_real time = -gap * fc_log(fc_fma(-fc_uniform(words[k]), fails, 1.0f));
        *lost += fc_min(time, work);
        *stalled += fc_max(time - work, 0.0f);
        count++;
        above = chance;
        chance = count < FC_SUMS_LAST ? chance * fails : 0.0f;
    }
    *place = (u - chance) / (above - chance);
    return count;
}

/* Draws the runs of those among the trials base ... base + FC_W - 1 of the chunk that go by sums. */
FC_FN void fc_sums_lanes(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables, fc_u64 seed,
                         fc_u64 trial, fc_i32 base, struct fc_timeline_chunk *t)
{
    FC_GLOBAL const float *normal = tables + run->sums.normal_table;
    fc_u32 low[FC_W], high[FC_W], event[FC_W], words[2][4][FC_W];
    fc_real z[FC_W], x[FC_W], pieces[FC_W], stalls[FC_W], failed[FC_W], chance[FC_W], in_stall[FC_W];
    fc_real lost[FC_W], stalled[FC_W], last_lost[FC_W], last_stalled[FC_W], begun[FC_W], again[FC_W],
        failures[FC_W];
    fc_real restarting[FC_W], found[FC_W], swaps[FC_W], last_work[FC_W];
    fc_real fails[FC_W], place[FC_W];
    fc_i32 any = 0;
    FC_LANES (l)
        any |= t->by[base + l] == FC_BY_SUMS;
    if (!any)
        return;
    for (fc_i32 k = 0; k < 2; k++) {
        FC_LANES (l) {
            low[l] = (fc_u32)(trial + (fc_u64)l);
            high[l] = (fc_u32)((trial + (fc_u64)l) >> 32);
            event[l] = (fc_u32)k;
        }
        fc_random_words(seed, low, high, event, FC_STREAM_SUMS, words[k]);
    }
    /* the stalls that are made, as fc_timeline_advance counts them */
    fc_real last = run->last_checkpoint ? 1.0f : 0.0f;
    fc_table_draw_lanes(normal, words[0][0], z);
    FC_LANES (l) {
        fc_i32 i = base + l;
        fc_real per = 1.0f / t->interval[i], work = (fc_real)t->work[i];
        stalls[l] = fc_max(fc_floor(fc_fma(work, per, 0.999f)) + last - 1.0f, last);
        pieces[l] = stalls[l] - last;
        last_work[l] = fc_max(fc_fma(-pieces[l], t->interval[i], work), 0.0f);
        x[l] = (t->interval[i] + t->stall[i]) / t->gap_mean[i];
        fc_real each = fc_one_less_exp(x[l]);
        failed[l] = fc_sums_count(each, (pieces[l] - 1.0f) * each, z[l]);
        fc_real training = fc_exp(-t->interval[i] / t->gap_mean[i]);
        chance[l] = training * fc_one_less_exp(t->stall[i] / t->gap_mean[i]) / each;
    }
    fc_sums_binomial_lanes(normal, failed, chance, words[1][0], in_stall);
    fc_table_draw_lanes(normal, words[0][2], z);
    FC_LANES (l) {
        fc_i32 i = base + l;
        lost[l] =
            fc_sums_lost(failed[l] - in_stall[l], t->interval[i], t->interval[i] / t->gap_mean[i], z[l]);
        lost[l] = fc_fma(in_stall[l], t->interval[i], lost[l]);
    }
    any = 0;
    FC_LANES (l) {
        fc_i32 i = base + l;
        fc_real u = fc_uniform(words[1][1][l]);
        fails[l] = fc_one_less_exp(fc_fma(last, t->stall[i], last_work[l]) / t->gap_mean[i]);
        place[l] = (u - fails[l]) / (1.0f - fails[l]);
        begun[l] = failed[l];
        last_lost[l] = last_stalled[l] = 0.0f;
        any |= u < fails[l];
    }
    for (fc_i32 l = 0; any && l < FC_W; l++) {
        fc_real u = fc_uniform(words[1][1][l]);
        if (u < fails[l])
            begun[l] += (fc_real)fc_sums_last(seed, trial + (fc_u64)l, fails[l], t->gap_mean[base + l],
                                              last_work[l], u, &place[l], &last_lost[l], &last_stalled[l]);
    }
    FC_LANES (l) {
        fc_real whole = fc_min(fc_max(place[l], 0.0f), 0.99999994f) * 16777216.0f;
        low[l] = (fc_u32)(fc_i32)whole << 8 | 128u;
    }
    fc_table_draw_lanes(normal, low, z);
    FC_LANES (l) {
        fc_i32 i = base + l;
        stalled[l] = fc_sums_lost(in_stall[l], t->stall[i], t->stall[i] / t->gap_mean[i], z[l]);
    }
    FC_LANES (l)
        x[l] = (fc_real)t->restart[base + l] / t->gap_mean[base + l];
    fc_sums_failures_lanes(normal, begun, x, words[0][1], again);
    fc_table_draw_lanes(normal, words[1][3], z);
    FC_LANES (l) {
        fc_real restart = (fc_real)t->restart[base + l];
        restarting[l] = fc_fma(begun[l], restart, fc_sums_lost(again[l], restart, x[l], z[l]));
        failures[l] = begun[l] + again[l];
        chance[l] = t->swap_probability[base + l];
    }
    fc_sums_binomial_lanes(normal, failures, chance, words[1][2], swaps);
    fc_table_draw_lanes(normal, words[0][3], z);
    FC_LANES (l) {
        fc_real scale = t->detection_scale[base + l], root = fc_sqrt(fc_max(failures[l], 1.0f));
        fc_real skew = run->sums.detection_skew / root;
        fc_real excess = run->sums.detection_excess / (root * root);
        fc_real sum = fc_fma(root * run->sums.detection_sd, fc_sums_quantile(z[l], skew, excess),
                             failures[l] * run->sums.detection_mean);
        found[l] = fc_max(sum, 0.0f) * scale;
    }
    FC_LANES (l) {
        fc_i32 i = base + l, on = t->by[i] == FC_BY_SUMS;
        fc_i32 redone = fc_to_ticks(lost[l] + last_lost[l]), detection = fc_to_ticks(found[l]);
        fc_i32 checkpoint = fc_to_ticks(fc_fma(stalls[l], t->stall[i], stalled[l] + last_stalled[l]));
        fc_i32 restarts = fc_to_ticks(restarting[l]), work = t->work[i];
        fc_i32 wall = on ? work + redone + checkpoint + restarts + detection : 0;
        t->wall[i] = on ? wall : t->wall[i];
        t->productive[i] = on ? work : t->productive[i];
        t->redone[i] = on ? redone : t->redone[i];
        t->checkpoint[i] = on ? checkpoint : t->checkpoint[i];
        t->detection[i] = on ? detection : t->detection[i];
        t->restarting[i] = on ? restarts : t->restarting[i];
        t->waiting[i] = on ? 0 : t->waiting[i];
        t->planned[i] = on ? 0 : t->planned[i];
        t->failures[i] = on ? (fc_i32)failures[l] : t->failures[i];
        t->planned_stops[i] = on ? 0 : t->planned_stops[i];
        t->swaps[i] = on ? (fc_i32)swaps[l] : t->swaps[i];
        t->finished[i] = on ? 1 : t->finished[i];
    }
}

/* The trials base ... base + FC_W - 1 of the chunk, the first of which has the number `trial`: those that can go by sums do,
 * and t->by says which. */
FC_FN void fc_sums_run(FC_GLOBAL const struct fc_run *run, FC_GLOBAL const float *tables, fc_u64 seed,
                       fc_u64 trial, fc_i32 base, struct fc_timeline_chunk *t)
{
    fc_sums_admit(run, base, t);
    fc_sums_lanes(run, tables, seed, trial, base, t);
    fc_timeline_programme_sums(run, t, base, FC_BY_SUMS);
}

#endif

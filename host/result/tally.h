/* tally.h: the exact, mergeable result of any set of trials (cuda/model/base/tally.h says what is kept of a
 * value).
 *
 * Adding two tallies is associative, commutative and exact, so a result does not depend on threads, devices,
 * batches or order. The digest runs over the content, not over how it came about. */
#ifndef FC_HOST_TALLY_H
#define FC_HOST_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cuda/model/base/tally.h"
#include "host/base/error.h"

/* Bins come in blocks of a page of memory; a metric knows which of them a value has reached, so that an empty one costs
 * nothing. */
enum {
    FC_TALLY_BLOCK = 512, /* bins */
    FC_TALLY_MARKS = FC_TALLY_BINS / FC_TALLY_BLOCK / 64
};

struct fc_tally_metric {
    int metric;                       /* enum fc_metric */
    uint64_t invalid;                 /* values that were infinite or not a number */
    uint64_t count;                   /* finite values */
    uint32_t min_key, max_key;        /* fc_tally_key of the extremes; meaningless while count is 0 */
    uint64_t min_trial, max_trial;    /* the lowest-numbered trial that reached each */
    uint64_t *bins;                   /* FC_TALLY_BINS counts */
    uint64_t used[FC_TALLY_MARKS];    /* bit b % 64 of word b / 64: block b of the bins was counted in */
    uint64_t sum[FC_TALLY_EXPONENTS]; /* of mantissas */
    uint64_t square_low[FC_TALLY_EXPONENTS];  /* of the lower 24 bits of squared mantissas */
    uint64_t square_high[FC_TALLY_EXPONENTS]; /* of the upper bits of squared mantissas */
    int shifts;                               /* quasi-Monte Carlo: the number of shifts; 0: plain worlds */
    struct fc_tally_metric *shift;            /* the same of the trials of each shift alone; NULL where there are none */
};

/* Trials first ... first + count - 1. */
struct fc_trial_range {
    uint64_t first, count;
};

struct fc_tally {
    int metric_count;
    struct fc_tally_metric *metrics; /* metric_count, in ascending order of metric number */
    struct fc_trial_range *ranges;   /* disjoint, ascending, not adjacent */
    size_t range_count;
    int shifts; /* as in the metrics */
};

/* Counts values in a bin; nothing else may write to the bins. */
static inline void fc_tally_count(struct fc_tally_metric *m, uint32_t bin, uint64_t values)
{
    uint32_t block = bin / FC_TALLY_BLOCK;
    m->bins[bin] += values;
    if (!(m->used[block / 64] >> (block % 64) & 1u)) /* a store for each value would wait for the one before */
        m->used[block / 64] |= (uint64_t)1 << (block % 64);
}

/* The first bin of the first block at or after bin `from` that was counted in; FC_TALLY_BINS: none.
 *     for (uint32_t at = fc_tally_next(m, 0); at < FC_TALLY_BINS; at = fc_tally_next(m, at + FC_TALLY_BLOCK)) ... */
static inline uint32_t fc_tally_next(const struct fc_tally_metric *m, uint32_t from)
{
    uint32_t block = (from + FC_TALLY_BLOCK - 1) / FC_TALLY_BLOCK;
    for (uint32_t word = block / 64; word < FC_TALLY_MARKS; word++, block = 64 * word) {
        uint64_t left = m->used[word] >> (block % 64);
        if (left)
            return (block + (uint32_t)__builtin_ctzll(left)) * FC_TALLY_BLOCK;
    }
    return FC_TALLY_BINS;
}

/* The first bin at or after `bin` whose block was counted in; FC_TALLY_BINS: none. */
static inline uint32_t fc_tally_from(const struct fc_tally_metric *m, uint32_t bin)
{
    uint32_t block = bin / FC_TALLY_BLOCK;
    bool counted = bin < FC_TALLY_BINS && (m->used[block / 64] >> (block % 64) & 1u);
    return counted ? bin : fc_tally_next(m, bin);
}

/* An empty tally for these metrics (enum fc_metric, ascending). */
int fc_tally_create(struct fc_tally *tally, const int32_t *metrics, int metric_count, struct fc_error *error);

/* The same for quasi-Monte Carlo under `shifts` shifts (cuda/model/program.h): each is counted for itself too, for what
 * their figures differ by is all that tells the error. 0 shifts: a plain one. */
int fc_tally_create_shifts(struct fc_tally *tally, const int32_t *metrics, int metric_count, int shifts,
                           struct fc_error *error);
void fc_tally_free(struct fc_tally *tally);

/* Adds `count` values of metric row `row`; value i belongs to trial first + i. */
void fc_tally_add(struct fc_tally *tally, int row, const float *values, size_t count, uint64_t first);

/* Says that the trials of a range are in. Fails when some of them were in already. */
int fc_tally_cover(struct fc_tally *tally, uint64_t first, uint64_t count, struct fc_error *error);

/* into += from, ranges included; both must hold the same metrics and no common trial. A plain tally whose trials are all
 * of one shift may be merged into one with shifts. */
int fc_tally_merge(struct fc_tally *into, const struct fc_tally *from, struct fc_error *error);

/* Whether counts, sums and extremes of a metric fit each other: the bins between the extremes hold `count` values, the
 * outermost of them one at least; and per exponent the sums of mantissas and of their squares lie between those of the
 * lowest and the highest values that the bins allow (a bin is 0.1 % wide, so the mean can be off by that much and no
 * more). Returns NULL, or what does not fit. */
const char *fc_tally_unfit(const struct fc_tally_metric *metric);

/* Back to empty, at the cost of what was used. */
void fc_tally_clear(struct fc_tally *tally);

/* Number of trials covered. */
uint64_t fc_tally_trials(const struct fc_tally *tally);

/* Order-free hash of model version, seed, trial ranges and every integer of the tally. */
uint64_t fc_tally_digest(const struct fc_tally *tally, uint64_t seed);

/* Version of the model that this program holds; part of every digest. */
int fc_tally_model_version(void);

/* The row that holds this metric, or NULL. */
const struct fc_tally_metric *fc_tally_find(const struct fc_tally *tally, int metric);

#endif

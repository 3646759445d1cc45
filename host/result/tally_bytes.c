/* tally_bytes.c: see tally_bytes.h. A metric is a head of HEAD words, its bins in use as {bin, count} and its exponents in
 * use as {exponent, sum, square_low, square_high}. */
#include "tally_bytes.h"

#include <stdbool.h>
#include <stdlib.h>

enum { METRIC, INVALID, COUNT, MIN_KEY, MAX_KEY, MIN_TRIAL, MAX_TRIAL, BINS, EXPONENTS, HEAD };

static bool exponent_used(const struct fc_tally_metric *m, uint32_t e)
{
    return (m->sum[e] | m->square_low[e] | m->square_high[e]) != 0;
}

/* Writes a metric to `to`, or with NULL counts its words alone. */
static size_t pack_metric(const struct fc_tally_metric *m, uint64_t *to)
{
    size_t at = HEAD, bins = 0, exponents = 0;
    for (uint32_t bin = fc_tally_from(m, 0); bin < FC_TALLY_BINS; bin = fc_tally_from(m, bin + 1)) {
        if (!m->bins[bin])
            continue;
        if (to) {
            to[at] = bin;
            to[at + 1] = m->bins[bin];
        }
        at += 2;
        bins++;
    }
    for (uint32_t e = m->min_key >> 23; m->count && e <= m->max_key >> 23; e++) {
        if (!exponent_used(m, e))
            continue;
        if (to) {
            const uint64_t part[4] = {e, m->sum[e], m->square_low[e], m->square_high[e]};
            for (int i = 0; i < 4; i++)
                to[at + (size_t)i] = part[i];
        }
        at += 4;
        exponents++;
    }
    if (to) {
        const uint64_t head[HEAD] = {(uint64_t)m->metric, m->invalid,   m->count,     m->count ? m->min_key : 0,
                                     m->count ? m->max_key : 0, m->count ? m->min_trial : 0,
                                     m->count ? m->max_trial : 0, bins, exponents};
        for (int i = 0; i < HEAD; i++)
            to[i] = head[i];
    }
    return at;
}

uint64_t *fc_tally_pack(const struct fc_tally *tally, size_t *words)
{
    size_t size = 0, at = 0;
    for (int r = 0; r < tally->metric_count; r++)
        size += pack_metric(&tally->metrics[r], NULL);
    uint64_t *packed = malloc((size + 1) * sizeof *packed);
    for (int r = 0; packed && r < tally->metric_count; r++)
        at += pack_metric(&tally->metrics[r], packed + at);
    *words = size;
    return packed;
}

/* Reads a metric from the first `words` words; returns how many it took, 0 where they are impossible. */
static size_t unpack_metric(struct fc_tally_metric *m, const uint64_t *from, size_t words, uint64_t first, uint64_t count)
{
    if (words < HEAD || from[METRIC] != (uint64_t)m->metric || from[BINS] > FC_TALLY_BINS ||
        from[EXPONENTS] > FC_TALLY_EXPONENTS)
        return 0;
    size_t bins = (size_t)from[BINS], exponents = (size_t)from[EXPONENTS], at = HEAD;
    if (words - HEAD < 2 * bins + 4 * exponents || from[MIN_KEY] > UINT32_MAX || from[MAX_KEY] > UINT32_MAX ||
        from[COUNT] + from[INVALID] != count ||
        (from[COUNT] && (from[MIN_TRIAL] - first >= count || from[MAX_TRIAL] - first >= count)))
        return 0;
    m->min_key = (uint32_t)from[MIN_KEY]; /* and the count: so that fc_tally_clear knows what there is to clear */
    m->max_key = (uint32_t)from[MAX_KEY];
    m->min_trial = from[MIN_TRIAL];
    m->max_trial = from[MAX_TRIAL];
    m->count = from[COUNT];
    m->invalid = from[INVALID];
    for (size_t i = 0; i < bins; i++, at += 2) {
        if (!m->count || from[at] < fc_tally_bin(m->min_key) || from[at] > fc_tally_bin(m->max_key))
            return 0;
        fc_tally_count(m, (uint32_t)from[at], from[at + 1]);
    }
    for (size_t i = 0; i < exponents; i++, at += 4) {
        if (!m->count || from[at] < m->min_key >> 23 || from[at] > m->max_key >> 23)
            return 0;
        m->sum[from[at]] = from[at + 1];
        m->square_low[from[at]] = from[at + 2];
        m->square_high[from[at]] = from[at + 3];
    }
    return fc_tally_unfit(m) ? 0 : at;
}

int fc_tally_unpack(struct fc_tally *part, const uint64_t *packed, size_t words, uint64_t first, uint64_t count,
                    struct fc_error *error)
{
    size_t at = 0;
    bool fits = true;
    for (int r = 0; r < part->metric_count && fits; r++) {
        size_t took = unpack_metric(&part->metrics[r], packed + at, words - at, first, count);
        fits = took > 0;
        at += took;
    }
    if (!fits || at != words) {
        fc_tally_clear(part);
        return fc_fail(error, FC_FAULT, "the result of %llu trials came damaged from another process",
                       (unsigned long long)count);
    }
    return fc_tally_cover(part, first, count, error);
}

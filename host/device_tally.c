/* device_tally.c: see device_tally.h. */
#include "device_tally.h"

#include <stdlib.h>

#include "../cuda/reduce.h"

size_t fc_device_tally_words(int rows)
{
    return (size_t)rows * FC_REDUCE_ROW_WORDS;
}

size_t fc_device_extremes_words(int rows, size_t launches)
{
    return launches * (size_t)rows * FC_REDUCE_EXTREMES;
}

void fc_device_extremes_clear(uint32_t *extremes, int rows, size_t launches)
{
    for (size_t i = 0; i < launches * (size_t)rows; i++) {
        extremes[FC_REDUCE_EXTREMES * i] = FC_REDUCE_NO_MIN;
        extremes[FC_REDUCE_EXTREMES * i + 1] = FC_REDUCE_NO_INDEX;
        extremes[FC_REDUCE_EXTREMES * i + 2] = FC_REDUCE_NO_MAX;
        extremes[FC_REDUCE_EXTREMES * i + 3] = FC_REDUCE_NO_INDEX;
    }
}

/* The extremes of a row over all launches; launches come in ascending order of trials, so the first holder
 * wins. */
static void join_extremes(struct fc_tally_metric *m, int row, int rows, uint64_t first,
                          const uint32_t *extremes, size_t launches)
{
    m->min_key = FC_REDUCE_NO_MIN;
    m->max_key = FC_REDUCE_NO_MAX;
    for (size_t launch = 0; launch < launches; launch++) {
        const uint32_t *e = extremes + (launch * (size_t)rows + (size_t)row) * FC_REDUCE_EXTREMES;
        if (e[0] < m->min_key) {
            m->min_key = e[0];
            m->min_trial = first + e[1];
        }
        if (e[0] != FC_REDUCE_NO_MIN && e[2] > m->max_key) {
            m->max_key = e[2];
            m->max_trial = first + e[3];
        }
    }
}

static uint64_t word_pair(const uint32_t *words)
{
    return (uint64_t)words[1] << 32 | words[0];
}

int fc_device_tally_collect(struct fc_tally *part, uint64_t first, uint64_t count, const uint32_t *extremes,
                            size_t launches, fc_device_tally_read *read, void *context,
                            struct fc_error *error)
{
    int status = -1;
    uint32_t *words = malloc(FC_TALLY_BINS * sizeof *words);
    if (!words)
        return fc_fail(error, FC_FAULT, "no memory for a device's result");
    for (int r = 0; r < part->metric_count; r++) {
        struct fc_tally_metric *m = &part->metrics[r];
        size_t row_at = (size_t)r * FC_REDUCE_ROW_WORDS;
        if (read(context, row_at, FC_REDUCE_BINS, words, error))
            goto done;
        m->invalid = words[FC_REDUCE_INVALID];
        m->count = 0;
        join_extremes(m, r, part->metric_count, first, extremes, launches);
        uint64_t counted = 0;
        if (m->min_key != FC_REDUCE_NO_MIN) {
            for (uint32_t e = m->min_key >> 23; e <= m->max_key >> 23; e++) {
                m->sum[e] = word_pair(words + 6 * e);
                m->square_low[e] = word_pair(words + 6 * e + 2);
                m->square_high[e] = word_pair(words + 6 * e + 4);
            }
            uint32_t low = m->min_key >> 16, high = m->max_key >> 16;
            if (read(context, row_at + FC_REDUCE_BINS + low, high - low + 1, words, error))
                goto done;
            m->count = 1; /* so that fc_tally_clear cleans up should the rest fail */
            for (uint32_t bin = low; bin <= high; bin++) {
                m->bins[bin] = words[bin - low];
                counted += words[bin - low];
            }
            m->count = counted;
        }
        if (counted + m->invalid != count) {
            fc_fail(error, FC_FAULT,
                    "the device counted %llu of %llu trials (its result is broken); leave this device out",
                    (unsigned long long)(counted + m->invalid), (unsigned long long)count);
            goto done;
        }
    }
    status = fc_tally_cover(part, first, count, error);
done:
    free(words);
    return status;
}

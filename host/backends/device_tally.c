/* device_tally.c: see device_tally.h. */
#include "device_tally.h"

#include <stdbool.h>
#include <stdlib.h>

#include "cuda/reduce.h"

size_t fc_device_tally_words(int rows, size_t slices)
{
    return (size_t)rows * slices * FC_REDUCE_ROW_WORDS;
}

size_t fc_device_extremes_words(int rows, size_t slices, size_t launches)
{
    return (size_t)rows * slices * launches * FC_REDUCE_EXTREMES;
}

void fc_device_extremes_clear(uint32_t *extremes, size_t words)
{
    for (size_t i = 0; i < words; i += FC_REDUCE_EXTREMES) {
        extremes[i] = FC_REDUCE_NO_MIN;
        extremes[i + 1] = FC_REDUCE_NO_INDEX;
        extremes[i + 2] = FC_REDUCE_NO_MAX;
        extremes[i + 3] = FC_REDUCE_NO_INDEX;
    }
}

/* The extremes of a row over all parts (slices of launches), which come in ascending order of trials: the
 * first holder wins. */
static void join_extremes(struct fc_tally_metric *m, int row, int rows, uint64_t first,
                          const uint32_t *extremes, size_t parts)
{
    m->min_key = FC_REDUCE_NO_MIN;
    m->max_key = FC_REDUCE_NO_MAX;
    for (size_t part = 0; part < parts; part++) {
        const uint32_t *e = extremes + (part * (size_t)rows + (size_t)row) * FC_REDUCE_EXTREMES;
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

/* Adds one tally on the device, at word `at`, to a metric whose extremes are known. The counts come first:
 * with a count above 0, fc_tally_clear knows that there is something to clear, should the rest fail. */
static int add_tally(struct fc_tally_metric *m, size_t at, fc_device_tally_take *take, void *context,
                     uint32_t *words, struct fc_error *error)
{
    bool any = m->min_key != FC_REDUCE_NO_MIN;
    uint32_t low = fc_tally_bin(m->min_key), high = fc_tally_bin(m->max_key);
    if (any) {
        if (take(context, at + FC_REDUCE_BINS + low, high - low + 1, words, error))
            return -1;
        for (uint32_t bin = low; bin <= high; bin++) {
            if (words[bin - low])
                fc_tally_count(m, bin, words[bin - low]);
            m->count += words[bin - low];
        }
    }
    if (take(context, at, FC_REDUCE_BINS, words, error))
        return -1;
    m->invalid += words[FC_REDUCE_INVALID];
    for (uint32_t e = m->min_key >> 23; any && e <= m->max_key >> 23; e++) {
        m->sum[e] += word_pair(words + 6 * e);
        m->square_low[e] += word_pair(words + 6 * e + 2);
        m->square_high[e] += word_pair(words + 6 * e + 4);
    }
    return 0;
}

int fc_device_tally_collect(struct fc_tally *part, uint64_t first, uint64_t count, const uint32_t *extremes,
                            size_t slices, size_t launches, fc_device_tally_take *take, void *context,
                            struct fc_error *error)
{
    int status = -1, rows = part->metric_count;
    uint32_t *words = malloc(FC_TALLY_BINS * sizeof *words);
    if (!words)
        return fc_fail(error, FC_FAULT, "out of memory for a device's result");
    for (int r = 0; r < rows; r++) {
        struct fc_tally_metric *m = &part->metrics[r];
        join_extremes(m, r, rows, first, extremes, slices * launches);
        bool empty = m->min_key == FC_REDUCE_NO_MIN;
        if (!empty &&
            (m->max_key < m->min_key || m->min_trial - first >= count || m->max_trial - first >= count)) {
            fc_fail(error, FC_FAULT,
                    "the device gave impossible extremes (its result is broken); leave this device out");
            goto done;
        }
        for (size_t slice = 0; slice < slices; slice++)
            if (add_tally(m, (slice * (size_t)rows + (size_t)r) * FC_REDUCE_ROW_WORDS, take, context, words,
                          error))
                goto done;
        if (m->count + m->invalid != count) {
            fc_fail(error, FC_FAULT,
                    "the device counted %llu of %llu trials (its result is broken); leave this device out",
                    (unsigned long long)(m->count + m->invalid), (unsigned long long)count);
            goto done;
        }
        const char *unfit = fc_tally_unfit(m);
        if (unfit) {
            fc_fail(error, FC_FAULT,
                    "the device gave %s that the others contradict (its memory or its driver is broken); "
                    "leave this "
                    "device out",
                    unfit);
            goto done;
        }
    }
    status = fc_tally_cover(part, first, count, error);
done:
    free(words);
    return status;
}

/* reduce.h: from rows of metric values to their exact tally, on a device.
 *
 * The same numbers as fc_tally_add on the host (model/base/tally.h says which), made with 32-bit atomic adds,
 * minima and maxima only: integer sums do not depend on the order of the work items. A work item keeps a
 * running sum while bin and exponent stay the same and writes it out when they change, so that a metric with
 * few different values does not make all items wait for one address. host/backends/device_tally.c adds the outcome to
 * a struct fc_tally. */
#ifndef FC_CUDA_REDUCE_H
#define FC_CUDA_REDUCE_H

#include "model/base/tally.h"

/* The tally of one row, in 32-bit words: three 64-bit sums (low word first) per sign and exponent, the number
 * of invalid values, the bins. */
#define FC_REDUCE_INVALID (FC_TALLY_EXPONENTS * 6)
#define FC_REDUCE_BINS (FC_REDUCE_INVALID + 64)
#define FC_REDUCE_ROW_WORDS (FC_REDUCE_BINS + FC_TALLY_BINS)

/* The extremes of one row in one launch: key and index of the minimum, key and index of the maximum. Start
 * values: */
#define FC_REDUCE_EXTREMES 4
#define FC_REDUCE_NO_MIN 0xffffffffu
#define FC_REDUCE_NO_MAX 0u
#define FC_REDUCE_NO_INDEX 0xffffffffu

/* Adds to a 64-bit sum; exactly the item whose add wraps the low word around carries the one. */
FC_FN void fc_reduce_add_u64(FC_GLOBAL fc_u32 *sum, fc_u64 x)
{
    fc_u32 low = (fc_u32)x;
    fc_u32 old = fc_atomic_add(sum, low);
    fc_u32 high = (fc_u32)(x >> 32) + (old + low < old ? 1u : 0u);
    if (high)
        fc_atomic_add(sum + 1, high);
}

FC_FN void fc_reduce_add_sums(FC_GLOBAL fc_u32 *sums, fc_u64 sum, fc_u64 square_low, fc_u64 square_high)
{
    if (sum | square_low | square_high) {
        fc_reduce_add_u64(sums, sum);
        fc_reduce_add_u64(sums + 2, square_low);
        fc_reduce_add_u64(sums + 4, square_high);
    }
}

/* Work item `item` of `items`: adds its share of values[0, count) to the row's tally; `mine` takes the key
 * and index of its minimum and of its maximum, the lowest index that holds each. */
FC_FN void fc_reduce_row(FC_GLOBAL const float *values, fc_u32 count, fc_u32 item, fc_u32 items,
                         FC_GLOBAL fc_u32 *row, fc_u32 mine[FC_REDUCE_EXTREMES])
{
    fc_u32 bin = 0, in_bin = 0, exponent = 0, invalid = 0;
    fc_u32 min_key = FC_REDUCE_NO_MIN, min_index = FC_REDUCE_NO_INDEX;
    fc_u32 max_key = FC_REDUCE_NO_MAX, max_index = FC_REDUCE_NO_INDEX;
    fc_u64 sum = 0, square_low = 0, square_high = 0;
    for (fc_u32 i = item; i < count; i += items) {
        float x = values[i];
        if (!fc_tally_is_valid(x)) {
            invalid++;
            continue;
        }
        fc_u32 key = fc_tally_key(x);
        fc_u64 mantissa = fc_tally_mantissa(x);
        fc_u64 square = mantissa * mantissa;
        if (fc_tally_bin(key) != bin) {
            if (in_bin)
                fc_atomic_add(row + FC_REDUCE_BINS + bin, in_bin);
            bin = fc_tally_bin(key);
            in_bin = 0;
        }
        if (key >> 23 != exponent) {
            fc_reduce_add_sums(row + exponent * 6u, sum, square_low, square_high);
            exponent = key >> 23;
            sum = 0;
            square_low = 0;
            square_high = 0;
        }
        in_bin++;
        sum += mantissa;
        square_low += square & 0xffffffu;
        square_high += square >> 24;
        min_index = key < min_key ? i : min_index;
        min_key = key < min_key ? key : min_key;
        max_index = key > max_key ? i : max_index;
        max_key = key > max_key ? key : max_key;
    }
    if (in_bin)
        fc_atomic_add(row + FC_REDUCE_BINS + bin, in_bin);
    fc_reduce_add_sums(row + exponent * 6u, sum, square_low, square_high);
    if (invalid)
        fc_atomic_add(row + FC_REDUCE_INVALID, invalid);
    mine[0] = min_key;
    mine[1] = min_index;
    mine[2] = max_key;
    mine[3] = max_index;
}

/* The item is the only one of its row: its extremes are the row's, with indices counted from `base`. */
FC_FN void fc_reduce_own(const fc_u32 mine[FC_REDUCE_EXTREMES], fc_u32 base, FC_GLOBAL fc_u32 *extremes)
{
    extremes[0] = mine[0];
    extremes[1] = base + mine[1];
    extremes[2] = mine[2];
    extremes[3] = base + mine[3];
}

/* Several items share the row: joins the keys of their extremes; fc_reduce_indices then finds the indices. */
FC_FN void fc_reduce_share(const fc_u32 mine[FC_REDUCE_EXTREMES], FC_GLOBAL fc_u32 *extremes)
{
    if (mine[0] != FC_REDUCE_NO_MIN) {
        fc_atomic_min(extremes, mine[0]);
        fc_atomic_max(extremes + 2, mine[2]);
    }
}

/* After all items have done fc_reduce_share: the lowest index, counted from `base`, that holds each extreme.
 */
FC_FN void fc_reduce_indices(FC_GLOBAL const float *values, fc_u32 count, fc_u32 base, fc_u32 item,
                             fc_u32 items, FC_GLOBAL fc_u32 *extremes)
{
    fc_u32 min_key = extremes[0], max_key = extremes[2];
    fc_u32 min_index = FC_REDUCE_NO_INDEX, max_index = FC_REDUCE_NO_INDEX;
    for (fc_u32 i = item; i < count; i += items) {
        float x = values[i];
        fc_u32 key = fc_tally_key(x);
        fc_u32 valid = fc_tally_is_valid(x) ? 1u : 0u;
        if (valid && key == min_key && min_index == FC_REDUCE_NO_INDEX)
            min_index = base + i;
        if (valid && key == max_key && max_index == FC_REDUCE_NO_INDEX)
            max_index = base + i;
    }
    if (min_index != FC_REDUCE_NO_INDEX)
        fc_atomic_min(extremes + 1, min_index);
    if (max_index != FC_REDUCE_NO_INDEX)
        fc_atomic_min(extremes + 3, max_index);
}

#endif

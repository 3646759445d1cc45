/* tally.h: what is kept of a metric over any number of trials: an exact sum that may be added up in any
 * order.
 *
 * Of each value (a float): a count in the bin of its upper 19 bits (sign, exponent, 10 bits of mantissa: a
 * log-linear histogram, 1024 bins per factor of two, so that a distribution as narrow as 0.1 % keeps its shape); and
 * per sign and exponent the exact integer sum of its 24-bit mantissa and of the mantissa's square, in two
 * halves. Merging two tallies is integer addition and comparison: associative, commutative, exact. Sums hold
 * for 2^40 values. Infinite and NaN values are counted apart. */
#ifndef FC_MODEL_TALLY_H
#define FC_MODEL_TALLY_H

#include "lang.h"

#define FC_TALLY_SHIFT 13 /* bits of a key below its bin */
#define FC_TALLY_BINS (1 << (32 - FC_TALLY_SHIFT))
#define FC_TALLY_EXPONENTS 512 /* sign and exponent */

/* A float's bits in the order of its value: a < b exactly when key(a) < key(b); -0 counts as +0. */
FC_FN fc_u32 fc_tally_key(float x)
{
    fc_u32 bits = fc_bits_of(x);
    bits = bits == 0x80000000u ? 0u : bits;
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

/* The bin of a key, and the lowest and highest key of a bin. */
FC_FN fc_u32 fc_tally_bin(fc_u32 key)
{
    return key >> FC_TALLY_SHIFT;
}
FC_FN fc_u32 fc_tally_bin_first(fc_u32 bin)
{
    return bin << FC_TALLY_SHIFT;
}
FC_FN fc_u32 fc_tally_bin_last(fc_u32 bin)
{
    return fc_tally_bin_first(bin) | ((1u << FC_TALLY_SHIFT) - 1u);
}

/* The value of a key. */
FC_FN float fc_tally_value(fc_u32 key)
{
    return fc_float_of(key & 0x80000000u ? key & 0x7fffffffu : ~key);
}

FC_FN int fc_tally_is_valid(float x)
{
    return (fc_bits_of(x) & 0x7f800000u) != 0x7f800000u;
}

/* The 24-bit mantissa of a finite float; subnormal numbers have no leading one. */
FC_FN fc_u32 fc_tally_mantissa(float x)
{
    fc_u32 bits = fc_bits_of(x);
    return (bits & 0x007fffffu) | (bits & 0x7f800000u ? 0x00800000u : 0u);
}

#endif

/* tally.h: what is kept of a metric over any number of trials: an exact sum that may be added up in any order.
 *
 * Of each value (a float): a count in the bin of its upper 16 bits (sign, exponent, 7 bits of mantissa: a log-linear
 * histogram, 128 bins per factor of two); and per sign and exponent the exact integer sum of its 24-bit mantissa and of
 * the mantissa's square, in two halves. Merging two tallies is integer addition and comparison: associative,
 * commutative, exact. Sums hold for 2^40 values. Infinite and NaN values are counted apart. */
#ifndef FC_MODEL_TALLY_H
#define FC_MODEL_TALLY_H

#include "lang.h"

#define FC_TALLY_BINS 65536
#define FC_TALLY_EXPONENTS 512 /* sign and exponent */

/* A float's bits in the order of its value: a < b exactly when key(a) < key(b); -0 counts as +0. */
FC_FN fc_u32 fc_tally_key(float x)
{
    fc_u32 bits = fc_bits_of(x);
    bits = bits == 0x80000000u ? 0u : bits;
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

/* The value of a key. */
FC_FN float fc_tally_value(fc_u32 key)
{
    return fc_float_of(key & 0x80000000u ? key & 0x7fffffffu : ~key);
}

FC_FN int fc_tally_is_valid(float x) { return (fc_bits_of(x) & 0x7f800000u) != 0x7f800000u; }

/* The 24-bit mantissa of a finite float; subnormal numbers have no leading one. */
FC_FN fc_u32 fc_tally_mantissa(float x)
{
    fc_u32 bits = fc_bits_of(x);
    return (bits & 0x007fffffu) | (bits & 0x7f800000u ? 0x00800000u : 0u);
}

#endif

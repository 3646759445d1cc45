/* draw.h: from random words to the uncertain inputs of a trial, and to event variates.
 *
 * Any distribution becomes a quantile table, made on the host in double and interpolated here: one code path
 * for all. Geometry: a word w picks a side (below or above the median) and a distance t from that end of (0,
 * 1); nodes lie at t = 2^(octave - 33) (1 + j / 64), octave = 0 ... 31, j = 0 ... 63, so that resolution
 * grows towards both tails (the last node is t = 1/2). Between nodes the quantile is linear in t: relative to
 * the distance from the tail an interval is 1/64 wide, which keeps the error of an exponential's mean near
 * 2e-5 of its scale. */
#ifndef FC_MODEL_DRAW_H
#define FC_MODEL_DRAW_H

#include "elementary.h"
#include "random.h"

/* How an input or an event variate gets its value. */
enum fc_draw_kind {
    FC_DRAW_CONSTANT = 0, /* always `value` */
    FC_DRAW_TABLE = 1,    /* quantile table (draw.h) at `table`, an offset in floats */
    FC_DRAW_DISCRETE =
        2, /* `count` values at `table`, then as many cumulative probabilities, the last one 1 */
    FC_DRAW_TABLE_Z = 3,   /* a correlated input: table over a standard normal (draw.h) */
    FC_DRAW_DISCRETE_Z = 4 /* the same for `count` values, then as many upper bounds of the standard normal */
};

struct fc_draw {
    fc_i32 input; /* enum fc_input; unused in an event distribution */
    fc_i32 kind;  /* enum fc_draw_kind */
    fc_i32 table;
    fc_i32 count;
    float value;
    fc_u32 generator; /* component of the lattice (fc_lattice_lanes), where inputs take its points */
};

#define FC_CORRELATED 24 /* most inputs in one correlation matrix */

/* Gaussian copula: the standard normals of the correlated inputs are factor n, with n independent. */
struct fc_copula {
    fc_i32 count;                               /* 0: no input is correlated */
    fc_i32 normal_table;                        /* quantile table of the standard normal */
    fc_i32 input[FC_CORRELATED];                /* ascending */
    fc_u32 generator[FC_CORRELATED];            /* as in fc_draw */
    float factor[FC_CORRELATED][FC_CORRELATED]; /* lower triangular, rows of length 1 */
};

#define FC_TABLE_OCTAVES 32
#define FC_TABLE_PER_OCTAVE 64
#define FC_TABLE_SIDE (FC_TABLE_OCTAVES * FC_TABLE_PER_OCTAVE + 1)
/* A table: FC_TABLE_SIDE floats for the lower side (from the lower end to the median), then as many for the
 * upper side (from the upper end down to the median). */
#define FC_TABLE_SIZE (2 * FC_TABLE_SIDE)

/* The value of a quantile table at a distance of t 2^-32 from its lower (upper = 0) or upper end, t in [0.5,
 * 2^31]. */
FC_INLINE fc_real fc_table_at(FC_GLOBAL const float *table, fc_i32 offset, fc_i32 upper, float t)
{
    fc_u32 bits = fc_bits_of(t) - 0x3f000000u;
    fc_i32 cell = (fc_i32)(bits >> 17);
    cell = cell > FC_TABLE_SIDE - 2 ? FC_TABLE_SIDE - 2 : cell;
    fc_u32 rest = bits - ((fc_u32)cell << 17);
    fc_real fraction = (fc_real)(fc_i32)rest * 7.62939453125e-6f; /* 2^-17 */
    fc_i32 at = offset + (upper ? FC_TABLE_SIDE : 0) + cell;
    fc_real low = (fc_real)table[at];
    fc_real high = (fc_real)table[at + 1];
    return fc_fma(fraction, high - low, low);
}

/* The value of a quantile table at a random word; `table` points to FC_TABLE_SIZE floats. */
FC_INLINE fc_real fc_table_draw(FC_GLOBAL const float *table, fc_i32 offset, fc_u32 word)
{
    fc_i32 upper = (fc_i32)(word >> 31);
    fc_u32 distance = (upper ? ~word : word) & 0x7fffffffu;
    return fc_table_at(table, offset, upper, (float)(fc_i32)distance + 0.5f);
}

/* low[s] = table[at[s]], high[s] = table[at[s] + 1] for what is listed (lang.h). */
FC_INLINE void fc_table_nodes(FC_GLOBAL const float *table, const fc_i32 *at, fc_i32 count, float *low,
                              float *high)
{
#ifdef FC_PICKS_FLOAT
    fc_pick_pairs(table, at, count, low, high);
#else
    for (fc_i32 s = 0; s < count; s++) {
        low[s] = table[at[s]];
        high[s] = table[at[s] + 1];
    }
#endif
}

/* fc_table_draw for a block of lanes, the same bits. Where a block has many lanes, its look-ups stand in a loop of
 * their own: a loop that mixes them with arithmetic is not vectorised (gcc, clang). */
FC_FN void fc_table_draw_lanes(FC_GLOBAL const float *table, const fc_u32 *word, fc_real *value)
{
#if FC_W == 1
    value[0] = fc_table_draw(table, 0, word[0]);
#else
    fc_i32 at[FC_W];
    fc_real fraction[FC_W];
    float low[FC_W], high[FC_W];
    FC_LANES (l) {
        fc_u32 mask = (fc_u32)0 - (word[l] >> 31); /* all ones on the upper side */
        fc_u32 distance = (word[l] ^ mask) & 0x7fffffffu;
        fc_u32 bits = fc_bits_of((float)(fc_i32)distance + 0.5f) - 0x3f000000u;
        fc_i32 cell = fc_min_i32((fc_i32)(bits >> 17), FC_TABLE_SIDE - 2);
        fraction[l] = (fc_real)(fc_i32)(bits - ((fc_u32)cell << 17)) * 7.62939453125e-6f; /* 2^-17 */
        at[l] = (fc_i32)(mask & (fc_u32)FC_TABLE_SIDE) + cell;
    }
    fc_table_nodes(table, at, FC_W, low, high);
    FC_LANES (l)
        value[l] = fc_fma(fraction[l], (fc_real)high[l] - (fc_real)low[l], (fc_real)low[l]);
#endif
}

/* The same for what is listed (lang.h): offset, word and value stand side by side. */
FC_FN void fc_table_draw_listed(FC_GLOBAL const float *tables, const fc_i32 *offset, const fc_u32 *word,
                                fc_i32 count, fc_real *value)
{
#if FC_W == 1
    (void)count;
    value[0] = fc_table_draw(tables, offset[0], word[0]);
#else
    fc_i32 at[FC_LIST];
    fc_real fraction[FC_LIST];
    float low[FC_LIST], high[FC_LIST];
    FC_LISTED (s, count) {
        fc_u32 mask = (fc_u32)0 - (word[s] >> 31); /* all ones on the upper side */
        fc_u32 distance = (word[s] ^ mask) & 0x7fffffffu;
        fc_u32 bits = fc_bits_of((float)(fc_i32)distance + 0.5f) - 0x3f000000u;
        fc_i32 cell = fc_min_i32((fc_i32)(bits >> 17), FC_TABLE_SIDE - 2);
        fraction[s] = (fc_real)(fc_i32)(bits - ((fc_u32)cell << 17)) * 7.62939453125e-6f; /* 2^-17 */
        at[s] = offset[s] + (fc_i32)(mask & (fc_u32)FC_TABLE_SIDE) + cell;
    }
    fc_table_nodes(tables, at, count, low, high);
    FC_LISTED (s, count)
        value[s] = fc_fma(fraction[s], (fc_real)high[s] - (fc_real)low[s], (fc_real)low[s]);
#endif
}

/* Points of a randomly shifted lattice instead of random words, for quasi-Monte Carlo: point k of the sequence is
 * rev(k) generator / 2^32 mod 1, rev(k) being k with its 32 bits in reverse order, so that for every m the first 2^m points
 * are a lattice; a random word shifts all of them, which leaves each one uniform and the mean of any function unbiased. The
 * tent map (Hickernell 2002: 1 - |2 u - 1|) then makes what is not periodic continuous across the ends, for an error near
 * n^-2 where the function is smooth. All in whole numbers: both maps permute the 2^32 words. */
FC_INLINE fc_u32 fc_reversed(fc_u32 k)
{
    k = ((k >> 1) & 0x55555555u) | ((k & 0x55555555u) << 1);
    k = ((k >> 2) & 0x33333333u) | ((k & 0x33333333u) << 2);
    k = ((k >> 4) & 0x0f0f0f0fu) | ((k & 0x0f0f0f0fu) << 4);
    k = ((k >> 8) & 0x00ff00ffu) | ((k & 0x00ff00ffu) << 8);
    return (k >> 16) | (k << 16);
}

/* word[FC_W]: the points whose reversed numbers are `reversed`, in one component, shifted by `shift`. */
FC_FN void fc_lattice_lanes(fc_u32 generator, const fc_u32 *reversed, const fc_u32 *shift, fc_u32 *word)
{
    FC_LANES (l) {
        fc_u32 point = reversed[l] * generator + shift[l];
        word[l] = (point << 1) ^ ((fc_u32)0 - (point >> 31));
    }
}

/* Exponential variate with mean 1. */
FC_INLINE fc_real fc_exponential(fc_u32 word)
{
    return -fc_log(fc_uniform(word));
}

/* The value of a discrete distribution with `count` values at a random word. */
FC_FN fc_real fc_discrete_draw(FC_GLOBAL const float *table, fc_i32 offset, fc_i32 count, fc_u32 word)
{
    fc_real u = fc_uniform(word);
    fc_real value = (fc_real)table[offset + count - 1];
    for (fc_i32 i = count - 2; i >= 0; i--)
        value = u < (fc_real)table[offset + count + i] ? (fc_real)table[offset + i] : value;
    return value;
}

/* The same for a block of lanes: the loop over the values is the outer one, else it is not vectorised. */
FC_FN void fc_discrete_draw_lanes(FC_GLOBAL const float *table, fc_i32 offset, fc_i32 count,
                                  const fc_u32 *word, fc_real *value)
{
    fc_real last = table[offset + count - 1];
    FC_LANES (l)
        value[l] = last;
    for (fc_i32 i = count - 2; i >= 0; i--) {
        fc_real below = table[offset + count + i], one = table[offset + i];
        FC_LANES (l)
            value[l] = fc_uniform(word[l]) < below ? one : value[l];
    }
}

/* Tables over a standard normal z, for correlated inputs: the value at z is that at probability Phi(z), so no
 * device needs Phi. Nodes lie at z = -6.5 + i / 128; between nodes the value is linear in z; beyond the ends
 * it stays. */
#define FC_Z_END 6.5f
#define FC_Z_PER_UNIT 128
#define FC_Z_TABLE_SIZE (13 * FC_Z_PER_UNIT + 1)

FC_FN fc_real fc_table_z(FC_GLOBAL const float *table, fc_i32 offset, fc_real z)
{
    fc_real x = fc_fma(z, (fc_real)FC_Z_PER_UNIT, (fc_real)(FC_Z_END * FC_Z_PER_UNIT));
    x = fc_min(fc_max(x, 0.0f), (fc_real)(FC_Z_TABLE_SIZE - 1));
    fc_i32 cell = fc_min_i32((fc_i32)x, FC_Z_TABLE_SIZE - 2);
    fc_real low = (fc_real)table[offset + cell];
    fc_real high = (fc_real)table[offset + cell + 1];
    return fc_fma(x - (fc_real)cell, high - low, low);
}

/* The value of a discrete distribution at a standard normal: the table holds values, then upper bounds of z. */
FC_FN fc_real fc_discrete_z(FC_GLOBAL const float *table, fc_i32 offset, fc_i32 count, fc_real z)
{
    fc_real value = (fc_real)table[offset + count - 1];
    for (fc_i32 i = count - 2; i >= 0; i--)
        value = z < (fc_real)table[offset + count + i] ? (fc_real)table[offset + i] : value;
    return value;
}

/* Fills value[FC_W] of a correlated input from its normals. They are set: only programs with a copula have
 * such draws, which the analyzer of clang cannot see. */
FC_FN void fc_draw_z_lanes(FC_GLOBAL const struct fc_draw *draw, FC_GLOBAL const float *tables,
                           const fc_real *z, fc_real *value)
{
    fc_i32 offset = draw->table;
    fc_i32 count = draw->count;
    if (draw->kind == FC_DRAW_TABLE_Z) {
        FC_LANES (l)
            value[l] = fc_table_z(tables, offset, z[l]); // NOLINT(clang-analyzer-core.CallAndMessage)
    } else {
        FC_LANES (l)
            value[l] =
                fc_discrete_z(tables, offset, count, z[l]); // NOLINT(clang-analyzer-core.CallAndMessage)
    }
}

/* Fills value[FC_W] from one word per lane. */
FC_FN void fc_draw_lanes(FC_GLOBAL const struct fc_draw *draw, FC_GLOBAL const float *tables,
                         const fc_u32 *word, fc_real *value)
{
    if (draw->kind == FC_DRAW_TABLE) {
        fc_table_draw_lanes(tables + draw->table, word, value);
    } else if (draw->kind == FC_DRAW_DISCRETE) {
        fc_discrete_draw_lanes(tables, draw->table, draw->count, word, value);
    } else {
        fc_real fixed = draw->value;
        FC_LANES (l)
            value[l] = fixed;
    }
}

/* The same for what is listed. */
FC_FN void fc_draw_listed(FC_GLOBAL const struct fc_draw *draw, FC_GLOBAL const float *tables,
                          const fc_u32 *word, fc_i32 count, fc_real *value)
{
    fc_i32 offset[FC_LIST];
    if (draw->kind == FC_DRAW_TABLE) {
        FC_LISTED (s, count)
            offset[s] = draw->table;
        fc_table_draw_listed(tables, offset, word, count, value);
    } else if (draw->kind == FC_DRAW_DISCRETE) {
        for (fc_i32 s = 0; s < count; s++)
            value[s] = fc_discrete_draw(tables, draw->table, draw->count, word[s]);
    } else {
        fc_real fixed = draw->value;
        FC_LISTED (s, count)
            value[s] = fixed;
    }
}

#endif

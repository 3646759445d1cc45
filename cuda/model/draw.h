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
#include "program.h"
#include "random.h"

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
    fc_real fraction = (fc_real)(fc_i32)rest * (fc_real)7.62939453125e-6f; /* 2^-17 */
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

/* Exponential variate with mean 1. */
FC_INLINE fc_real fc_exponential(fc_u32 word)
{
    return -fc_log(fc_uniform(word));
}

/* The value of a discrete law with `count` values at a random word. */
FC_FN fc_real fc_discrete_draw(FC_GLOBAL const float *table, fc_i32 offset, fc_i32 count, fc_u32 word)
{
    fc_real u = fc_uniform(word);
    fc_real value = (fc_real)table[offset + count - 1];
    for (fc_i32 i = count - 2; i >= 0; i--)
        value = u < (fc_real)table[offset + count + i] ? (fc_real)table[offset + i] : value;
    return value;
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
    x = fc_min(fc_max(x, (fc_real)0.0f), (fc_real)(FC_Z_TABLE_SIZE - 1));
    fc_i32 cell = fc_min_i32((fc_i32)x, FC_Z_TABLE_SIZE - 2);
    fc_real low = (fc_real)table[offset + cell];
    fc_real high = (fc_real)table[offset + cell + 1];
    return fc_fma(x - (fc_real)cell, high - low, low);
}

/* The value of a discrete law at a standard normal: the table holds values, then upper bounds of z. */
FC_FN fc_real fc_discrete_z(FC_GLOBAL const float *table, fc_i32 offset, fc_i32 count, fc_real z)
{
    fc_real value = (fc_real)table[offset + count - 1];
    for (fc_i32 i = count - 2; i >= 0; i--)
        value = z < (fc_real)table[offset + count + i] ? (fc_real)table[offset + i] : value;
    return value;
}

/* 1 when this input takes its random words from the twin of each world instead of the world itself. */
FC_FN fc_u32 fc_input_alternates(FC_GLOBAL const struct fc_program *program, fc_i32 input)
{
    return (program->alternate[input / 32] >> (fc_u32)(input % 32)) & 1u;
}

/* z[FC_CORRELATED][FC_W]: the correlated standard normals of the trials trial ... trial + FC_W - 1. The
 * normal of input i comes from the word that would draw i alone. */
FC_FN void fc_copula_lanes(FC_GLOBAL const struct fc_program *program, FC_GLOBAL const float *tables,
                           fc_u64 seed, const fc_u32 *low, const fc_u32 *high, fc_real z[FC_CORRELATED][FC_W])
{
    FC_GLOBAL const struct fc_copula *copula = &program->copula;
    fc_u32 event[FC_W], world[FC_W], words[4][FC_W];
    fc_i32 normal = copula->normal_table;
    for (fc_i32 i = 0; i < copula->count; i++) {
        fc_i32 input = copula->input[i];
        fc_u32 twin = fc_input_alternates(program, input) << (FC_TWIN_BIT - 32);
        FC_LANES (l) {
            event[l] = (fc_u32)(input / 4);
            world[l] = high[l] ^ twin;
        }
        fc_random_words(seed, low, world, event, FC_STREAM_INPUTS, words);
        FC_LANES (l)
            z[i][l] = fc_table_draw(tables, normal, words[input % 4][l]);
    }
    /* in place: row i needs the normals 0 ... i, so the last row comes first */
    for (fc_i32 i = copula->count - 1; i >= 0; i--) {
        fc_real own = (fc_real)copula->factor[i][i];
        FC_LANES (l)
            z[i][l] = own * z[i][l];
        for (fc_i32 j = 0; j < i; j++) {
            fc_real factor = (fc_real)copula->factor[i][j];
            FC_LANES (l)
                z[i][l] = fc_fma(factor, z[j][l], z[i][l]);
        }
    }
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
        fc_i32 offset = draw->table;
        FC_LANES (l)
            value[l] = fc_table_draw(tables, offset, word[l]);
    } else if (draw->kind == FC_DRAW_DISCRETE) {
        FC_LANES (l)
            value[l] = fc_discrete_draw(tables, draw->table, draw->count, word[l]);
    } else {
        fc_real fixed = (fc_real)draw->value;
        FC_LANES (l)
            value[l] = fixed;
    }
}

/* Draws the inputs of draws[begin, end) for the trials trial ... trial + FC_W - 1 into
 * inputs[FC_INPUT_COUNT][FC_W]. Input i takes word i % 4 of event i / 4 of its stream, whatever other inputs
 * the scenario has. An input that alternates takes the words of the trial's twin, whose number differs in bit
 * FC_TWIN_BIT. */
FC_FN void fc_draw_inputs(FC_GLOBAL const struct fc_program *program, FC_GLOBAL const float *tables,
                          fc_u64 seed, fc_u64 trial, fc_i32 begin, fc_i32 end,
                          fc_real inputs[FC_INPUT_COUNT][FC_W])
{
    fc_u32 low[FC_W], high[FC_W], event[FC_W], words[4][FC_W];
    fc_i32 drawn = -1;
    fc_u32 twin = 0; /* what `high` has been changed by */
    FC_LANES (l) {
        fc_u64 number = trial + (fc_u64)l;
        low[l] = (fc_u32)number;
        high[l] = (fc_u32)(number >> 32);
    }
    fc_real z[FC_CORRELATED][FC_W];
    fc_i32 row = 0;
    if (program->copula.count > 0)
        fc_copula_lanes(program, tables, seed, low, high, z);
    for (fc_i32 i = begin; i < end; i++) {
        FC_GLOBAL const struct fc_draw *draw = &program->draws[i];
        if (draw->kind >= FC_DRAW_TABLE_Z) {
            while (row < program->copula.count - 1 && program->copula.input[row] != draw->input)
                row++;
            fc_draw_z_lanes(draw, tables, z[row], inputs[draw->input]);
            continue;
        }
        fc_u32 other = fc_input_alternates(program, draw->input) << (FC_TWIN_BIT - 32);
        if (draw->kind != FC_DRAW_CONSTANT && (draw->input / 4 != drawn || other != twin)) {
            fc_u32 change = other ^ twin;
            drawn = draw->input / 4;
            twin = other;
            FC_LANES (l) {
                event[l] = (fc_u32)drawn;
                high[l] ^= change;
            }
            fc_random_words(seed, low, high, event, FC_STREAM_INPUTS, words);
        }
        fc_draw_lanes(draw, tables, words[draw->input % 4], inputs[draw->input]);
    }
}

#endif

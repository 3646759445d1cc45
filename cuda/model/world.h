/* world.h: the uncertain inputs of a block of trials, drawn by the scenario's program.
 *
 * Input i takes word i % 4 of event i / 4 of the stream of inputs, correlated ones through a Gaussian copula;
 * base/draw.h has the tables behind each value. */
#ifndef FC_MODEL_WORLD_H
#define FC_MODEL_WORLD_H

#include "base/draw.h"
#include "program.h"

/* 1 when this input takes its random words from the twin of each world instead of the world itself. */
FC_FN fc_u32 fc_input_alternates(FC_GLOBAL const struct fc_program *program, fc_i32 input)
{
    return (program->alternate[input / 32] >> (fc_u32)(input % 32)) & 1u;
}

/* words[4][FC_W] of inputs 4 event ... 4 event + 3: random ones, or what shifts the points of a lattice. */
FC_FN void fc_input_words(FC_GLOBAL const struct fc_program *program, fc_u64 seed, const fc_u32 *low,
                          const fc_u32 *high, const fc_u32 *event, fc_u32 words[4][FC_W])
{
    if (program->shifts) {
        fc_u32 none[FC_W];
        FC_LANES (l)
            none[l] = 0;
        fc_random_words(seed, none, high, event, FC_STREAM_SHIFTS, words);
    } else {
        fc_random_words(seed, low, high, event, FC_STREAM_INPUTS, words);
    }
}

/* Fills reversed[FC_W] for the points of a lattice; 0 where there is none. */
FC_FN void fc_point_lanes(FC_GLOBAL const struct fc_program *program, const fc_u32 *low, fc_u32 *reversed)
{
    FC_LANES (l)
        reversed[l] = 0;
    if (program->shifts) {
        FC_LANES (l)
            reversed[l] = fc_reversed(low[l]);
    }
}

/* z[FC_CORRELATED][FC_W]: the correlated standard normals of the trials trial ... trial + FC_W - 1. The
 * normal of input i comes from the word that would draw i alone. */
FC_FN void fc_copula_lanes(FC_GLOBAL const struct fc_program *program, FC_GLOBAL const float *tables,
                           fc_u64 seed, const fc_u32 *low, const fc_u32 *high, fc_real z[FC_CORRELATED][FC_W])
{
    FC_GLOBAL const struct fc_copula *copula = &program->copula;
    fc_u32 event[FC_W], world[FC_W], words[4][FC_W], reversed[FC_W], point[FC_W];
    fc_i32 normal = copula->normal_table;
    fc_point_lanes(program, low, reversed);
    for (fc_i32 i = 0; i < copula->count; i++) {
        fc_i32 input = copula->input[i];
        fc_u32 twin = fc_input_alternates(program, input) << (FC_TWIN_BIT - 32);
        FC_LANES (l) {
            event[l] = (fc_u32)(input / 4);
            world[l] = high[l] ^ twin;
        }
        fc_input_words(program, seed, low, world, event, words);
        const fc_u32 *word = words[input % 4];
        if (program->shifts) {
            fc_lattice_lanes(copula->generator[i], reversed, word, point);
            word = point;
        }
        fc_table_draw_lanes(tables + normal, word, z[i]);
    }
    /* in place: row i needs the normals 0 ... i, so the last row comes first */
    for (fc_i32 i = copula->count - 1; i >= 0; i--) {
        fc_real own = copula->factor[i][i];
        FC_LANES (l)
            z[i][l] = own * z[i][l];
        for (fc_i32 j = 0; j < i; j++) {
            fc_real factor = copula->factor[i][j];
            FC_LANES (l)
                z[i][l] = fc_fma(factor, z[j][l], z[i][l]);
        }
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
    fc_u32 low[FC_W], high[FC_W], event[FC_W], words[4][FC_W], reversed[FC_W], point[FC_W];
    fc_i32 drawn = -1;
    fc_u32 twin = 0; /* what `high` has been changed by */
    FC_LANES (l) {
        fc_u64 number = trial + (fc_u64)l;
        low[l] = (fc_u32)number;
        high[l] = (fc_u32)(number >> 32);
    }
    fc_point_lanes(program, low, reversed);
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
            fc_input_words(program, seed, low, high, event, words);
        }
        const fc_u32 *word = words[draw->input % 4];
        if (program->shifts && draw->kind != FC_DRAW_CONSTANT) {
            fc_lattice_lanes(draw->generator, reversed, word, point);
            word = point;
        }
        fc_draw_lanes(draw, tables, word, inputs[draw->input]);
    }
}

#endif

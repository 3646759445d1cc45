/* sampling.c: see sampling.h. */
#include "sampling.h"

/* Components of the generating vector, made by tests/lattice/make_lattice.c. */
static const uint32_t vector[FC_INPUT_COUNT] = {
#include "lattice.def"
};

void fc_sampling_lattice(struct fc_program *program)
{
    struct fc_copula *copula = &program->copula;
    int next = 0;
    program->shifts = FC_SHIFTS;
    for (int i = 0; i < program->draw_count; i++) {
        struct fc_draw *draw = &program->draws[i];
        if (draw->kind == FC_DRAW_CONSTANT)
            continue;
        draw->generator = vector[next++];
        for (int k = 0; k < copula->count; k++)
            if (copula->input[k] == draw->input)
                copula->generator[k] = draw->generator;
    }
}

uint64_t fc_sampling_points(uint64_t worlds)
{
    uint64_t points = 1;
    while (points * FC_SHIFTS < worlds && points < (uint64_t)1 << 31)
        points *= 2;
    return points;
}

/* worlds.c: see worlds.h. */
#define FC_W 16
#include "worlds.h"

#include "cuda/model/base/draw.h"
#include "cuda/model/world.h"

void fc_worlds_inputs(const struct fc_compiled *compiled, uint64_t seed, uint64_t first, uint64_t count,
                      const int *inputs, int input_count, float *values)
{
    const struct fc_program *program = &compiled->program;
    int64_t blocks = (int64_t)((count + FC_W - 1) / FC_W);
#pragma omp parallel for schedule(static)
    for (int64_t block = 0; block < blocks; block++) {
        static _Thread_local fc_real drawn[FC_INPUT_COUNT][FC_W];
        uint64_t base = (uint64_t)block * FC_W;
        fc_draw_inputs(program, compiled->tables, seed, first + base, 0, program->draw_count, drawn);
        for (int k = 0; k < input_count; k++)
            for (uint64_t l = 0; l < FC_W && base + l < count; l++)
                values[(uint64_t)k * count + base + l] = drawn[inputs[k]][l];
    }
}

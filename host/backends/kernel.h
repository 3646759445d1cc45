/* kernel.h: the model as compiled into the host program, once per instruction set. */
#ifndef FC_HOST_KERNEL_H
#define FC_HOST_KERNEL_H

#include <stdint.h>

#include "cuda/model/step/step_program.h"

struct fc_program;

/* Simulates trials first ... first + count - 1, count <= `chunk`, and writes metric row r of trial i to
 * out[r * chunk + i], which is float (double in the double build, the accuracy oracle of the tests).
 * `scratch` has `scratch_bytes`, 64-byte aligned, one per thread. */
struct fc_kernel {
    const char *name; /* "scalar", "avx2", ... */
    int lanes;
    int chunk;
    int level; /* of x86-64 whose instructions it needs (4: AVX-512, 3: AVX2 and FMA); 0 elsewhere */
    uint64_t scratch_bytes;
    void (*run)(const struct fc_program *program, const float *tables, uint64_t seed, uint64_t first,
                int count, void *scratch, void *out);
    /* Benchmark yardsticks: draw `count` events' random words alone, or words and the variates made of them;
     * the return value depends on all of them. */
    uint32_t (*floor_words)(uint64_t seed, uint64_t count);
    uint32_t (*floor_variates)(const struct fc_program *program, const float *tables, uint64_t seed,
                               uint64_t count);
    /* For calibration: out[p * lanes + l] is the log of the step time of plans[p] in world l. values[v *
     * lanes + l] are `lanes` worlds' values, and which[p][i] is the v that plan p takes for input i of the
     * step layer. */
    void (*log_step_times)(const struct fc_step_program *const *plans, const int (*which)[FC_STEP_JOINT],
                           int count, const float *values, float *out);
    /* The same as `run`, with the state of the chunk between timeline and contract in `kept` (kept_bytes):
     * used when `have` says that it is of these trials, else filled. */
    uint64_t kept_bytes;
    void (*run_kept)(const struct fc_program *program, const float *tables, uint64_t seed, uint64_t first,
                     int count, void *scratch, void *out, void *kept, int have);
};

#endif

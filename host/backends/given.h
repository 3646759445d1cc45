/* given.h: worlds of a contract made of given random words, in place of those that their numbers name.
 *
 * A world is a function of its 32-bit words: those of the inputs, of the market, of delivery and outages, of events
 * (cuda/model/base/random.h). Whoever changes words changes the world, which is how worlds in a tail are found
 * (host/analysis/tail.h). The arithmetic is that of the kernels, bit for bit. Scenarios whose only layer is the contract. */
#ifndef FC_HOST_GIVEN_H
#define FC_HOST_GIVEN_H

#include <stdint.h>

struct fc_program;

/* Where the words of a draw stand among those of a world; streams as in `fc_given_streams`, -1: no such draw. */
enum { FC_GIVEN_STREAMS = 5, FC_GIVEN_EVENTS = 1280, FC_GIVEN_BLOCK = 64 };
struct fc_given_rows {
    int32_t row[FC_GIVEN_STREAMS][FC_GIVEN_EVENTS];
    int32_t words; /* of a world */
    int32_t lost;  /* draws that have no place here: the worlds would not be those of the words */
};

struct fc_given_kernel {
    const char *name;
    int level; /* as in struct fc_kernel */
    uint64_t scratch_bytes;
    /* Fills `rows` with the draws of this program. */
    void (*record)(const struct fc_program *program, const float *tables, struct fc_given_rows *rows, void *scratch);
    /* Metric `metric` of worlds 0 ... count - 1 into out; word w of world i is words[w × stride + i], both up to the next
     * multiple of FC_GIVEN_BLOCK beyond count. `scratch` has scratch_bytes, 64-byte aligned. */
    void (*run)(const struct fc_program *program, const float *tables, const struct fc_given_rows *rows,
                const uint32_t *words, int64_t stride, int64_t count, int metric, void *scratch, float *out);
    /* The words that world first + i has of its own number, into words[w × stride + i]. */
    void (*plain)(const struct fc_given_rows *rows, uint64_t seed, uint64_t first, int64_t count, uint32_t *words,
                  int64_t stride);
};

/* The fastest that runs here; the one of a name, or NULL. */
const struct fc_given_kernel *fc_given_best(void);
const struct fc_given_kernel *fc_given_find(const char *name);

#endif

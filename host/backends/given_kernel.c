/* given_kernel.c: see given.h; built once per instruction set, as cpu_kernel.c is. */
#include <string.h>

#include "given.h"
#include "instruction_set.h"

#define FC_WORDS_GIVEN
#include "cuda/model/base/random.h"

static const fc_u32 streams[FC_GIVEN_STREAMS] = {FC_STREAM_INPUTS, FC_STREAM_MARKET, FC_STREAM_DELIVERY,
                                                 FC_STREAM_EVENTS, FC_STREAM_OUTAGES};
/* How many of the four words of a draw the model looks at. */
static const int in_use[FC_GIVEN_STREAMS] = {4, 4, 1, 1, 4};

static _Thread_local struct {
    struct fc_given_rows *record; /* set: draws are listed, their words zero */
    const struct fc_given_rows *rows;
    const uint32_t *words;
    int64_t stride;
} given;

static int stream_of(fc_u32 stream)
{
    for (int s = 0; s < FC_GIVEN_STREAMS; s++)
        if (streams[s] == stream)
            return s;
    return -1;
}

/* What the model calls for words: those given, of the lanes' worlds, the numbers of which count from 0. */
static void fc_random_words(fc_u64 seed, const fc_u32 *trial_low, const fc_u32 *trial_high, const fc_u32 *event,
                            fc_u32 stream, fc_u32 words[4][FC_W])
{
    int s = stream_of(stream), used = s < 0 ? 0 : in_use[s];
    (void)seed;
    (void)trial_high;
    memset(words, 0, 4 * sizeof words[0]);
    if (given.record) {
        struct fc_given_rows *rows = given.record;
        if (s < 0 || event[0] >= FC_GIVEN_EVENTS) {
            rows->lost++;
        } else if (rows->row[s][event[0]] < 0) {
            rows->row[s][event[0]] = rows->words;
            rows->words += used;
        }
        return;
    }
    const uint32_t *from = given.words + given.rows->row[s][event[0]] * given.stride + trial_low[0];
    for (int w = 0; w < used; w++)
        memcpy(words[w], from + w * given.stride, sizeof words[w]);
}

#include "cuda/model/contract/contract.h"
#include "cuda/model/world.h"

struct scratch {
    fc_real inputs[FC_INPUT_COUNT][FC_W];
    fc_real metrics[FC_METRIC_COUNT][FC_W];
    struct fc_ledger ledger;
};

static void block(const struct fc_program *program, const float *tables, fc_u64 first, struct scratch *s)
{
    fc_draw_inputs(program, tables, 0, first, program->run_draws, program->draw_count, s->inputs);
    fc_contract_lanes(&program->contract, tables, 0, first, s->inputs, s->inputs[FC_IN_GOODPUT], s->inputs[FC_IN_MFU],
                      &s->ledger, s->metrics);
}

static void record(const struct fc_program *program, const float *tables, struct fc_given_rows *rows, void *scratch)
{
    memset(rows->row, -1, sizeof rows->row);
    rows->words = rows->lost = 0;
    given.record = rows;
    block(program, tables, 0, scratch);
    given.record = NULL;
}

static void run(const struct fc_program *program, const float *tables, const struct fc_given_rows *rows,
                const uint32_t *words, int64_t stride, int64_t count, int metric, void *scratch, float *out)
{
    struct scratch *s = scratch;
    given.rows = rows;
    given.words = words;
    given.stride = stride;
    for (int64_t base = 0; base < count; base += FC_W) {
        block(program, tables, (fc_u64)base, s);
        for (int l = 0; l < FC_W && base + l < count; l++)
            out[base + l] = (float)s->metrics[metric][l];
    }
}

static void plain(const struct fc_given_rows *rows, uint64_t seed, uint64_t first, int64_t count, uint32_t *words,
                  int64_t stride)
{
    for (int s = 0; s < FC_GIVEN_STREAMS; s++)
        for (fc_u32 e = 0; e < FC_GIVEN_EVENTS; e++)
            for (int64_t i = 0; i < count && rows->row[s][e] >= 0; i++) {
                fc_u32 four[4];
                uint64_t trial = first + (uint64_t)i;
                fc_random_one(seed, (fc_u32)trial, (fc_u32)(trial >> 32), e, streams[s], four);
                for (int w = 0; w < in_use[s]; w++)
                    words[(rows->row[s][e] + w) * stride + i] = four[w];
            }
}

extern const struct fc_given_kernel FC_JOIN(fc_given_kernel_, FC_KERNEL);
const struct fc_given_kernel FC_JOIN(fc_given_kernel_, FC_KERNEL) = {
    .name = FC_TEXT(FC_KERNEL),
    .level = FC_LEVEL,
    .scratch_bytes = sizeof(struct scratch),
    .record = record,
    .run = run,
    .plain = plain,
};

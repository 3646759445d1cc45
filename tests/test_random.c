/* test_random.c: the generator is Philox4x32-10 to the bit, and the places its words go to are fixed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <Random123/philox.h>

#define FC_W 8
#include "cuda/model/base/draw.h"
#include "cuda/model/world.h"

static void library_words(uint64_t seed, uint64_t trial, uint32_t event, uint32_t stream, uint32_t words[4])
{
    philox4x32_ctr_t counter = {{(uint32_t)trial, (uint32_t)(trial >> 32), event, stream}};
    philox4x32_key_t key = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    philox4x32_ctr_t r = philox4x32_R(10, counter, key);
    for (int i = 0; i < 4; i++)
        words[i] = r.v[i];
}

static void words_of(uint64_t seed, uint64_t trial, uint32_t event, uint32_t stream, uint32_t words[4][FC_W])
{
    fc_u32 low[FC_W], high[FC_W], events[FC_W];
    FC_LANES (l) {
        uint64_t number = trial + (uint64_t)l;
        low[l] = (fc_u32)number;
        high[l] = (fc_u32)(number >> 32);
        events[l] = event + (fc_u32)l;
    }
    fc_random_words(seed, low, high, events, stream, words);
}

/* Known answers of Random123 (kat_vectors, philox4x32 with 10 rounds): counter, key, result. */
static void published_known_answers(void **state)
{
    (void)state;
    static const uint32_t answers[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e,
         0xa20bc7c6, 0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb,
         0x5001e420, 0x24126ea1},
    };
    for (int k = 0; k < 3; k++) {
        const uint32_t *a = answers[k];
        uint32_t words[4][FC_W];
        words_of(a[4] | (uint64_t)a[5] << 32, a[0] | (uint64_t)a[1] << 32, a[2], a[3], words);
        for (int i = 0; i < 4; i++)
            assert_int_equal(words[i][0], a[6 + i]);
    }
}

static void equals_the_library(void **state)
{
    (void)state;
    static const uint64_t edges[] = {0,
                                     1,
                                     0xffffffff,
                                     0x100000000,
                                     0xffffffff00000000,
                                     0xfffffffffffffff0,
                                     0x8000000080000000,
                                     0x7fffffff7fffffff,
                                     0x123456789abcdef0};
    int count = (int)(sizeof edges / sizeof edges[0]);
    for (int s = 0; s < count; s++)
        for (int t = 0; t < count; t++)
            for (int e = 0; e < count; e++)
                for (uint32_t stream = 0; stream < 3; stream++) {
                    uint32_t words[4][FC_W];
                    words_of(edges[s], edges[t], (uint32_t)edges[e], stream, words);
                    FC_LANES (l) {
                        uint32_t expected[4];
                        library_words(edges[s], edges[t] + (uint64_t)l, (uint32_t)edges[e] + (uint32_t)l,
                                      stream, expected);
                        for (int i = 0; i < 4; i++)
                            assert_int_equal(words[i][l], expected[i]);
                    }
                }
    for (uint64_t n = 0; n < 100000; n += FC_W) { /* a long run of counters and mixed seeds */
        uint64_t seed = n * 0x9e3779b97f4a7c15u;
        uint32_t words[4][FC_W], expected[4];
        words_of(seed, n, (uint32_t)(n >> 3), FC_STREAM_TIMELINE, words);
        FC_LANES (l) {
            library_words(seed, n + (uint64_t)l, (uint32_t)(n >> 3) + (uint32_t)l, 1, expected);
            for (int i = 0; i < 4; i++)
                assert_int_equal(words[i][l], expected[i]);
        }
    }
}

/* A wrong round constant or a swapped word cannot pass: neighbours in every argument give other words. */
/* One event for all lanes, with the first rounds done before. */
static void one_event_for_all_lanes(void **state)
{
    (void)state;
    static const uint64_t seeds[] = {0, 1, 0xffffffffffffffff, 0x243f6a8885a308d3},
                          trials[] = {0, 0xfffffffd, 0x7fffffffffffffff, 0x123456789abcdef0};
    for (int s = 0; s < 4; s++)
        for (int t = 0; t < 4; t++)
            for (uint32_t event = 0; event < 5000; event += 37) {
                fc_u32 low[FC_W], high[FC_W], words[4][FC_W];
                struct fc_started started;
                FC_LANES (l) {
                    low[l] = (fc_u32)(trials[t] + (uint64_t)l);
                    high[l] = (fc_u32)((trials[t] + (uint64_t)l) >> 32);
                }
                fc_random_start(seeds[s], low, FC_STREAM_OUTAGES, &started);
                fc_random_event(&started, seeds[s], low, high, event, FC_STREAM_OUTAGES, words);
                FC_LANES (l) {
                    uint32_t expected[4];
                    library_words(seeds[s], trials[t] + (uint64_t)l, event, FC_STREAM_OUTAGES, expected);
                    for (int w = 0; w < 4; w++)
                        assert_int_equal(words[w][l], expected[w]);
                }
            }
}

static void every_argument_matters(void **state)
{
    (void)state;
    uint32_t base[4], other[4];
    library_words(5, 7, 11, 1, base);
    const uint64_t changed[4][4] = {{6, 7, 11, 1}, {5, 8, 11, 1}, {5, 7, 12, 1}, {5, 7, 11, 0}};
    for (int c = 0; c < 4; c++) {
        uint32_t words[4][FC_W];
        words_of(changed[c][0], changed[c][1], (uint32_t)changed[c][2], (uint32_t)changed[c][3], words);
        library_words(changed[c][0], changed[c][1], (uint32_t)changed[c][2], (uint32_t)changed[c][3], other);
        for (int i = 0; i < 4; i++) {
            assert_int_equal(words[i][0], other[i]);
            assert_int_not_equal(words[i][0], base[i]);
        }
    }
}

static void uniform_stays_inside(void **state)
{
    (void)state;
    assert_true(fc_uniform(0) == 0x1p-32f);
    assert_true(fc_uniform(0xffffffffu) < 1.0f);
    assert_true(fc_uniform(0x80000000u) == 0.5f);
    float before = 0;
    for (uint64_t word = 0; word <= 0xffffffffu; word += 65535) { /* 65537 steps end on the last word */
        float u = fc_uniform((uint32_t)word);
        assert_true(u >= before && u > 0 && u < 1);
        double exact = ((double)(word >> 1) + 0.5) / 0x1p31;
        assert_true((double)u - exact <= 0x1p-24 * exact && exact - (double)u <= 0x1p-24);
        before = u;
    }
}

/* Where the words go is permanent: stream numbers, and input i at word i % 4 of event i / 4 of stream 0. */
static void mapping_is_fixed(void **state)
{
    (void)state;
    assert_int_equal(FC_STREAM_INPUTS, 0);
    assert_int_equal(FC_STREAM_TIMELINE, 1);
    assert_int_equal(FC_IN_GPU_MTBF_H, 64);
    assert_int_equal(FC_IN_CHECKPOINT_STALL_S, 72);
    assert_int_equal(FC_IN_PRICE_GPU_HOUR_USD, 128);
    assert_int_equal(FC_IN_ENERGY_PRICE_USD_PER_KWH, 141);
    static struct fc_program program;
    float ends[64]; /* a discrete distribution that shows the upper bits of its word: value k / 32 with equal shares */
    for (int k = 0; k < 32; k++) {
        ends[k] = (float)k;
        ends[32 + k] = (float)(k + 1) / 32;
    }
    fc_real inputs[FC_INPUT_COUNT][FC_W];
    uint64_t seed = 0xfeedfacecafef00du, trial = 0xfffffffcu; /* lanes cross a 32-bit border */
    program.draw_count = FC_INPUT_COUNT;
    for (int i = 0; i < FC_INPUT_COUNT; i++)
        program.draws[i] = (struct fc_draw){.input = i, .kind = FC_DRAW_DISCRETE, .table = 0, .count = 32};
    fc_draw_inputs(&program, ends, seed, trial, 0, FC_INPUT_COUNT, inputs);
    for (int i = 0; i < FC_INPUT_COUNT; i++)
        FC_LANES (l) {
            uint32_t words[4];
            library_words(seed, trial + (uint64_t)l, (uint32_t)i / 4, 0, words);
            assert_true(inputs[i][l] == (float)(words[i % 4] >> 27));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_known_answers), cmocka_unit_test(equals_the_library),
        cmocka_unit_test(every_argument_matters),  cmocka_unit_test(uniform_stays_inside),
        cmocka_unit_test(mapping_is_fixed),        cmocka_unit_test(one_event_for_all_lanes),
    };
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}

/* test_sampling.c: quasi-Monte Carlo: the points are what they should be, every part adds up to the whole, and the standard
 * errors hold: over many seeds the estimates spread as far as they say. FLOPCAST_TEST_SEEDS and FLOPCAST_TEST_POINTS make
 * more of it (tests/long_sampling.sh). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/compile/sampling.h"
#include "host/compile/scenario.h"
#include "host/result/statistics.h"
#include "host/run/select.h"

#define FC_W 1
#define FC_CHUNK 1
#include "cuda/model/base/draw.h"

static struct fc_error trouble;
static struct fc_scenario scenario;
static struct fc_selection selection;

static int prepare(void **state)
{
    (void)state;
    struct fc_scenario_options options = {.quasi = true};
    struct fc_select_request wish = {.backends = "cpu", .device = -1, .threads = 2};
    return fc_scenario_open(&scenario, "openai-aws-38b-contract", &options, &trouble) ||
           fc_select(&selection, &wish, &trouble);
}

static int tidy(void **state)
{
    (void)state;
    fc_select_free(&selection);
    fc_scenario_close(&scenario);
    return 0;
}

/* Trials first ... first + count - 1 of all shifts, one after the other, with `points` points each. */
static void run(const struct fc_program *program, uint64_t seed, uint64_t points, uint64_t first, uint64_t count,
                struct fc_tally *tally)
{
    struct fc_run_outcome outcome;
    struct fc_run_request request = {
        .job = {program, scenario.compiled.tables, scenario.compiled.table_floats, seed},
        .host = selection.host,
        .first = first,
        .count = count,
        .points = program->shifts ? points : 0,
        .workers = selection.workers,
        .worker_count = selection.worker_count,
    };
    if (fc_run(&request, tally, &outcome, &trouble))
        fail_msg("%s", trouble.text);
}

static struct fc_tally made(const struct fc_program *program)
{
    struct fc_tally tally;
    assert_int_equal(fc_tally_create_shifts(&tally, program->metrics, program->metric_count, program->shifts, &trouble), 0);
    return tally;
}

/* Every component is a permutation of the intervals of its size, and both maps of words are one to one. */
static void points_fill_every_interval(void **state)
{
    (void)state;
    const struct fc_program *program = &scenario.compiled.program;
    int varying = 0;
    for (int i = 0; i < program->draw_count; i++) {
        uint32_t z = program->draws[i].generator;
        assert_int_equal(z == 0, program->draws[i].kind == FC_DRAW_CONSTANT);
        varying += z != 0;
        for (int bits = 1; z && bits <= 10; bits++) {
            unsigned char hit[1024] = {0};
            for (uint32_t k = 0; k < 1u << bits; k++)
                hit[(fc_reversed(k) * z) >> (32 - bits)]++;
            for (uint32_t k = 0; k < 1u << bits; k++)
                assert_int_equal(hit[k], 1);
        }
        for (int k = 0; z && k < i; k++)
            assert_int_not_equal(program->draws[k].generator, z);
    }
    assert_in_range(varying, 10, 200);
    assert_int_equal(fc_reversed(1), 0x80000000u);
    assert_int_equal(fc_reversed(0x12345678u), 0x1e6a2c48u);
    unsigned char seen[65536] = {0};
    for (uint32_t w = 0; w < 65536; w++) { /* the tent map on its upper 16 bits, which it leaves among themselves */
        uint32_t shift = 0, point, reversed = w << 16 | 0x5555u;
        fc_lattice_lanes(1, &reversed, &shift, &point);
        assert_int_equal(seen[point >> 16]++, 0);
    }
}

/* Two inputs at a time fill the square: of the pairs of the first 40 components one in fifty at most leaves a cell of
 * 16 by 16 empty in 4,096 points. Of pairs of odd numbers taken at random, more do. */
static bool leaves_a_gap(uint32_t a, uint32_t b)
{
    bool hit[256] = {0}, all = true;
    for (uint32_t k = 0; k < 4096; k++)
        hit[(fc_reversed(k) * a >> 28) * 16 + (fc_reversed(k) * b >> 28)] = true;
    for (int i = 0; i < 256; i++)
        all = all && hit[i];
    return !all;
}

static void pairs_fill_the_square(void **state)
{
    (void)state;
    enum { FIRST = 40 };
    struct fc_program *program = calloc(1, sizeof *program);
    int gaps = 0, random_gaps = 0, pairs = FIRST * (FIRST - 1) / 2;
    assert_non_null(program);
    program->draw_count = FIRST;
    for (int i = 0; i < FIRST; i++)
        program->draws[i] = (struct fc_draw){.input = i, .kind = FC_DRAW_TABLE};
    fc_sampling_lattice(program);
    for (int i = 0; i < FIRST; i++)
        for (int k = 0; k < i; k++) {
            fc_u32 words[4];
            fc_random_one(5, (fc_u32)i, (fc_u32)k, 0, 0, words);
            gaps += leaves_a_gap(program->draws[i].generator, program->draws[k].generator);
            random_gaps += leaves_a_gap(words[0] | 1u, words[1] | 1u);
        }
    print_message("%d of %d pairs leave a gap, of random ones %d\n", gaps, pairs, random_gaps);
    assert_true(50 * gaps <= pairs);
    assert_true(50 * random_gaps > pairs);
    free(program);
}

/* Any pieces, in any order, of any shift, give the bits of the whole. */
static void parts_are_the_whole(void **state)
{
    (void)state;
    const struct fc_program *program = &scenario.compiled.program;
    struct fc_tally whole = made(program), parts = made(program), plain;
    run(program, 7, 64, 0, 1024, &whole);
    const uint64_t cut[] = {0, 100, 101, 640, 1000, 1024};
    const int order[] = {3, 0, 4, 2, 1};
    for (int i = 0; i < 5; i++) {
        struct fc_tally part = made(program);
        run(program, 7, 64, cut[order[i]], cut[order[i] + 1] - cut[order[i]], &part);
        assert_int_equal(fc_tally_merge(&parts, &part, &trouble), 0);
        fc_tally_free(&part);
    }
    assert_int_equal(fc_tally_digest(&parts, 7), fc_tally_digest(&whole, 7));
    for (int r = 0; r < whole.metric_count; r++) {
        uint64_t count = 0;
        for (int s = 0; s < FC_SHIFTS; s++)
            count += whole.metrics[r].shift[s].count + whole.metrics[r].shift[s].invalid;
        assert_int_equal(count, 1024);
    }
    run(program, 7, 128, 0, 2048, &parts); /* twice the points: what is there stays */
    assert_int_equal(fc_tally_trials(&parts), 2048);
    /* plain worlds do not mix with them, and a tally whose trials are of two shifts belongs to none */
    assert_int_equal(fc_tally_create(&plain, program->metrics, program->metric_count, &trouble), 0);
    assert_int_equal(fc_tally_cover(&plain, ((uint64_t)3 << FC_SHIFT_BIT) - 1, 2, &trouble), 0);
    assert_int_not_equal(fc_tally_merge(&whole, &plain, &trouble), 0);
    assert_int_not_equal(fc_tally_merge(&plain, &whole, &trouble), 0);
    fc_tally_free(&plain);
    fc_tally_free(&whole);
    fc_tally_free(&parts);
}

/* Sixteen shifts of known values: errors as the formulas of statistics.h give them by hand. */
static void errors_by_hand(void **state)
{
    (void)state;
    const int32_t metric[] = {FC_M_COST_USD};
    struct fc_tally tally;
    double mean = 0, spread = 0, below = 0, share[FC_SHIFTS], of[FC_SHIFTS];
    assert_int_equal(fc_tally_create_shifts(&tally, metric, 1, FC_SHIFTS, &trouble), 0);
    for (int s = 0; s < FC_SHIFTS; s++) {
        struct fc_tally part;
        float values[100];
        assert_int_equal(fc_tally_create(&part, metric, 1, &trouble), 0);
        of[s] = share[s] = 0;
        for (int i = 0; i < 100; i++) {
            values[i] = (float)(1000 + i + (s * 7) % 16);
            of[s] += (double)values[i] / 100;
        }
        fc_tally_add(&part, 0, values, 100, (uint64_t)s << FC_SHIFT_BIT);
        assert_int_equal(fc_tally_cover(&part, (uint64_t)s << FC_SHIFT_BIT, 100, &trouble), 0);
        assert_int_equal(fc_tally_merge(&tally, &part, &trouble), 0);
        fc_tally_free(&part);
        mean += of[s] / FC_SHIFTS;
        struct fc_estimate early = fc_statistics_mean(&tally.metrics[0]); /* seven shifts are too few for an error */
        assert_int_equal(early.why, s < 7 ? FC_WHY_SHIFTS : FC_WHY_NONE);
        assert_int_equal(isnan(early.error), s < 7);
    }
    const struct fc_tally_metric *m = &tally.metrics[0];
    struct fc_estimate middle = fc_statistics_quantile(m, 0.5), e = fc_statistics_mean(m);
    for (int s = 0; s < FC_SHIFTS; s++) {
        spread += (of[s] - mean) * (of[s] - mean);
        share[s] = (middle.value - 1000 - (s * 7) % 16) / 100; /* of its 100 values, one apart */
        below += (share[s] - 0.5) * (share[s] - 0.5);
    }
    double error = sqrt(spread / FC_SHIFTS / (FC_SHIFTS - 1));
    assert_true(fabs(e.value - mean) < 1e-9 && fabs(e.error - error) < 1e-9 * error);
    double se_share = sqrt(below / FC_SHIFTS / (FC_SHIFTS - 1)); /* density: a value per unit and hundred */
    assert_true(fabs(middle.error / (100 * se_share) - 1) < 0.05);
    double alike = fc_statistics_plain_worlds(m, (double)NAN), sd = fc_statistics_sd(m).value;
    assert_true(fabs(alike / (sd * sd / (error * error)) - 1) < 1e-9);
    assert_int_equal(fc_statistics_quantile(m, 0.99).why, FC_WHY_FEW); /* thin tails are refused as ever */
    fc_tally_free(&tally);
}

enum { FIGURES = 7 };
static const char *const figure_name[FIGURES] = {"mean(npv_usd)", "sd(npv_usd)",      "p5(npv_usd)",    "p95(cost_usd)",
                                                 "worst5(npv_usd)", "p50(outage_h)", "P(no_outage)"};

static struct fc_estimate figure_of(const struct fc_tally *tally, int figure)
{
    const struct fc_tally_metric *npv = fc_tally_find(tally, FC_M_NPV_USD);
    switch (figure) {
    case 0:
        return fc_statistics_mean(npv);
    case 1:
        return fc_statistics_sd(npv);
    case 2:
        return fc_statistics_quantile(npv, 0.05);
    case 3:
        return fc_statistics_quantile(fc_tally_find(tally, FC_M_COST_USD), 0.95);
    case 4:
        return fc_statistics_cvar(npv, 0.05, 0);
    case 5:
        return fc_statistics_quantile(fc_tally_find(tally, FC_M_OUTAGE_H), 0.5);
    default:
        return fc_statistics_mean(fc_tally_find(tally, FC_M_NO_OUTAGE));
    }
}

static int number_of(const char *name, int otherwise)
{
    const char *text = getenv(name);
    return text && atoi(text) > 0 ? atoi(text) : otherwise;
}

/* Bounds of chi-square over its degrees that it leaves with a chance of 1e-4 on either side: Wilson and Hilferty. */
static double bound(int degrees, double z)
{
    double a = 2.0 / (9.0 * degrees), root = 1 - a + z * sqrt(a);
    return root * root * root;
}

/* Over independent seeds: the variance of the estimates, over the mean of their squared errors, is chi-square over its
 * degrees of freedom (the errors of 16 shifts, of 15 degrees each, widen that a little: degrees 1/(1/(n-1) + 1/(15 n)));
 * and the estimates lie around those of plain worlds. The same errors, halved, are found wanting. */
static void errors_hold(void **state)
{
    (void)state;
    int seeds = number_of("FLOPCAST_TEST_SEEDS", 24);
    uint64_t points = (uint64_t)number_of("FLOPCAST_TEST_POINTS", 128);
    struct fc_program *program = malloc(sizeof *program), *plain = malloc(sizeof *plain);
    assert_true(program && plain);
    *program = *plain = scenario.compiled.program;
    plain->shifts = 0;
    struct fc_tally truth = made(plain);
    uint64_t worlds = seeds < 50 ? 200000 : 2000000;
    run(plain, 1000, 0, 0, worlds, &truth);
    double sum[FIGURES] = {0}, square[FIGURES] = {0}, claimed[FIGURES] = {0};
    for (int seed = 1; seed <= seeds; seed++) {
        struct fc_tally tally = made(program);
        run(program, (uint64_t)seed, points, 0, points * FC_SHIFTS, &tally);
        for (int f = 0; f < FIGURES; f++) {
            struct fc_estimate e = figure_of(&tally, f), exact = figure_of(&truth, f);
            if (!(e.error > 0 && isfinite(e.value)))
                fail_msg("%s of seed %d: %g, error %g", figure_name[f], seed, e.value, e.error);
            sum[f] += e.value - exact.value;
            square[f] += (e.value - exact.value) * (e.value - exact.value);
            claimed[f] += e.error * e.error;
        }
        fc_tally_free(&tally);
    }
    int degrees = (int)(1 / (1.0 / (seeds - 1) + 1.0 / (15.0 * seeds)));
    for (int f = 0; f < FIGURES; f++) {
        double mean = sum[f] / seeds, variance = (square[f] - seeds * mean * mean) / (seeds - 1);
        double ratio = variance / (claimed[f] / seeds), exact_error = figure_of(&truth, f).error;
        double z = mean / sqrt(variance / seeds + exact_error * exact_error);
        print_message("%-16s variance over claimed %.2f (%.2f to %.2f), bias %.1f errors, as good as %.3g plain worlds of %.3g\n",
                      figure_name[f], ratio, bound(degrees, -3.72), bound(degrees, 3.72), z,
                      (double)worlds * exact_error * exact_error / variance, (double)(points * FC_SHIFTS));
        assert_true(ratio > bound(degrees, -3.72) && ratio < bound(degrees, 3.72));
        assert_true(fabs(z) < 4);
        assert_true(4 * ratio > bound(degrees, 3.72)); /* the control */
    }
    /* what it is for: the mean of the flagship's answer is worth many plain worlds */
    double error = figure_of(&truth, 0).error;
    assert_true((double)worlds * error * error / (claimed[0] / seeds) > 20.0 * (double)(points * FC_SHIFTS));
    fc_tally_free(&truth);
    free(program);
    free(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_fill_every_interval), cmocka_unit_test(pairs_fill_the_square),
        cmocka_unit_test(parts_are_the_whole),        cmocka_unit_test(errors_by_hand),
        cmocka_unit_test(errors_hold),
    };
    return cmocka_run_group_tests_name("sampling", tests, prepare, tidy);
}

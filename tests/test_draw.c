/* test_draw.c: quantile tables and discrete distributions against the exact ones, and common random numbers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FC_W 4
#include "cuda/model/base/draw.h"
#include "cuda/model/world.h"
#include "model_fixture.h"

static const double mean_one[] = {1}, standard[] = {0, 1};

/* The probability below and above the middle of a word's cell of (0, 1). */
static double below(uint32_t word)
{
    return ((double)word + 0.5) * 0x1p-32;
}
static double above(uint32_t word)
{
    return ((double)~word + 0.5) * 0x1p-32;
}

static void near(double value, double exact, double tolerance)
{
    if (!(fabs(value - exact) <= tolerance))
        fail_msg("%.9g, exact %.9g", value, exact);
}

/* Words that fall on nodes: t = 2^(octave - 33) (1 + j / 64) is the middle of a word only from octave 7 on,
 * and half a word off; so the exact distribution at the word is compared, to half a unit of float. */
static void nodes_and_cells(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct fc_draw exponential = fixture_table(&f, fixture_exponential, mean_one);
    struct fc_draw normal = fixture_table(&f, fixture_normal, standard);
    for (int octave = 8; octave < 32; octave++)
        for (int j = 0; j < 64; j += 7)
            for (int part = 0; part < 4; part++) { /* the node itself, and inside its cell */
                uint32_t lower = (uint32_t)(ldexp(1 + (j + part * 0.25) / 64, octave - 1));
                for (int side = 0; side < 2; side++) {
                    uint32_t word = side ? ~lower : lower;
                    /* linear in a cell 1/64 of its distance t wide: the error is at most (t/64)^2 / 8 Q''(t),
                     * which is below 1/64^2/8 = 3.1e-5 for both distributions in the tails, and 0 at a node but for
                     * half a word */
                    double bound = part ? 3.2e-5 : 1e-6 + ldexp(1, -octave);
                    near((double)fc_table_draw(f.tables, exponential.table, word),
                         fixture_exponential(below(word), above(word), mean_one), bound);
                    near((double)fc_table_draw(f.tables, normal.table, word),
                         fixture_normal(below(word), above(word), standard), bound);
                }
            }
    fixture_free(&f);
}

static void both_ends(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct fc_draw exponential = fixture_table(&f, fixture_exponential, mean_one);
    struct fc_draw normal = fixture_table(&f, fixture_normal, standard);
    const uint32_t words[] = {0,          1,          2,          3,          0x7fffffff,
                              0x80000000, 0xfffffffc, 0xfffffffd, 0xfffffffe, 0xffffffff};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        uint32_t w = words[i];
        double e = fixture_exponential(below(w), above(w), mean_one);
        near((double)fc_table_draw(f.tables, exponential.table, w), e, 4e-5 * fmin(e, 1) + 1e-7 * e);
        near((double)fc_table_draw(f.tables, normal.table, w), fixture_normal(below(w), above(w), standard),
             1e-5);
    }
    /* symmetric distribution: mirrored words give mirrored values, to the bit */
    for (uint32_t w = 0; w < 0x7ff00000u; w += 0xfedcbu)
        assert_true(fc_table_draw(f.tables, normal.table, w) == -fc_table_draw(f.tables, normal.table, ~w));
    fixture_free(&f);
}

/* Rising in the word, over neighbouring words of every octave. */
static void never_falls(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct fc_draw normal = fixture_table(&f, fixture_normal, standard);
    float before = -INFINITY;
    for (uint64_t w = 0; w < 0x100000000u; w += 1 + (w & 0x7fffffffu) / 4096) {
        float x = fc_table_draw(f.tables, normal.table, (uint32_t)w);
        assert_true(x >= before);
        before = x;
    }
    fixture_free(&f);
}

/* Mean and variance of what the table draws, exactly: an integral over its cells, linear in each. */
static void table_moments(const struct fixture *f, struct fc_draw distribution, double *mean, double *variance)
{
    double sum = 0, square = 0;
    for (int side = 0; side < 2; side++)
        for (int cell = 0; cell < FC_TABLE_SIDE - 1; cell++) {
            double width = ldexp(1.0 / 64, cell / 64 - 33);
            double a = (double)f->tables[distribution.table + side * FC_TABLE_SIDE + cell];
            double b = (double)f->tables[distribution.table + side * FC_TABLE_SIDE + cell + 1];
            sum += width * 0.5 * (a + b);
            square += width * (a * a + a * b + b * b) / 3;
        }
    *mean = sum;
    *variance = square - sum * sum;
}

static void moments_of_all_cells(void **state)
{
    (void)state;
    struct fixture f = {0};
    double mean, variance;
    table_moments(&f, fixture_table(&f, fixture_exponential, mean_one), &mean, &variance);
    near(mean, 1, 3e-5);
    near(variance, 1, 1e-4);
    table_moments(&f, fixture_table(&f, fixture_normal, standard), &mean, &variance);
    near(mean, 0, 1e-9);
    near(variance, 1, 1e-4);
    const double heavy[] = {1, 1.2};
    table_moments(&f, fixture_table(&f, fixture_lognormal, heavy), &mean, &variance);
    near(mean / exp(0.72), 1, 5e-5);
    near(variance / (exp(2.88) - exp(1.44)), 1, 5e-4);
    const double flat[] = {-1, 3};
    table_moments(&f, fixture_table(&f, fixture_uniform, flat), &mean, &variance);
    near(mean, 1, 1e-6);
    near(variance, 16.0 / 12, 1e-6);
    fixture_free(&f);
}

/* The integral above is what is drawn: sums over an even comb of words, four million of them. */
static void drawn_moments(void **state)
{
    (void)state;
    struct fixture f = {0};
    struct fc_draw distribution = fixture_table(&f, fixture_exponential, mean_one);
    double mean, variance, sum = 0, square = 0;
    table_moments(&f, distribution, &mean, &variance);
    const int count = 1 << 22;
    for (int i = 0; i < count; i++) {
        double x = (double)fc_table_draw(f.tables, distribution.table, (uint32_t)i * 1024u + 512u);
        sum += x;
        square += x * x;
    }
    sum /= count;
    near(sum, mean, 1e-6);
    near(square / count - sum * sum, variance, 2e-5); /* the last comb tooth holds the tail beyond 2^-22 */
    fixture_free(&f);
}

/* The share of words that give each value, counted by bisection over all 2^32 of them. */
static void discrete_shares(void **state)
{
    (void)state;
    struct fixture f = {0};
    const double values[] = {3, -1, 7.5, 7.5, 100, 0},
                 shares[] = {0.1, 0.25, 1.0 / 3, 0, 0.3, 0.1 - 0.25 / 3};
    struct fc_draw distribution = fixture_discrete(&f, values, shares, 6);
    f.tables[distribution.table + 11] = 1;
    double cumulative = 0, start = 0;
    for (int k = 0; k < 6; k++) {
        uint64_t lo = 0, hi = 0x100000000u; /* first word beyond the k-th share */
        cumulative += shares[k];
        while (lo < hi) {
            uint64_t middle = (lo + hi) / 2;
            if (fc_uniform((uint32_t)middle) < f.tables[distribution.table + 6 + k])
                lo = middle + 1;
            else
                hi = middle;
        }
        double end = k == 5 ? 1 : (double)lo * 0x1p-32;
        near(end - start, shares[k], 0x1p-24);
        if (shares[k] > 0) { /* and the words of the share do give the value */
            uint32_t middle = (uint32_t)(0.5 * (start + end) * 0x1p32);
            assert_true(fc_discrete_draw(f.tables, distribution.table, 6, middle) == (float)values[k]);
            assert_true(fc_discrete_draw(f.tables, distribution.table, 6, (uint32_t)(start * 0x1p32) + 1) ==
                        (float)values[k]);
        }
        start = end;
    }
    near(cumulative, 1, 1e-12);
    assert_true(fc_discrete_draw(f.tables, distribution.table, 6, 0xffffffffu) == 0);
    fixture_free(&f);
}

/* An input has the same numbers whatever else is drawn, in blocks that start anywhere. */
static void common_random_numbers(void **state)
{
    (void)state;
    struct fixture many = {0}, one = {0};
    fixture_contract(&many);
    fixture_start(&one, FC_LAYER_CONTRACT);
    const double price[] = {3.4, 0.25};
    one.program.draw_count = 0; /* this input and nothing else */
    fixture_draw(&one, FC_IN_PRICE_GPU_HOUR_USD, fixture_table(&one, fixture_lognormal, price));
    fc_real all[FC_INPUT_COUNT][FC_W], alone[FC_INPUT_COUNT][FC_W], shifted[FC_INPUT_COUNT][FC_W];
    float first = 0;
    int different = 0;
    for (uint64_t trial = 0xfffffff8u; trial < 0x100000040u; trial += FC_W) {
        fc_draw_inputs(&many.program, many.tables, 9, trial, 0, many.program.draw_count, all);
        fc_draw_inputs(&one.program, one.tables, 9, trial, 0, 1, alone);
        fc_draw_inputs(&one.program, one.tables, 9, trial + 1, 0, 1, shifted);
        FC_LANES (l)
            assert_true(all[FC_IN_PRICE_GPU_HOUR_USD][l] == alone[FC_IN_PRICE_GPU_HOUR_USD][l]);
        for (int l = 1; l < FC_W; l++)
            assert_true(shifted[FC_IN_PRICE_GPU_HOUR_USD][l - 1] == alone[FC_IN_PRICE_GPU_HOUR_USD][l]);
        different += alone[FC_IN_PRICE_GPU_HOUR_USD][0] != first;
        first = alone[FC_IN_PRICE_GPU_HOUR_USD][0];
    }
    assert_int_equal(different, 18);
    fixture_free(&many);
    fixture_free(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nodes_and_cells),       cmocka_unit_test(both_ends),
        cmocka_unit_test(never_falls),           cmocka_unit_test(moments_of_all_cells),
        cmocka_unit_test(drawn_moments),         cmocka_unit_test(discrete_shares),
        cmocka_unit_test(common_random_numbers),
    };
    return cmocka_run_group_tests_name("draw", tests, NULL, NULL);
}

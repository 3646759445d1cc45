/* test_tally.c: a tally is an exact sum: any order, any pieces, every value kept or refused as it should be.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <Random123/philox.h>

#include "host/result/statistics.h"
#include "host/result/tally.h"

static const int32_t metrics[] = {3, 17, 51};
enum { ROWS = 3, VALUES = 20000 };
static struct fc_error trouble;

static uint32_t word(uint32_t i, uint32_t stream)
{
    philox4x32_ctr_t counter = {{i, 0, 0, stream}};
    philox4x32_key_t key = {{77, 0}};
    return philox4x32_R(10, counter, key).v[0];
}

/* Row 0: any bit pattern of a finite float, infinities and NaN included now and then; row 1: near 1000; row
 * 2: steps. */
static float value(int row, uint64_t trial)
{
    uint32_t w = word((uint32_t)trial, (uint32_t)row);
    if (row == 0)
        return fc_float_of(w);
    if (row == 1)
        return 1000.0f + (float)(w >> 16) / 65536.0f;
    return (float)(int)(w >> 29) - 3.0f;
}

static struct fc_tally made(void)
{
    struct fc_tally tally;
    assert_int_equal(fc_tally_create(&tally, metrics, ROWS, &trouble), 0);
    return tally;
}

static void add(struct fc_tally *tally, uint64_t first, uint64_t count)
{
    float *values = calloc((size_t)count + 1, sizeof *values);
    assert_non_null(values);
    for (int r = 0; r < ROWS; r++) {
        for (uint64_t i = 0; i < count; i++)
            values[i] = value(r, first + i);
        fc_tally_add(tally, r, values, (size_t)count, first);
    }
    assert_int_equal(fc_tally_cover(tally, first, count, &trouble), 0);
    free(values);
}

static void merge(struct fc_tally *into, const struct fc_tally *from)
{
    assert_int_equal(fc_tally_merge(into, from, &trouble), 0);
}

static void assert_same(const struct fc_tally *a, const struct fc_tally *b)
{
    assert_int_equal(a->range_count, b->range_count);
    for (size_t i = 0; i < a->range_count; i++)
        assert_memory_equal(&a->ranges[i], &b->ranges[i], sizeof a->ranges[i]);
    for (int r = 0; r < ROWS; r++) {
        const struct fc_tally_metric *x = &a->metrics[r], *y = &b->metrics[r];
        assert_int_equal(x->count, y->count);
        assert_int_equal(x->invalid, y->invalid);
        assert_int_equal(x->min_key, y->min_key);
        assert_int_equal(x->max_key, y->max_key);
        assert_int_equal(x->min_trial, y->min_trial);
        assert_int_equal(x->max_trial, y->max_trial);
        assert_memory_equal(x->bins, y->bins, FC_TALLY_BINS * sizeof *x->bins);
        assert_memory_equal(x->sum, y->sum, sizeof x->sum);
        assert_memory_equal(x->square_low, y->square_low, sizeof x->square_low);
        assert_memory_equal(x->square_high, y->square_high, sizeof x->square_high);
    }
    assert_int_equal(fc_tally_digest(a, 5), fc_tally_digest(b, 5));
}

static void seven_pieces_any_order(void **state)
{
    (void)state;
    struct fc_tally whole = made();
    add(&whole, 100, VALUES);
    for (uint32_t split = 0; split < 20; split++) {
        uint64_t cut[8] = {100};
        for (uint32_t i = 1; i < 7; i++)
            cut[i] = 100 + word(i, 1000 + split) % VALUES;
        cut[7] = 100 + VALUES;
        for (int i = 1; i < 7; i++) /* sort */
            for (int j = i + 1; j < 7; j++)
                if (cut[j] < cut[i]) {
                    uint64_t keep = cut[i];
                    cut[i] = cut[j];
                    cut[j] = keep;
                }
        int order[7] = {0, 1, 2, 3, 4, 5, 6};
        for (uint32_t i = 6; i > 0; i--) { /* shuffle */
            uint32_t j = word(i, 2000 + split) % (i + 1);
            int keep = order[i];
            order[i] = order[j];
            order[j] = keep;
        }
        struct fc_tally total = made();
        for (int i = 0; i < 7; i++) {
            struct fc_tally piece = made();
            add(&piece, cut[order[i]], cut[order[i] + 1] - cut[order[i]]);
            merge(&total, &piece);
            fc_tally_free(&piece);
        }
        assert_same(&total, &whole);
        assert_int_equal(fc_tally_trials(&total), VALUES);
        fc_tally_free(&total);
    }
    fc_tally_free(&whole);
}

/* (a + b) + c = a + (b + c) and a + b = b + a, empty tallies included. */
static void associative_and_commutative(void **state)
{
    (void)state;
    for (int empty = 0; empty < 2; empty++) {
        struct fc_tally left = made(), b = made(), c = made(), right = made();
        struct fc_tally a = made(), tail = made(), reverse = made();
        add(&a, 0, 501);
        add(&b, 900, empty ? 0 : 77);
        add(&c, 501, 399);
        merge(&left, &a);
        merge(&left, &b);
        merge(&left, &c);
        merge(&tail, &b);
        merge(&tail, &c);
        merge(&right, &a);
        merge(&right, &tail);
        merge(&reverse, &c);
        merge(&reverse, &b);
        merge(&reverse, &a);
        assert_same(&left, &right);
        assert_same(&left, &reverse);
        struct fc_tally *all[] = {&left, &b, &c, &right, &a, &tail, &reverse};
        for (int i = 0; i < 7; i++)
            fc_tally_free(all[i]);
    }
}

/* Every integer of a tally is in its digest; the seed too. */
static void digest_sees_every_field(void **state)
{
    (void)state;
    struct fc_tally t = made();
    add(&t, 100, 3000);
    uint64_t digest = fc_tally_digest(&t, 5);
    assert_int_equal(fc_tally_digest(&t, 5), digest);
    assert_int_not_equal(fc_tally_digest(&t, 6), digest);
#define CHANGED(field, by)                                                                                   \
    do {                                                                                                     \
        (field) += (by);                                                                                     \
        assert_int_not_equal(fc_tally_digest(&t, 5), digest);                                                \
        (field) -= (by);                                                                                     \
    } while (0)
    CHANGED(t.ranges[0].first, 1);
    CHANGED(t.ranges[0].count, 1);
    for (int r = 0; r < ROWS; r++) {
        struct fc_tally_metric *m = &t.metrics[r];
        CHANGED(m->metric, 1);
        CHANGED(m->invalid, 1);
        CHANGED(m->count, 1);
        CHANGED(m->min_key, 1);
        CHANGED(m->max_key, 1);
        CHANGED(m->min_trial, 1);
        CHANGED(m->max_trial, 1);
        uint32_t e = m->min_key >> 23;
        CHANGED(m->bins[fc_tally_bin(m->min_key)], 1);
        CHANGED(m->sum[e], 1);
        CHANGED(m->square_low[e], 1);
        CHANGED(m->square_high[e], 1);
        e = m->max_key >> 23;
        CHANGED(m->bins[fc_tally_bin(m->max_key)], 1);
        CHANGED(m->sum[e], 1u << 31);
        CHANGED(m->square_low[e], (uint64_t)1 << 63);
        CHANGED(m->square_high[e], (uint64_t)1 << 40);
    }
#undef CHANGED
    assert_int_equal(fc_tally_digest(&t, 5), digest);
    fc_tally_free(&t);
}

static void ranges_join_and_overlap_is_refused(void **state)
{
    (void)state;
    struct fc_tally t = made();
    assert_int_equal(fc_tally_cover(&t, 10, 10, &trouble), 0);
    assert_int_equal(fc_tally_cover(&t, 40, 10, &trouble), 0);
    assert_int_equal(fc_tally_cover(&t, 30, 5, &trouble), 0);
    assert_int_equal(t.range_count, 3);
    assert_int_equal(fc_tally_cover(&t, 35, 5, &trouble), 0); /* closes the gap to the next */
    assert_int_equal(t.range_count, 2);
    assert_int_equal(t.ranges[1].first, 30);
    assert_int_equal(t.ranges[1].count, 20);
    assert_int_equal(fc_tally_cover(&t, 20, 10, &trouble), 0); /* closes both sides */
    assert_int_equal(t.range_count, 1);
    assert_int_equal(t.ranges[0].first, 10);
    assert_int_equal(t.ranges[0].count, 40);
    assert_int_equal(fc_tally_cover(&t, 0, 0, &trouble), 0); /* nothing is nothing */
    assert_int_equal(t.range_count, 1);
    const uint64_t bad[][2] = {{10, 1}, {49, 1}, {9, 2}, {0, 100}, {49, 5}, {20, 3}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fc_error error = {0};
        assert_int_not_equal(fc_tally_cover(&t, bad[i][0], bad[i][1], &error), 0);
        assert_non_null(strstr(error.text, "counted twice"));
        assert_int_equal(t.range_count, 1);
        assert_int_equal(fc_tally_trials(&t), 40);
    }
    assert_int_equal(fc_tally_cover(&t, 9, 1, &trouble), 0);
    assert_int_equal(fc_tally_cover(&t, 50, 1, &trouble), 0);
    assert_int_equal(fc_tally_trials(&t), 42);
    fc_tally_free(&t);
}

/* A refused merge leaves the tally as it was, whichever range overlaps. */
static void refused_merge_changes_nothing(void **state)
{
    (void)state;
    struct fc_tally t = made(), same = made(), other = made();
    add(&t, 0, 100);
    add(&t, 500, 100);
    add(&same, 0, 100);
    add(&same, 500, 100);
    add(&other, 200, 50); /* this one would fit */
    add(&other, 550, 100);
    struct fc_error error = {0};
    assert_int_not_equal(fc_tally_merge(&t, &other, &error), 0);
    assert_same(&t, &same);
    struct fc_tally strange;
    const int32_t names[] = {3, 17, 52};
    assert_int_equal(fc_tally_create(&strange, names, 3, &trouble), 0);
    assert_int_not_equal(fc_tally_merge(&t, &strange, &error), 0);
    fc_tally_free(&strange);
    assert_int_equal(fc_tally_create(&strange, metrics, 2, &trouble), 0);
    assert_int_not_equal(fc_tally_merge(&t, &strange, &error), 0);
    assert_same(&t, &same);
    fc_tally_free(&strange);
    fc_tally_free(&t);
    fc_tally_free(&same);
    fc_tally_free(&other);
}

static void odd_values(void **state)
{
    (void)state;
    struct fc_tally t = made();
    const float values[] = {
        NAN,  INFINITY,        -INFINITY,       0.0f, -0.0f, fc_float_of(1), fc_float_of(0x80000001u), -2.5f,
        3.5f, 0x1.fffffep127f, -0x1.fffffep127f};
    fc_tally_add(&t, 0, values, sizeof values / sizeof values[0], 1000);
    const struct fc_tally_metric *m = &t.metrics[0];
    assert_int_equal(m->invalid, 3);
    assert_int_equal(m->count, 8);
    assert_true(fc_statistics_max(m) == (double)0x1.fffffep127f);
    assert_true(fc_statistics_min(m) == -(double)0x1.fffffep127f);
    assert_int_equal(m->max_trial, 1009);
    assert_int_equal(m->min_trial, 1010);
    /* minus zero counts as zero: order, key and bin */
    assert_int_equal(fc_tally_key(-0.0f), fc_tally_key(0.0f));
    assert_int_equal(m->bins[fc_tally_bin(fc_tally_key(0.0f))],
                     3); /* and the smallest subnormal lies in its bin */
    /* keys order values, and give them back */
    const float rising[] = {-0x1.fffffep127f, -2.5f, fc_float_of(0x80000001u), 0, fc_float_of(1),
                            0x1p-126f,        3.5f};
    for (int i = 0; i < 7; i++) {
        assert_true(fc_tally_value(fc_tally_key(rising[i])) == rising[i]);
        if (i)
            assert_true(fc_tally_key(rising[i - 1]) < fc_tally_key(rising[i]));
    }
    fc_tally_free(&t);
    /* the lowest-numbered trial keeps an extreme, whatever the order of merging */
    struct fc_tally low = made(), high = made();
    const float tied[] = {2, 1, 1, 2};
    fc_tally_add(&low, 0, tied, 4, 10);
    fc_tally_add(&high, 0, tied, 4, 50);
    merge(&high, &low);
    assert_int_equal(high.metrics[0].min_trial, 11);
    assert_int_equal(high.metrics[0].max_trial, 10);
    fc_tally_free(&low);
    fc_tally_free(&high);
}

/* The sums are exact: against 128-bit integers, for both signs, all exponents of row 0, subnormals included.
 */
static void sums_are_exact(void **state)
{
    (void)state;
    struct fc_tally t = made();
    add(&t, 0, VALUES);
    float extra[] = {fc_float_of(1), fc_float_of(0x007fffffu), fc_float_of(0x80400000u), 0.0f};
    fc_tally_add(&t, 0, extra, 4, VALUES);
    static __int128 sum[FC_TALLY_EXPONENTS], square[FC_TALLY_EXPONENTS];
    for (int r = 0; r < ROWS; r++) {
        memset(sum, 0, sizeof sum);
        memset(square, 0, sizeof square);
        for (uint64_t i = 0; i < VALUES + (r == 0 ? 4 : 0); i++) {
            float x = i < VALUES ? value(r, i) : extra[i - VALUES];
            if (!isfinite(x))
                continue;
            int exponent; /* x = mantissa 2^(max(exponent, -125) - 24), mantissa an integer below 2^24 */
            (void)frexpf(x, &exponent);
            exponent = x == 0 || exponent < -125 ? -125 : exponent;
            __int128 mantissa = (__int128)fabs(ldexp((double)x, 24 - exponent));
            int subnormal = mantissa < 0x800000;
            int biased = subnormal ? 0 : exponent + 126;
            int at = x < 0 ? 255 - biased : 256 + biased;
            sum[at] += mantissa;
            square[at] += mantissa * mantissa;
        }
        const struct fc_tally_metric *m = &t.metrics[r];
        for (int e = 0; e < FC_TALLY_EXPONENTS; e++) {
            assert_true(sum[e] == (__int128)m->sum[e]);
            assert_true(square[e] == (((__int128)m->square_high[e]) << 24) + (__int128)m->square_low[e]);
        }
    }
    fc_tally_free(&t);
}

/* What does not fit, and "nothing" where all does: a comparison of texts reads no NULL. */
static const char *unfit(const struct fc_tally_metric *m)
{
    const char *what = fc_tally_unfit(m);
    return what ? what : "nothing";
}

/* A bit that flipped in a sum, a count or an extreme, where it changes a figure by more than the width of a bin. */
static void a_flipped_bit_is_found(void **state)
{
    (void)state;
    static const int32_t two[] = {0, 1};
    struct fc_tally tally;
    struct fc_error error;
    float values[1000];
    assert_int_equal(fc_tally_create(&tally, two, 2, &error), 0);
    for (int i = 0; i < 1000; i++)
        values[i] = (float)(i - 300) * 0.37f;
    fc_tally_add(&tally, 0, values, 1000, 0);
    struct fc_tally_metric *m = &tally.metrics[0];
    assert_null(fc_tally_unfit(m));
    assert_null(fc_tally_unfit(&tally.metrics[1])); /* nothing in it */
    int found = 0, tried = 0;
    for (uint32_t e = m->min_key >> 23; e <= m->max_key >> 23; e++) {
        if (m->sum[e] == 0)
            continue;
        for (int bit = 0; bit < 64; bit++, tried++) {
            bool large =
                (uint64_t)1 << bit >= m->sum[e] >> 9; /* 0.2 % of the sum, twice the width of a bin */
            m->sum[e] ^= (uint64_t)1 << bit;
            found += fc_tally_unfit(m) != NULL;
            if (large)
                assert_string_equal(unfit(m), "a sum");
            m->sum[e] ^= (uint64_t)1 << bit;
            m->square_high[e] ^= (uint64_t)1 << bit;
            if (bit >= 40)
                assert_string_equal(unfit(m), "a sum of squares");
            m->square_high[e] ^= (uint64_t)1 << bit;
        }
    }
    assert_true(found > tried / 2);
    m->bins[fc_tally_bin(m->max_key)]--;
    assert_non_null(fc_tally_unfit(m));
    m->bins[fc_tally_bin(m->max_key)]++;
    m->count++;
    assert_string_equal(unfit(m), "the counts");
    m->count--;
    assert_null(fc_tally_unfit(m));
    fc_tally_free(&tally);
}

static void clear_is_empty(void **state)
{
    (void)state;
    struct fc_tally t = made(), empty = made(), again = made();
    add(&t, 7, 5000);
    fc_tally_clear(&t);
    assert_int_equal(fc_tally_trials(&t), 0);
    assert_int_equal(fc_tally_digest(&t, 1), fc_tally_digest(&empty, 1));
    for (int r = 0; r < ROWS; r++)
        assert_memory_equal(t.metrics[r].bins, empty.metrics[r].bins, FC_TALLY_BINS * sizeof(uint64_t));
    add(&t, 7, 100); /* and can be used again */
    add(&again, 7, 100);
    assert_same(&t, &again);
    assert_ptr_equal(fc_tally_find(&t, 17), &t.metrics[1]);
    assert_null(fc_tally_find(&t, 18));
    fc_tally_free(&t);
    fc_tally_free(&empty);
    fc_tally_free(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seven_pieces_any_order),
        cmocka_unit_test(associative_and_commutative),
        cmocka_unit_test(digest_sees_every_field),
        cmocka_unit_test(ranges_join_and_overlap_is_refused),
        cmocka_unit_test(refused_merge_changes_nothing),
        cmocka_unit_test(odd_values),
        cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(a_flipped_bit_is_found),
        cmocka_unit_test(clear_is_empty),
    };
    return cmocka_run_group_tests_name("tally", tests, NULL, NULL);
}

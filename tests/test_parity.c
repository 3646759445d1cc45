/* test_parity.c: the same bits from every kernel, compiler, optimisation, thread count and split of the
 * trials.
 *
 * The variants are built by tests.mk. Two are negative controls and must differ: 'contracted' fuses a * b + c
 * where the source does not, 'unfused' rounds twice where the source says fma. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/backends/backend.h"
#include "host/backends/kernels.h"
#include "host/compile/sampling.h"
#include "detail_fixture.h"

/* Null where this build has no such variant (another architecture, no clang). */
#define VARIANT(name) extern const struct fc_kernel fc_kernel_##name __attribute__((weak))
VARIANT(gcc_O0);
VARIANT(gcc_O3);
VARIANT(clang_O0);
VARIANT(clang_O3);
VARIANT(contracted);
VARIANT(unfused);

#ifdef __SANITIZE_ADDRESS__ /* thirty times slower: every path of a kernel is taken by fewer, too */
#define TRIALS 503
#define CUTS {0, 1, 70, 71, 256, 257, 499, TRIALS}
#else
#define TRIALS 5003 /* prime: the last block and the last chunk are ragged */
#define CUTS {0, 1, 700, 701, 2048, 2049, 4999, TRIALS}
#endif

enum {
    CONTRACT,
    TIMELINE,
    OVERLOAD,
    LATTICE, /* the contract, its inputs from a lattice */
    DETAIL, /* a few worlds with about everything switched on */
    PROGRAMS = DETAIL + 6,
    FIRST = 77
};
static const uint64_t seed = 0x1234567887654321u;
static struct fixture fixtures[PROGRAMS];
static uint64_t expected[PROGRAMS]; /* digests of the portable kernel */

/* A run whose checkpoints take longer than the time between its failures: no plan for anyone, but the one
 * place in these layers where a compiler finds an a * b + c to contract (the start of fc_optimal_interval's
 * iteration there). */
static void overload(struct fixture *f)
{
    const double stall[] = {1e6, 4e6};
    fixture_daly(f, 1e6 / 60, 1e6, 1, 0, 10, 0);
    fixture_draw(f, FC_IN_CHECKPOINT_STALL_S, fixture_table(f, fixture_uniform, stall));
    f->program.run.automatic = 1;
    f->program.run.watch = 1;
    fixture_metrics(f, (const int[]){FC_M_GOODPUT, FC_M_INTERRUPTIONS, FC_M_TIME_PRODUCTIVE_H,
                                     FC_M_TIME_REDONE_H, FC_M_TIME_CHECKPOINT_H, FC_M_TIME_RESTART_H, -1});
}

static int prepare(void **state)
{
    (void)state;
    fixture_contract(&fixtures[CONTRACT]);
    fixture_timeline(&fixtures[TIMELINE]);
    overload(&fixtures[OVERLOAD]);
    fixture_contract(&fixtures[LATTICE]);
    fc_sampling_lattice(&fixtures[LATTICE].program);
    for (int k = DETAIL; k < PROGRAMS; k++) {
        detail_world(&fixtures[k], 1000u * (unsigned)(k - DETAIL));
        fixture_metrics(&fixtures[k], (const int[]){FC_M_WALL_CLOCK_DAYS, FC_M_GOODPUT, FC_M_INTERRUPTIONS,
                                                    FC_M_TIME_REDONE_H, FC_M_TIME_CHECKPOINT_H,
                                                    FC_M_TIME_RESTART_H, FC_M_TIME_SLOWDOWN_H, -1});
    }
    for (int k = 0; k < PROGRAMS; k++) {
        struct fc_tally tally;
        fixture_run_kernel(&fixtures[k], fc_kernel_find("portable"), seed, FIRST, TRIALS, 64, &tally);
        expected[k] = fc_tally_digest(&tally, seed);
        for (int r = 0; r < tally.metric_count;
             r++) { /* the programs do something: no metric is constant but cost, and the time watched */
            if (k == CONTRACT || k == LATTICE) /* a run that does not end has no length, cost or energy */
                assert_int_equal(tally.metrics[r].count, TRIALS);
            bool fixed = k == CONTRACT || k == LATTICE ? tally.metrics[r].metric == FC_M_COST_USD
                                       : k >= DETAIL && tally.metrics[r].metric == FC_M_WALL_CLOCK_DAYS;
            if (!fixed)
                assert_int_not_equal(tally.metrics[r].min_key, tally.metrics[r].max_key);
        }
        fc_tally_free(&tally);
    }
    return 0;
}

static int tidy(void **state)
{
    (void)state;
    for (int k = 0; k < PROGRAMS; k++)
        fixture_free(&fixtures[k]);
    return 0;
}

static uint64_t digest_of(int k, const struct fc_kernel *kernel, uint64_t trials, int piece)
{
    struct fc_tally tally;
    fixture_run_kernel(&fixtures[k], kernel, seed, FIRST, trials, piece, &tally);
    uint64_t digest = fc_tally_digest(&tally, seed);
    fc_tally_free(&tally);
    return digest;
}

/* Skips the test when the kernel is not in this build, or this CPU lacks its instructions. */
static void need(const char *name, const struct fc_kernel *kernel, const char *needs)
{
    if (!kernel) {
        print_message("%s: not in this build\n", name);
        skip();
    }
    const struct fc_kernel *level = fc_kernel_find(needs);
    if (!level || !fc_kernel_runs_here(level)) {
        print_message("%s: this CPU lacks its instructions\n", name);
        skip();
    }
}

static void expect_equal(const char *name, const struct fc_kernel *kernel, const char *needs)
{
    need(name, kernel, needs);
    for (int k = 0; k < PROGRAMS; k++)
        assert_int_equal(digest_of(k, kernel, TRIALS, kernel->chunk), expected[k]);
}

static void kernel_portable(void **state)
{
    (void)state;
    expect_equal("portable", fc_kernel_find("portable"), "portable");
}
static void kernel_scalar(void **state)
{
    (void)state;
    expect_equal("scalar", fc_kernel_find("scalar"), "scalar");
}
static void kernel_avx2(void **state)
{
    (void)state;
    expect_equal("avx2", fc_kernel_find("avx2"), "avx2");
}
static void kernel_avx512(void **state)
{
    (void)state;
    expect_equal("avx512", fc_kernel_find("avx512"), "avx512");
}
static void variant_gcc_O0(void **state)
{
    (void)state;
    expect_equal("gcc -O0", &fc_kernel_gcc_O0, "avx2");
}
static void variant_gcc_O3(void **state)
{
    (void)state;
    expect_equal("gcc -O3", &fc_kernel_gcc_O3, "avx2");
}
static void variant_clang_O0(void **state)
{
    (void)state;
    expect_equal("clang -O0", &fc_kernel_clang_O0, "avx2");
}
static void variant_clang_O3(void **state)
{
    (void)state;
    expect_equal("clang -O3", &fc_kernel_clang_O3, "avx512");
}

/* Pieces of any length, among them one trial at a time. */
static void ragged_pieces(void **state)
{
    (void)state;
    const struct fc_kernel *kernel = fc_kernel_best();
    const int pieces[] = {1, 3, 31, 33, 100, kernel->chunk - 1};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++)
        for (int k = 0; k < PROGRAMS; k++)
            assert_int_equal(digest_of(k, kernel, TRIALS, pieces[i] > kernel->chunk ? kernel->chunk : pieces[i]),
                             expected[k]);
}

static void threads_of_the_backend(void **state)
{
    (void)state;
    for (int threads = 1; threads <= 3; threads++)
        for (int k = 0; k < PROGRAMS; k++) {
            struct fc_tally tally;
            fixture_run(&fixtures[k], seed, FIRST, TRIALS, threads, NULL, &tally, NULL);
            assert_int_equal(fc_tally_digest(&tally, seed), expected[k]);
            fc_tally_free(&tally);
        }
}

/* Seven runs of one session, out of order, merged; and by ranges of other sessions. */
static void seven_merged_pieces(void **state)
{
    (void)state;
    const uint64_t cut[8] = CUTS;
    const int order[7] = {3, 0, 6, 2, 5, 1, 4};
    for (int k = 0; k < PROGRAMS; k++) {
        struct fc_error error = {0};
        struct fc_tally total;
        assert_int_equal(
            fc_tally_create(&total, fixtures[k].program.metrics, fixtures[k].program.metric_count, &error),
            0);
        for (int i = 0; i < 7; i++) {
            struct fc_tally piece;
            uint64_t first = cut[order[i]], count = cut[order[i] + 1] - first;
            fixture_run(&fixtures[k], seed, FIRST + first, count, 1 + i % 2, i % 3 ? NULL : "portable",
                        &piece, NULL);
            assert_int_equal(fc_tally_merge(&total, &piece, &error), 0);
            fc_tally_free(&piece);
        }
        assert_int_equal(fc_tally_trials(&total), TRIALS);
        assert_int_equal(fc_tally_digest(&total, seed), expected[k]);
        fc_tally_free(&total);
    }
}

/* Samples that the backend hands out are the values it counts. */
static void samples_are_the_tally(void **state)
{
    (void)state;
    for (int k = 0; k < PROGRAMS; k++) {
        int rows = fixtures[k].program.metric_count;
        float *samples = calloc((size_t)rows * TRIALS, sizeof *samples);
        assert_non_null(samples);
        struct fc_error error = {0};
        struct fc_tally tally, again;
        fixture_run(&fixtures[k], seed, FIRST, TRIALS, 2, NULL, &tally, samples);
        assert_int_equal(fc_tally_create(&again, fixtures[k].program.metrics, rows, &error), 0);
        for (int r = 0; r < rows; r++)
            fc_tally_add(&again, r, samples + (size_t)r * TRIALS, TRIALS, FIRST);
        assert_int_equal(fc_tally_cover(&again, FIRST, TRIALS, &error), 0);
        assert_int_equal(fc_tally_digest(&again, seed), expected[k]);
        fc_tally_free(&tally);
        fc_tally_free(&again);
        free(samples);
    }
}

static void other_seed_other_digest(void **state)
{
    (void)state;
    for (int k = 0; k < PROGRAMS; k++) {
        struct fc_tally tally;
        fixture_run(&fixtures[k], seed + 1, FIRST, TRIALS, 2, NULL, &tally, NULL);
        assert_int_not_equal(fc_tally_digest(&tally, seed), expected[k]);
        fc_tally_free(&tally);
    }
}

/* With contraction on the bits differ, so digests see it: in one world of some thousand, as nearly all that could be
 * contracted says fma itself. */
static void contraction_is_seen(void **state)
{
    (void)state;
    const struct fc_kernel *kernel = &fc_kernel_contracted;
    need("contracted", kernel, "scalar");
    const struct fc_kernel *right = fc_kernel_find("scalar");
    assert_int_not_equal(digest_of(OVERLOAD, kernel, 5003, kernel->chunk),
                         digest_of(OVERLOAD, right, 5003, right->chunk));
}

/* So do the bits of a device that has no fma. */
static void missing_fma_is_seen(void **state)
{
    (void)state;
    const struct fc_kernel *kernel = &fc_kernel_unfused;
    need("unfused", kernel, "scalar");
    for (int k = 0; k < PROGRAMS; k++)
        assert_int_not_equal(digest_of(k, kernel, TRIALS, kernel->chunk), expected[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_portable),
        cmocka_unit_test(kernel_scalar),
        cmocka_unit_test(kernel_avx2),
        cmocka_unit_test(kernel_avx512),
        cmocka_unit_test(variant_gcc_O0),
        cmocka_unit_test(variant_gcc_O3),
        cmocka_unit_test(variant_clang_O0),
        cmocka_unit_test(variant_clang_O3),
        cmocka_unit_test(ragged_pieces),
        cmocka_unit_test(threads_of_the_backend),
        cmocka_unit_test(seven_merged_pieces),
        cmocka_unit_test(samples_are_the_tally),
        cmocka_unit_test(other_seed_other_digest),
        cmocka_unit_test(contraction_is_seen),
        cmocka_unit_test(missing_fma_is_seen),
    };
    return cmocka_run_group_tests_name("parity", tests, prepare, tidy);
}

/* test_tail.c: probabilities near one in a million by splitting and by tilted worlds, against closed forms; and contracts, against
 * closed forms and counting. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/analysis/tail_contract.h"
#include "host/backends/given.h"
#include "host/backends/kernels.h"
#include "host/compile/scenario.h"

static struct fc_error error;

/* Thirty times slower under the address sanitizer: memory is what is looked at there, with as few worlds as a repetition has at
 * least. Limits of z hold as ever, for an error is that of the worlds taken; what only more worlds can reach (a verdict, a tenth)
 * is asked of the ordinary build. */
#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static uint64_t worlds_of(uint64_t worlds)
{
    return SANITIZED ? 100000 : worlds;
}

static double uniform(uint32_t word)
{
    return ((double)word + 0.5) / 4294967296.0;
}

/* --- worlds of a few words, with closed forms --- */

/* Sum of 16 normals over 4, by Box and Muller. */
static double normals(const uint32_t *w, int64_t stride, int count)
{
    double sum = 0;
    for (int k = 0; k < count; k += 2) {
        double radius = sqrt(-2 * log(uniform(w[k * stride]))),
               angle = 2 * acos(-1) * uniform(w[(k + 1) * stride]);
        sum += radius * (cos(angle) + sin(angle));
    }
    return sum / sqrt(count);
}

static double exponentials(const uint32_t *w, int64_t stride, int count)
{
    double sum = 0;
    for (int k = 0; k < count; k++)
        sum -= log(uniform(w[k * stride]));
    return sum;
}

/* Poisson with mean 5, so many exponential jumps. */
static double compound(const uint32_t *w, int64_t stride, int count)
{
    double u = uniform(w[0]), p = exp(-5), sum = p;
    int n = 0;
    while (u > sum && n < count - 1) {
        p *= 5.0 / ++n;
        sum += p;
    }
    return exponentials(w + stride, stride, n);
}

/* Two with P(X > x) = (1 + x)^-2.5. */
static double heavy(const uint32_t *w, int64_t stride, int count)
{
    double sum = 0;
    for (int k = 0; k < count; k++)
        sum += pow(uniform(w[k * stride]), -0.4) - 1;
    return sum;
}

/* A walk from 1, up by one with .3, down with .7: how high it comes before 0. */
static double walk(const uint32_t *w, int64_t stride, int count)
{
    int at = 1, high = 1;
    for (int k = 0; k < count && at > 0; k++) {
        at += uniform(w[k * stride]) < .3 ? 1 : -1;
        high = at > high ? at : high;
    }
    return high;
}

/* Three providers down at once, each a share u of the time, and a share beta of it for the same cause: how near they come, which
 * is 0 where they are. */
static double together(const uint32_t *w, int64_t stride, double u, double beta)
{
    double worst = 0, cause = uniform(w[0]) / (beta > 0 ? beta * u : 1e-300);
    for (int k = 1; k <= 3; k++)
        worst = fmax(worst, uniform(w[k * stride]) / ((1 - beta) * u));
    return 1 - fmin(worst, cause);
}

static double apart(const uint32_t *w, int64_t stride, int count)
{
    (void)count;
    return together(w, stride, 24 / 8766.0 / (1 + 24 / 8766.0), 0);
}

static double common(const uint32_t *w, int64_t stride, int count)
{
    (void)count;
    return together(w, stride, 24 / 8766.0 / (1 + 24 / 8766.0), .05);
}

/* One word that decides all at once: nothing leads there. */
static double cliff(const uint32_t *w, int64_t stride, int count)
{
    (void)stride;
    (void)count;
    return w[0] < 4295 ? 1 : 0;
}

/* Two ways into the tail, of which the levels see one: the sum of the first ten leads up, the last word jumps. */
static double hidden(const uint32_t *w, int64_t stride, int count)
{
    double sum = exponentials(w, stride, count - 1);
    return w[(count - 1) * stride] < 4295 * 20 ? 100 : sum;
}

struct kind {
    double (*of)(const uint32_t *, int64_t, int);
    int words;
};

static void score(void *of, int thread, const uint32_t *words, int64_t stride, int64_t count, double *out)
{
    const struct kind *k = of;
    (void)thread;
    for (int64_t i = 0; i < count; i++)
        out[i] = k->of(words + i, stride, k->words);
}

static struct fc_tail tail_of(struct kind *k, double limit, uint64_t seed, uint64_t worlds)
{
    struct fc_tail_model model = {k->words, k, score, limit};
    struct fc_tail_options options = {seed, worlds, 2};
    struct fc_tail tail;
    if (fc_tail(&tail, &model, &options, &error))
        fail_msg("%s", error.text);
    return tail;
}

static void say(const char *name, const struct fc_tail *t, double exact)
{
    print_message("%-24s exact %.4g, splitting %.4g ±%.1f %% (%d levels, %d ancestors), tilted %.4g ±%.1f %% "
                  "(%d words, %.1f %% "
                  "hits), verdict %d, %.2g worlds\n",
                  name, exact, t->splitting.p, 100 * t->splitting.error / t->splitting.p, t->levels,
                  t->ancestors, t->tilted.p, 100 * t->tilted.error / t->tilted.p, t->tilted_words,
                  100 * t->hits, (int)t->verdict, (double)t->worlds);
}

static void closed_forms(void **state)
{
    (void)state;
    static struct {
        const char *name;
        struct kind kind;
        double limit, exact;
        uint64_t worlds; /* 0: 500,000; what is rough takes what --tail takes */
    } rows[] = {
        {"normal sum, 1e-4", {normals, 16}, 3.7, 1.07799733e-4, 0},
        {"normal sum, 1e-6", {normals, 16}, 4.75, 1.01708324e-6, 0},
        {"compound Poisson, 5e-4", {compound, 60}, 20, 5.32291439e-4, 0},
        {"compound Poisson, 3e-5", {compound, 60}, 25, 3.00300706e-5, 0},
        {"compound Poisson, 1e-6", {compound, 60}, 30, 1.41940858e-6, 1000000},
        {"ten exponentials, 1e-4", {exponentials, 10}, 26, 1.13858647e-4, 0},
        {"ten exponentials, 1e-6", {exponentials, 10}, 32, 1.68264164e-6, 0},
        {"two heavy tails, 1e-4", {heavy, 2}, 50, 1.11594707e-4, 0},
        {"two heavy tails, 1e-6", {heavy, 2}, 300, 1.27957523e-6, 0},
        {"walk to 10", {walk, 200}, 9.5, 2.78780042e-4, 0},
        {"walk to 16", {walk, 200}, 15.5, 1.72707316e-6, 3000000},
        {"three down at once", {apart, 4}, 0, 2.035481e-8, 0},
        {"with a common cause", {common, 4}, 0, 1.365375e-4, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fc_tail t =
            tail_of(&rows[i].kind, rows[i].limit, 1, worlds_of(rows[i].worlds ? rows[i].worlds : 500000));
        say(rows[i].name, &t, rows[i].exact);
        assert_true(SANITIZED || t.verdict == FC_TAIL_GOOD);
        assert_true(SANITIZED || fabs(t.p / rows[i].exact - 1) < .1);
        assert_true(SANITIZED || (t.low < rows[i].exact * (1 + 1e-6) && rows[i].exact < t.high));
        assert_true(fabs(t.splitting.p - rows[i].exact) < 4 * t.splitting.error);
        assert_true(fabs(t.tilted.p - rows[i].exact) < 4 * t.tilted.error);
    }
}

static void what_cannot_be_known_is_said(void **state)
{
    (void)state;
    struct kind k = {cliff, 4}, two = {hidden, 11}, often = {exponentials, 10};
    struct fc_tail t = tail_of(&k, .5, 1, 400000);
    assert_int_equal(t.verdict, FC_TAIL_STUCK);
    assert_true(t.low < 1e-6 && t.high > 1e-6 && t.high < 3e-5);
    t = tail_of(&two, 32, 1, 400000); /* mostly by the jump, of 2e-5, which the levels hardly see */
    say("a hidden way", &t, 2.17e-5);
    assert_int_equal(t.verdict, FC_TAIL_APART);
    assert_true(t.low < 2.17e-5 && 2.17e-5 < t.high);
    t = tail_of(&often, 15, 1, 400000);
    say("not rare", &t, .0698536);
    assert_int_equal(t.verdict, FC_TAIL_NOT_RARE);
    assert_true(fabs(t.p - .0698536) < 4 * t.splitting.error);
}

/* The same bits for one thread and for two, and others for another seed. */
static void threads_change_nothing(void **state)
{
    (void)state;
    struct kind k = {exponentials, 10};
    struct fc_tail_model model = {10, &k, score, 26};
    struct fc_tail_options options = {3, 200000, 1};
    struct fc_tail one, two;
    assert_int_equal(fc_tail(&one, &model, &options, &error), 0);
    options.threads = 2;
    assert_int_equal(fc_tail(&two, &model, &options, &error), 0);
    assert_memory_equal(&one.splitting, &two.splitting, sizeof one.splitting);
    assert_memory_equal(&one.tilted, &two.tilted, sizeof one.tilted);
    assert_int_equal(one.ancestors, two.ancestors);
    options.seed = 4;
    assert_int_equal(fc_tail(&two, &model, &options, &error), 0);
    assert_true(one.splitting.p != two.splitting.p);
}

/* --- contracts --- */

static void open_scenario(struct fc_scenario *s, const char *name, const char *const *set)
{
    struct fc_scenario_options options = {0};
    for (; *set; set++)
        assert_int_equal(fc_scenario_add_override(&options, *set, &error), 0);
    if (fc_scenario_open(s, name, &options, &error))
        fail_msg("%s", error.text);
    fc_scenario_options_free(&options);
}

/* Worlds made of the words of their own numbers are the worlds of those numbers, bit for bit, in every kernel. */
static void given_words_make_the_same_worlds(void **state)
{
    (void)state;
    enum { N = SANITIZED ? 64 : 128 };
    static const char *const names[] = {"openai-aws-38b-contract", "default-in-2028", "bubble",
                                        "openai-four-clouds",      "sign-or-wait",    "take-or-pay-500m"};
    static const char *const none[] = {"layers=contract", NULL};
    for (size_t n = 0; n < (SANITIZED ? 2 : sizeof names / sizeof names[0]); n++) {
        struct fc_scenario s = {0};
        open_scenario(&s, names[n], none);
        const struct fc_program *program = &s.compiled.program;
        const struct fc_kernel *plain = fc_kernel_best();
        float *all = calloc((size_t)program->metric_count * (size_t)plain->chunk, sizeof *all);
        void *scratch = aligned_alloc(64, (plain->scratch_bytes + 63) / 64 * 64);
        plain->run(program, s.compiled.tables, 7, 1000, N, scratch, all);
        free(scratch);
        for (int k = 0; fc_kernels[k]; k++) {
            const struct fc_given_kernel *given = fc_given_find(fc_kernels[k]->name);
            struct fc_given_rows rows;
            float out[N];
            int differ = 0;
            if (!given)
                continue;
            scratch = aligned_alloc(64, (given->scratch_bytes + 63) / 64 * 64);
            given->record(program, s.compiled.tables, &rows, scratch);
            assert_int_equal(rows.lost, 0);
            uint32_t *words = calloc((size_t)rows.words * N, sizeof *words);
            given->plain(&rows, 7, 1000, N, words, N);
            for (int r = 0; r < program->metric_count; r++) {
                given->run(program, s.compiled.tables, &rows, words, N, N, program->metrics[r], scratch, out);
                assert_memory_equal(out, all + r * plain->chunk, sizeof out);
            }
            words[5 * N + 3] ^= 0x80000000u; /* a control: another word makes another world */
            for (int w = 0; w < rows.words; w++)
                words[w * N + 3] ^= 0x80000000u;
            for (int r = 0; r < program->metric_count; r++) {
                given->run(program, s.compiled.tables, &rows, words, N, N, program->metrics[r], scratch, out);
                differ += out[3] != all[r * plain->chunk + 3];
            }
            assert_true(differ > 3);
            free(words);
            free(scratch);
        }
        free(all);
        fc_scenario_close(&s);
    }
}

/* P(more than n) of a Poisson number. */
static double poisson_above(double mean, int n)
{
    double p = exp(-mean), sum = 0;
    for (int k = 1; k <= 200; k++) {
        p *= mean / k;
        sum += k > n ? p : 0;
    }
    return sum;
}

/* P(at least so many) of 84 months, each with an outage or none, `mean` expected. */
static double months_with_one(double mean, int least)
{
    double q = -expm1(-mean / 84), p = pow(1 - q, 84), sum = 0;
    for (int k = 0; k < 84; k++) {
        sum += k >= least ? p : 0;
        p *= (84 - k) / (k + 1.0) * q / (1 - q);
    }
    return sum;
}

static void contracts_against_closed_forms(void **state)
{
    (void)state;
    /* outages of 4 h over 7 years, `mean` of them expected: at least so many. The last four are those of a queue without waiting
     * (M/G/infinity): two to five months of 84 jump there. `single`: a second outage in one month, below 3e-8, is less than the
     * step of a float before 1 and does not come: of a mean of .01 and .02 a part of one in 84, three in 84 is missing */
    static const struct {
        double mean;
        int least;
        double exact;
        bool single;
    } rows[] = {{4.2, 14, 0, false},         {4.2, 18, 0, false},          {.01, 2, 4.966791e-5, true},
                {.02, 3, 1.313492e-6, true}, {.05, 3, 2.006749e-5, false}, {.1, 5, 7.667802e-8, false}};
    for (size_t i = 0; i < (SANITIZED ? 1 : sizeof rows / sizeof rows[0]); i++) {
        char rate[64];
        snprintf(rate, sizeof rate, "contract.outage_rate=%.9g 1/year", rows[i].mean / 7);
        const char *const set[] = {"contract.years=7 years", rate, "contract.outage_length=4 h", NULL};
        struct fc_scenario s = {0};
        open_scenario(&s, "tests/contract_flat.yaml", set);
        struct fc_tail_question question = {FC_M_OUTAGE_H, true, false, 4 * rows[i].least - 2};
        struct fc_tail_options options = {1, worlds_of(1500000), 2};
        struct fc_tail t;
        double all = poisson_above(rows[i].mean, rows[i].least - 1);
        double exact = rows[i].single ? months_with_one(rows[i].mean, rows[i].least) : all;
        if (fc_tail_contract(&t, &s.compiled, &question, &options, NULL, &error))
            fail_msg("%s", error.text);
        say("outages", &t, exact);
        assert_true(rows[i].exact == 0 || fabs(all / rows[i].exact - 1) < 1e-5);
        assert_true(SANITIZED || (t.low < exact && exact < t.high));
        assert_true(SANITIZED || t.verdict == FC_TAIL_GOOD);
        assert_true(SANITIZED || fabs(t.p / all - 1) < .05);
        assert_true(fabs(t.splitting.p - exact) < 4 * t.splitting.error);
        assert_true(fabs(t.tilted.p - exact) < 4 * t.tilted.error);
        fc_scenario_close(&s);
    }
}

/* What 400,000 worlds as they come count, and what splitting says: cash needed at 2e-4. */
static void contracts_against_counting(void **state)
{
    (void)state;
    enum { N = 1024 * (SANITIZED ? 10 : 400) };
    static const char *const none[] = {NULL};
    struct fc_scenario s = {0};
    open_scenario(&s, "take-or-pay-500m", none);
    const struct fc_program *program = &s.compiled.program;
    const struct fc_kernel *kernel = fc_kernel_best();
    int row = program->metric_row[FC_M_PEAK_CASH_NEED_USD], hits = 0;
    float *out = calloc((size_t)program->metric_count * (size_t)kernel->chunk, sizeof *out);
    void *scratch = aligned_alloc(64, (kernel->scratch_bytes + 63) / 64 * 64);
    const double limit = 280e6;
    for (int first = 0; first < N; first += kernel->chunk) {
        kernel->run(program, s.compiled.tables, 99, (uint64_t)first, kernel->chunk, scratch, out);
        for (int i = 0; i < kernel->chunk; i++)
            hits += (double)out[row * kernel->chunk + i] > limit;
    }
    struct fc_tail_question question = {FC_M_PEAK_CASH_NEED_USD, true, false, limit};
    struct fc_tail_options options = {1, worlds_of(1000000), 2};
    struct fc_tail t;
    if (fc_tail_contract(&t, &s.compiled, &question, &options, NULL, &error))
        fail_msg("%s", error.text);
    double counted = (double)hits / N, wide = sqrt(SANITIZED ? (counted + t.splitting.p) / N : counted / N);
    say("cash need, counted", &t, counted);
    assert_true(SANITIZED || (hits > 20 && hits < N / 500 && t.verdict == FC_TAIL_GOOD));
    assert_true(fabs(t.p - counted) < 4 * sqrt(wide * wide + t.splitting.error * t.splitting.error));
    free(out);
    free(scratch);
    fc_scenario_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_forms),
        cmocka_unit_test(what_cannot_be_known_is_said),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(given_words_make_the_same_worlds),
        cmocka_unit_test(contracts_against_closed_forms),
        cmocka_unit_test(contracts_against_counting),
    };
    return cmocka_run_group_tests_name("tail", tests, NULL, NULL);
}

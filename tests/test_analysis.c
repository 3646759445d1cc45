/* test_analysis.c: sweeps, solving, paired differences, drivers: against closed forms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/analysis/answer.h"
#include "host/analysis/explain.h"
#include "host/analysis/precision.h"
#include "host/analysis/range.h"
#include "host/analysis/regret.h"
#include "host/result/samples.h"
#include "host/language/scale.h"
#include "host/analysis/solve.h"
#include "host/run/worlds.h"
#include "moments.h"

static struct fc_error trouble;

static void near(const char *what, double value, double exact, double tolerance)
{
    if (!(fabs(value - exact) <= tolerance))
        fail_msg("%s: %.9g, exact %.9g, tolerance %.3g", what, value, exact, tolerance);
}

/* ---- ranges ---- */

static void test_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *text, *values; /* joined by | */
    } cases[] = {
        {"a.b=1..3:1", "1|2|3"},
        {"a=20e3..60e3:20e3 h", "20000 h|40000 h|60000 h"},
        {"a=0..1:0.1", "0|0.1|0.2|0.3|0.4|0.5|0.6|0.7|0.8|0.9|1"},
        {"a=1..20:x4", "1|4|16"},
        {"a=3..1:-1", "3|2|1"},
        {"a=*0.5..*1.5:*0.5", "*0.5|*1|*1.5"},
        {"a=bf16, fp8", "bf16|fp8"},
        {"a=3,pert(1, 2, 3) h,[1, 2]", "3|pert(1, 2, 3) h|[1, 2]"},
        {"a=6,9,12 B USD", "6 B USD|9 B USD|12 B USD"},
        {"a=6 h,9,12 d", "6 h|9 d|12 d"},
        {"a=*2,3,4 h", "*2|3 h|4 h"},
        {"a=2 to 3,4 to 5 h", "2 to 3|4 to 5 h"},
        {"a=auto", "auto"},
        {"goals.deadline=2027-02-27..2027-03-01", "2027-02-27|2027-02-28|2027-03-01"},
        {"goals.deadline=2027-02-22..2027-03-08:7 days", "2027-02-22|2027-03-01|2027-03-08"},
        {"goals.deadline=2027-02-22,2027-03-01", "2027-02-22|2027-03-01"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_range range;
        char joined[400] = "";
        assert_int_equal(fc_range_read(&range, cases[i].text, &trouble), 0);
        for (size_t k = 0; k < range.count; k++) {
            strcat(joined, k ? "|" : "");
            strcat(joined, range.values[k]);
        }
        assert_string_equal(joined, cases[i].values);
        fc_range_free(&range);
    }
    static const char *const wrong[] = {
        "a",          "=1..2:1", "a=1..",     "a=1..2:",    "a=2..1:1", "a=1..2:0",
        "a=1..1e6:1", "a=1,,2",  "a=*1..2:1", "a=-1..4:x2", "a=1..4:x1",
        "a=2027-02-22..5", "a=2027-02-22..2027-02-31", "a=2027-02-22..2027-03-01:0.5", "a=2027-02-22..2027-03-01 h"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct fc_range range;
        if (fc_range_read(&range, wrong[i], &trouble) == 0)
            fail_msg("'%s' was taken", wrong[i]);
    }
    struct fc_range wide;
    assert_int_equal(fc_range_read_ends(&wide, "cluster.gpus=18432..73728:72", &trouble), 0);
    assert_true(wide.count == 0 && wide.has_step && wide.step > 71 && wide.to > 73727);
    fc_range_free(&wide);
    char text[64];
    assert_int_equal(fc_range_tie("plan.dp=1/72", 36864, text, sizeof text, &trouble), 0);
    assert_string_equal(text, "plan.dp=512");
    assert_int_equal(fc_range_tie("a=1-x", 0.3, text, sizeof text, &trouble), 0);
    assert_string_equal(text, "a=0.7");
    assert_int_equal(fc_range_tie("a=0.5-0.5x", 0.6, text, sizeof text, &trouble), 0);
    assert_string_equal(text, "a=0.2");
    assert_int_equal(fc_range_tie("a=1+2x", 3, text, sizeof text, &trouble), 0);
    assert_string_equal(text, "a=7");
    assert_int_equal(fc_range_tie("a=1-2y", 3, text, sizeof text, &trouble), -1);
    assert_int_equal(fc_range_tie("a=1-2", 3, text, sizeof text, &trouble), -1);
    assert_int_equal(fc_range_tie("plan.dp=x", 1, text, sizeof text, &trouble), -1);
    assert_int_equal(fc_range_tie("plan.dp=1/0", 1, text, sizeof text, &trouble), -1);
}

/* ---- regret ---- */

/* By hand: three choices, five worlds; in the fourth one of them has no value, so it is the worst there. */
static void test_regret(void **state)
{
    (void)state;
    static const float a[] = {1, 5, 2, 0, 4}, b[] = {2, 3, 2, 1, 0}, c[] = {3, 4, 6, INFINITY, 1};
    const float *const values[] = {a, b, c};
    struct fc_regret regret[3];
    assert_int_equal(fc_regret_of(values, 3, 5, false, regret, &trouble), 0);
    assert_int_equal(regret[0].worlds, 5);
    near("best a", regret[0].best, (1 + 0.5 + 1) / 5, 1e-12); /* worlds 0 and 3; half of world 2 */
    near("best b", regret[1].best, (1 + 0.5 + 1) / 5, 1e-12);
    near("best c", regret[2].best, 0, 1e-12);
    near("regret a", regret[0].mean, (0 + 2 + 0 + 0 + 4) / 5.0, 1e-12);
    near("regret b", regret[1].mean, (1 + 0 + 0 + 1 + 0) / 5.0, 1e-12);
    assert_true(isnan(regret[2].mean)); /* once without bound */
    near("its error", regret[1].error, sqrt((0.4 - 0.16) / 5), 1e-12);
}

/* ---- samples ---- */

static void test_pairs(void **state)
{
    (void)state;
    const float a[] = {1, 2, 3, 4}, b[] = {2, 2, 2, 8};
    struct fc_paired p = fc_samples_paired(a, b, 4, (double)INFINITY);
    assert_int_equal(p.count, 4);
    near("mean", p.mean, 1, 1e-12);                    /* differences 1, 0, -1, 4 */
    near("error", p.error, sqrt(14.0 / 3 / 4), 1e-12); /* their variance is 14 / 3 */
    near("lower", p.lower, 0.25, 0);
    near("equal", p.equal, 0.25, 0);
    /* the same values: the difference of quantiles is certain; opposite ones: the errors add up */
    float rising[1000], falling[1000];
    for (int i = 0; i < 1000; i++) {
        rising[i] = (float)i;
        falling[i] = (float)(1000 - i);
    }
    near("same", fc_samples_quantile_error(rising, 499.5, 3, rising, 499.5, 3, 1000), 0, 1e-7);
    near("opposite", fc_samples_quantile_error(rising, 499.5, 3, falling, 500.5, 3, 1000), 6, 0.01);
}

static void test_ranks(void **state)
{
    (void)state;
    const float values[] = {3, -1, 3, 0, -0.0f, 1e30f, -2e-3f};
    const uint32_t wanted[] = {1, 6, 3, 4, 0, 2, 5};
    uint32_t order[7];
    float rank[7], curved[7];
    assert_int_equal(fc_samples_order(values, 7, order), 0);
    assert_memory_equal(order, wanted, sizeof wanted);
    fc_samples_ranks(values, order, 7, rank);
    const float ranks[] = {5.5f, 1, 5.5f, 3.5f, 3.5f, 7, 2};
    assert_memory_equal(rank, ranks, sizeof ranks);
    for (int i = 0; i < 7; i++)
        curved[i] = -rank[i];
    near("correlation", fc_samples_correlation(rank, curved, 7), -1, 1e-12);
    const float flat[7] = {1, 1, 1, 1, 1, 1, 1};
    assert_true(isnan(fc_samples_correlation(rank, flat, 7)));
}

/* ---- solving ---- */

struct curve {
    double (*of)(double x);
    double error;
    int calls;
};

static int evaluate(void *context, double x, struct fc_solve_point *point, struct fc_error *error)
{
    struct curve *curve = context;
    (void)error;
    point->value = curve->of(x);
    point->error = curve->error;
    curve->calls++;
    return 0;
}

static double square(double x)
{
    return x * x;
}
static double hill(double x)
{
    return 4 - (x - 2) * (x - 2);
}
static double down(double x)
{
    return 10 - x;
}

static void test_solve(void **state)
{
    (void)state;
    struct curve curve = {square, 0.1, 0};
    struct fc_solve s = {.lo = 0,
                         .hi = 8,
                         .target = 4,
                         .at_least = true,
                         .tolerance = 1e-4,
                         .evaluate = evaluate,
                         .context = &curve};
    assert_int_equal(fc_solve_run(&s, &trouble), 0);
    assert_int_equal(s.outcome, FC_SOLVE_FOUND);
    assert_true(s.monotone && s.smallest && s.value >= 4 && curve.calls < 25);
    near("x", s.x, 2, 8e-4);
    near("half width", 0.5 * (s.x_hi - s.x_lo), 1.96 * 0.1 / 4, 0.01); /* error over slope */

    s = (struct fc_solve){
        .lo = 0, .hi = 63, .step = 3, .target = 5, .at_least = true, .evaluate = evaluate, .context = &curve};
    curve.of = down;
    assert_int_equal(fc_solve_run(&s, &trouble), 0);
    assert_true(s.outcome == FC_SOLVE_FOUND && !s.smallest);
    near("largest multiple of 3 with 10 - x >= 5", s.x, 3, 0);

    assert_true(s.x_lo == 0 && s.x_hi == 6); /* error over slope is 0.2: the neighbours on the grid */

    /* from a coarser answer, right or wrong: the same answer with fewer evaluations */
    for (int k = 0; k < 40; k++) {
        double (*of)(double) = k % 2 ? down : square;
        double off = k < 30 ? 0.02 * (k - 15) : (k - 35) * 4; /* of the figure, as few worlds would have it */
        struct fc_solve coarse = {.lo = 0,
                                  .hi = 8,
                                  .step = 0.02,
                                  .target = (k % 2 ? 6.3 : 5) + off,
                                  .at_least = k % 4 < 2,
                                  .evaluate = evaluate,
                                  .context = &curve};
        struct fc_solve whole = coarse, close;
        curve = (struct curve){of, 0.05, 0};
        whole.target = k % 2 ? 6.3 : 5;
        close = whole;
        assert_int_equal(fc_solve_run(&coarse, &trouble), 0);
        assert_int_equal(fc_solve_run(&whole, &trouble), 0);
        if (coarse.outcome != FC_SOLVE_FOUND)
            continue;
        curve.calls = 0;
        assert_int_equal(fc_solve_near(&close, &coarse, &trouble), 0);
        near("the same answer", close.x, whole.x, 0);
        near("the same figure", close.value, whole.value, 0);
        assert_true(close.smallest == whole.smallest);
        near("lower end", close.x_lo, whole.x_lo, 0.0401);
        near("upper end", close.x_hi, whole.x_hi, 0.0401);
        assert_true(curve.calls <= (k < 30 ? 5 : 12));
    }

    curve.of = hill; /* rises and falls: said so, and the first crossing is found */
    s = (struct fc_solve){.lo = 0,
                          .hi = 4,
                          .target = 3,
                          .at_least = true,
                          .tolerance = 1e-3,
                          .evaluate = evaluate,
                          .context = &curve};
    assert_int_equal(fc_solve_run(&s, &trouble), 0);
    assert_true(s.outcome == FC_SOLVE_FOUND && !s.monotone);
    near("first crossing", s.x, 1, 5e-3);

    s = (struct fc_solve){.lo = 0,
                          .hi = 8,
                          .target = 100,
                          .at_least = true,
                          .tolerance = 1e-3,
                          .evaluate = evaluate,
                          .context = &curve};
    curve.of = square;
    assert_int_equal(fc_solve_run(&s, &trouble), 0);
    assert_int_equal(s.outcome, FC_SOLVE_NONE);
    near("nearest", s.x, 8, 0);
    s.target = 100;
    s.at_least = false;
    assert_int_equal(fc_solve_run(&s, &trouble), 0);
    assert_int_equal(s.outcome, FC_SOLVE_ALL);
    near("nearest", s.x, 8, 0);
}

/* ---- factors on distributions ---- */

static void test_scale(void **state)
{
    (void)state;
    static const double parameters[][4] = {{3, 0, 0, 0}, {3, 1, 0, 0}, {3, 1, 0, 0},   {3, 1, 0, 0},
                                           {2, 3, 0, 0}, {1, 2, 5, 0}, {1, 2, 5, 4},   {2, 3, 0, 0},
                                           {2, 3, 1, 9}, {2, 3, 0, 0}, {1.5, 3, 0, 0}, {3, 0, 0, 0}};
    assert_int_equal(fc_form_count, sizeof parameters / sizeof parameters[0]);
    for (size_t i = 0; i < fc_form_count; i++)
        for (int cut = 0; cut < 2; cut++) {
            struct fc_distribution plain, scaled;
            struct fc_fault fault;
            assert_int_equal(fc_distribution_make(&plain, &fc_forms[i], parameters[i], &fault), 0);
            double low = fc_distribution_quantile(&plain, 0.1, 0.9),
                   high = fc_distribution_quantile(&plain, 0.8, 0.2);
            if (cut && (!(low < high) || fc_distribution_truncate(&plain, low, high, &fault)))
                continue;
            scaled = plain;
            fc_distribution_scale(&scaled, 2.5);
            for (double p = 0.02; p < 1; p += 0.16) {
                double one = fc_distribution_quantile(&plain, p, 1 - p);
                near(fc_forms[i].name, fc_distribution_quantile(&scaled, p, 1 - p), 2.5 * one,
                     1e-9 * fabs(one));
            }
        }
}

/* ---- whole scenarios ---- */

struct study {
    struct fc_scenario scenario;
    struct fc_analysis analysis;
    struct fc_explain explain;
    struct fc_driver *drivers;
    int count;
};

static void study_open(struct study *s, int metric, const char *const *changes, size_t change_count,
                       uint64_t trials)
{
    struct fc_analysis_options options = {.wish = {.backends = "cpu", .device = -1, .threads = 2},
                                          .quiet = true};
    memset(s, 0, sizeof *s);
    /* without delays, outages and a prepayment the figures are products of a few inputs */
    const char *all[8] = {"contract.delay_probability=0", "contract.outage_rate=0 1/year"};
    assert_true(change_count + 2 < 8);
    for (size_t i = 0; i < change_count; i++)
        all[i + 2] = changes[i];
    if (fc_analysis_scenario(&s->scenario, "openai-aws-38b-contract", &options, all, change_count + 2, &trouble) ||
        fc_analysis_open(&s->analysis, &options, 0, &trouble))
        fail_msg("%s", trouble.text);
    fc_analysis_keep(&s->scenario.compiled.program, &metric, 1);
    float *samples = fc_analysis_samples(trials, 1, &trouble);
    s->drivers = malloc((FC_INPUT_COUNT + 1) * sizeof *s->drivers);
    assert_non_null(samples);
    assert_non_null(s->drivers);
    s->explain = (struct fc_explain){
        .analysis = &s->analysis, .scenario = &s->scenario, .metric = metric, .trials = trials};
    if (fc_analysis_run(&s->analysis, &s->scenario.compiled, s->scenario.seed, 0, trials, NULL, samples,
                        &trouble) ||
        fc_columns_make(&s->explain.columns, &s->scenario, &s->scenario.compiled.program, (size_t)trials,
                        samples, &trouble))
        fail_msg("%s", trouble.text);
    s->explain.base = fc_columns_metric(&s->explain.columns, metric)->values;
    s->count = fc_drivers_list(&s->scenario, NULL, s->drivers, &trouble);
    assert_true(s->count > 0);
}

static void study_close(struct study *s)
{
    fc_columns_free(&s->explain.columns);
    fc_analysis_close(&s->analysis);
    fc_scenario_close(&s->scenario);
    free(s->drivers);
}

static const struct fc_distribution *distribution_of(const struct study *s, const char *path)
{
    const struct fc_field *field = fc_field_find(path);
    assert_non_null(field);
    return s->scenario.settings->fields[field->id].distribution;
}

/* Squared coefficient of variation of X, or of 1 / X, by quadrature over the quantile function. */
static double cv2(const struct fc_distribution *distribution, bool inverse)
{
    enum { N = 100000 };
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        double p = (i + 0.5) / N, x = fc_distribution_quantile(distribution, p, 1 - p);
        x = inverse ? 1 / x : x;
        sum += x / N;
        squares += x * x / N;
    }
    return squares / (sum * sum) - 1;
}

static const char *const factors[] = {"prices.gpu_hour", "contract.usable_fraction", "contract.goodput",
                                      "contract.mfu"};

/* Useful FLOP are a product of independent inputs: with c_i the squared coefficient of variation of factor i
 * and P = prod (1 + c_i), the first order is c_i / (P - 1) and the total c_i P / (1 + c_i) / (P - 1). */
static void test_indices_of_a_product(void **state)
{
    (void)state;
    struct study s;
    struct fc_sobol indices[FC_INPUT_COUNT + 1];
    double c[4], product = 1;
    uint64_t worlds;
    study_open(&s, FC_M_USEFUL_FLOP, NULL, 0, 40000);
    int active = fc_explain_active(&s.explain, s.drivers, s.count, &trouble);
    assert_int_equal(active, 4);
    assert_int_equal(fc_explain_indices(&s.explain, s.drivers, active, indices, &worlds, &trouble), 0);
    for (int i = 0; i < 4; i++) {
        c[i] = cv2(distribution_of(&s, factors[i]), i == 0);
        product *= 1 + c[i];
    }
    for (int i = 0; i < 4; i++) {
        int k = 0;
        while (k < active && strcmp(s.drivers[k].name, factors[i]) != 0)
            k++;
        assert_true(k < active);
        near(factors[i], indices[k].first, c[i] / (product - 1), 4 * indices[k].first_error);
        near(factors[i], indices[k].total, c[i] * product / (1 + c[i]) / (product - 1),
             4 * indices[k].total_error);
        assert_true(indices[k].first_error < 0.02 && indices[k].total_error < 0.02);
    }
    study_close(&s);
}

/* Holding one factor of a product at x makes its mean x / E[X] times as large. */
static void test_tornado_of_a_product(void **state)
{
    (void)state;
    struct study s;
    struct fc_bar bars[FC_INPUT_COUNT + 1];
    uint64_t worlds;
    double mean, sd;
    study_open(&s, FC_M_USEFUL_FLOP, NULL, 0, 40000);
    int active = fc_explain_active(&s.explain, s.drivers, s.count, &trouble);
    int count = fc_explain_tornado(&s.explain, s.drivers, active, bars, &worlds, &trouble);
    assert_int_equal(count, 4);
    for (int k = 1; k < count; k++)
        assert_true(fabs(bars[k - 1].swing) >= fabs(bars[k].swing)); /* the largest swing comes first */
    fc_samples_moments(s.explain.base, s.explain.columns.count, (double)INFINITY, &mean, &sd);
    for (int k = 0; k < count; k++) {
        if (strcmp(bars[k].name, "prices.gpu_hour") == 0) {
            assert_true(bars[k].swing < 0 && bars[k].rank_correlation < -0.4);
            continue; /* not linear in the price */
        }
        const struct fc_distribution *distribution = distribution_of(&s, bars[k].name);
        double wide = fc_distribution_quantile(distribution, 0.95, 0.05) - fc_distribution_quantile(distribution, 0.05, 0.95);
        double swing = mean * wide / moments_mean(distribution);
        near(bars[k].name, bars[k].swing, swing, 4 * (bars[k].swing_error + sd / 200 * wide));
        assert_true(bars[k].swing_error < 0.02 * swing);
    }
    study_close(&s);
}

/* A world's twin: all inputs alternating give the twin's world, bit for bit; one alternating gives that one
 * alone. */
static void test_twins(void **state)
{
    (void)state;
    enum { N = 500 };
    struct study s;
    float own[2 * N], twin[2 * N], mixed[2 * N], run[N], held[N];
    int inputs[] = {FC_IN_PRICE_GPU_HOUR_USD, FC_IN_MFU};
    study_open(&s, FC_M_GPU_HOURS, NULL, 0, N);
    struct fc_compiled changed = s.scenario.compiled;
    uint64_t other = (uint64_t)1 << FC_TWIN_BIT;
    fc_worlds_inputs(&changed, 1, 0, N, inputs, 2, own);
    fc_worlds_inputs(&changed, 1, other, N, inputs, 2, twin);
    assert_true(memcmp(own, twin, sizeof own) != 0);
    memset(changed.program.alternate, 0xff, sizeof changed.program.alternate);
    fc_worlds_inputs(&changed, 1, 0, N, inputs, 2, mixed);
    assert_memory_equal(mixed, twin, sizeof twin);
    fc_worlds_inputs(&changed, 1, other, N, inputs, 2, mixed);
    assert_memory_equal(mixed, own, sizeof own);
    memset(changed.program.alternate, 0, sizeof changed.program.alternate);
    changed.program.alternate[FC_IN_PRICE_GPU_HOUR_USD / 32] = 1u << (FC_IN_PRICE_GPU_HOUR_USD % 32);
    fc_worlds_inputs(&changed, 1, 0, N, inputs, 2, mixed);
    assert_memory_equal(mixed, twin, N * sizeof *twin);
    assert_memory_equal(mixed + N, own + N, N * sizeof *own);
    /* the kernels do the same: GPU-hours follow from the price alone */
    assert_int_equal(fc_analysis_run(&s.analysis, &changed, 1, 0, N, NULL, run, &trouble), 0);
    memset(changed.program.alternate, 0, sizeof changed.program.alternate);
    assert_int_equal(fc_analysis_run(&s.analysis, &changed, 1, other, N, NULL, held, &trouble), 0);
    assert_memory_equal(run, held, sizeof run);
    for (int i = 0; i < N; i++)
        assert_true(fabsf(s.explain.base[i] / (changed.program.contract.value_usd / own[i]) - 1) < 1e-5f);
    study_close(&s);
}

/* The worst twentieth of the GPU-hours are the dearest twentieth of the prices. */
static void test_worst(void **state)
{
    (void)state;
    enum { N = 20000 };
    struct study s;
    struct fc_shift *shifts = malloc((FC_INPUT_COUNT + FC_METRIC_COUNT) * sizeof *shifts);
    bool *in = malloc(N * sizeof *in);
    double limit, distance;
    size_t trial;
    assert_non_null(shifts);
    assert_non_null(in);
    study_open(&s, FC_M_GPU_HOURS, NULL, 0, N);
    assert_int_equal(fc_explain_worst(&s.explain, in, &limit, &trouble), 0);
    assert_int_equal(fc_columns_shifts(&s.explain.columns, in, shifts), N / 20);
    assert_string_equal(shifts[0].column->name, "prices.gpu_hour");
    const struct fc_distribution *distribution = distribution_of(&s, "prices.gpu_hour");
    double tail = 0, squares = 0, edge = fc_distribution_quantile(distribution, 0.95, 0.05);
    for (int i = 0; i < 10000; i++) {
        double upper = 0.05 - 0.05 * (i + 0.5) / 10000, x = fc_distribution_quantile(distribution, 1 - upper, upper);
        tail += x / 10000;
        squares += x * x / 10000;
    }
    /* the error of a tail mean, Trindade et al. 2007 */
    double error = sqrt((squares - tail * tail + 0.95 * (tail - edge) * (tail - edge)) / (N / 20));
    near("mean price there", shifts[0].mean, tail, 4 * error);
    near("limit", limit * fc_distribution_quantile(distribution, 0.95, 0.05), 38e9, 38e9 * 0.005);
    /* the idle inputs are shifted by chance only */
    for (int k = 1; k < s.explain.columns.column_count; k++)
        if (shifts[k].column->field >= 0 && shifts[k].column->sd > 0)
            assert_true(fabs(shifts[k].shift) < 5 * shifts[k].error);
    int active = fc_explain_active(&s.explain, s.drivers, s.count, &trouble);
    assert_int_equal(active, 1);
    fc_columns_keep(&s.explain.columns, s.drivers, active);
    assert_int_equal(s.explain.columns.column_count, 2);
    assert_int_equal(fc_columns_likeliest(&s.explain.columns, in, &trial, &distance), 0);
    near("design point", distance, 1.6449, 0.01); /* the P95 of a normal */
    assert_true(in[trial]);
    s.explain.columns.count = 900;
    assert_int_equal(fc_explain_worst(&s.explain, in, &limit, &trouble), -1); /* 45 worlds are too few */
    study_close(&s);
    free(shifts);
    free(in);
}

/* Runs that are kept give the bits of fresh ones, whatever the change and however many trials are asked of
 * them. */
static void test_kept_runs(void **state)
{
    (void)state;
    static const char *const changes[] = {"prices.gpu_hour=*1.5", "energy.site=norway"};
    enum { N = 3000, FEWER = 1100 };
    struct fc_analysis_options options = {.wish = {.backends = "cpu", .device = -1, .threads = 2},
                                          .quiet = true};
    struct fc_analysis kept, fresh;
    assert_int_equal(fc_analysis_open(&kept, &options, 0, &trouble), 0);
    assert_int_equal(fc_analysis_open(&fresh, &options, 0, &trouble), 0);
    for (int k = -1; k < 3; k++) {
        struct fc_scenario scenario;
        struct fc_tally a, b;
        const char *const *change = k == 0 ? &changes[0] : &changes[1];
        uint64_t n = k == 2 ? FEWER : N;
        if (fc_analysis_scenario(&scenario, "gb300-nvl72-frontier", &options, change, k < 0 ? 0 : 1,
                                 &trouble))
            fail_msg("%s", trouble.text);
        if (k < 0)
            fc_analysis_keep_runs(&kept, &scenario.compiled.program, N);
        assert_non_null(kept.kept);
        kept.same_runs = true;
        if (fc_analysis_run(&kept, &scenario.compiled, 7, 0, n, &a, NULL, &trouble) ||
            fc_analysis_run(&fresh, &scenario.compiled, 7, 0, n, &b, NULL, &trouble))
            fail_msg("%s", trouble.text);
        assert_true(fc_tally_digest(&a, 7) == fc_tally_digest(&b, 7));
        fc_tally_free(&a);
        fc_tally_free(&b);
        fc_scenario_close(&scenario);
    }
    assert_int_equal(kept.kept->have[0], (int)kept.kept->chunk); /* and they were kept */
    memset(kept.kept->data, 0, (size_t)kept.kept->chunks * kept.kept->chunk_bytes);
    struct fc_scenario scenario;
    struct fc_tally spoilt;
    if (fc_analysis_scenario(&scenario, "gb300-nvl72-frontier", &options, NULL, 0, &trouble) ||
        fc_analysis_run(&kept, &scenario.compiled, 7, 0, N, &spoilt, NULL, &trouble))
        fail_msg("%s", trouble.text);
    const struct fc_tally_metric *wall = fc_tally_find(&spoilt, FC_M_WALL_CLOCK_DAYS);
    assert_int_equal(wall->count, 0); /* negative control: what is read is what was kept: runs that never end */
    fc_tally_free(&spoilt);
    fc_scenario_close(&scenario);
    fc_analysis_close(&kept);
    fc_analysis_close(&fresh);
    assert_true(fc_kept_path("prices.gpu_hour") && !fc_kept_path("cluster.gpus") && !fc_kept_path("layers"));
}

static void test_groups(void **state)
{
    (void)state;
    struct study s;
    study_open(&s, FC_M_USEFUL_FLOP, NULL, 0, 1000);
    int alone = s.count;
    int count = fc_drivers_list(&s.scenario, "both=prices.gpu_hour,contract.mfu", s.drivers, &trouble);
    assert_int_equal(count, alone - 1);
    int found = -1;
    for (int k = 0; k < count; k++)
        if (strcmp(s.drivers[k].name, "both") == 0)
            found = k;
    assert_true(found >= 0 && s.drivers[found].count == 2 && s.drivers[found].field < 0);
    assert_int_equal(fc_drivers_list(&s.scenario, "a=nothing.here", s.drivers, &trouble), -1);
    assert_int_equal(fc_drivers_list(&s.scenario, "a=prices;b=prices.gpu_hour", s.drivers, &trouble), -1);
    assert_int_equal(fc_drivers_list(&s.scenario, "nonsense", s.drivers, &trouble), -1);
    struct fc_settings *settings = s.scenario.settings; /* correlated inputs are one driver */
    settings->correlations[0] =
        (struct fc_correlation){FC_FIELD_PRICE_GPU_HOUR, FC_FIELD_MFU, 0.5, {NULL, 0, 0}};
    settings->correlation_count = 1;
    assert_int_equal(fc_drivers_list(&s.scenario, NULL, s.drivers, &trouble), alone - 1);
    study_close(&s);
}

static void test_answers(void **state)
{
    (void)state;
    struct study s;
    struct fc_answer answer;
    struct fc_precision precision;
    char name[96];
    study_open(&s, FC_M_USEFUL_FLOP, NULL, 0, 1000);
    const struct fc_program *program = &s.scenario.compiled.program;
    static const char *const texts[] = {"p95(useful_flop)", "mean(useful_flop)", "sd(useful_flop)",
                                        "worst5(useful_flop)", "p2.5(useful_flop)"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(fc_answer_read(program, texts[i], strlen(texts[i]), &answer, &trouble), 0);
        fc_answer_name(&answer, program->contract.run_flop, name, sizeof name);
        assert_string_equal(name, texts[i]);
    }
    static const char *const wrong[] = {"p0(useful_flop)",
                                        "p100(useful_flop)",
                                        "q5(useful_flop)",
                                        "p95(useful_flo",
                                        "p95(useful_flo)",
                                        "p95()",
                                        "",
                                        "x(useful_flop)"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(fc_answer_read(program, wrong[i], strlen(wrong[i]), &answer, &trouble), -1);
    assert_int_equal(fc_precision_read(program, "p95(useful_flop) 0.5%", &precision, NULL, &trouble), 0);
    near("bound", precision.bound, 0.005, 1e-15);
    assert_true(precision.relative);
    static const char *const no_bound[] = {"p95(useful_flop)", "p95(useful_flop) -1", "p95(useful_flop) 0%",
                                           "0.5%"};
    for (size_t i = 0; i < sizeof no_bound / sizeof no_bound[0]; i++)
        assert_int_equal(fc_precision_read(program, no_bound[i], &precision, NULL, &trouble), -1);
    study_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regret),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_pairs),
        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_solve),
        cmocka_unit_test(test_scale),
        cmocka_unit_test(test_indices_of_a_product),
        cmocka_unit_test(test_tornado_of_a_product),
        cmocka_unit_test(test_twins),
        cmocka_unit_test(test_worst),
        cmocka_unit_test(test_kept_runs),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_answers),
    };
    return cmocka_run_group_tests_name("analysis", tests, NULL, NULL);
}

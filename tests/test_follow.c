/* test_follow.c: simulated runs, cut on their way: the forecast of their end holds what it says, and what is said of the
 * run so far ('interruptions at the 97th percentile') is uniform among runs that are as forecast.
 *
 * FLOPCAST_TEST_REPLICATES sets how many runs (default 100). */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/analysis/follow.h"
#include "host/base/date.h"

static const char text[] =
    "layers: run\ncluster: {gpu: h100, gpus: 1024, spare_nodes: 8}\nprices: {gpu_hour: 2 USD}\n"
    "operation: {maturity: experienced}\n"
    "training: {model: llama3-8b, tokens: 8e12 token, precision: bf16, sequence: 8192 token, "
    "global_batch: 1024}\nplan: {tp: 1, pp: 1, micro_batch: 1, zero: optimizer, recompute: full}\n";

enum { WORLDS = 6000, MOST = 10000 };

static int by_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Distance of Kolmogorov and Smirnov from uniform, times the root of the count: above 1.95 in one try of 1,000. */
static double from_uniform(double *values, int count)
{
    double most = 0;
    qsort(values, (size_t)count, sizeof *values, by_double);
    for (int i = 0; i < count; i++)
        most = fmax(most, fmax(values[i] - (double)i / count, (i + 1.0) / count - values[i]));
    return most * sqrt(count);
}

/* A percentile holds half of the worlds with the very count that was seen; among few counts only a part of them at random
 * makes it uniform. `u` between 0 and 1; 0.5: as it is told. */
static double percentile(const float *counts, double seen, double u)
{
    double below = 0;
    for (int i = 0; i < WORLDS; i++)
        below += (double)counts[i] < seen ? 1 : (double)counts[i] > seen ? 0 : u;
    return below / WORLDS;
}

/* Coverage of 90 % over 100 runs lies in 0.81 to 0.98 in 99.8 % of the tries of an exact forecast (binomial). */
static void coverage_at_three_cuts(void **state)
{
    (void)state;
    static struct fc_follow_answer answer;
    static double stops[MOST], steps[MOST], ends[MOST], doubled[MOST];
    const char *set = getenv("FLOPCAST_TEST_REPLICATES");
    int count = set ? atoi(set) : 100;
    assert_true(count >= 100 && count <= MOST);
    struct fc_analysis_options options = {
        .scenario = {.text = text}, .wish.device = -1, .wish.backends = "cpu", .quiet = true};
    struct fc_analysis analysis = {0};
    struct fc_scenario scenario;
    struct fc_error error = {0};
    assert_int_equal(fc_scenario_open(&scenario, "follow", &options.scenario, &error), 0);
    assert_int_equal(fc_analysis_open(&analysis, &options, 0, &error), 0);
    const double cuts[] = {0.05, 0.2, 0.5};
    double median = 0;
    for (int c = -1; c < 3; c++) {
        struct fc_follow worlds, runs;
        double days = c < 0 ? 1 : cuts[c] * median;
        assert_int_equal(fc_follow_simulate(&worlds, &analysis, &scenario, days, 0, WORLDS, &error), 0);
        assert_int_equal(
            fc_follow_simulate(&runs, &analysis, &scenario, days, 1000000, (size_t)count, &error), 0);
        int inside = 0, seen_runs = 0;
        double width = 0, before = 0;
        for (int i = 0; i < count; i++) {
            struct fc_follow_seen seen = fc_follow_nothing();
            seen.days = days;
            seen.steps = (double)runs.steps[i];
            seen.stops = (double)runs.stops[i];
            if (!((double)runs.end_days[i] > days) || !isfinite(runs.end_days[i]))
                continue;
            assert_int_equal(fc_follow_update(&worlds, &seen, &answer, &error), 0);
            double low = answer.now[49], high = answer.now[949], end = (double)runs.end_days[i];
            inside += end >= low && end <= high;
            double u = fmod(0.5 + (i + 1) * 0.6180339887498949,
                            1); /* even between 0 and 1, without regard to the run */
            assert_true(fabs(answer.stops.percentile - percentile(worlds.stops, seen.stops, 0.5)) < 1e-9);
            stops[seen_runs] = percentile(worlds.stops, seen.stops, u);
            steps[seen_runs] = answer.steps_percentile;
            ends[seen_runs] = fc_follow_probability(answer.now, end);
            doubled[seen_runs++] = percentile(worlds.stops, 2 * seen.stops, u);
            width += high - low;
            before = answer.before[949] - answer.before[49];
            median = answer.before[499];
        }
        print_message("# cut at day %.3g of %.3g: %d of %d inside 90 %%, width %.3g of the start's\n", days,
                      median, inside, seen_runs, width / seen_runs / before);
        if (c >= 0) {
            double limit = 3.1 * sqrt(0.09 / seen_runs);
            print_message(
                "# from uniform: interruptions %.2f, steps %.2f, ends %.2f; twice the interruptions %.2f\n",
                from_uniform(stops, seen_runs), from_uniform(steps, seen_runs), from_uniform(ends, seen_runs),
                from_uniform(doubled, seen_runs));
            assert_true(inside >= (0.9 - limit) * seen_runs && inside <= (0.9 + limit) * seen_runs);
            assert_true(seen_runs > 0.8 * count);
            assert_true(from_uniform(stops, seen_runs) < 1.95);
            assert_true(from_uniform(steps, seen_runs) < 1.95);
            assert_true(c == 0 || from_uniform(doubled, seen_runs) > 1.95);
            assert_true(c < 1 || width / seen_runs <= 0.5 * before);
        }
        fc_follow_free(&worlds);
        fc_follow_free(&runs);
    }
    fc_scenario_close(&scenario);
    fc_analysis_close(&analysis);
}

/* Runs of 100 days and what people and programme add, o in 0 to 1, seen after 20 days where o is 1/2; in closed
 * form: at the rate so far the end is 150; with a rate of its own what remains, 130 / 1.5, takes 1 + o times as long. Worlds
 * whose plan does not fit have no counts, and count for nothing. */
static void what_remains_drawn_anew(void **state)
{
    (void)state;
    enum { MANY = 4000, UNFIT = 40 };
    static float ends[MANY], steps[MANY], stops[MANY], programme[MANY];
    static struct fc_follow_answer answer;
    struct fc_error error = {0};
    struct fc_follow follow = {.worlds = MANY, .days = 20, .all_steps = 1e5, .end_days = ends, .steps = steps, .stops = stops};
    for (int i = 0; i < MANY; i++) {
        double o = (i + 0.5) / (MANY - UNFIT);
        bool unfit = i >= MANY - UNFIT;
        ends[i] = unfit ? INFINITY : (float)(100 * (1 + o));
        programme[i] = unfit ? (float)NAN : (float)(2400 * o);
        steps[i] = unfit ? (float)NAN : (float)(2e4 / (1 + o));
        stops[i] = unfit ? INFINITY : (float)(8 + i % 5);
    }
    struct fc_follow_seen seen = fc_follow_nothing();
    seen.days = 20;
    seen.steps = 2e4 / 1.5;
    seen.stops = 10;
    assert_int_equal(fc_follow_update(&follow, &seen, &answer, &error), 0);
    assert_false(answer.has_anew);
    assert_memory_equal(answer.anew, answer.now, sizeof answer.now);
    follow.drivers[1] = programme;
    assert_int_equal(fc_follow_update(&follow, &seen, &answer, &error), 0);
    assert_true(answer.has_anew);
    assert_true(fabs(answer.now[49] - 150) < 1 && fabs(answer.now[949] - 150) < 1);
    for (int k = 49; k <= 949; k += 50) {
        double o = (k + 1.0) / (FC_FOLLOW_POINTS + 1);
        assert_true(fabs(answer.anew[k] - (20 + 130 / 1.5 * (1 + o))) < 1.5);
    }
    assert_true(fabs(answer.stops.percentile - 0.5) < 1e-3);
    assert_true(fabs(answer.stops.before - 0.5) < 1e-3);
    assert_true(isfinite(answer.stops.shape / answer.stops.days));
    assert_true(fabs(answer.steps_percentile - 0.5) < 1e-2);
}

static void dates(void **state)
{
    (void)state;
    long day;
    char out[16];
    assert_true(fc_date_read("1970-01-01", &day) && day == 0);
    assert_true(fc_date_read("2026-12-01", &day) && day == 20788);
    fc_date_print(day + 31, out);
    assert_string_equal(out, "2027-01-01");
    assert_true(fc_date_read("2028-02-29", &day));
    assert_false(fc_date_read("2026-02-29", &day));
    assert_false(fc_date_read("2026-13-01", &day));
    assert_false(fc_date_read("tomorrow", &day));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(dates), cmocka_unit_test(what_remains_drawn_anew),
                                       cmocka_unit_test(coverage_at_three_cuts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

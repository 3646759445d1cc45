/* test_facts.c: rows of dated facts: what they are, what they are forecast from, how they are scored. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/analysis/facts.h"

#define HEAD "date_known,quantity,value,unit,what_happened_date,source,grade,note\n"

/* The table of a text, read; with `set` (may be NULL) over the market, forecast too. */
static struct fc_facts facts_of(const char *text, const char *const *set)
{
    static const char path[] = "build/test-facts.csv";
    struct fc_facts facts;
    struct fc_error error;
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    if (fc_facts_read(&facts, path, &error))
        fail_msg("%s", error.text);
    remove(path);
    if (!set)
        return facts;
    struct fc_analysis_options options = {.wish.device = -1, .quiet = true};
    struct fc_analysis analysis = {0};
    for (; *set; set++)
        assert_int_equal(fc_scenario_add_override(&options.scenario, *set, &error), 0);
    if (fc_analysis_open(&analysis, &options, 0, &error) || fc_facts_run(&facts, &analysis, &options, &error))
        fail_msg("%s", error.text);
    fc_analysis_close(&analysis);
    fc_scenario_options_free(&options.scenario);
    return facts;
}

static void rows_are_told_apart(void **state)
{
    (void)state;
    struct fc_facts f =
        facts_of(HEAD "2025-08,\"price GB300, 3-year rental\",3.30,USD/GPU-h,,,,\n"
                      "2026-03,\"price gb300, 3-year contract, trough\",about 3.4,USD/GPU-h,,,,\n"
                      "2025-08,\"price GB300, 1-year contract\",3.9,USD/GPU-h,,,,\n"
                      "2025-08,\"price H100, list, median of 9 rate cards\",3,USD/GPU-h,,,,\n"
                      "2025-08,\"price H100, spot at one venue\",2 to 3,USD/GPU-h,,,,\n"
                      "2025-08,Site A: half of 2025 (plan),6 to 9,months late,,,,\n"
                      "2025-08,Site B,2,quarters late,,,,\n"
                      "2025-08,Site C,5 or more,weeks late,,,,\n"
                      "2026-02,projects due in 2025: delayed,26,%,,,,\n"
                      "2025-10-20,outage of a region,15,h,,,,\n"
                      "2026-01,a storm stops the cooling,multi-day,outage,,,,\n"
                      "2025-06,\"AWS H100, on demand, cut\",-44,%,,,,\n"
                      "2025-06,Site D,,,on time (not verified),,,\n"
                      "2025-06,GB200 announced,0,month,,,,\n",
                 NULL);
    static const enum fc_fact_class classes[] = {FC_FACT_INDEX, FC_FACT_INDEX,  FC_FACT_INDEX,  FC_FACT_INDEX,
                                                 FC_FACT_SPOT,  FC_FACT_DELAY,  FC_FACT_DELAY,  FC_FACT_DELAY,
                                                 FC_FACT_SHARE, FC_FACT_OUTAGE, FC_FACT_OUTAGE, FC_FACT_NONE,
                                                 FC_FACT_NONE,  FC_FACT_NONE};
    assert_int_equal(f.count, sizeof classes / sizeof classes[0]);
    for (size_t i = 0; i < f.count; i++) {
        assert_int_equal(f.rows[i].class, classes[i]);
        assert_true((f.rows[i].reason[0] != 0) == (classes[i] == FC_FACT_NONE));
    }
    assert_string_equal(f.rows[0].series, f.rows[1].series);
    assert_true(strcmp(f.rows[0].series, f.rows[2].series) != 0);
    assert_true(fabs(f.rows[1].low - 3.4) < 1e-12);
    assert_true(fabs(f.rows[5].low - 6) < 1e-12 && fabs(f.rows[5].high - 9) < 1e-12);
    assert_true(fabs(f.rows[6].low - 6) < 1e-12);
    assert_true(fabs(f.rows[7].low - 35 * 24 / 730.5) < 1e-12 && f.rows[7].at_least);
    assert_true(fabs(f.rows[8].low - 0.26) < 1e-12);
    assert_true(fabs(f.rows[10].low - 24) < 1e-12 && fabs(f.rows[10].high - 168) < 1e-12);
    fc_facts_free(&f);
}

/* A market without chance: the forecast is the drift, and the log error what is left. */
static void a_price_comes_from_the_year_before(void **state)
{
    (void)state;
    const char *set[] = {"market.drift=[0.12, 0.12, 0.12]", "market.sigma=[0, 0, 0]", "market.launch_step=0",
                         NULL};
    struct fc_facts f = facts_of(HEAD "2024-06,\"price X9, 3-year rental\",9,USD/GPU-h,,,,\n"
                                      "2025-01,\"price X9, 3-year rental\",2,USD/GPU-h,,,,\n"
                                      "2026-01-15,\"price X9, 3-year rental\",3,USD/GPU-h,,,,\n"
                                      "2025-05,\"price Y, 3-year rental\",4,USD/GPU-h,,,,\n"
                                      "2025-09,\"price Y, 3-year rental\",5,USD/GPU-h,,,,\n",
                                 set);
    assert_int_equal(f.rows[2].origin, 1);
    assert_int_equal(f.rows[2].horizon, 12);
    assert_true(f.rows[2].year_ahead && !f.rows[4].year_ahead && f.rows[4].horizon == 4);
    assert_true(fabs(f.rows[2].log_error - (log(3.0 / 2) - 0.12)) < 1e-4);
    assert_true(fabs(f.rows[4].log_error - (log(5.0 / 4) - 0.04)) < 1e-4);
    assert_true(fabs(f.rows[2].crps - fabs(f.rows[2].log_error)) <
                1e-4); /* CRPS of a point is its distance */
    assert_false(f.rows[2].inside90);
    assert_true(f.rows[0].reason[0] && f.rows[1].reason[0] && f.rows[3].reason[0]);
    struct fc_fact_mean year = fc_facts_mean(&f, FC_FACT_INDEX, true),
                        other = fc_facts_mean(&f, FC_FACT_INDEX, false);
    assert_int_equal(year.rows, 1);
    assert_int_equal(other.rows, 1);
    assert_true(fabs(year.mae_log_unchanged - log(1.5)) < 1e-12);
    fc_facts_free(&f);
}

/* Rows that do not overlap are inside each on its own; two of one month are one: a forecast holds neither of them in one
 * history of ten. */
static void rows_of_one_month_are_one(void **state)
{
    (void)state;
    const char *set[] = {"market.drift=[0, 0, 0]", "market.sigma=[0.2, 0.2, 0.2]", "market.launch_step=0", NULL};
    struct fc_facts f = facts_of(HEAD "2025-01,\"price X, 3-year rental\",2,USD/GPU-h,,,,\n"
                                      "2026-01,\"price X, 3-year rental\",2.1,USD/GPU-h,,,,\n"
                                      "2025-01,\"price Y, 3-year rental\",4,USD/GPU-h,,,,\n"
                                      "2026-01,\"price Y, 3-year rental\",9,USD/GPU-h,,,,\n",
                                 set);
    assert_int_equal(f.luck.rows, 2);
    assert_true(fabs(f.luck.by_series - 0.5) < 1e-12);
    assert_true(fabs(f.luck.mean - 0.9) < 0.02 && fabs(f.luck.all - 0.9) < 0.02);
    assert_true(fabs(f.luck.fewer - 0.1) < 0.02 && f.luck.in_band < 1e-12);
    fc_facts_free(&f);
}

/* On time with probability 0.6: its middle is the 30th percentile; the 90 % interval of a length known to be 4 is 0 to 4. */
static void delays_have_a_mass_at_none(void **state)
{
    (void)state;
    const char *set[] = {"contract.delay_probability=0.4", "contract.delay_length=4 months", NULL};
    struct fc_facts f = facts_of(HEAD "2025-08,A,0,months late,,,,\n2025-08,B,4,months late,,,,\n"
                                      "2025-08,C,5,months late,,,,\n2025-08,D,3 or more,months late,,,,\n",
                                 set);
    assert_true(fabs(f.rows[0].percentile - 0.3) < 1e-3 && f.rows[0].inside90);
    assert_true(fabs(f.rows[1].percentile - 0.8) < 1e-3 && f.rows[1].inside90);
    assert_true(fabs(f.rows[2].percentile - 1) < 1e-3 && !f.rows[2].inside90);
    assert_true(f.rows[3].inside90 && isnan(f.rows[3].log_error));
    fc_facts_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_told_apart),
        cmocka_unit_test(a_price_comes_from_the_year_before),
        cmocka_unit_test(rows_of_one_month_are_one),
        cmocka_unit_test(delays_have_a_mass_at_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

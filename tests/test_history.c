/* test_history.c: rows of published runs become scenarios, and forecasts are scored as they should be. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/analysis/history.h"

static struct fc_history_row row_of(const char *text)
{
    struct fc_csv csv;
    struct fc_error error;
    struct fc_catalog *catalog;
    struct fc_history_row row = {0};
    assert_int_equal(fc_catalog_open(&catalog, &error), 0);
    assert_int_equal(fc_csv_read(&csv, "runs.csv", text, strlen(text), &error), 0);
    assert_int_equal(fc_history_row_fill(&row, &csv, 1, catalog, &error), 0);
    fc_csv_free(&csv);
    fc_catalog_close(catalog);
    return row;
}

#define HEAD                                                                                                 \
    "id,model,layers,hidden,ffn,gated,heads,kv_heads,vocab,seq,active_params_b,total_params_b,tokens,"       \
    "global_batch_sequences,gpu,gpus,software,tp,pp,dp_or_fsdp,planned_days,actual_days,gpu_hours,"          \
    "interruptions,mfu\n"

/* What happened, and what was planned, leave no trace in the scenario. */
static void the_scenario_knows_nothing_of_the_outcome(void **state)
{
    (void)state;
    struct fc_history_row a =
        row_of(HEAD "a,A,32,4096,11008,yes,32,32,32000,2048,6.7,6.7,1e12,1024,A100-80,512,Megatron,4,1,,"
                    "20,30,,7,0.4\n");
    struct fc_history_row b =
        row_of(HEAD "a,A,32,4096,11008,yes,32,32,32000,2048,6.7,6.7,1e12,1024,A100-80,512,Megatron,4,1,,"
                    "5,99,,900,0.1\n");
    assert_string_equal(a.reason, "");
    assert_string_equal(a.scenario, b.scenario);
    assert_int_equal(a.of, FC_HISTORY_DAYS);
    assert_true(fabs(a.actual - 30) < 1e-9 && fabs(b.actual - 99) < 1e-9);
    assert_true(fabs(a.flop6nt / 4.02e22 - 1) < 1e-9);
    free(a.scenario);
    free(b.scenario);
}

static void texts_around_numbers_are_read(void **state)
{
    (void)state;
    struct fc_history_row r = row_of(
        HEAD "a,A,126,16384,53248,yes,128,8,128256,8192,405,405,,2048,H100,\"about 16,384 (of 24,000)\","
             "own,8,16,,,54,,\"466 (419 unexpected, 47 planned)\",\n");
    assert_string_equal(r.reason, "");
    assert_int_equal(r.of, FC_HISTORY_WINDOW);
    assert_true(fabs(r.stops - 419) < 1e-9 && !r.stops_all);
    assert_non_null(strstr(r.scenario, "gpus: 16384"));
    assert_non_null(strstr(r.scenario, "wall: 54 day"));
    free(r.scenario);
    r = row_of(HEAD "a,A,,,,,,,,,20,20,1e12,,A100-40,128,,,,,,120,,,\n");
    assert_non_null(strstr(r.reason, "shape"));
    r = row_of(HEAD "a,A,32,4096,11008,yes,32,32,32000,2048,6.7,6.7,1e12,,TPU v4,512,,,,,,30,,,\n");
    assert_non_null(strstr(r.reason, "not in the catalog"));
}

/* DeepSpeed's engine gathers in its own way; 8,192 tokens took fused attention; a model of the catalog has the row's
 * parameters; a batch that nobody states is half and all of what was usual. */
static void what_a_row_says_of_its_kind(void **state)
{
    (void)state;
    struct fc_history_row r = row_of(
        HEAD "a,A,80,10240,,yes,128,,128000,1024,100,100,3e11,,A100-80,800,DeepSpeed ZeRO-3,,,,,65,,,\n");
    assert_string_equal(r.software, "megatron-deepspeed");
    assert_true(r.gathers && r.batch_small > 0 && r.batch_small < r.batch);
    assert_false(fc_history_newer(&r, 0));
    char *all = fc_history_text(&r, 0), *half = fc_history_text_small(&r, 0);
    assert_non_null(strstr(all, "global_batch: 4000\n"));
    assert_non_null(strstr(half, "global_batch: 2400\n"));
    free(all);
    free(half);
    free(r.scenario);
    static const char row[] =
        HEAD "a,A,40,6144,24576,no,48,%s,51200,%s,%s,%s,1e12,512,A100-80,512,Megatron-LM,4,4,,,26,,,\n";
    char text[sizeof row + 80];
    snprintf(text, sizeof text, row, "1", "8192", "15.5", "15.5");
    r = row_of(text);
    assert_string_equal(r.software, "megatron-2023");
    assert_non_null(strstr(r.scenario, "kv_heads: 1,"));
    assert_true(r.batch_small <= 0 && !fc_history_text_small(&r, 0));
    free(r.scenario);
    snprintf(text, sizeof text, row, "48", "2048", "18.4", "18.4");
    r = row_of(text);
    assert_string_equal(r.software, "megatron-2022");
    assert_non_null(strstr(r.scenario, "model: gpt-18.4b\n"));
    free(r.scenario);
}

/* CRPS of a normal forecast at its middle is sd (sqrt 2 - 1) / sqrt pi. */
static void crps_of_a_known_distribution(void **state)
{
    (void)state;
    enum { COUNT = FC_HISTORY_POINTS };
    static double quantiles[COUNT];
    struct fc_history_row row = {.maturity = 0};
    struct fc_history_fit fit = {.mu = {-60, -60, -60}, .sigma = {1, 1, 1}}; /* nothing is added */
    for (int i = 0; i < COUNT; i++) { /* uniform in ln from -1 to 1: CRPS at 0 is 1/6, at 1 it is 1/3 + 1/3 */
        quantiles[i] = exp(-1 + 2 * (i + 0.5) / COUNT);
        row.base[i] = quantiles[i];
    }
    struct fc_history_score s = fc_history_score_of(quantiles, COUNT, 1);
    assert_true(fabs(s.crps - 1.0 / 6) < 1e-3 && fabs(s.percentile - 0.5) < 1e-3 && fabs(s.log_error) < 1e-3);
    s = fc_history_score_of(quantiles, COUNT, exp(1));
    assert_true(fabs(s.crps - 2.0 / 3) < 1e-3 && s.percentile > 0.999);
    fc_history_add(&fit, &row);
    for (int i = 0; i < COUNT; i++)
        assert_true(fabs(row.forecast[i] / quantiles[i] - 1) < 1e-9);
}

/* The fit finds the overhead that rows were made with, and a row left out has no part in it. */
static void the_fit_finds_what_is_there(void **state)
{
    (void)state;
    enum { ROWS = 40 };
    struct fc_history_row *rows = calloc(ROWS, sizeof *rows);
    for (int i = 0; i < ROWS; i++) {
        rows[i].maturity = 1;
        for (int k = 0; k < FC_HISTORY_POINTS; k++)
            rows[i].base[k] = 10 * exp(0.02 * ((k + 0.5) / FC_HISTORY_POINTS - 0.5));
        double z = sqrt(2) * 1.4 * ((i + 0.5) / ROWS - 0.5) * 1.7; /* spread near one */
        rows[i].actual = 10 * (1 + 0.3 * exp(z));
    }
    struct fc_history_fit fit = fc_history_fit_to(rows, ROWS, ROWS);
    assert_true(fabs(fit.mu[1] - log(0.3)) < 0.25);
    assert_true(fit.sigma[1] > 0.6 && fit.sigma[1] < 1.5);
    struct fc_history_fit rest = fc_history_fit_to(rows + 1, ROWS - 1, ROWS - 1);
    rows[0].actual = 45; /* whatever it is, it has no part */
    struct fc_history_fit without = fc_history_fit_to(rows, ROWS, 0);
    assert_memory_equal(&without, &rest, sizeof rest);
    free(rows);
}

/* What a table holds is printed: nothing of it may act on a terminal. */
static void test_cells_are_printable(void **state)
{
    (void)state;
    struct fc_csv csv;
    struct fc_error error;
    static const char text[] = "id,\033[31mgpu\n\"a\033[2J\",caf\xc3\xa9\xe9\n";
    assert_int_equal(fc_csv_read(&csv, "runs.csv", text, strlen(text), &error), 0);
    assert_string_equal(fc_csv_cell(&csv, 0, 1), "?[31mgpu");
    assert_string_equal(fc_csv_cell(&csv, 1, 0), "a?[2J");
    assert_string_equal(fc_csv_cell(&csv, 1, 1), "caf\xc3\xa9?");
    fc_csv_free(&csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cells_are_printable),
                                       cmocka_unit_test(the_scenario_knows_nothing_of_the_outcome),
        cmocka_unit_test(texts_around_numbers_are_read),
        cmocka_unit_test(what_a_row_says_of_its_kind),
        cmocka_unit_test(crps_of_a_known_distribution),
        cmocka_unit_test(the_fit_finds_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* model_fixture.c: see model_fixture.h. */
#include "model_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuda/model/base/draw.h"
#include "cuda/model/run/timeline.h"
#include "host/backends/backend.h"
#include "host/result/statistics.h"

double fixture_exponential(double lower, double upper, const double *parameters)
{
    return -parameters[0] * (upper < 0.5 ? log(upper) : log1p(-lower));
}

/* The standard normal quantile by bisection on erfc. */
static double standard_normal(double lower, double upper)
{
    double tail = lower < upper ? lower : upper;
    double lo = 0, hi = 40;
    for (int i = 0; i < 70; i++) {
        double middle = 0.5 * (lo + hi);
        if (0.5 * erfc(middle / sqrt(2.0)) > tail)
            lo = middle;
        else
            hi = middle;
    }
    return lower < upper ? -lo : lo;
}

double fixture_normal(double lower, double upper, const double *parameters)
{
    return parameters[0] + parameters[1] * standard_normal(lower, upper);
}

double fixture_lognormal(double lower, double upper, const double *parameters)
{
    return parameters[0] * exp(parameters[1] * standard_normal(lower, upper));
}

double fixture_weibull(double lower, double upper, const double *parameters)
{
    const double one = 1;
    return parameters[1] * pow(fixture_exponential(lower, upper, &one), 1 / parameters[0]);
}

double fixture_uniform(double lower, double upper, const double *parameters)
{
    return lower < upper ? parameters[0] + (parameters[1] - parameters[0]) * lower
                         : parameters[1] - (parameters[1] - parameters[0]) * upper;
}

struct fc_draw fixture_constant(double value)
{
    return (struct fc_draw){.kind = FC_DRAW_CONSTANT, .value = (float)value};
}

static float *append(struct fixture *fixture, size_t floats, int *offset)
{
    float *grown = realloc(fixture->tables, (fixture->table_floats + floats) * sizeof *grown);
    assert_non_null(grown);
    fixture->tables = grown;
    *offset = (int)fixture->table_floats;
    fixture->table_floats += floats;
    return grown + *offset;
}

struct fc_draw fixture_table(struct fixture *fixture, fixture_quantile *quantile, const double *parameters)
{
    struct fc_draw distribution = {.kind = FC_DRAW_TABLE};
    float *table = append(fixture, FC_TABLE_SIZE, &distribution.table);
    for (int i = 0; i < FC_TABLE_SIDE; i++) {
        double t =
            ldexp(1 + (i % FC_TABLE_PER_OCTAVE) / (double)FC_TABLE_PER_OCTAVE, i / FC_TABLE_PER_OCTAVE - 33);
        table[i] = (float)quantile(t, 1 - t, parameters);
        table[FC_TABLE_SIDE + i] = (float)quantile(1 - t, t, parameters);
    }
    return distribution;
}

struct fc_draw fixture_discrete(struct fixture *fixture, const double *values, const double *probabilities,
                                int count)
{
    struct fc_draw distribution = {.kind = FC_DRAW_DISCRETE, .count = count};
    float *table = append(fixture, 2 * (size_t)count, &distribution.table);
    double sum = 0;
    for (int i = 0; i < count; i++) {
        sum += probabilities[i];
        table[i] = (float)values[i];
        table[count + i] = (float)sum;
    }
    return distribution;
}

void fixture_draw(struct fixture *fixture, int input, struct fc_draw distribution)
{
    struct fc_program *p = &fixture->program;
    int at = 0;
    distribution.input = input;
    while (at < p->draw_count && p->draws[at].input < input)
        at++;
    if (at == p->draw_count || p->draws[at].input != input) {
        memmove(&p->draws[at + 1], &p->draws[at], (size_t)(p->draw_count - at) * sizeof p->draws[0]);
        p->draw_count++;
        p->run_draws += input < FC_IN_PRICE_GPU_HOUR_USD;
    }
    p->draws[at] = distribution;
}

void fixture_set(struct fixture *fixture, int input, double value)
{
    fixture_draw(fixture, input, fixture_constant(value));
}

void fixture_metrics(struct fixture *fixture, const int *metrics)
{
    struct fc_program *p = &fixture->program;
    p->metric_count = 0;
    for (int m = 0; m < FC_METRIC_COUNT; m++)
        p->metric_row[m] = -1;
    for (int i = 0; metrics[i] >= 0; i++) {
        p->metric_row[metrics[i]] = p->metric_count;
        p->metrics[p->metric_count++] = metrics[i];
    }
}

void fixture_start(struct fixture *fixture, int layers)
{
    *fixture = (struct fixture){0};
    struct fc_program *p = &fixture->program;
    p->layers = layers;
    const struct {
        int input;
        double value;
    } plain[] = {{FC_IN_GPU_MTBF_H, 1e30},
                 {FC_IN_JOB_MTBF_H, 0},
                 {FC_IN_SWAP_PROBABILITY, 0},
                 {FC_IN_DETECTION_SCALE, 1},
                 {FC_IN_RESTART_S, 0},
                 {FC_IN_REPAIR_SCALE, 1},
                 {FC_IN_PLANNED_EVERY_H, 0},
                 {FC_IN_PLANNED_STOP_S, 0},
                 {FC_IN_CHECKPOINT_STALL_S, 0},
                 {FC_IN_PRICE_GPU_HOUR_USD, 2.5},
                 {FC_IN_USABLE_FRACTION, 1},
                 {FC_IN_GOODPUT, 1},
                 {FC_IN_MFU, 0.4},
                 {FC_IN_DELAY_PROBABILITY, 0},
                 {FC_IN_IT_POWER_KW, 1.8},
                 {FC_IN_LOAD_FACTOR, 0.8},
                 {FC_IN_PUE, 1.2},
                 {FC_IN_TRAINING_SHARE, 0.5},
                 {FC_IN_FINAL_RUN_SHARE, 0.2},
                 {FC_IN_CARBON_G_PER_KWH, 380},
                 {FC_IN_ENERGY_PRICE_USD_PER_KWH, 0.08},
                 {FC_IN_DELAY_FACTOR, 0},
                 {FC_IN_DELAY_CORRELATION, 0.3},
                 {FC_IN_EXTRAS_SHARE, 0.08},
                 {FC_IN_TAKE_OR_PAY, 0.9},
                 {FC_IN_PREPAYMENT, 0.2},
                 {FC_IN_TERMINATION_FEE, 0.5},
                 {FC_IN_SWITCHING_COST, 0.03},
                 {FC_IN_OUTAGE_RATE, 2},
                 {FC_IN_OUTAGE_H, 12},
                 {FC_IN_REVENUE_PER_GW_USD, 24e9},
                 {FC_IN_DISCOUNT_RATE, 0.12},
                 {FC_IN_SITE_POWER_KW, 2.6},
                 {FC_IN_CARBON_MARGINAL, 570},
                 {FC_IN_LIST_PRICE_USD, 10.6},
                 {FC_IN_SPOT_RATIO, 0.5},
                 {FC_IN_COMMITMENT_1Y, 0.7},
                 {FC_IN_COMMITMENT_3Y, 0.45},
                 {FC_IN_COMMITMENT_5Y_USD, 3.2},
                 {FC_IN_BLOCK_RATIO, 0.65},
                 {FC_IN_DEMAND, 0.8},
                 {FC_IN_OTHER_COSTS, 0.2},
                 {FC_IN_ENERGY_GROWTH, 0.03},
                 {FC_IN_CAPEX_PER_GPU_USD, 75e3}};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        fixture_set(fixture, plain[i].input, plain[i].value);
    p->run.tick_s = 1.0f / 64;
    p->run.horizon = FC_HORIZON_LIMIT;
    p->run.last_checkpoint = 1;
    p->run.interval_s = 3600;
    p->run.gpus = 1;
    p->run.work_s = 86400;
    p->run.tokens = 1e9f;
    p->run.detection = fixture_constant(0);
    p->run.repair = fixture_constant(0);
}

void fixture_free(struct fixture *fixture)
{
    free(fixture->tables);
    *fixture = (struct fixture){0};
}

void fixture_daly(struct fixture *fixture, double mtbf_min, double work_min, double interval_min,
                  double stall_min, double restart_min, double detection_min)
{
    fixture_start(fixture, FC_LAYER_RUN);
    fixture_set(fixture, FC_IN_GPU_MTBF_H, mtbf_min / 60);
    fixture_set(fixture, FC_IN_CHECKPOINT_STALL_S, stall_min * 60);
    fixture_set(fixture, FC_IN_RESTART_S, restart_min * 60);
    fixture->program.run.work_s = (float)(work_min * 60);
    fixture->program.run.interval_s = (float)(interval_min * 60);
    fixture->program.run.detection = fixture_constant(detection_min * 60);
    fixture_metrics(fixture, (const int[]){FC_M_WALL_CLOCK_DAYS, FC_M_INTERRUPTIONS, -1});
}

void fixture_contract(struct fixture *fixture)
{
    fixture_start(fixture, FC_LAYER_CONTRACT);
    struct fc_contract *c = &fixture->program.contract;
    c->value_usd = 38e9f;
    struct fc_months *terms = &c->months;
    static const fc_i32 inputs[FC_P_INPUTS] = {
        FC_IN_PRICE_GPU_HOUR_USD, FC_IN_DELAY_PROBABILITY,        FC_IN_OUTAGE_RATE,
        FC_IN_OUTAGE_H,           FC_IN_ENERGY_PRICE_USD_PER_KWH, FC_IN_PUE,
        FC_IN_CARBON_G_PER_KWH,   FC_IN_CARBON_MARGINAL};
    const double standard[] = {0, 1};
    terms->months = 84;
    terms->term_months = 84;
    terms->ramp_months = 14;
    terms->providers = 1;
    terms->tranches = 1;
    terms->catch_up = 1;
    terms->catch_up_limit = 1.5f;
    terms->credit_from = 24;
    terms->service_credit = 1;
    terms->normal_table = fixture_table(fixture, fixture_normal, standard).table;
    float *phi = append(fixture, FC_Z_TABLE_SIZE, &terms->uniform_table);
    for (int i = 0; i < FC_Z_TABLE_SIZE; i++)
        phi[i] = (float)(0.5 * erfc(((double)FC_Z_END - (double)i / FC_Z_PER_UNIT) / sqrt(2.0)));
    terms->provider[0].share = 1;
    memcpy(terms->provider[0].input, inputs, sizeof inputs);
    c->peak_flops = 2.5e15f;
    c->run_sizes = 3;
    c->run_flop[0] = 5e25f;
    c->run_flop[1] = 5e26f;
    c->run_flop[2] = 5e27f;
    const double price[] = {3.4, 0.25}, usable[] = {0.85, 0.98}, goodput[] = {0.86, 0.97},
                 mfu[] = {0.38, 0.12}, months[] = {1.3, 6}, power[] = {1.9, 0.1}, load[] = {0.7, 0.9};
    fixture_draw(fixture, FC_IN_PRICE_GPU_HOUR_USD, fixture_table(fixture, fixture_lognormal, price));
    fixture_draw(fixture, FC_IN_USABLE_FRACTION, fixture_table(fixture, fixture_uniform, usable));
    fixture_draw(fixture, FC_IN_GOODPUT, fixture_table(fixture, fixture_uniform, goodput));
    fixture_draw(fixture, FC_IN_MFU, fixture_table(fixture, fixture_lognormal, mfu));
    terms->provider[0].delay = fixture_table(fixture, fixture_weibull, months);
    fixture_draw(fixture, FC_IN_DELAY_FACTOR, fixture_table(fixture, fixture_normal, standard));
    fixture_draw(fixture, FC_IN_IT_POWER_KW, fixture_table(fixture, fixture_normal, power));
    fixture_draw(fixture, FC_IN_LOAD_FACTOR, fixture_table(fixture, fixture_uniform, load));
    fixture_set(fixture, FC_IN_DELAY_PROBABILITY, 0.4);
    const double pue[] = {1.1, 1.2, 1.35}, share[] = {0.3, 0.5, 0.2};
    fixture_draw(fixture, FC_IN_PUE, fixture_discrete(fixture, pue, share, 3));
    fixture_metrics(fixture,
                    (const int[]){FC_M_GPU_HOURS, FC_M_GPUS_FULL_RAMP, FC_M_USEFUL_FLOP, FC_M_COST_USD,
                                  FC_M_ENERGY_MWH, FC_M_CO2_T, FC_M_RUNS_FINAL, FC_M_RUNS_FINAL + 1,
                                  FC_M_RUN_COST_USD, FC_M_RUN_COST_USD + 2, FC_M_RUN_ENERGY_MWH,
                                  FC_M_RUN_CO2_T, FC_M_NPV_USD, FC_M_STRANDED_USD, -1});
}

void fixture_timeline(struct fixture *fixture)
{
    fixture_start(fixture, FC_LAYER_RUN);
    struct fc_run *run = &fixture->program.run;
    const double detection[] = {120, 1.0}, repair[] = {6 * 3600.0, 1.2}, mtbf[] = {50700, 0.3},
                 restart[] = {0.8, 600}, stall[] = {5, 40}, price[] = {2.2, 3.1};
    run->tick_s = 1.0f / 64;
    run->horizon = 34 * 86400 * 64; /* some runs do not end in time */
    run->automatic = 1;
    run->spares = 8;
    run->gpus = 16384;
    run->work_s = 30 * 86400;
    run->tokens = 15.6e12f;
    run->detection = fixture_table(fixture, fixture_lognormal, detection);
    run->repair = fixture_table(fixture, fixture_lognormal, repair);
    fixture_draw(fixture, FC_IN_GPU_MTBF_H, fixture_table(fixture, fixture_lognormal, mtbf));
    fixture_draw(fixture, FC_IN_RESTART_S, fixture_table(fixture, fixture_weibull, restart));
    fixture_draw(fixture, FC_IN_CHECKPOINT_STALL_S, fixture_table(fixture, fixture_uniform, stall));
    fixture_draw(fixture, FC_IN_PRICE_GPU_HOUR_USD, fixture_table(fixture, fixture_uniform, price));
    const double swap[] = {0.3, 0.6, 0.9}, share[] = {0.25, 0.5, 0.25};
    fixture_draw(fixture, FC_IN_SWAP_PROBABILITY, fixture_discrete(fixture, swap, share, 3));
    fixture_set(fixture, FC_IN_JOB_MTBF_H, 100);
    fixture_set(fixture, FC_IN_PLANNED_EVERY_H, 100);
    fixture_set(fixture, FC_IN_PLANNED_STOP_S, 5400);
    fixture->program.contract.deadline_days = 33;
    fixture->program.contract.budget_usd = 36e6f;
    fixture_metrics(fixture, (const int[]){FC_M_WALL_CLOCK_DAYS,  FC_M_GOODPUT,
                                           FC_M_INTERRUPTIONS,    FC_M_TIME_PRODUCTIVE_H,
                                           FC_M_TIME_REDONE_H,    FC_M_TIME_CHECKPOINT_H,
                                           FC_M_TIME_DETECTION_H, FC_M_TIME_RESTART_H,
                                           FC_M_TIME_WAITING_H,   FC_M_TIME_PLANNED_H,
                                           FC_M_PLANNED_STOPS,    FC_M_NODE_SWAPS,
                                           FC_M_FINISHED,         FC_M_GPU_HOURS,
                                           FC_M_COST_USD,         FC_M_COST_PER_MTOKEN_USD,
                                           FC_M_ENERGY_MWH,       FC_M_CO2_T,
                                           FC_M_BOTH_MET,         -1});
}

void fixture_run(const struct fixture *fixture, uint64_t seed, uint64_t first, uint64_t count, int threads,
                 const char *isa, struct fc_tally *tally, float *samples)
{
    struct fc_error error = {0};
    struct fc_job job = {&fixture->program, fixture->tables, fixture->table_floats, seed};
    struct fc_host host = {.threads = threads, .isa = isa};
    struct fc_session *session = NULL;
    assert_int_equal(fc_tally_create(tally, fixture->program.metrics, fixture->program.metric_count, &error),
                     0);
    assert_int_equal(fc_backend_cpu.open(&session, 0, &job, &host, &error), 0);
    assert_int_equal(fc_backend_cpu.run(session, first, count, tally, samples, &error), 0);
    fc_backend_cpu.close(session);
}

void *fixture_scratch(const struct fc_kernel *kernel)
{
    size_t bytes = (size_t)((kernel->scratch_bytes + 63) / 64 * 64);
    void *scratch = aligned_alloc(64, bytes);
    assert_non_null(scratch);
    return memset(scratch, 0, bytes);
}

void fixture_run_kernel(const struct fixture *fixture, const struct fc_kernel *kernel, uint64_t seed,
                        uint64_t first, uint64_t count, int piece, struct fc_tally *tally)
{
    struct fc_error error = {0};
    int rows = fixture->program.metric_count;
    void *scratch = fixture_scratch(kernel);
    float *out = calloc((size_t)rows * (size_t)kernel->chunk, sizeof *out);
    assert_non_null(out);
    assert_in_range(piece, 1, kernel->chunk);
    assert_int_equal(fc_tally_create(tally, fixture->program.metrics, rows, &error), 0);
    for (uint64_t at = 0; at < count; at += (uint64_t)piece) {
        int here = (int)(count - at < (uint64_t)piece ? count - at : (uint64_t)piece);
        kernel->run(&fixture->program, fixture->tables, seed, first + at, here, scratch, out);
        for (int r = 0; r < rows; r++)
            fc_tally_add(tally, r, out + (size_t)r * (size_t)kernel->chunk, (size_t)here, first + at);
    }
    assert_int_equal(fc_tally_cover(tally, first, count, &error), 0);
    free(out);
    free(scratch);
}

static double note(const char *what, double observed, double expected, double standard_error)
{
    double z = standard_error > 0     ? (observed - expected) / standard_error
               : observed == expected ? 0
                                      : INFINITY;
    if (getenv("FLOPCAST_TEST_VERBOSE"))
        print_message("# %-52s %14.8g expected %14.8g z %+.2f\n", what, observed, expected, z);
    return z;
}

struct fixture_z fixture_compare(const char *what, const struct fc_tally *tally, int metric, double scale,
                                 double mean, double variance)
{
    const struct fc_tally_metric *m = fc_tally_find(tally, metric);
    assert_non_null(m);
    assert_int_equal(m->invalid, 0);
    struct fc_estimate sd = fc_statistics_sd(m);
    char text[128];
    struct fixture_z z;
    (void)snprintf(text, sizeof text, "%s, mean", what);
    z.mean = note(text, scale * fc_statistics_mean(m).value, mean, sqrt(variance / (double)m->count));
    (void)snprintf(text, sizeof text, "%s, variance", what);
    z.variance =
        note(text, scale * scale * sd.value * sd.value, variance, 2 * scale * scale * sd.value * sd.error);
    return z;
}

void fixture_expect(const char *what, const struct fc_tally *tally, int metric, double scale, double mean,
                    double variance)
{
    struct fixture_z z = fixture_compare(what, tally, metric, scale, mean, variance);
    if (!(fabs(z.mean) < 4 && fabs(z.variance) < 4))
        fail_msg("%s: z of the mean %.2f, of the variance %.2f", what, z.mean, z.variance);
}

void fixture_expect_z(const char *what, double observed, double expected, double standard_error)
{
    double z = note(what, observed, expected, standard_error);
    if (!(fabs(z) < 4))
        fail_msg("%s: %.10g, expected %.10g, z %.2f", what, observed, expected, z);
}

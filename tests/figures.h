/* figures.h: every metric of some worlds of one scenario, by the model in double precision, and random contracts; for
 * tests of what the figures must be to each other. */
#ifndef FC_TESTS_FIGURES_H
#define FC_TESTS_FIGURES_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/backends/kernels.h"
#include "host/compile/scenario.h"
#include "cuda/model/contract/contract.h"

extern const struct fc_kernel fc_kernel_double;

#ifndef FIGURES_WORLDS
#define FIGURES_WORLDS 64
#endif
enum { WORLDS = FIGURES_WORLDS, LINES = 64 };

/* All metrics of some worlds of one scenario. */
struct figures {
    double of[FC_METRIC_COUNT][WORLDS];
    double bubble; /* share of the median step; set by `also` of look_also */
};

/* Runs the scenario `name` with `count` lines of PATH=VALUE; `also` sees it while it is open (NULL: nothing). */
static void look_also(const char *name, char lines[LINES][96], int count, struct figures *figures,
                      void (*also)(const struct fc_scenario *, struct figures *))
{
    struct fc_scenario scenario;
    struct fc_scenario_options options = {0};
    struct fc_error error;
    for (int i = 0; i < count; i++)
        assert_int_equal(fc_scenario_add_override(&options, lines[i], &error), 0);
    if (fc_scenario_open(&scenario, name, &options, &error)) {
        for (int i = 0; i < count; i++)
            print_message("# %s\n", lines[i]);
        fail_msg("%s", error.text);
    }
    struct fc_program *program = &scenario.compiled.program;
    program->metric_count = 0;
    for (int m = program->layers & FC_LAYER_RUN ? 0 : FC_M_GPU_HOURS; m < FC_METRIC_COUNT; m++)
        program->metrics[program->metric_count++] = m;
    const struct fc_kernel *kernel = &fc_kernel_double;
    size_t bytes = (size_t)(kernel->scratch_bytes + 63) / 64 * 64;
    void *scratch = aligned_alloc(64, bytes);
    size_t rows = (size_t)program->metric_count * (size_t)kernel->chunk;
    double *out = aligned_alloc(64, (rows * sizeof *out + 63) / 64 * 64);
    assert_true(scratch && out);
    memset(scratch, 0, bytes);
    for (int done = 0; done < WORLDS; done += kernel->chunk) {
        int here = WORLDS - done < kernel->chunk ? WORLDS - done : kernel->chunk;
        kernel->run(program, scenario.compiled.tables, 1, (uint64_t)done, here, scratch, out);
        for (int r = 0; r < program->metric_count; r++)
            for (int i = 0; i < here; i++)
                figures->of[program->metrics[r]][done + i] = out[r * kernel->chunk + i];
    }
    free(scratch);
    free(out);
    if (also)
        also(&scenario, figures);
    fc_scenario_close(&scenario);
    fc_scenario_options_free(&options);
}

static inline void look(const char *name, char lines[LINES][96], int count, struct figures *figures)
{
    look_also(name, lines, count, figures, NULL);
}

static bool near(double a, double b, double scale)
{
    return fabs(a - b) <= 1e-7 * fabs(scale) + 1e-3;
}

/* The relations between the figures of one world: the number of the first that does not hold, or 0. */
static int broken(const struct figures *f, int i, double term_h)
{
#define F(name) f->of[FC_M_##name][i]
    double parts =
        F(GPU_HOURS_USED) + F(GPU_HOURS_DOWN) + F(GPU_HOURS_IDLE) + F(GPU_HOURS_UNUSABLE) + F(SPOT_LOSS_H);
    double useful = F(USEFUL_FLOP);
    if (!near(parts, F(GPU_HOURS), F(GPU_HOURS)) || F(GPU_HOURS_DELIVERED) != F(GPU_HOURS))
        return 1;
    if (!near(F(ENERGY_MWH), F(POWER_MEAN_MW) * term_h, F(ENERGY_MWH)) ||
        F(POWER_PEAK_MW) < F(POWER_MEAN_MW) * (1 - 1e-9))
        return 2;
    if (useful > 0 && !near(F(COST_PER_1E24_USD) * useful / 1e24, F(PAID_USD), F(PAID_USD)))
        return 3;
    if (useful > 0 && !near(F(RUN_COST_USD) / 1e24 * useful, F(PAID_USD), F(PAID_USD)))
        return 4;
    if (useful > 0 && !near(F(RUN_ENERGY_MWH) / 1e24 * useful, F(ENERGY_MWH), F(ENERGY_MWH)))
        return 5;
    if (F(GPU_HOURS_USED) > 0 &&
        !near(F(COST_PER_USED_HOUR_USD) * F(GPU_HOURS_USED), F(PAID_USD), F(PAID_USD)))
        return 6;
    if (F(CASH_RESIDUE_CENTS) != 0 || F(COST_USD) != F(PAID_USD))
        return 7;
    if (useful <= 0 && (F(RUNS_FINAL) != 0 || isfinite(F(RUN_COST_USD))))
        return 8;
    if (F(GPU_HOURS_USED) + F(GPU_HOURS_UNUSABLE) + F(SPOT_LOSS_H) <= 0 && F(ENERGY_MWH) > 0)
        return 8;
    if (F(GPU_HOURS) <= 0 && (F(PAYS_BACK) != 0 || F(REVENUE_USD) != 0))
        return 9;
    if (F(CO2_T) > 0 && !near(F(CO2_MARGINAL_T) / F(CO2_T), 500.0 / 400.0, 1e3))
        return 10;
    return 0;
#undef F
}

static uint64_t state_of_dice;
static double dice(void)
{
    state_of_dice = state_of_dice * 6364136223846793005u + 1442695040888963407u;
    return (double)(state_of_dice >> 11) * 0x1p-53;
}

static const char *const forms[] = {"take_or_pay", "minimum", "reservation", "block",
                                    "on_demand",   "spot",    "own"};

/* A random contract as overrides of tests/contract_flat.yaml; the term in months. */
static int random_contract(char lines[LINES][96], int *term)
{
    int n = 0, providers = 1 + (int)(3 * dice());
    *term = 12 * (1 + (int)(5 * dice()));
#define SAY(...) snprintf(lines[n++], sizeof lines[0], __VA_ARGS__)
    SAY("contract.years=%d years", *term / 12);
    SAY("contract.ramp=%d months", (int)(dice() * *term));
    SAY("contract.tranches=%d", 1 + (int)(4 * dice()));
    SAY("contract.delay_probability=%.3f", dice());
    SAY("contract.delay_length=lognormal(median=%.1f, sigma=0.8) months", 1 + 12 * dice());
    SAY("contract.demand=%.3f", dice());
    SAY("contract.take_or_pay=%.3f", dice());
    SAY("contract.prepayment=%.3f", dice() < 0.3 ? 0 : dice());
    SAY("contract.credit_from=%d months", (int)(dice() * *term));
    SAY("contract.usable_fraction=%.3f", 0.5 + 0.5 * dice());
    SAY("contract.outage_rate=%.2f 1/year", 20 * dice());
    SAY("contract.outage_length=%.1f h", 60 * dice());
    SAY("contract.extras=%.3f", dice());
    SAY("contract.run_flop=[1e24]");
    SAY("energy.it_power_per_gpu=1.5 to 2.5 kW");
    SAY("finance.revenue=per_gw");
    SAY("provider1.form=%s", forms[(int)(7 * dice())]);
    bool windows = strstr(lines[n - 1], "block");
    SAY("provider1.term=%d months", windows ? 1 + (int)(6 * dice()) : 12);
    for (int k = 2; k <= providers; k++) {
        SAY("provider%d.share=%.3f", k, 0.1 + 0.3 * dice());
        SAY("provider%d.form=%s", k, forms[(int)(7 * dice())]);
        bool block = strstr(lines[n - 1], "block");
        SAY("provider%d.term=%d months", k, block ? 3 : 12);
    }
    if (dice() < 0.4)
        SAY("contract.terminate=%d months", 1 + (int)(dice() * *term));
    if (dice() < 0.3) {
        SAY("contract.expansion_month=%d months", (int)(dice() * *term));
        SAY("contract.expansion_share=0.3");
        SAY("contract.expansion_strike=2.5 USD/GPU-h");
    }
    if (dice() < 0.5)
        SAY("market.paths=true");
#undef SAY
    assert_true(n < LINES);
    return n;
}

#endif

/* builtin.c: see builtin.h. */
#include "builtin.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/base/draw.h"
#include "cuda/model/run/timeline.h"
#include "cuda/model/step/step_program.h"

/* A distribution's value with probability `lower` below it and `upper` above it; a and b are its parameters. */
typedef double quantile(double lower, double upper, double a, double b);

static double uniform(double lower, double upper, double a, double b)
{
    return lower < upper ? a + (b - a) * lower : b - (b - a) * upper;
}

/* Symmetric triangle on [a, b]. */
static double triangle(double lower, double upper, double a, double b)
{
    double half = (b - a) * sqrt((lower < upper ? lower : upper) * 0.5);
    return lower < upper ? a + half : b - half;
}

/* Log-logistic with median a and shape 4: a skewed distribution with a long tail, in square roots only. */
static double log_logistic(double lower, double upper, double a, double b)
{
    (void)b;
    return a * sqrt(sqrt(lower / upper));
}

/* Weibull distribution of shape 2/3 and mean a: an exponential number to the power 3/2, over gamma(5/2). */
static double weibull(double lower, double upper, double a, double b)
{
    (void)b;
    /* -ln(upper) by the model's own logarithm, so that the table holds the same bits everywhere */
    double h = lower < 1e-3 ? lower * (1 + lower * (0.5 + lower / 3)) : -(double)fc_log((fc_real)upper);
    return a * h * sqrt(h) / 1.329340388179137;
}

/* Room for `floats` more; make_laws has seen to enough of it. */
static float *take(struct fc_builtin *b, int *offset, size_t floats)
{
    *offset = (int)b->table_floats;
    b->table_floats += floats;
    return b->tables + *offset;
}

/* Node i of a table lies at this distance from its end of (0, 1) (cuda/model/base/draw.h). */
static double node_at(int i)
{
    return ldexp(1 + (double)(i % FC_TABLE_PER_OCTAVE) / FC_TABLE_PER_OCTAVE, i / FC_TABLE_PER_OCTAVE - 33);
}

static struct fc_draw distribution_table(struct fc_builtin *b, quantile *distribution, double first,
                                         double second)
{
    struct fc_draw draw = {.kind = FC_DRAW_TABLE};
    float *at = take(b, &draw.table, FC_TABLE_SIZE);
    for (int i = 0; i < FC_TABLE_SIDE; i++) {
        double t = node_at(i);
        at[i] = (float)distribution(t, 1 - t, first, second);
        at[FC_TABLE_SIDE + i] = (float)distribution(1 - t, t, first, second);
    }
    return draw;
}

/* The distance of the word from its end of the range, times 2^-32, in the upper half times 2^-31: all the
 * bits of a word that a float holds, and which half it lies in. */
static struct fc_draw word_itself(struct fc_builtin *b)
{
    struct fc_draw draw = {.kind = FC_DRAW_TABLE};
    float *at = take(b, &draw.table, FC_TABLE_SIZE);
    for (int i = 0; i < FC_TABLE_SIDE; i++) {
        at[i] = (float)node_at(i);
        at[FC_TABLE_SIDE + i] = (float)(2 * node_at(i));
    }
    return draw;
}

static struct fc_draw discrete(struct fc_builtin *b, const float values[3], const float cumulative[3])
{
    struct fc_draw draw = {.kind = FC_DRAW_DISCRETE, .count = 3};
    float *at = take(b, &draw.table, 6);
    memcpy(at, values, 3 * sizeof *at);
    memcpy(at + 3, cumulative, 3 * sizeof *at);
    return draw;
}

static struct fc_draw constant(double value)
{
    return (struct fc_draw){.kind = FC_DRAW_CONSTANT, .value = (float)value};
}

/* Adds an input; inputs come in ascending order. */
static void input(struct fc_builtin *b, enum fc_input number, struct fc_draw draw)
{
    struct fc_program *p = &b->program;
    draw.input = (fc_i32)number;
    p->draws[p->draw_count++] = draw;
    if (number < FC_IN_PRICE_GPU_HOUR_USD)
        p->run_draws = p->draw_count;
}

/* Every input of the step layer, around these values. */
static const float step_median[FC_STEP_JOINT] = {
    [FC_IN_CLOCK] = 0.85f,
    [FC_IN_GEMM_BF16] = 0.8f,
    [FC_IN_GEMM_LOW] = 0.7f,
    [FC_IN_MXFP8] = 0.9f,
    [FC_IN_FP4_ULTRA] = 0.5f,
    [FC_IN_GROUPED_GEMM] = 0.85f,
    [FC_IN_GROUPED_ROWS] = 20,
    [FC_IN_ATTENTION] = 0.6f,
    [FC_IN_ATTENTION_KERNEL] = 0.9f,
    [FC_IN_ATTENTION_FP8] = 1.2f,
    [FC_IN_ATTENTION_UNFUSED] = 0.4f,
    [FC_IN_HBM] = 0.85f,
    [FC_IN_OPERAND_TRAFFIC] = 0.3f,
    [FC_IN_ACCUMULATE_TRAFFIC] = 0.4f,
    [FC_IN_ELEMENTWISE] = 1.3f,
    [FC_IN_QUANTIZE_BYTES] = 2,
    [FC_IN_MAMBA_BYTES] = 20,
    [FC_IN_CLAMP_BYTES] = 4,
    [FC_IN_EXPERT_TRAFFIC] = 1.5f,
    [FC_IN_KERNEL_GAP] = 2e-6f,
    [FC_IN_LAUNCH] = 5e-6f,
    [FC_IN_LAUNCH_GRACE] = 1.2f,
    [FC_IN_LAUNCH_OVERLAP] = 1.1f,
    [FC_IN_MOE_LAUNCHES] = 20,
    [FC_IN_EXPERT_LAUNCHES] = 6,
    [FC_IN_DROP_LAUNCHES] = 0.9f,
    [FC_IN_SOFTWARE] = 1.05f,
    [FC_IN_SOFTWARE_BLACKWELL] = 1.1f,
    [FC_IN_SOFTWARE_MOE] = 1.1f,
    [FC_IN_NVLINK] = 0.8f,
    [FC_IN_NIC] = 0.85f,
    [FC_IN_LATENCY] = 2e-6f,
    [FC_IN_ALL_TO_ALL] = 0.7f,
    [FC_IN_TP_EXPOSED] = 0.4f,
    [FC_IN_CP_EXPOSED] = 0.3f,
    [FC_IN_EP_EXPOSED] = 0.5f,
    [FC_IN_PP_EXPOSED] = 0.5f,
    [FC_IN_DP_EXPOSED] = 0.3f,
    [FC_IN_DP_WINDOW] = 2,
    [FC_IN_FSDP_EXPOSED] = 0.3f,
    [FC_IN_OPTIMIZER_BYTES] = 20,
    [FC_IN_STEP_FIXED] = 0.05f,
    [FC_IN_STRAGGLING] = 0.01f,
    [FC_IN_STEP_RESIDUAL] = 1,
    [FC_IN_MEMORY_ACTIVATIONS] = 1.1f,
    [FC_IN_MEMORY_ALLOCATOR] = 1.08f,
    [FC_IN_MEMORY_FRAMEWORK] = 4e9f,
    [FC_IN_FAR_LATENCY] = 3e-5f,
    [FC_IN_ROUTER_SPREAD] = 0.2f,
    [FC_IN_DP_RATE] = 0.6f,
    [FC_IN_STEP_WAIT] = 0.05f,
};

/* A plan that has every part: experts, attention of both kinds, all communication, a pipeline. */
static const struct fc_step_program step_plan = {
    .tokens_per_step = 16e6f,
    .flop_per_step = 4e19f,
    .gpus = 16384,
    .peak_flops = 2.5e15f,
    .low = 1,
    .linear_s = 3e-3f,
    .grouped_s = 2e-3f,
    .grouped_row_s = 1e-6f,
    .linear_high_s = 2e-4f,
    .grouped_high_s = 1e-4f,
    .grouped_high_row_s = 1e-7f,
    .router_excess = 0.7f,
    .experts_part = 0.75f,
    .ultra = 0.5f,
    .attention_s = 1e-3f,
    .unfused_s = 1e-5f,
    .operand_s = 4e-4f,
    .accumulate_s = 2e-4f,
    .elementwise_s = 3e-4f,
    .mamba_s = 1e-6f,
    .clamp_s = 1e-5f,
    .quantize_s = 5e-5f,
    .expert_elementwise_s = 1e-4f,
    .expert_quantize_s = 2e-5f,
    .expert_part = 0.75f,
    .gaps = 40,
    .launches = 60,
    .moe_launches = 1,
    .expert_launches = 4,
    .tp_nvlink_s = 4e-4f,
    .tp_nic_s = 1e-5f,
    .tp_steps = 28,
    .tp_far_steps = 1,
    .tp_plain = 0.25f,
    .cp_nvlink_s = 1e-4f,
    .cp_nic_s = 1e-4f,
    .cp_steps = 2,
    .cp_far_steps = 1,
    .ep_nvlink_s = 3e-4f,
    .ep_nic_s = 2e-4f,
    .ep_steps = 56,
    .ep_far_steps = 2,
    .fsdp_nvlink_s = 1e-4f,
    .fsdp_nic_s = 3e-4f,
    .fsdp_slices_s = 1e-5f,
    .fsdp_far_slices_s = 2e-5f,
    .fsdp_steps = 21,
    .fsdp_far_steps = 3,
    .head_s = 2e-3f,
    .head_bytes_s = 1e-4f,
    .micro_batches = 32,
    .layers = 16,
    .last_layers = 15,
    .last_head = 1,
    .bubble_layers = 112,
    .bubble_head = 1,
    .zero_bubble = 1,
    .slowest = 5,
    .idle_layer = 1,
    .idle_weights = 2,
    .weight_share = 0.3f,
    .pp_nvlink_s = 1e-3f,
    .pp_nic_s = 2e-2f,
    .dense_dp_nvlink_s = 0.01f,
    .dense_dp_nic_s = 0.08f,
    .expert_dp_nvlink_s = 0.02f,
    .expert_dp_nic_s = 0.05f,
    .dp_slices_s = 1e-3f,
    .dp_far_slices_s = 2e-3f,
    .dp_steps = 70,
    .dp_far_steps = 56,
    .optimizer_s = 1e-3f,
    .doublings = 11,
    .memory_states = 6e10f,
    .memory_activations = 8e10f,
    .memory_capacity = 1.86e11f,
};

/* The step layer: all its inputs drawn together, each from its own number and the three before it. */
static void make_step(struct fc_builtin *b)
{
    struct fc_step_program *step = &b->program.step;
    struct fc_draw number = distribution_table(b, triangle, -2.4, 2.4); /* of variance near 1 */
    *step = step_plan;
    step->joint_count = FC_STEP_JOINT;
    for (int i = 0; i < FC_STEP_JOINT; i++) {
        input(b, (enum fc_input)i, number);
        step->joint[i] = i;
        step->joint_from[i] = i < 3 ? 0 : i - 3;
        step->median[i] = step_median[i];
        for (int k = step->joint_from[i]; k <= i; k++)
            step->factor[i * (i + 1) / 2 + k] = k == i ? 0.05f : 0.01f;
    }
    b->program.run.work_steps = 200000;
}

static void make_timeline(struct fc_builtin *b)
{
    static const float swap[3] = {0.3f, 0.6f, 0.9f}, swap_cumulative[3] = {0.25f, 0.75f, 1.0f};
    struct fc_run *run = &b->program.run;
    input(b, FC_IN_GPU_MTBF_H, distribution_table(b, triangle, 3e4, 9e4));
    input(b, FC_IN_JOB_MTBF_H, constant(100));
    input(b, FC_IN_SWAP_PROBABILITY, discrete(b, swap, swap_cumulative));
    input(b, FC_IN_DETECTION_SCALE, constant(1));
    input(b, FC_IN_RESTART_S, distribution_table(b, triangle, 200, 1400));
    input(b, FC_IN_REPAIR_SCALE, constant(1));
    input(b, FC_IN_PLANNED_EVERY_H, constant(100));
    input(b, FC_IN_PLANNED_STOP_S, constant(5400));
    input(b, FC_IN_CHECKPOINT_STALL_S, distribution_table(b, uniform, 5, 40));
    run->tick_s = 1.0f / 64;
    run->horizon = 90 * 86400 * 64;
    run->last_checkpoint = 1;
    run->automatic = 1;
    run->spares = 3;
    run->gpus = 16384;
    run->work_s = 30 * 86400;
    run->tokens = 15.6e12f;
    run->detection = distribution_table(b, log_logistic, 120, 0);
    run->repair = distribution_table(b, log_logistic, 6 * 3600.0, 0);
    b->program.contract.deadline_days = 34;
    b->program.contract.budget_usd = 36e6f;
}

/* The shares of the classes that share one rate, and what each takes out or blames; estimates. */
static const struct {
    float share, swap, blame;
    int blast;
} classes[FC_CLASS_COUNT] = {
    [FC_CLASS_GPU] = {35, 1.2f, 1, FC_BLAST_TRAY},    [FC_CLASS_HOST] = {10, 1.4f, 1, FC_BLAST_TRAY},
    [FC_CLASS_NVLINK] = {15, 1.2f, 1, FC_BLAST_TRAY}, [FC_CLASS_NETWORK] = {10, 0.2f, 1, FC_BLAST_TRAY},
    [FC_CLASS_SOFTWARE] = {20, 0, 0, FC_BLAST_TRAY},  [FC_CLASS_HANG] = {7, 0.5f, 1, FC_BLAST_TRAY},
    [FC_CLASS_SILENT] = {3, 1.9f, 0, FC_BLAST_TRAY},  [FC_CLASS_RACK] = {0, 1e9f, 0, FC_BLAST_RACK},
    [FC_CLASS_JOB] = {0, 0, 0, FC_BLAST_TRAY},
};

static void make_detail(struct fc_builtin *b, enum fc_builtin_kind kind)
{
    struct fc_run *run = &b->program.run;
    struct fc_run_detail *d = &run->detail;
    bool in_rack = kind == FC_BUILTIN_IN_RACK;
    run->detailed = 1;
    run->spares = in_rack ? 0 : 40;
    d->trays = 4096;
    d->racks = 256;
    d->rack_trays = 16;
    d->repair_table = run->repair.table;
    d->spare_policy = in_rack ? FC_SPARES_IN_RACK : FC_SPARES_POOLED;
    d->spares_per_rack = in_rack ? 2 : 0;
    d->spare_racks = 2;
    d->pod_racks = 1;
    d->segments = 1;
    d->segment_trays = 16;
    d->asynchronous = 1;
    d->durable_every = kind == FC_BUILTIN_LEVELS ? 5 : 1;
    d->repair_automatic = distribution_table(b, log_logistic, 2700, 0);
    d->rack_repair = distribution_table(b, log_logistic, 72000, 0);
    struct fc_draw slow = distribution_table(b, log_logistic, 900, 0),
                   lag = distribution_table(b, log_logistic, 10800, 0);
    for (int c = 0; c < FC_CLASS_COUNT; c++) {
        const struct fc_draw *distribution = c == FC_CLASS_SILENT              ? &lag
                                             : fc_class_in(FC_CLASSES_SLOW, c) ? &slow
                                                                               : &run->detection;
        d->classes.swap[c] = classes[c].swap;
        d->classes.blamed |= (fc_u32)(classes[c].blame > 0) << c;
        d->classes.blast[c] = classes[c].blast;
        d->classes.memory_lost[c] = c == FC_CLASS_RACK || c == FC_CLASS_JOB;
        d->classes.time_table[c] = distribution->table;
        d->classes.scaled |= (fc_u32)(c < FC_CLASS_SILENT) << c;
        if (c < FC_CLASS_SHARED)
            input(b, (enum fc_input)(FC_IN_CLASS_SHARE + c), constant(classes[c].share));
    }
    input(b, FC_IN_RACK_MTBF_H, distribution_table(b, triangle, 480, 2400));
    input(b, FC_IN_SLOW_NETWORK_MTBF_H, constant(60));
    input(b, FC_IN_SLOW_NETWORK_LOSS, distribution_table(b, uniform, 0.05, 0.4));
    input(b, FC_IN_SWING_LOSS, constant(0.004));
    input(b, FC_IN_MANUAL_PROBABILITY, constant(0.8));
    input(b, FC_IN_REPAIR_INEFFECTIVE, constant(0.25));
    input(b, FC_IN_WRONG_NODE, distribution_table(b, triangle, 0.02, 0.3));
    input(b, FC_IN_BURST_PROBABILITY, constant(0.05));
    input(b, FC_IN_RESTART_PER_GPU_S, constant(0.0085));
    input(b, FC_IN_CHECKPOINT_LOAD_S, distribution_table(b, triangle, 30, 300));
    input(b, FC_IN_CHECKPOINT_WRITE_S, constant(50));
    input(b, FC_IN_DURABLE_STALL_S, constant(60));
    input(b, FC_IN_DURABLE_LOAD_S, constant(120));
    if (kind == FC_BUILTIN_AGES) {
        d->ages = FC_AGES_UNITS;
        d->age_units = 4096;
        d->first_failure = d->next_failure = distribution_table(b, weibull, 1, 0);
    }
}

/* Distribution function of the triangle on [-2.4, 2.4], as a table over its value (cuda/model/base/draw.h). */
static int triangle_function(struct fc_builtin *b)
{
    int offset;
    float *at = take(b, &offset, FC_Z_TABLE_SIZE);
    for (int i = 0; i < FC_Z_TABLE_SIZE; i++) {
        double z = ((double)i / FC_Z_PER_UNIT - (double)FC_Z_END) / 2.4;
        double within = z < -1 ? -1 : z > 1 ? 1 : z;
        at[i] = (float)(within < 0 ? (1 + within) * (1 + within) / 2 : 1 - (1 - within) * (1 - within) / 2);
    }
    return offset;
}

/* One provider whose GPU-hours are the value over the price; for the self-test a second one, on the spot market,
 * two tranches, an option and revenue. */
static void make_contract(struct fc_builtin *b, bool rich)
{
    struct fc_contract *c = &b->program.contract;
    struct fc_months *m = &c->months;
    static const fc_i32 inputs[FC_P_INPUTS] = {
        FC_IN_PRICE_GPU_HOUR_USD, FC_IN_DELAY_PROBABILITY,        FC_IN_OUTAGE_RATE,
        FC_IN_OUTAGE_H,           FC_IN_ENERGY_PRICE_USD_PER_KWH, FC_IN_PUE,
        FC_IN_CARBON_G_PER_KWH,   FC_IN_CARBON_MARGINAL};
    c->value_usd = 38e9f;
    c->peak_flops = 2.5e15f;
    c->run_sizes = 3;
    c->run_flop[0] = 5e25f;
    c->run_flop[1] = 5e26f;
    c->run_flop[2] = 5e27f;
    m->months = 84;
    m->term_months = 84;
    m->ramp_months = 14;
    m->tranches = rich ? 2 : 1;
    m->catch_up = 1;
    m->catch_up_limit = rich ? 1.5f : 100;
    m->credit_from = 24;
    m->service_credit = 1;
    m->expansion_month = rich ? 20 : 0;
    m->expansion_share = 0.25f;
    m->expansion_strike = 3;
    m->revenue = rich ? FC_REVENUE_PER_GW : FC_REVENUE_NONE;
    m->irr = rich;
    m->normal_table = distribution_table(b, triangle, -2.4, 2.4).table;
    m->uniform_table = triangle_function(b);
    m->providers = rich ? 2 : 1;
    for (int k = 0; k < m->providers; k++) {
        m->provider[k].form = k == 0 ? FC_FORM_TAKE_OR_PAY : FC_FORM_SPOT;
        m->provider[k].term_months = 36;
        m->provider[k].share = !rich ? 1 : k == 0 ? 0.75f : 0.25f;
        m->provider[k].delay = distribution_table(b, log_logistic, 5, 0);
        memcpy(m->provider[k].input, inputs, sizeof inputs);
    }
}

/* Inputs of the contract alone. */
static void make_terms(struct fc_builtin *b)
{
    static const struct {
        enum fc_input input;
        double value;
    } fixed[] = {
        {FC_IN_DELAY_CORRELATION, 0.3}, {FC_IN_EXTRAS_SHARE, 0.08},     {FC_IN_TAKE_OR_PAY, 0.9},
        {FC_IN_PREPAYMENT, 0.2},        {FC_IN_TERMINATION_FEE, 0.5},   {FC_IN_SWITCHING_COST, 0.03},
        {FC_IN_OUTAGE_RATE, 2},         {FC_IN_OUTAGE_H, 12},           {FC_IN_REVENUE_PER_GW_USD, 24e9},
        {FC_IN_DISCOUNT_RATE, 0.12},    {FC_IN_SITE_POWER_KW, 2.6},     {FC_IN_CARBON_MARGINAL, 570},
        {FC_IN_LIST_PRICE_USD, 10.6},   {FC_IN_SPOT_RATIO, 0.5},        {FC_IN_COMMITMENT_1Y, 0.7},
        {FC_IN_COMMITMENT_3Y, 0.45},    {FC_IN_COMMITMENT_5Y_USD, 3.2}, {FC_IN_BLOCK_RATIO, 0.65},
        {FC_IN_SPOT_INTERRUPTIONS, 4},  {FC_IN_SPOT_LOSS_H, 1.5},       {FC_IN_DEMAND, 0.9},
        {FC_IN_OTHER_COSTS, 0.2},       {FC_IN_ENERGY_GROWTH, 0.03},    {FC_IN_CAPEX_PER_GPU_USD, 75e3},
    };
    input(b, FC_IN_DELAY_FACTOR, distribution_table(b, triangle, -2.4, 2.4));
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        input(b, fixed[i].input, constant(fixed[i].value));
}

/* Inputs that the run (for its cost and energy) and the contract share. */
static void make_prices(struct fc_builtin *b, struct fc_draw price)
{
    static const float pue[3] = {1.1f, 1.2f, 1.35f}, pue_cumulative[3] = {0.3f, 0.8f, 1.0f};
    input(b, FC_IN_PRICE_GPU_HOUR_USD, price);
    input(b, FC_IN_USABLE_FRACTION, distribution_table(b, uniform, 0.85, 0.98));
    input(b, FC_IN_GOODPUT, distribution_table(b, uniform, 0.86, 0.97));
    input(b, FC_IN_MFU, distribution_table(b, triangle, 0.28, 0.46));
    input(b, FC_IN_DELAY_PROBABILITY, constant(0.4));
    input(b, FC_IN_IT_POWER_KW, distribution_table(b, triangle, 1.7, 2.2));
    input(b, FC_IN_LOAD_FACTOR, distribution_table(b, uniform, 0.7, 0.9));
    input(b, FC_IN_PUE, discrete(b, pue, pue_cumulative));
    input(b, FC_IN_TRAINING_SHARE, constant(0.5));
    input(b, FC_IN_FINAL_RUN_SHARE, constant(0.2));
    input(b, FC_IN_CARBON_G_PER_KWH, constant(380));
    input(b, FC_IN_ENERGY_PRICE_USD_PER_KWH, constant(0.08));
}

/* Adds metrics first ... last, which exist without a gap. */
static void metrics(struct fc_builtin *b, int first, int last)
{
    struct fc_program *p = &b->program;
    for (int m = first; m <= last; m++)
        p->metrics[p->metric_count++] = m;
}

int fc_builtin_make(struct fc_builtin *b, enum fc_builtin_kind kind, struct fc_error *error)
{
    bool run = kind != FC_BUILTIN_CONTRACT;
    bool contract = kind == FC_BUILTIN_CONTRACT || kind == FC_BUILTIN_SELFTEST;
    *b = (struct fc_builtin){0};
    b->tables = calloc(28 * (size_t)FC_TABLE_SIZE, sizeof *b->tables);
    if (!b->tables)
        return fc_fail(error, FC_FAULT, "out of memory for a built-in program");
    struct fc_program *p = &b->program;
    p->layers = (run ? FC_LAYER_RUN : 0) | (contract ? FC_LAYER_CONTRACT : 0);
    if (kind == FC_BUILTIN_SELFTEST) {
        p->layers |= FC_LAYER_STEP;
        make_step(b);
        metrics(b, FC_M_STEP_TIME_S, FC_M_MEMORY_PER_GPU_BYTES);
    }
    if (run) {
        make_timeline(b);
        if (kind >= FC_BUILTIN_POOLED)
            make_detail(b, kind);
        metrics(b, FC_M_WALL_CLOCK_DAYS, kind >= FC_BUILTIN_POOLED ? FC_M_OVERFLOWS : FC_M_FINISHED);
    }
    if (contract) {
        make_contract(b, kind == FC_BUILTIN_SELFTEST);
        metrics(b, FC_M_GPU_HOURS, FC_M_COST_USD);
    } else {
        metrics(b, FC_M_GPU_HOURS, FC_M_GPU_HOURS);
        metrics(b, FC_M_COST_USD, FC_M_COST_PER_MTOKEN_USD);
    }
    metrics(b, FC_M_ENERGY_MWH, FC_M_CO2_T);
    if (run)
        metrics(b, FC_M_DEADLINE_MET, FC_M_BOTH_MET);
    for (int k = 0; contract && k < 4; k++)
        metrics(b, FC_M_RUNS_FINAL + k * FC_RUN_SIZES, FC_M_RUNS_FINAL + k * FC_RUN_SIZES + 2);
    make_prices(b, kind == FC_BUILTIN_SELFTEST ? word_itself(b) : distribution_table(b, triangle, 2.2, 5.4));
    if (contract)
        make_terms(b);
    if (kind == FC_BUILTIN_SELFTEST) {
        metrics(b, FC_M_NPV_USD, FC_M_CASH_RESIDUE_CENTS);
        metrics(b, FC_M_CONTRACT_PRICE_END_USD,
                FC_M_CONTRACT_PRICE_END_USD); /* selftest.c reads the word in it */
        metrics(b, FC_M_GPU_HOURS_USED, FC_M_GPU_HOURS_UNUSABLE);
    }
    for (int m = 0; m < FC_METRIC_COUNT; m++)
        p->metric_row[m] = -1;
    for (int r = 0; r < p->metric_count; r++)
        p->metric_row[p->metrics[r]] = r;
    return 0;
}

void fc_builtin_free(struct fc_builtin *b)
{
    free(b->tables);
    *b = (struct fc_builtin){0};
}

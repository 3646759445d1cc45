/* test_relations.c: what must hold between any two scenarios of which one is better off, over random scenarios with all
 * layers: a step, a run and a contract. Nothing delivered is nothing; later, less demand, an earlier exit, more outages
 * are never more work or energy; wider networks, faster GPUs, more spares and fewer failures are never slower; more
 * micro-batches are never a larger share of bubble; and the figures of one scenario fit together (figures.h). Each
 * relation is turned round as a planted violation, which it must find. FLOPCAST_TEST_LONG: all scenarios, else a few. */
#define FIGURES_WORLDS 32
#include "figures.h"

#include "host/compile/plan_scenario.h"
#include "host/step/step_time.h"

enum { SCENARIOS = 304, SHORT = 12 };

static struct fc_beliefs *beliefs;

/* Share of the bubble in the step at the median of every factor. */
static void see_bubble(const struct fc_scenario *scenario, struct figures *f)
{
    struct fc_plan plan;
    struct fc_plan_options options;
    struct fc_step_breakdown parts;
    struct fc_error error;
    double inputs[FC_IN_STEP_END];
    if (!beliefs) {
        beliefs = malloc(sizeof *beliefs);
        assert_non_null(beliefs);
        assert_int_equal(fc_beliefs_read(beliefs, scenario->catalog, &error), 0);
    }
    assert_int_equal(
        fc_plan_read_unchecked(&plan, &options, scenario->settings, scenario->catalog, &error), 0);
    fc_beliefs_medians(beliefs, &plan, inputs);
    double step = fc_step_time(&scenario->compiled.program.step, inputs, &parts);
    f->bubble = parts.bubble / step;
}

/* Plans that fit 80 layers, 32 layers or 61 into racks of GB300; sequences per replica and step are one of `micros`. */
struct plan_row {
    const char *model, *text;
    int stages, width;    /* pipeline stages; GPUs of a replica */
    int micros[3];
};
static const struct plan_row plans[] = {
    {"llama3-8b", "{tp: 1, pp: 1, micro_batch: 1}", 1, 1, {1, 2, 4}},
    {"llama3-8b", "{tp: 2, pp: 1, micro_batch: 1}", 1, 2, {1, 2, 4}},
    {"llama3-8b", "{tp: 1, pp: 4, micro_batch: 1}", 4, 4, {4, 8, 16}},
    {"llama3-8b", "{tp: 1, pp: 4, vpp: 2, micro_batch: 1}", 4, 4, {4, 8, 16}},
    {"llama3-70b", "{tp: 4, pp: 4, micro_batch: 1}", 4, 16, {4, 8, 12}},
    {"llama3-70b", "{tp: 4, pp: 4, vpp: 5, micro_batch: 1}", 4, 16, {4, 8, 12}},
    {"llama3-70b", "{tp: 8, pp: 2, micro_batch: 1}", 2, 16, {2, 4, 8}},
    {"llama3-70b", "{tp: 2, pp: 8, vpp: 2, micro_batch: 1}", 8, 16, {8, 16, 24}},
    {"qwen3-30b-a3b", "{tp: 1, pp: 1, ep: 8, micro_batch: 1}", 1, 1, {1, 2, 4}},
    {"deepseek-v3", "{tp: 1, pp: 8, ep: 16, micro_batch: 1}", 8, 8, {8, 16, 32}},
};

/* A random step and run, as lines behind the contract's; *batch: sequences of a step. */
static int random_job(char lines[LINES][96], int n, int *batch)
{
    const struct plan_row *row = &plans[(int)(dice() * (double)(sizeof plans / sizeof plans[0]))];
    int gpus = 1152 * (1 + (int)(2 * dice()));
    *batch = gpus / row->width * row->micros[(int)(3 * dice())];
#define SAY(...) snprintf(lines[n++], sizeof lines[0], __VA_ARGS__)
    SAY("training.model=%s", row->model);
    SAY("plan=%s", row->text);
    SAY("cluster.gpus=%d", gpus);
    SAY("training.global_batch=%d", *batch);
    SAY("training.sequence=%d", dice() < 0.5 ? 4096 : 8192);
    SAY("training.precision=%s", dice() < 0.5 ? "bf16" : "mxfp8");
    SAY("training.flop=%.3g FLOP", gpus * (1 + 4 * dice()) * 1e15 * 86400);
    SAY("cluster.oversubscription=%.2f", 1 + 3 * dice());
    SAY("cluster.spare_nodes=%d", (int)(3 * dice()));
    SAY("cluster.spare_racks=%d", (int)(3 * dice()));
    SAY("cluster.shortage=%s", dice() < 0.7 ? "wait" : "shrink");
    SAY("reliability.gpu_mtbf=%.0f h", 2000 * (1 + 9 * dice()));
    SAY("operation.maturity=%s", dice() < 0.5 ? "none" : "mixed");
    SAY("reliability.rack_mtbf=400 h"); /* often enough that spare racks matter within days */
#undef SAY
    assert_true(n < LINES - 2);
    return n;
}

/* --- relations -------------------------------------------------------------------------------------------------------- */

/* What holds between a scenario and the changed one: in each world for what is sure, in the mean (z of 5) for what
 * chance decides. */
static bool less_work(const struct figures *a, const struct figures *b)
{
    for (int i = 0; i < WORLDS; i++)
        if (b->of[FC_M_USEFUL_FLOP][i] > a->of[FC_M_USEFUL_FLOP][i] * (1 + 1e-9) ||
            b->of[FC_M_ENERGY_MWH][i] > a->of[FC_M_ENERGY_MWH][i] * (1 + 1e-9) + 1e-9)
            return false;
    return true;
}
static bool faster_step(const struct figures *a, const struct figures *b)
{
    for (int i = 0; i < WORLDS; i++)
        if (b->of[FC_M_STEP_TIME_S][i] > a->of[FC_M_STEP_TIME_S][i] * (1 + 1e-6))
            return false;
    return true;
}
static double days(const struct figures *f, int i)
{
    double d = f->of[FC_M_WALL_CLOCK_DAYS][i];
    return isfinite(d) ? log(d) : log(1e5);
}
static bool sooner(const struct figures *a, const struct figures *b)
{
    double sum = 0, square = 0;
    for (int i = 0; i < WORLDS; i++) {
        double d = days(b, i) - days(a, i);
        sum += d;
        square += d * d;
    }
    double mean = sum / WORLDS, error = sqrt(fmax(square / WORLDS - mean * mean, 0) / (WORLDS - 1));
    return mean <= 5 * error + 1e-6;
}
static bool smaller_bubble(const struct figures *a, const struct figures *b)
{
    return b->bubble <= a->bubble * (1 + 1e-9);
}
static bool nothing(const struct figures *a, const struct figures *b)
{
    static const int zero[] = {FC_M_USEFUL_FLOP,     FC_M_USEFUL_FLOP_PER_S,   FC_M_ENERGY_MWH, FC_M_CO2_T,
                               FC_M_GPU_HOURS,       FC_M_GPU_HOURS_USED,      FC_M_PAID_USD,   FC_M_COST_USD,
                               FC_M_POWER_PEAK_MW,   FC_M_SERVICE_CREDITS_USD, FC_M_STRANDED_USD, FC_M_REVENUE_USD,
                               FC_M_PAYS_BACK,       FC_M_RUNS_FINAL,          FC_M_ENERGY_BILL_USD};
    static const int never[] = {FC_M_COST_PER_USED_HOUR_USD, FC_M_COST_PER_1E24_USD, FC_M_RUN_COST_USD,
                                FC_M_RUN_DAYS,               FC_M_RUN_ENERGY_MWH,    FC_M_PAYBACK_MONTHS};
    (void)a;
    for (int i = 0; i < WORLDS; i++) {
        for (size_t k = 0; k < sizeof zero / sizeof zero[0]; k++)
            if (b->of[zero[k]][i] != 0)
                return false;
        for (size_t k = 0; k < sizeof never / sizeof never[0]; k++)
            if (isfinite(b->of[never[k]][i]))
                return false;
    }
    return true;
}

static const struct relation {
    const char *what;
    bool (*holds)(const struct figures *before, const struct figures *after);
    const char *line;    /* the change */
    const char *catalog; /* or the entries of the changed side, in tests/inputs/quicker */
} relations[] = {
    {"nothing delivered, nothing there", nothing, "contract.delay_length=1200 months", NULL},
    {"later, no more work", less_work, "contract.delay_probability=1", NULL},
    {"less demand, no more work", less_work, "contract.demand=*0.5", NULL},
    {"sooner left, no more work", less_work, "contract.terminate=1 months", NULL},
    {"more outages, no more work", less_work, "contract.outage_rate=*3", NULL},
    {"longer outages, no more work", less_work, "contract.outage_length=*3", NULL},
    {"less usable, no more work", less_work, "contract.usable_fraction=*0.5", NULL},
    {"wider adapters, never slower", faster_step, NULL, "adapters"},
    {"no oversubscription, never slower", faster_step, "cluster.oversubscription=1", NULL},
    {"a wider NVLink, never slower", faster_step, NULL, "nvlink"},
    {"a faster GPU, never slower", faster_step, NULL, "chip"},
    {"more spare trays, never later", sooner, "cluster.spare_nodes=40", NULL},
    {"more spare racks, never later", sooner, "cluster.spare_racks=6", NULL},
    {"fewer failures, never later", sooner, "reliability.gpu_mtbf=*20", NULL},
    {"more micro-batches, no larger bubble", smaller_bubble, NULL, NULL},
};
enum { RELATIONS = sizeof relations / sizeof relations[0] };

/* The scenario of `lines` with the change of a relation. */
static void changed(const struct relation *r, char lines[LINES][96], int count, int batch, struct figures *f)
{
    int n = count;
    char directory[96];
    if (r->line)
        snprintf(lines[n++], sizeof lines[0], "%s", r->line);
    if (r->holds == smaller_bubble)
        snprintf(lines[n++], sizeof lines[0], "training.global_batch=%d", 2 * batch);
    if (r->holds == nothing) {
        snprintf(lines[n++], sizeof lines[0], "contract.delay_probability=1");
        snprintf(lines[n++], sizeof lines[0], "contract.expansion_month=0 months");
    }
    if (r->catalog) {
        snprintf(directory, sizeof directory, "tests/inputs/quicker/%s", r->catalog);
        assert_int_equal(setenv("FLOPCAST_CATALOG", directory, 1), 0);
    }
    look_also("tests/all_layers.yaml", lines, n, f, r->holds == smaller_bubble ? see_bubble : NULL);
    (void)unsetenv("FLOPCAST_CATALOG");
}

/* The parts of the watched time are all of it: 1 when they are not, or a figure of the contract's that is broken. */
static int unlike(const struct figures *f, int i, double term_h)
{
    static const int parts[] = {FC_M_TIME_PRODUCTIVE_H, FC_M_TIME_SLOWDOWN_H, FC_M_TIME_REDONE_H,
                                FC_M_TIME_CHECKPOINT_H, FC_M_TIME_DETECTION_H, FC_M_TIME_RESTART_H,
                                FC_M_TIME_WAITING_H,    FC_M_TIME_PLANNED_H,   FC_M_TIME_PROGRAMME_H};
    double sum = 0, wall = f->of[FC_M_WALL_CLOCK_DAYS][i] * 24;
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++)
        sum += f->of[parts[k]][i];
    if (isfinite(wall) && fabs(sum / wall - 1) > 1e-5)
        return 100;
    return broken(f, i, term_h);
}

static void say(char lines[LINES][96], int count)
{
    for (int k = 0; k < count; k++)
        print_message("# --set '%s'\n", lines[k]);
}

static void relations_hold(void **state)
{
    (void)state;
    static struct figures f, after;
    static char lines[LINES][96];
    int found[RELATIONS] = {0}, violated = 0, tried = 0, planted = 0;
    int scenarios = getenv("FLOPCAST_TEST_LONG") ? SCENARIOS : SHORT;
    state_of_dice = 11;
    for (int c = 0; c < scenarios; c++) {
        int term, batch, count = random_job(lines, random_contract(lines, &term), &batch);
        look_also("tests/all_layers.yaml", lines, count, &f, see_bubble);
        for (int i = 0; i < WORLDS; i++) {
            int what = unlike(&f, i, term * 730.5);
            if (what && violated++ < 8) {
                print_message("# scenario %d, world %d: figures do not fit together (%d)\n", c, i, what);
                say(lines, count);
            }
        }
        f.of[FC_M_TIME_RESTART_H][0] += 1;
        planted += unlike(&f, 0, term * 730.5) == 100 || !isfinite(f.of[FC_M_WALL_CLOCK_DAYS][0]);
        f.of[FC_M_TIME_RESTART_H][0] -= 1;
        for (int r = 0; r < RELATIONS; r++) {
            const struct relation *rel = &relations[r];
            changed(rel, lines, count, batch, &after);
            tried++;
            if (!rel->holds(&f, &after) && violated++ < 8) {
                print_message("# scenario %d: %s: it does not hold\n", c, rel->what);
                say(lines, count);
            }
            found[r] += !rel->holds(&after, &f);
        }
    }
    print_message("# %d scenarios, %d relations tried, %d violated\n", scenarios, tried, violated);
    for (int r = 0; r < RELATIONS; r++)
        print_message("# %s: found the other way round in %d of %d\n", relations[r].what, found[r], scenarios);
    assert_int_equal(violated, 0);
    assert_int_equal(planted, scenarios);
    for (int r = 0; r < RELATIONS; r++)
        assert_true(found[r] > 0);
    free(beliefs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(relations_hold)};
    return cmocka_run_group_tests_name("relations", tests, NULL, NULL);
}

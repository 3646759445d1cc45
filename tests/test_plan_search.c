/* test_plan_search.c: the search for plans gives what trying every plan gives, whatever is cut and however many
 * threads look. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "host/backends/worlds_times.h"
#include "host/language/catalog.h"
#include "host/language/fields.h"
#include "host/step/plan_check.h"
#include "host/step/plan_program.h"
#include "host/step/plan_search.h"
#include "host/step/step_time.h"

static struct fc_catalog *catalog;
static struct fc_beliefs *beliefs;

static int open_catalog(void **state)
{
    (void)state;
    struct fc_error error;
    beliefs = malloc(sizeof *beliefs);
    return !beliefs || fc_catalog_open(&catalog, &error) || fc_beliefs_read(beliefs, catalog, &error);
}

static int close_catalog(void **state)
{
    (void)state;
    fc_catalog_close(catalog);
    free(beliefs);
    return 0;
}

static struct fc_plan plan_of(const char *model, const char *gpu, double gpus, double batch, double sequence,
                              enum fc_precision precision)
{
    struct fc_error error;
    struct fc_plan plan = {.gpus = gpus,
                           .global_batch = batch,
                           .sequence = sequence,
                           .precision = precision,
                           .software = fc_software_newest(),
                           .software_assumed = true,
                           .tp = 1,
                           .pp = 1,
                           .vpp = 1,
                           .cp = 1,
                           .ep = 1,
                           .expert_tp = 1,
                           .micro_batch = 1};
    const struct fc_catalog_entry *entry;
    if (fc_accelerator_read(&plan.gpu, catalog, gpu, NULL, &error) ||
        fc_catalog_find(catalog, "model", model, NULL, &entry, &error) ||
        fc_architecture_read(&plan.model, entry, NULL, &error))
        fail_msg("%s", error.text);
    return plan;
}

static unsigned next(unsigned *state) /* xorshift32, Marsaglia 2003 */
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    return *state ^= *state << 5;
}

/* Keeps about one size in `drop` of the list out, never the first. */
static void thin(struct fc_sizes *sizes, unsigned *random, unsigned drop, int most)
{
    int kept = 0;
    for (int i = 0; i < sizes->count && kept < most; i++)
        if (i == 0 || next(random) % drop != 0)
            sizes->value[kept++] = sizes->value[i];
    sizes->count = kept;
}

/* Chunks that the space offers: layers, with up to mtp + 2 more that embedding, head and prediction stand for. */
static bool even(const struct fc_architecture *a, int chunks)
{
    for (int extra = 0; extra <= (int)a->mtp_layers + 2; extra++)
        if (((int)a->layers + extra) % chunks == 0)
            return true;
    return false;
}

static struct fc_plan_options test_options(void)
{
    struct fc_plan_options options = fc_plan_default_options();
    options.offload_rate = 0.5;
    return options;
}

/* The word of an order without what has the size 1. */
static void written(const struct fc_plan *p, int order, char text[32])
{
    const char *word = fc_field_word(FC_FIELD_ORDER, order);
    text[0] = '\0';
    for (const char *at = word; *at; at += at[2] ? 3 : 2) {
        double size = *at == 't' ? p->tp * p->cp : *at == 'd' ? fc_plan_data_parallel(p) : p->pp;
        if (size > 1)
            strncat(text, at, 2);
    }
}

static bool laid_before(const struct fc_plan *p, int order, unsigned among)
{
    char text[32], other[32];
    written(p, order, text);
    for (int before = 0; before < order; before++) {
        written(p, before, other);
        if (among >> before & 1u && strcmp(text, other) == 0)
            return true;
    }
    return false;
}

/* The fastest plan that fits, by trying all; returns how many the rules permit. */
static uint64_t try_all(const struct fc_plan *base, const struct fc_plan_space *s, double fits,
                        struct fc_plan_candidate *best)
{
    struct fc_plan plan = *base;
    struct fc_plan_options options = test_options();
    uint64_t plans = 0;
    *best = (struct fc_plan_candidate){.step_s = INFINITY};
#define EACH(i, sizes) for (int i = 0; i < (sizes).count; i++)
    EACH(t, s->tp)
    EACH(p, s->pp)
    EACH(v, s->vpp)
    EACH(c, s->cp) EACH(e, s->ep) EACH(x, s->expert_tp)
        EACH(m, s->micro_batch) for (int zero = 0; zero < 4;
                                     zero++) for (int again = 0; again < 3;
                                                  again++) for (int bubble = 0; bubble < 2;
                                                                bubble++) for (int away = 0;
                                                                               away < FC_OFFLOADS;
                                                                               away++) for (int order = 0;
                                                                                            order < FC_ORDERS;
                                                                                            order++)
    {
        struct fc_plan_choice choice = {s->tp.value[t],
                                        s->pp.value[p],
                                        s->vpp.value[v],
                                        s->cp.value[c],
                                        s->ep.value[e],
                                        s->expert_tp.value[x],
                                        s->micro_batch.value[m],
                                        (enum fc_zero)zero,
                                        (enum fc_recompute)again,
                                        base->precision,
                                        bubble,
                                        (enum fc_offload)away,
                                        (enum fc_order)order};
        enum fc_plan_part part;
        if (!(s->order >> order & 1u) || !(s->offload >> away & 1u) ||
            (bubble && (choice.vpp > 1 || choice.pp == 1)) || !(s->zero >> zero & 1u) ||
            !(s->recompute >> again & 1u) || (choice.expert_tp > 1 && choice.expert_tp != choice.tp) ||
            (choice.vpp > 1 && (choice.pp == 1 || !even(&base->model, choice.pp * choice.vpp))))
            continue;
        fc_plan_choose(&plan, &options, &choice);
        if (fc_plan_check(&plan, &part, NULL) || laid_before(&plan, order, s->order))
            continue;
        plans++;
        if (fc_plan_fit_probability(&plan, beliefs) < fits)
            continue;
        struct fc_step_program program;
        double inputs[FC_IN_STEP_END];
        fc_plan_program(&plan, &program);
        fc_beliefs_medians(beliefs, &plan, inputs);
        double step_s = fc_step_time(&program, inputs, NULL);
        if (step_s < best->step_s)
            *best = (struct fc_plan_candidate){choice, step_s, 0};
    }
    return plans;
}

/* The best of each random space, for the device: their programs, and where their medians stand among the values of one world. */
enum { PLACES = 3, FINDS = 200 * PLACES };
static struct {
    int count;
    struct fc_step_program program[FINDS];
    double step_s[FINDS];
    float value[FINDS * FC_IN_STEP_END];
    int which[FINDS][FC_STEP_JOINT];
} finds;

static void remember(struct fc_plan *plan, const struct fc_plan_options *options,
                     const struct fc_plan_candidate *found)
{
    double inputs[FC_IN_STEP_END];
    int n = finds.count++;
    assert_true(n < FINDS);
    fc_plan_choose(plan, options, &found->choice);
    fc_plan_program(plan, &finds.program[n]);
    fc_beliefs_medians(beliefs, plan, inputs);
    finds.step_s[n] = found->step_s;
    for (int i = 0; i < FC_IN_STEP_END; i++) {
        finds.which[n][i] = n * FC_IN_STEP_END + i;
        finds.value[n * FC_IN_STEP_END + i] = (float)inputs[i];
    }
}

static void the_best_of_random_spaces_is_that_of_brute_force(void **state)
{
    (void)state;
    static const struct {
        const char *model, *gpu;
        double gpus, batch, sequence;
        enum fc_precision precision;
    } cases[] = {{"llama3-70b", "h100", 64, 128, 8192, FC_BF16},
                 {"llama3-8b", "gb200", 72, 144, 8192, FC_MXFP8},
                 {"deepseek-v3", "gb300", 256, 2048, 4096, FC_FP8},
                 {"qwen3-30b-a3b", "b200", 32, 512, 4096, FC_BF16},
                 {"gpt3-175b", "a100-80", 96, 192, 2048, FC_BF16}};
    unsigned random = 20261127;
    int spaces = 0, none = 0, cut = 0, offloaded = 0, reordered = 0;
    uint64_t largest = 0, all = 0;
    for (int i = 0; i < 200; i++) {
        int k = i % (int)(sizeof cases / sizeof cases[0]);
        struct fc_plan plan = plan_of(cases[k].model, cases[k].gpu, cases[k].gpus, cases[k].batch,
                                      cases[k].sequence, cases[k].precision);
        struct fc_plan_options options = test_options();
        struct fc_plan_space space;
        fc_plan_space_all(&space, &plan);
        thin(&space.tp, &random, 2, 3);
        thin(&space.pp, &random, 3, 4);
        thin(&space.vpp, &random, 2, 3);
        thin(&space.cp, &random, 2, 2);
        thin(&space.ep, &random, 2, 3);
        thin(&space.expert_tp, &random, 2, 2);
        thin(&space.micro_batch, &random, 2, 4);
        space.zero = 1u + next(&random) % 15;
        space.recompute = 1u + next(&random) % 7;
        if (i % 4 == 3) /* three ways at most, as brute force is slow */
            space.offload =
                1u << next(&random) % FC_OFFLOADS | 1u << next(&random) % FC_OFFLOADS | 1u << FC_OFFLOAD_NONE;
        if (i % 4 == 1)
            space.order = 1u << next(&random) % FC_ORDERS | 1u << next(&random) % FC_ORDERS | (i % 8 == 1);
        if (i % 50 == 10) { /* all of both, in a few */
            space.offload = fc_plan_offloads(&plan);
            space.order = (1u << FC_ORDERS) - 1;
            space.zero = 0xf;
        }
        struct fc_search_limits limits = {
            .fits = 0.05 * (next(&random) % 20), .best = 3, .threads = 1 + i % 2};
        struct fc_plan_found found;
        struct fc_plan_candidate best;
        struct fc_error error;
        uint64_t plans = try_all(&plan, &space, limits.fits, &best);
        assert_int_equal(fc_plan_search(&found, &plan, &options, &space, beliefs, &limits, &error), 0);
        assert_int_equal(found.plans, plans);
        assert_int_equal(found.evaluated + found.too_large + found.slower, plans);
        if (isinf(best.step_s)) {
            assert_int_equal(found.count, 0);
            none++;
        } else {
            assert_true(found.count > 0);
            if (found.best[0].step_s != best.step_s) {
                char a[200], b[200];
                fail_msg("space %d: %s %.9g s, by brute force %s %.9g s", i,
                         fc_plan_choice_text(&found.best[0].choice, a, sizeof a), found.best[0].step_s,
                         fc_plan_choice_text(&best.choice, b, sizeof b), best.step_s);
            }
        }
        for (size_t n = 0; n < found.count; n++)
            remember(&plan, &options, &found.best[n]);
        offloaded += found.count > 0 && found.best[0].choice.offload != FC_OFFLOAD_NONE;
        reordered += found.count > 0 && found.best[0].choice.order != FC_ORDER_TP_DP_PP;
        cut += found.too_large > 0;
        spaces += plans > 0;
        largest = plans > largest ? plans : largest;
        all += plans;
        fc_plan_found_free(&found);
    }
    if (getenv("FLOPCAST_TEST_VERBOSE"))
        printf("# %d spaces with plans, %llu in all, %llu in the largest; offloading wins in %d, another "
               "order in %d\n",
               spaces, (unsigned long long)all, (unsigned long long)largest, offloaded, reordered);
    assert_true(spaces > 150);  /* the test looked at something, */
    assert_true(cut > 50);      /* memory mattered, */
    assert_true(offloaded > 0); /* somewhere the host's memory won, */
    assert_true(reordered > 0); /* and another order of ranks, */
    assert_true(none < 150);    /* and mostly something fitted */
}

/* Step times of what was found, by the kernels that a run uses on this device. Returns whether there is such a device. */
static bool times_on(const char *name, float *log_times)
{
    static const struct fc_step_program *plans[FINDS];
    const struct fc_times_backend *backend = fc_times_find(name);
    struct fc_times *session;
    struct fc_error error;
    for (int n = 0; n < finds.count; n++)
        plans[n] = &finds.program[n];
    struct fc_times_job job = {plans, (const int(*)[FC_STEP_JOINT])finds.which, (size_t)finds.count,
                               (size_t)finds.count * FC_IN_STEP_END, 1};
    if (backend->open(&session, 0, &job, &error))
        return false;
    if (backend->run(session, finds.value, 1, log_times, &error))
        fail_msg("%s", error.text);
    backend->close(session);
    return true;
}

static void what_was_found_takes_as_long_on_opencl_to_the_bit(void **state)
{
    (void)state;
    static float cpu[FINDS], device[FINDS];
    assert_true(finds.count > 400); /* of the 200 spaces before */
    assert_true(times_on("cpu", cpu));
    for (int n = 0; n < finds.count; n++)
        if (!(fabs((double)cpu[n] - log(finds.step_s[n])) < 1e-5))
            fail_msg("%d: %.9g, in double %.9g", n, (double)cpu[n], log(finds.step_s[n]));
    if (!times_on("opencl", device))
        skip();
    assert_memory_equal(cpu, device, (size_t)finds.count * sizeof *cpu);
    finds.program[finds.count / 2].linear_s *= 1.001f; /* and what is not the same is seen */
    assert_true(times_on("opencl", device));
    assert_memory_not_equal(cpu, device, (size_t)finds.count * sizeof *cpu);
}

static void threads_and_cuts_change_nothing(void **state)
{
    (void)state;
    struct fc_plan plan = plan_of("deepseek-v3", "gb200", 1024, 8192, 4096, FC_FP8);
    struct fc_plan_options options = fc_plan_default_options();
    struct fc_plan_space space;
    struct fc_plan_found found[3];
    struct fc_error error;
    fc_plan_space_all(&space, &plan);
    for (int i = 0; i < 3; i++) {
        struct fc_search_limits limits = {
            .fits = 0.9, .best = 100, .threads = i == 0 ? 1 : 3, .exhaustive = i == 2};
        assert_int_equal(fc_plan_search(&found[i], &plan, &options, &space, beliefs, &limits, &error), 0);
        assert_int_equal(found[i].count, found[0].count);
        for (size_t k = 0; k < found[0].count; k++) {
            assert_memory_equal(&found[i].best[k].choice, &found[0].best[k].choice,
                                sizeof(struct fc_plan_choice));
            assert_true(found[i].best[k].step_s == found[0].best[k].step_s);
            assert_true(k == 0 || found[i].best[k].step_s >= found[i].best[k - 1].step_s);
        }
        assert_int_equal(found[i].plans, found[0].plans);
    }
    /* the same are left out whoever looks, and most are; without bounds none is */
    assert_int_equal(found[1].slower, found[0].slower);
    assert_int_equal(found[1].too_large, found[0].too_large);
    assert_true(found[0].slower > found[0].plans / 2);
    assert_int_equal(found[2].slower, 0);
    for (int i = 0; i < 3; i++)
        fc_plan_found_free(&found[i]);
}

/* Seconds of processor time, which other work on the machine does not stretch. */
static double processor_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Plans of which memory and step are computed, none cut, per second of one core's time. */
static void print_rate(const struct fc_plan *plan, const struct fc_plan_options *options,
                       const struct fc_plan_space *space)
{
    struct fc_plan_found found;
    struct fc_error error;
    struct fc_search_limits limits = {.fits = 0.5, .best = 10, .threads = 1, .exhaustive = true};
    double start = processor_s();
    assert_int_equal(fc_plan_search(&found, plan, options, space, beliefs, &limits, &error), 0);
    double took = processor_s() - start;
    assert_int_equal(found.slower, 0);
    printf("# %llu plans, none cut: %.3g a second of one core\n", (unsigned long long)found.plans,
           (double)found.plans / took);
    fc_plan_found_free(&found);
}

/* GPT-3 on 4,096 A100, our own dimensions: Calculon's published example. A rate is asserted nowhere (machines
 * differ); it is printed with FLOPCAST_TEST_VERBOSE. */
static void gpt3_on_4096_gpus_is_searched_whole(void **state)
{
    (void)state;
    struct fc_plan plan = plan_of("gpt3-175b", "a100-80", 4096, 4096, 2048, FC_BF16);
    struct fc_plan_options options = fc_plan_default_options();
    struct fc_plan_space space;
    struct fc_plan_found found;
    struct fc_error error;
    struct fc_search_limits limits = {.fits = 0.5, .best = 10};
    fc_plan_space_all(&space, &plan);
    double start = processor_s();
    assert_int_equal(fc_plan_search(&found, &plan, &options, &space, beliefs, &limits, &error), 0);
    double elapsed = processor_s() - start;
    assert_int_equal(found.count, 10);
    assert_int_equal(found.slower + found.too_large + found.evaluated, found.plans);
    if (getenv("FLOPCAST_TEST_VERBOSE")) {
        char text[200];
        printf("# %llu plans, %llu evaluated, %.1f ms of processor time; best %s, %.3f s\n",
               (unsigned long long)found.plans, (unsigned long long)found.evaluated, 1e3 * elapsed,
               fc_plan_choice_text(&found.best[0].choice, text, sizeof text), found.best[0].step_s);
        print_rate(&plan, &options, &space);
    }
    fc_plan_found_free(&found);
}

/* All of Calculon's dimensions that are modelled: the same, whether tensor parallel messages overlap, every schedule, all that may
 * wait in the memory of the host, and which groups lie inside a node. */
static void gpt3_is_searched_with_all_that_may_be_offloaded_or_laid_otherwise(void **state)
{
    (void)state;
    struct fc_plan plan = plan_of("gpt3-175b", "a100-80", 4096, 4096, 2048, FC_BF16);
    uint64_t plans = 0, looked_at = 0;
    double start = processor_s(), best = INFINITY, plain = INFINITY;
    for (int overlap = 0; overlap < 2; overlap++) {
        struct fc_plan_options options = test_options();
        struct fc_plan_space space;
        struct fc_plan_found found;
        struct fc_error error;
        struct fc_search_limits limits = {.fits = 0.5, .best = 10};
        options.overlaps_tp = overlap;
        fc_plan_space_all(&space, &plan);
        space.offload = fc_plan_offloads(&plan);
        assert_int_equal(space.offload, 0xff);
        space.order = (1u << FC_ORDERS) - 1;
        assert_int_equal(fc_plan_search(&found, &plan, &options, &space, beliefs, &limits, &error), 0);
        assert_int_equal(found.slower + found.too_large + found.evaluated, found.plans);
        plans += found.plans;
        looked_at += found.too_large + found.evaluated;
        best = fmin(best, found.best[0].step_s);
        fc_plan_found_free(&found);
        space.offload = 1u << FC_OFFLOAD_NONE;
        space.order = 1u << FC_ORDER_TP_DP_PP;
        assert_int_equal(fc_plan_search(&found, &plan, &options, &space, beliefs, &limits, &error), 0);
        plain = fmin(plain, found.best[0].step_s);
        fc_plan_found_free(&found);
    }
    assert_true(best <= plain);
    assert_true(plans > 7126368);
    if (getenv("FLOPCAST_TEST_VERBOSE"))
        printf("# with offloading and orders: %llu plans, %llu looked at, %.2f s of processor time; best "
               "%.3f s, without %.3f s\n",
               (unsigned long long)plans, (unsigned long long)looked_at, processor_s() - start, best, plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_of_random_spaces_is_that_of_brute_force),
        cmocka_unit_test(what_was_found_takes_as_long_on_opencl_to_the_bit),
        cmocka_unit_test(threads_and_cuts_change_nothing),
        cmocka_unit_test(gpt3_on_4096_gpus_is_searched_whole),
        cmocka_unit_test(gpt3_is_searched_with_all_that_may_be_offloaded_or_laid_otherwise),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}

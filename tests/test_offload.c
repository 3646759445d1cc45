/* test_offload.c: what waits in the memory of the host: bytes, seconds by closed form, the published rate of an optimizer on
 * the host, and what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/language/catalog.h"
#include "host/step/factors.h"
#include "host/step/plan_check.h"
#include "host/step/plan_memory.h"
#include "host/step/plan_options.h"
#include "host/step/plan_program.h"
#include "host/step/plan_search.h"
#include "host/step/step_time.h"

enum { PUBLISHED_RATE_PERCENT = 50 }; /* of catalog/defaults.yaml, plan.offload_rate */

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

/* llama3-8b on eight GPUs that each hold all of it. */
static struct fc_plan plan_on(const char *gpu, enum fc_offload offload, enum fc_zero zero, double sequence)
{
    struct fc_error error;
    struct fc_plan p = {.gpus = 8,
                        .tp = 1,
                        .pp = 1,
                        .vpp = 1,
                        .cp = 1,
                        .ep = 1,
                        .expert_tp = 1,
                        .micro_batch = 1,
                        .global_batch = 16,
                        .sequence = sequence,
                        .precision = FC_BF16,
                        .software = fc_software_newest()};
    struct fc_plan_options options = fc_plan_default_options();
    const struct fc_catalog_entry *entry;
    if (fc_accelerator_read(&p.gpu, catalog, gpu, NULL, &error) ||
        fc_catalog_find(catalog, "model", "llama3-8b", NULL, &entry, &error) ||
        fc_architecture_read(&p.model, entry, NULL, &error))
        fail_msg("%s", error.text);
    options.zero = (int)zero;
    options.offload = offload;
    options.offload_rate = 0.01 * PUBLISHED_RATE_PERCENT;
    fc_plan_set_options(&p, &options);
    return p;
}

static struct fc_step_breakdown parts_of(const struct fc_plan *p)
{
    struct fc_step_program program;
    struct fc_step_breakdown parts;
    double inputs[FC_IN_STEP_END];
    fc_plan_program(p, &program);
    fc_beliefs_medians(beliefs, p, inputs);
    fc_step_time(&program, inputs, &parts);
    return parts;
}

static void near(double value, double right, double within)
{
    if (!(fabs(value / right - 1) < within))
        fail_msg("%.9g, right %.9g", value, right);
}

/* Ren et al. 2021 (ZeRO-Offload, arXiv 2101.06840), table 4: seconds of CPU-Adam on a DGX-2, two sockets with six channels of
 * DDR4-2666 each, 256 GB/s. */
static void adam_on_the_host_takes_what_was_published(void **state)
{
    (void)state;
    static const struct {
        double parameters, seconds;
    } rows[] = {{1e9, 0.22}, {10e9, 2.57}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fc_plan p = plan_on("h100", FC_OFFLOAD_OPTIMIZER, FC_ZERO_NONE, 8192);
        struct fc_step_program s;
        double dense, expert;
        p.gpu.host_memory_bytes_per_s = 256e9;
        p.gpu.host_link_bytes_per_s =
            1e18; /* no copies: the table has none, and those through memory are taken off */
        fc_plan_most_parameters(&p, &dense, &expert);
        fc_plan_program(&p, &s);
        double copies = dense * (fc_plan_gradient_bytes(&p) + 2) / 256e9;
        near(((double)s.host_optimizer_s - copies) / dense * rows[i].parameters, rows[i].seconds, 0.1);
    }
}

/* A layer of so few tokens hides next to nothing: the step's layers take what the link takes. */
static void weights_that_nothing_hides_take_their_bytes_over_the_link(void **state)
{
    (void)state;
    struct fc_plan here = plan_on("h100", FC_OFFLOAD_NONE, FC_ZERO_NONE, 64),
                   away = plan_on("h100", FC_OFFLOAD_WEIGHTS, FC_ZERO_NONE, 64);
    away.gpu.host_link_bytes_per_s = 1e8; /* so slow that no pass of a layer is longer */
    double dense, expert, micro = fc_plan_micro_batches(&away);
    fc_plan_most_parameters(&away, &dense, &expert);
    double link = (micro * 2 + 1) * 2 * dense /
                  1e8; /* there in the forward, and again in the backward pass; the new ones back */
    struct fc_step_breakdown p = parts_of(&away), q = parts_of(&here);
    double layers = q.gemm + q.experts + q.attention + q.memory + q.gaps + q.tp + q.cp + q.ep + q.fsdp;
    near(p.offload + layers, link, 1e-5);
    assert_true(q.offload == 0 && p.step > q.step);
    away.gpu.host_link_bytes_per_s = away.gpu.host_memory_bytes_per_s = 1e18; /* and so fast that all hides */
    near(parts_of(&away).offload, 2 * dense / 1e18, 1e-6);
    near(parts_of(&away).step, q.step, 1e-6);
}

/* Gradients out, 30 bytes a parameter of Adam, weights back: the copies at the link's rate or the memory's. */
static void the_optimizer_adds_its_copies_and_its_bytes(void **state)
{
    (void)state;
    static const char *const gpus[] = {"h100", "gb200"}; /* the link is the slower one, the memory is */
    for (int i = 0; i < 2; i++) {
        struct fc_plan p = plan_on(gpus[i], FC_OFFLOAD_OPTIMIZER, FC_ZERO_OPTIMIZER, 8192);
        double dense, expert, link = fmin(p.gpu.host_link_bytes_per_s, p.gpu.host_memory_bytes_per_s);
        assert_true((link < p.gpu.host_memory_bytes_per_s) == (i == 0));
        fc_plan_most_parameters(&p, &dense, &expert);
        double owned = dense / 8;
        near(parts_of(&p).offload,
             owned * ((fc_plan_gradient_bytes(&p) + 2) / link + 60 / p.gpu.host_memory_bytes_per_s), 1e-6);
    }
}

/* Weights that wait on the host: the host makes the new ones in place, or one share of them, or the GPU does. */
static void new_weights_go_where_they_wait(void **state)
{
    (void)state;
    struct fc_plan p = plan_on("h100", FC_OFFLOAD_OPTIMIZER_WEIGHTS, FC_ZERO_NONE, 8192);
    double dense, expert, link = p.gpu.host_link_bytes_per_s, memory = p.gpu.host_memory_bytes_per_s;
    struct fc_step_program s;
    fc_plan_most_parameters(&p, &dense, &expert);
    double gradient = dense * fc_plan_gradient_bytes(&p);
    fc_plan_program(&p, &s);
    near((double)s.host_optimizer_s, gradient / link + 60 * dense / memory, 1e-6);
    p = plan_on("h100", FC_OFFLOAD_OPTIMIZER_WEIGHTS, FC_ZERO_OPTIMIZER, 8192);
    fc_plan_program(&p, &s);
    near((double)s.host_optimizer_s,
         (gradient + 2 * dense) / 8 / link + 60 * dense / 8 / memory + 2 * dense / link, 1e-6);
    p = plan_on("h100", FC_OFFLOAD_WEIGHTS, FC_ZERO_OPTIMIZER, 8192);
    fc_plan_program(&p, &s);
    near((double)s.host_optimizer_s, 2 * dense / link, 1e-6);
}

/* Nothing is lost between GPU and host but what is copied twice: gradients for the host's optimizer, and two layers in use. */
static void bytes_are_on_the_gpu_or_on_the_host(void **state)
{
    (void)state;
    for (enum fc_zero zero = FC_ZERO_NONE; zero <= FC_ZERO_OPTIMIZER; zero++) {
        struct fc_plan none = plan_on("gb200", FC_OFFLOAD_NONE, zero, 8192), some = none;
        struct fc_plan_memory m = fc_plan_memory(&none);
        double dense, expert, owned;
        fc_plan_most_parameters(&none, &dense, &expert);
        owned = zero == FC_ZERO_NONE ? dense : dense / 8;
        assert_true(m.host == 0);
        some.offload = FC_OFFLOAD_OPTIMIZER;
        struct fc_plan_memory n = fc_plan_memory(&some);
        near(n.host, m.optimizer + owned * fc_plan_gradient_bytes(&some), 1e-12);
        assert_true(n.optimizer == 0 && n.weights == m.weights && n.activations == m.activations);
        some.offload = FC_OFFLOAD_WEIGHTS;
        n = fc_plan_memory(&some);
        near(n.host, 2 * dense, 1e-12);
        near(m.weights - n.weights, 2 * dense * (1 - 2.0 / none.model.layers), 1e-9);
        some = plan_on("gb200", FC_OFFLOAD_ACTIVATIONS, zero, 8192);
        n = fc_plan_memory(&some);
        near(n.host, (none.model.layers - 4) * fc_plan_layer_keeps(&some, 1, 0), 1e-9);
        near(m.activations - n.activations, n.host, 1e-9);
    }
}

static void what_is_not_known_is_refused(void **state)
{
    (void)state;
    char text[FC_PLAN_FAULT_BYTES];
    struct fc_plan p = plan_on("h800", FC_OFFLOAD_ACTIVATIONS, FC_ZERO_OPTIMIZER, 8192);
    enum fc_plan_part part;
    assert_int_equal(fc_plan_check(&p, &part, text), -1);
    assert_int_equal(part, FC_PART_OFFLOAD);
    assert_non_null(strstr(text, "how fast the h800 reaches the memory of its host"));
    assert_int_equal(fc_plan_offloads(&p), 1u << FC_OFFLOAD_NONE);
    p = plan_on("h100", FC_OFFLOAD_ALL, FC_ZERO_OPTIMIZER, 8192);
    assert_int_equal(fc_plan_check(&p, &part, text), 0);
    assert_int_equal(fc_plan_offloads(&p), 0xff);
    p.muon = true;
    assert_int_equal(fc_plan_check(&p, &part, text), -1);
    assert_int_equal(fc_plan_offloads(&p), 0x55); /* all without the optimizer */
    p.gpu.host_memory_bytes = 1e9;
    struct fc_plan_memory m = fc_plan_memory(&p);
    assert_false(fc_plan_fits_host(&p, &m));
    assert_true(fc_plan_fit_probability(&p, beliefs) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adam_on_the_host_takes_what_was_published),
        cmocka_unit_test(weights_that_nothing_hides_take_their_bytes_over_the_link),
        cmocka_unit_test(the_optimizer_adds_its_copies_and_its_bytes),
        cmocka_unit_test(new_weights_go_where_they_wait),
        cmocka_unit_test(bytes_are_on_the_gpu_or_on_the_host),
        cmocka_unit_test(what_is_not_known_is_refused),
    };
    return cmocka_run_group_tests(tests, open_catalog, close_catalog);
}

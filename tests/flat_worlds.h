/* flat_worlds.h: worlds of tests/contract_flat.yaml, for tests of what a contract yields. Include it after cmocka.h. */
#ifndef FC_TESTS_FLAT_WORLDS_H
#define FC_TESTS_FLAT_WORLDS_H

#include <stdlib.h>
#include <string.h>

#include "host/backends/kernels.h"
#include "host/compile/scenario.h"

/* Metrics of n worlds of the flat contract with the overrides of `set` (NULL at its end) under `seed`: value[m * n + world]; to be
 * freed. */
static inline float *flat_worlds(const char *const *set, const int *metrics, int count, int n, uint64_t seed)
{
    struct fc_error error = {0};
    struct fc_scenario scenario;
    struct fc_scenario_options options = {0};
    for (; *set; set++)
        assert_int_equal(fc_scenario_add_override(&options, *set, &error), 0);
    if (fc_scenario_open(&scenario, "tests/contract_flat.yaml", &options, &error))
        fail_msg("%s", error.text);
    struct fc_program *program = &scenario.compiled.program;
    program->metric_count = count;
    memcpy(program->metrics, metrics, (size_t)count * sizeof *metrics);
    const struct fc_kernel *kernel = fc_kernel_best();
    size_t bytes = (size_t)(kernel->scratch_bytes + 63) / 64 * 64, chunk = (size_t)kernel->chunk;
    void *scratch = aligned_alloc(64, bytes);
    float *values = malloc((size_t)count * (size_t)n * sizeof *values),
          *out = malloc((size_t)count * chunk * sizeof *out);
    assert_true(scratch && values && out);
    memset(scratch, 0, bytes);
    for (int done = 0; done < n; done += kernel->chunk) {
        int here = n - done < kernel->chunk ? n - done : kernel->chunk;
        kernel->run(program, scenario.compiled.tables, seed, (uint64_t)done, here, scratch, out);
        for (int m = 0; m < count; m++)
            memcpy(values + (size_t)m * (size_t)n + done, out + m * kernel->chunk,
                   (size_t)here * sizeof *values);
    }
    free(scratch);
    free(out);
    fc_scenario_close(&scenario);
    fc_scenario_options_free(&options);
    return values;
}

#endif

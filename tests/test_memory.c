/* test_memory.c: memory does not grow with the number of trials: the peak of `flopcast run` with 10^4 and
 * with 3 x 10^6 cheap trials, in processes of their own. Runs the program that lies one folder up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench/race.h"

static char program[4096];

static void many_trials_take_no_more_memory_than_few(void **state)
{
    (void)state;
    struct fc_error error = {0};
    uint64_t few = 0, many = 0;
    if (fc_bench_memory(program, "samsung-50k", 10000, &few, &error) ||
        fc_bench_memory(program, "samsung-50k", 3000000, &many, &error))
        fail_msg("%s", error.text);
    assert_true(few > 1 << 20);
    /* one float per trial and metric would be 100 MB; further tails may touch some more pages of histograms
     */
    if (many > few + (2 << 20))
        fail_msg("peak of %.1f MiB with 10^4 trials, %.1f MiB with 3 x 10^6", (double)few / (1 << 20),
                 (double)many / (1 << 20));
}

int main(int argc, char **argv)
{
    (void)argc;
    const char *slash = strrchr(argv[0], '/');
    (void)snprintf(program, sizeof program, "%.*s/../flopcast", slash ? (int)(slash - argv[0]) : 1,
                   slash ? argv[0] : ".");
    const struct CMUnitTest tests[] = {cmocka_unit_test(many_trials_take_no_more_memory_than_few)};
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}

/* library_example.c: a program on libflopcast: example SCENARIO METRIC [PATH=VALUE]...: prints digest, mean and P90. */
#include <flopcast.h>
#include <inttypes.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    flopcast_scenario *scenario = NULL;
    flopcast_result *result = NULL;
    flopcast_options options = {0};
    char message[FLOPCAST_MESSAGE];
    options.trials = 2000;
    flopcast_status status = argc < 3 ? FLOPCAST_BAD_INPUT
                                      : flopcast_open(&scenario, argv[1], (const char *const *)argv + 3,
                                                      (size_t)argc - 3, message);
    if (argc < 3)
        fprintf(stderr, "usage: example SCENARIO METRIC [PATH=VALUE]...\n");
    else if (status == FLOPCAST_DONE)
        status = flopcast_run(&result, scenario, &options, message);
    if (argc >= 3 && status != FLOPCAST_DONE)
        fprintf(stderr, "%s\n", message);
    int metric = status == FLOPCAST_DONE ? flopcast_metric(result, argv[2]) : -1;
    if (metric >= 0) {
        flopcast_figure mean = flopcast_mean(result, metric), p90 = flopcast_quantile(result, metric, 0.9);
        printf("digest %016" PRIx64 "\n", flopcast_digest(result));
        printf("%s: mean %.17g, P90 %.17g %s\n", argv[2], mean.value, p90.value, flopcast_metric_unit(result, metric));
    }
    flopcast_result_free(result);
    flopcast_close(scenario);
    return status;
}

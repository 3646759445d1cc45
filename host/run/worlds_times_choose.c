/* worlds_times_choose.c: which device a calibration uses. */
#include "select.h"
#include "host/backends/worlds_times.h"

int fc_times_choose(const char *name, int threads, const struct fc_times_backend **backend, int *device,
                    struct fc_error *error)
{
    struct fc_selection selection = {0};
    const struct fc_select_request request = {.backends = name, .device = -1, .threads = threads};
    *backend = name ? fc_times_find(name) : &fc_times_cpu;
    *device = 0;
    if (!*backend)
        return fc_fail(error, FC_BAD_INPUT, "-b '%.40s' is not one of cpu, opencl, cuda", name);
    if (*backend == &fc_times_cpu)
        return 0;
    int status = fc_select(&selection, &request, error);
    if (!status) {
        *device = selection.workers[0].device;
        fc_select_print(&selection, stderr);
    }
    fc_select_free(&selection);
    return status;
}

/* text.c: the small pieces of text that the files of topology/ write: messages, sizes, the one-line summary.
 */
#include "machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void fc_topology_write(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    if (!text || size == 0)
        return;
    va_start(arguments, format);
    (void)vsnprintf(text, size, format, arguments);
    va_end(arguments);
}

void fc_topology_append(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    size_t used = text ? strlen(text) : size;
    if (used >= size)
        return;
    va_start(arguments, format);
    (void)vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

void fc_topology_write_bytes(char *text, size_t size, uint64_t bytes)
{
    static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes;
    size_t u = 0;
    /* From 1000 on, not 1024: three digits then suffice for every size. */
    for (; value >= 1000 && u + 1 < sizeof unit / sizeof *unit; u++)
        value /= 1024;
    fc_topology_write(text, size, "%.3g %s", value, unit[u]);
}

static void append_count(char *text, size_t size, int count, const char *what)
{
    fc_topology_append(text, size, "%s%d %s%s", *text ? ", " : "", count, what, count == 1 ? "" : "s");
}

void fc_topology_summary(const struct fc_topology *topology, char *text, size_t size)
{
    const struct fc_machine *machine = &topology->machine;
    const struct fc_limits *limits = &machine->limits;
    uint64_t bytes = 0;
    int host_nodes = 0;
    if (!text || size == 0)
        return;
    *text = '\0';
    for (int i = 0; i < machine->numa_nodes; i++) {
        if (machine->numa_node[i].is_host_memory) {
            bytes += machine->numa_node[i].bytes;
            host_nodes++;
        }
    }
    if (machine->packages > 0)
        append_count(text, size, machine->packages, "package");
    append_count(text, size, machine->cores, "core");
    append_count(text, size, machine->pus, "thread");
    append_count(text, size, host_nodes, "NUMA node");
    if (bytes > 0) {
        char amount[32];
        fc_topology_write_bytes(amount, sizeof amount, bytes);
        fc_topology_append(text, size, ", %s", amount);
    }
    if (machine->gpus > 0)
        append_count(text, size, machine->gpus, "GPU");
    else
        fc_topology_append(text, size, ", no GPU");
    if (limits->allowed_pus < machine->pus)
        fc_topology_append(text, size, ", %d of %d threads allowed", limits->allowed_pus, machine->pus);
    if (limits->cpu_quota > 0)
        fc_topology_append(text, size, ", quota of %.3g CPUs", limits->cpu_quota);
    if (machine->hwloc_sees_nothing)
        fc_topology_append(text, size, " (hwloc sees nothing here)");
    else if (!machine->is_this_system)
        fc_topology_append(text, size, " (%s)", machine->origin);
}

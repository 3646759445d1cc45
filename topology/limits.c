/* limits.c: how much of the machine we may use: the control group's and our own set of hardware threads, the
 * control group's memory nodes, and its quota of CPU time (cgroup v2 and v1).
 * Formats: Linux Documentation/admin-guide/cgroup-v2.rst (cpu.max) and scheduler/sched-bwc.rst (cfs quota).
 */
#include "machine.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096 };

/* Reads the first line of a file, without its newline; false when there is none. */
static bool read_line(const char *path, char *line, int size)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool found = fgets(line, size, file) != NULL;
    (void)fclose(file);
    if (found)
        line[strcspn(line, "\n")] = '\0';
    return found;
}

/* quota / period in CPUs; 0 when either is no positive number (as "max" and -1, which mean no quota). */
static double cpus_of(const char *quota, const char *period)
{
    double q = strtod(quota, NULL);
    double p = strtod(period, NULL);
    return isfinite(q) && isfinite(p) && q > 0 && p > 0 ? q / p : 0;
}

static double quota_v2(const char *folder)
{
    char path[PATH_BYTES + 32], line[128], quota[64], period[64];
    fc_topology_write(path, sizeof path, "%s/cpu.max", folder);
    if (!read_line(path, line, sizeof line) || sscanf(line, "%63s %63s", quota, period) != 2 ||
        strcmp(quota, "max") == 0)
        return 0;
    return cpus_of(quota, period);
}

static double quota_v1(const char *folder)
{
    char path[PATH_BYTES + 32], quota[64], period[64];
    fc_topology_write(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
    if (!read_line(path, quota, sizeof quota))
        return 0;
    fc_topology_write(path, sizeof path, "%s/cpu.cfs_period_us", folder);
    if (!read_line(path, period, sizeof period))
        return 0;
    return cpus_of(quota, period);
}

/* The tightest quota from our group up to the mount. A container may see its own group as the mount itself
 * while /proc names the host's path: folders that are not there grant no quota and bar none above. */
static double tightest(const char *mount, const char *group, double (*quota_in)(const char *))
{
    char folder[PATH_BYTES];
    double least = 0;
    size_t root = strlen(mount);
    fc_topology_write(folder, sizeof folder, "%s%s", mount, group);
    for (;;) {
        double quota = quota_in(folder);
        if (quota > 0 && (least == 0 || quota < least))
            least = quota;
        char *slash = strrchr(folder, '/');
        if (!slash || (size_t)(slash - folder) < root)
            return least;
        *slash = '\0';
    }
}

/* Is `name` one of the comma-separated words of `list`? */
static bool has_word(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += length)
        if ((at == list || at[-1] == ',') && (at[length] == '\0' || at[length] == ','))
            return true;
    return false;
}

static void take(struct fc_limits *limits, double quota, const char *source)
{
    if (quota > 0 && (limits->cpu_quota == 0 || quota < limits->cpu_quota)) {
        limits->cpu_quota = quota;
        limits->cgroup_source = source;
    }
}

/* Each line of /proc/self/cgroup is `id:controllers:path`; v2 has no controllers. Where v1 and v2 live side
 * by side, v2 is mounted in `unified`. */
static void read_quota(struct fc_limits *limits, const char *root)
{
    static const char *const mounts_v2[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    static const char *const mounts_v1[] = {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct",
                                            "/sys/fs/cgroup/cpuacct,cpu"};
    char path[PATH_BYTES], line[PATH_BYTES];
    fc_topology_write(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "r");
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *group = controllers ? strchr(++controllers, ':') : NULL;
        if (!group)
            continue;
        *group++ = '\0';
        if (strcmp(group, "/") == 0)
            group = "";
        if (*controllers == '\0') {
            for (size_t i = 0; i < sizeof mounts_v2 / sizeof *mounts_v2; i++) {
                fc_topology_write(path, sizeof path, "%s%s", root, mounts_v2[i]);
                take(limits, tightest(path, group, quota_v2), "cgroup v2");
            }
        } else if (has_word(controllers, "cpu")) {
            for (size_t i = 0; i < sizeof mounts_v1 / sizeof *mounts_v1; i++) {
                fc_topology_write(path, sizeof path, "%s%s", root, mounts_v1[i]);
                take(limits, tightest(path, group, quota_v1), "cgroup v1");
            }
        }
    }
    (void)fclose(file);
}

static void read_allowed(struct fc_topology *topology)
{
    struct fc_machine *machine = &topology->machine;
    hwloc_const_cpuset_t allowed = hwloc_topology_get_allowed_cpuset(topology->hwloc);
    hwloc_const_nodeset_t nodes = hwloc_topology_get_allowed_nodeset(topology->hwloc);
    hwloc_bitmap_t own = NULL;
    /* PROCESS, not THREAD: a runtime may have bound this thread already, and that binds no other. */
    if (machine->is_this_system && (own = hwloc_bitmap_alloc()) &&
        (hwloc_get_cpubind(topology->hwloc, own, HWLOC_CPUBIND_PROCESS) < 0 || hwloc_bitmap_iszero(own))) {
        hwloc_bitmap_free(own);
        own = NULL;
    }
    for (int i = 0; i < machine->pus; i++) {
        unsigned os_index = machine->pu[i].os_index;
        machine->pu[i].is_allowed =
            hwloc_bitmap_isset(allowed, os_index) && (!own || hwloc_bitmap_isset(own, os_index));
    }
    for (int i = 0; i < machine->numa_nodes; i++)
        machine->numa_node[i].is_allowed = hwloc_bitmap_isset(nodes, machine->numa_node[i].os_index) != 0;
    hwloc_bitmap_free(own);
}

void fc_topology_read_limits(struct fc_topology *topology, const char *system_root)
{
    struct fc_machine *machine = &topology->machine;
    struct fc_limits *limits = &machine->limits;
    if (topology->hwloc)
        read_allowed(topology);
    else
        machine->pu[0].is_allowed = true;
    for (int i = 0; i < machine->pus; i++) {
        if (machine->pu[i].is_allowed) {
            limits->allowed_pus++;
            if (machine->pu[i].core >= 0)
                machine->core[machine->pu[i].core].allowed_pus++;
        }
    }
    limits->cgroup_source = "";
    if (system_root || machine->is_this_system)
        read_quota(limits, system_root ? system_root : "");
    if (limits->cpu_quota > 0) {
        double threads = ceil(limits->cpu_quota);
        limits->quota_threads = threads < INT_MAX ? (int)threads : INT_MAX;
    }
}

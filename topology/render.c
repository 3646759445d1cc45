/* render.c: draws the machine and the placement. First it collects lines with their depth, then it prints
 * them with the branches that the depths imply. */
#include "render.h"

#include "machine.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 400 };

struct line {
    int depth;
    char text[LINE_BYTES];
};

struct drawing {
    struct line *line;
    size_t lines, room;
    bool out_of_memory;
};

static void add(struct drawing *drawing, int depth, const char *text)
{
    if (drawing->lines == drawing->room) {
        size_t room = drawing->room ? 2 * drawing->room : 32;
        struct line *grown = realloc(drawing->line, room * sizeof *grown);
        if (!grown) {
            drawing->out_of_memory = true;
            return;
        }
        drawing->line = grown;
        drawing->room = room;
    }
    struct line *line = &drawing->line[drawing->lines++];
    line->depth = depth;
    fc_topology_write(line->text, LINE_BYTES, "%s", text);
}

/* Does another branch of this depth follow line `i`, under the same parent? */
static bool continues(const struct drawing *drawing, size_t i, int depth)
{
    for (size_t k = i + 1; k < drawing->lines; k++)
        if (drawing->line[k].depth <= depth)
            return drawing->line[k].depth == depth;
    return false;
}

static int print(const struct drawing *drawing, FILE *out, bool utf8)
{
    const char *bar = utf8 ? "│  " : "|  ";
    const char *fork = utf8 ? "├─ " : "|- ";
    const char *end = utf8 ? "└─ " : "`- ";
    for (size_t i = 0; i < drawing->lines; i++) {
        const struct line *line = &drawing->line[i];
        for (int depth = 1; depth < line->depth; depth++)
            (void)fputs(continues(drawing, i, depth) ? bar : "   ", out);
        if (line->depth > 0)
            (void)fputs(continues(drawing, i, line->depth) ? fork : end, out);
        (void)fprintf(out, "%s\n", line->text);
    }
    return ferror(out) ? FC_TOPOLOGY_REFUSED : 0;
}

static const char *plural(int count)
{
    return count == 1 ? "" : "s";
}

static bool alike(const struct fc_core *a, const struct fc_core *b)
{
    return a->package == b->package && a->kind == b->kind && a->pus == b->pus;
}

/* "4 performance cores, 2 threads each; 8 efficiency cores, 1 thread each": the cores of a package, folded.
 */
static void write_cores(const struct fc_machine *machine, fc_index package, char *text, size_t size)
{
    *text = '\0';
    for (int i = 0; i < machine->cores; i++) {
        const struct fc_core *core = &machine->core[i];
        int count = 0;
        bool distinct = core->package != package;
        for (int k = 0; k < machine->cores; k++) {
            distinct = distinct || (k < i && alike(core, &machine->core[k]));
            count += alike(core, &machine->core[k]);
        }
        if (distinct)
            continue;
        fc_topology_append(text, size, "%s%d %s%score%s, %d thread%s%s", *text ? "; " : "", count,
                           core->kind >= 0 ? machine->cpu_kind[core->kind].name : "",
                           core->kind >= 0 ? " " : "", plural(count), core->pus, plural(core->pus),
                           count == 1 ? "" : " each");
    }
}

/* "1 x L3 105 MiB (56 cores), 56 x L2 2 MiB (1 core)": caches alike in level, type, size and sharers. */
static void draw_caches(struct drawing *drawing, const struct fc_machine *machine, fc_index package,
                        int depth)
{
    char text[LINE_BYTES] = "";
    for (int i = 0; i < machine->caches; i++) {
        const struct fc_cache *cache = &machine->cache[i];
        int count = 0;
        bool distinct = false;
        if (cache->package != package)
            continue;
        for (int k = 0; k < machine->caches; k++) {
            const struct fc_cache *other = &machine->cache[k];
            if (other->package != package || other->level != cache->level || other->type != cache->type ||
                other->bytes != cache->bytes || other->cores != cache->cores)
                continue;
            distinct = distinct || k < i;
            count++;
        }
        if (distinct)
            continue;
        char bytes[32];
        fc_topology_write_bytes(bytes, sizeof bytes, cache->bytes);
        fc_topology_append(text, sizeof text, "%s%d x L%d%.*s %s", *text ? ", " : "caches: ", count,
                           cache->level, cache->type != 'u', &cache->type, bytes);
        if (cache->cores > 0)
            fc_topology_append(text, sizeof text, " (%d core%s)", cache->cores, plural(cache->cores));
    }
    if (*text)
        add(drawing, depth, text);
}

static bool folds_with(const struct fc_numa_node *a, const struct fc_numa_node *b)
{
    return a->package == b->package && a->bytes == b->bytes && a->cores == b->cores &&
           a->is_host_memory == b->is_host_memory && a->is_allowed == b->is_allowed;
}

/* GPU memory is drawn with its GPU; here come host memory and what is neither. */
static void draw_numa_nodes(struct drawing *drawing, const struct fc_machine *machine, fc_index package,
                            int depth)
{
    for (int i = 0; i < machine->numa_nodes;) {
        const struct fc_numa_node *node = &machine->numa_node[i];
        int last = i;
        char bytes[32], text[LINE_BYTES];
        if (node->package != package || node->is_gpu_memory) {
            i++;
            continue;
        }
        while (last + 1 < machine->numa_nodes && folds_with(node, &machine->numa_node[last + 1]) &&
               machine->numa_node[last + 1].os_index == machine->numa_node[last].os_index + 1 &&
               !machine->numa_node[last + 1].is_gpu_memory)
            last++;
        const char *each = last > i ? " each" : "";
        fc_topology_write_bytes(bytes, sizeof bytes, node->bytes);
        if (last > i)
            fc_topology_write(text, sizeof text, "NUMA nodes %u-%u: ", node->os_index,
                              machine->numa_node[last].os_index);
        else
            fc_topology_write(text, sizeof text, "NUMA node %u: ", node->os_index);
        fc_topology_append(text, sizeof text, "%s, %d core%s%s",
                           node->bytes ? bytes : "memory of unknown size", node->cores, plural(node->cores),
                           each);
        if (!node->is_host_memory)
            fc_topology_append(text, sizeof text, " (not used for host memory)");
        else if (!node->is_allowed)
            fc_topology_append(text, sizeof text, " (not allowed to us)");
        add(drawing, depth, text);
        i = last + 1;
    }
}

static const char *api_name(enum fc_device_api api)
{
    return api == FC_DEVICE_CUDA ? "CUDA" : "OpenCL";
}

static void append_pci(char *text, size_t size, struct fc_pci_address pci)
{
    fc_topology_append(text, size, "%04x:%02x:%02x.%x", pci.domain, pci.bus, pci.device, pci.function);
}

static void append_numa(char *text, size_t size, const struct fc_machine *machine, fc_index numa)
{
    if (numa >= 0)
        fc_topology_append(text, size, "NUMA node %u", machine->numa_node[numa].os_index);
    else
        fc_topology_append(text, size, "no known NUMA node");
}

static void draw_gpus(struct drawing *drawing, const struct fc_machine *machine, fc_index package, int depth)
{
    for (int i = 0; i < machine->gpus; i++) {
        const struct fc_gpu *gpu = &machine->gpu[i];
        char text[LINE_BYTES];
        if (gpu->package != package)
            continue;
        fc_topology_write(text, sizeof text, "GPU %d: %s, ", i, gpu->name);
        if (gpu->has_pci) {
            append_pci(text, sizeof text, gpu->pci);
            fc_topology_append(text, sizeof text, ", ");
        }
        append_numa(text, sizeof text, machine, gpu->numa);
        fc_topology_append(text, sizeof text, ", seen by %s%s%s%s%s", gpu->seen_by_hwloc ? "hwloc" : "",
                           gpu->seen_by_hwloc && gpu->seen_by_cuda ? "+" : "",
                           gpu->seen_by_cuda ? "CUDA" : "",
                           gpu->seen_by_opencl && (gpu->seen_by_hwloc || gpu->seen_by_cuda) ? "+" : "",
                           gpu->seen_by_opencl ? "OpenCL" : "");
        add(drawing, depth, text);
        if (gpu->memory_numa >= 0) {
            const struct fc_numa_node *node = &machine->numa_node[gpu->memory_numa];
            char bytes[32];
            fc_topology_write_bytes(bytes, sizeof bytes, node->bytes);
            fc_topology_write(text, sizeof text, "its memory is NUMA node %u: %s, never used for host memory",
                              node->os_index, bytes);
            add(drawing, depth + 1, text);
        }
    }
}

/* GPU memory whose GPU we do not see. */
static void draw_orphan_memory(struct drawing *drawing, const struct fc_machine *machine, int depth)
{
    for (int n = 0; n < machine->numa_nodes; n++) {
        const struct fc_numa_node *node = &machine->numa_node[n];
        char text[LINE_BYTES], bytes[32];
        bool owned = !node->is_gpu_memory;
        for (int i = 0; i < machine->gpus; i++)
            owned = owned || machine->gpu[i].memory_numa == n;
        if (owned)
            continue;
        fc_topology_write_bytes(bytes, sizeof bytes, node->bytes);
        fc_topology_write(text, sizeof text, "NUMA node %u: %s, memory of a GPU, never used for host memory",
                          node->os_index, bytes);
        add(drawing, depth, text);
    }
}

static void draw_io_devices(struct drawing *drawing, const struct fc_machine *machine, fc_index package,
                            int depth)
{
    static const char *const title[] = {"network", "InfiniBand", "storage"};
    for (int kind = FC_IO_NETWORK; kind <= FC_IO_STORAGE; kind++) {
        char text[LINE_BYTES] = "";
        for (int i = 0; i < machine->io_devices; i++) {
            const struct fc_io_device *device = &machine->io_device[i];
            if (device->package != package || (int)device->kind != kind)
                continue;
            fc_topology_append(text, sizeof text, "%s%s%s", *text ? ", " : title[kind], *text ? "" : ": ",
                               device->name);
        }
        if (*text)
            add(drawing, depth, text);
    }
}

static void draw_parts(struct drawing *drawing, const struct fc_machine *machine, fc_index package, int depth)
{
    draw_caches(drawing, machine, package, depth);
    draw_numa_nodes(drawing, machine, package, depth);
    draw_gpus(drawing, machine, package, depth);
    draw_io_devices(drawing, machine, package, depth);
}

static void draw_machine(struct drawing *drawing, const struct fc_topology *topology)
{
    const struct fc_machine *machine = &topology->machine;
    const struct fc_limits *limits = &machine->limits;
    char text[LINE_BYTES], cores[LINE_BYTES];
    fc_topology_summary(topology, cores, sizeof cores);
    fc_topology_write(text, sizeof text, "Machine: %s", cores);
    add(drawing, 0, text);
    for (int i = 0; i < machine->packages; i++) {
        const char *model = machine->package[i].model;
        write_cores(machine, i, cores, sizeof cores);
        fc_topology_write(text, sizeof text, "package %d: %s%s%s", i, model, *model ? ", " : "", cores);
        add(drawing, 1, text);
        draw_parts(drawing, machine, i, 2);
    }
    write_cores(machine, -1, cores, sizeof cores);
    if (*cores)
        add(drawing, 1, cores);
    draw_parts(drawing, machine, -1, 1);
    draw_orphan_memory(drawing, machine, 1);
    for (int i = 0; i < machine->devices; i++) {
        if (machine->device[i].is_cpu) {
            fc_topology_write(text, sizeof text, "OpenCL on the CPU: %s", machine->device[i].name);
            add(drawing, 1, text);
        }
    }
    if (limits->allowed_pus == machine->pus)
        fc_topology_write(text, sizeof text, "allowed: %s%d thread%s", machine->pus > 1 ? "all " : "",
                          machine->pus, plural(machine->pus));
    else
        fc_topology_write(text, sizeof text, "allowed: %d of %d threads (control group or affinity)",
                          limits->allowed_pus, machine->pus);
    if (limits->cpu_quota > 0)
        fc_topology_append(text, sizeof text, ", the time of %.3g CPU%s (%s)", limits->cpu_quota,
                           limits->cpu_quota > 1 ? "s" : "", limits->cgroup_source);
    add(drawing, 1, text);
}

/* "0-55" or "0-3,8": the cores that have a place in this group, each once. */
static void write_core_list(const struct fc_machine *machine, const bool *wanted, char *text, size_t size)
{
    for (int i = 0; i < machine->cores; i++) {
        int first = i;
        if (!wanted[i])
            continue;
        while (i + 1 < machine->cores && wanted[i + 1])
            i++;
        fc_topology_append(text, size, "%s%d", first > 0 && text[strlen(text) - 1] != ' ' ? "," : "", first);
        if (i > first)
            fc_topology_append(text, size, "-%d", i);
    }
}

/* One line for the threads of one kind of core on one NUMA node. */
static void draw_thread_group(struct drawing *drawing, const struct fc_machine *machine,
                              const struct fc_placement *placement, int kind, fc_index numa, bool *wanted)
{
    char text[LINE_BYTES];
    int threads = 0, feeding = 0, cores = 0;
    memset(wanted, 0, (size_t)machine->cores * sizeof *wanted);
    for (int t = 0; t < placement->threads; t++) {
        const struct fc_thread_place *place = &placement->thread[t];
        if (place->core < 0 || place->numa != numa || machine->core[place->core].kind != kind)
            continue;
        threads++;
        feeding += place->device >= 0;
        cores += !wanted[place->core];
        wanted[place->core] = true;
    }
    if (threads == 0)
        return;
    fc_topology_write(text, sizeof text, "%d thread%s on %s%score%s ", threads, plural(threads),
                      kind >= 0 ? machine->cpu_kind[kind].name : "", kind >= 0 ? " " : "", plural(cores));
    write_core_list(machine, wanted, text, sizeof text);
    if (numa >= 0) {
        fc_topology_append(text, sizeof text, " of ");
        append_numa(text, sizeof text, machine, numa);
    }
    if (feeding > 0)
        fc_topology_append(text, sizeof text, "; %d feed%s a GPU", feeding, feeding == 1 ? "s" : "");
    add(drawing, 1, text);
}

static void draw_working(struct drawing *drawing, const struct fc_machine *machine,
                         const struct fc_placement *placement, int i)
{
    const struct fc_device_place *place = &placement->device[i];
    char text[LINE_BYTES];
    fc_topology_write(text, sizeof text, "GPU %d works through %s, fed by thread %d", machine->device[i].gpu,
                      api_name(machine->device[i].api), place->thread);
    if (placement->thread[place->thread].numa >= 0) {
        fc_topology_append(text, sizeof text, " on ");
        append_numa(text, sizeof text, machine, placement->thread[place->thread].numa);
    }
    add(drawing, 1, text);
}

/* Devices that do not work for the same reason, next to each other, share a line. */
static void draw_device_places(struct drawing *drawing, const struct fc_machine *machine,
                               const struct fc_placement *placement)
{
    char text[LINE_BYTES];
    for (int i = 0; i < placement->devices;) {
        const struct fc_device *device = &machine->device[i];
        int next = i + 1;
        if (placement->device[i].works) {
            draw_working(drawing, machine, placement, i++);
            continue;
        }
        while (next < placement->devices && !placement->device[next].works &&
               machine->device[next].api == device->api &&
               strcmp(machine->device[next].name, device->name) == 0 &&
               strcmp(placement->device[next].why, placement->device[i].why) == 0)
            next++;
        fc_topology_write(text, sizeof text, "%s: ", api_name(device->api));
        if (next - i > 1)
            fc_topology_append(text, sizeof text, "%d x ", next - i);
        fc_topology_append(text, sizeof text, "%s, not used (%s)", device->name, placement->device[i].why);
        add(drawing, 1, text);
        i = next;
    }
}

static int draw_placement(struct drawing *drawing, const struct fc_machine *machine,
                          const struct fc_placement *placement)
{
    char text[LINE_BYTES];
    bool *wanted = calloc((size_t)machine->cores + 1, sizeof *wanted);
    if (!wanted)
        return FC_TOPOLOGY_NO_MEMORY;
    fc_topology_write(text, sizeof text, "Placement: %d thread%s%s", placement->threads,
                      plural(placement->threads), machine->is_this_system ? "" : " (nothing is bound)");
    add(drawing, 0, text);
    for (int kind = machine->cpu_kinds - 1; kind >= -1; kind--)
        for (fc_index numa = -1; numa < machine->numa_nodes; numa++)
            draw_thread_group(drawing, machine, placement, kind, numa, wanted);
    draw_device_places(drawing, machine, placement);
    for (int i = 0; i < placement->lines; i++)
        add(drawing, 1, placement->line[i]);
    free(wanted);
    return 0;
}

int fc_topology_render(const struct fc_topology *topology, const struct fc_placement *placement, FILE *out,
                       bool utf8)
{
    struct drawing drawing = {0};
    int code = 0;
    draw_machine(&drawing, topology);
    if (placement)
        code = draw_placement(&drawing, &topology->machine, placement);
    if (!code && drawing.out_of_memory)
        code = FC_TOPOLOGY_NO_MEMORY;
    if (!code)
        code = print(&drawing, out, utf8);
    free(drawing.line);
    return code;
}

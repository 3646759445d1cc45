/* placement.c: decides how many threads run and where, and which devices work; bind.c carries it out. */
#include "machine.h"
#include "placement.h"

#include <stdlib.h>

static void say(struct fc_placement *placement, const char *text)
{
    if (placement->lines < FC_PLACEMENT_LINES)
        fc_topology_write(placement->line[placement->lines++], FC_PLACEMENT_LINE_BYTES, "%s", text);
}

static void bar(struct fc_device_place *place, const char *why)
{
    place->works = false;
    place->thread = -1;
    fc_topology_write(place->why, sizeof place->why, "%s", why);
}

/* Is there a better entry for the GPU of device `i`: one of CUDA, or an earlier one of the same API? */
static bool is_second_entry(const struct fc_machine *machine, int i)
{
    const struct fc_device *device = &machine->device[i];
    for (int k = 0; k < machine->devices; k++) {
        const struct fc_device *other = &machine->device[k];
        if (k == i || other->is_cpu || other->gpu != device->gpu)
            continue;
        if (other->api == device->api ? k < i : other->api == FC_DEVICE_CUDA)
            return true;
    }
    return false;
}

/* A thread that feeds no device yet: near the GPU if possible, else the last one; -1 when all feed one. The
 * last, because the first are on the fastest cores. */
static fc_index free_thread(const struct fc_placement *placement, fc_index numa)
{
    fc_index any = -1;
    for (int t = placement->threads - 1; t >= 0; t--) {
        if (placement->thread[t].device >= 0)
            continue;
        if (placement->thread[t].numa == numa)
            return t;
        if (any < 0)
            any = t;
    }
    return any;
}

static void place_devices(const struct fc_machine *machine, struct fc_placement *placement)
{
    int working = 0, idle = 0;
    for (int i = 0; i < placement->devices; i++) {
        const struct fc_device *device = &machine->device[i];
        struct fc_device_place *place = &placement->device[i];
        if (device->is_cpu) {
            bar(place, "our threads use these cores");
            continue;
        }
        if (is_second_entry(machine, i)) {
            bar(place, "its GPU works through another entry");
            continue;
        }
        place->works = true;
        place->thread = free_thread(placement, machine->gpu[device->gpu].numa);
        if (place->thread >= 0)
            placement->thread[place->thread].device = i;
        else
            place->thread = working % placement->threads; /* more GPUs than threads: they take turns */
        working++;
    }
    for (int i = 0; i < machine->gpus; i++)
        idle += !machine->gpu[i].seen_by_cuda && !machine->gpu[i].seen_by_opencl;
    if (idle > 0) {
        char text[FC_PLACEMENT_LINE_BYTES];
        fc_topology_write(text, sizeof text, "%d GPU%s idle (neither CUDA nor OpenCL reports %s)", idle,
                          idle == 1 ? " stays" : "s stay", idle == 1 ? "it" : "them");
        say(placement, text);
    }
    if (working > placement->threads)
        say(placement, "there are more working devices than threads: some threads feed several");
}

/* A core as a candidate, with the ranks that order it. */
struct candidate {
    fc_index core;
    int kind; /* higher is faster */
    fc_index numa, cache;
    int cache_rank; /* how many candidates of its kind and cache stand before it */
    int numa_rank;  /* how many candidates of its kind and NUMA node stand before it */
};

/* Within a NUMA node: by turns over the caches. */
static int by_cache_turn(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind > b->kind ? -1 : 1;
    if (a->numa != b->numa)
        return a->numa < b->numa ? -1 : 1;
    if (a->cache_rank != b->cache_rank)
        return a->cache_rank < b->cache_rank ? -1 : 1;
    return a->core < b->core ? -1 : 1;
}

/* Over the machine: fastest kind first, then by turns over the NUMA nodes. */
static int by_numa_turn(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind > b->kind ? -1 : 1;
    if (a->numa_rank != b->numa_rank)
        return a->numa_rank < b->numa_rank ? -1 : 1;
    if (a->numa != b->numa)
        return a->numa < b->numa ? -1 : 1;
    return a->core < b->core ? -1 : 1;
}

/* Orders the cores we may use by how soon a thread should run there; returns how many there are. */
static int order_cores(const struct fc_machine *machine, struct candidate *list)
{
    int count = 0;
    for (int i = 0; i < machine->cores; i++) {
        const struct fc_core *core = &machine->core[i];
        if (core->allowed_pus == 0)
            continue;
        struct candidate *now = &list[count];
        *now =
            (struct candidate){.core = i, .kind = core->kind, .numa = core->numa, .cache = core->last_cache};
        for (int k = 0; k < count; k++)
            if (list[k].kind == now->kind && list[k].cache == now->cache)
                now->cache_rank++;
        count++;
    }
    qsort(list, (size_t)count, sizeof *list, by_cache_turn);
    for (int i = 1; i < count; i++)
        if (list[i].kind == list[i - 1].kind && list[i].numa == list[i - 1].numa)
            list[i].numa_rank = list[i - 1].numa_rank + 1;
    qsort(list, (size_t)count, sizeof *list, by_numa_turn);
    return count;
}

/* The allowed hardware thread number `nth` of a core; -1 when it has fewer. */
static fc_index allowed_pu(const struct fc_machine *machine, fc_index core, int nth)
{
    for (fc_index pu = machine->core[core].first_pu; pu >= 0 && pu < machine->pus; pu++)
        if (machine->pu[pu].core == core && machine->pu[pu].is_allowed && nth-- == 0)
            return pu;
    return -1;
}

/* Memory for a core: the node near it, or, where the control group bars that one, the first allowed node. */
static fc_index host_memory_for(const struct fc_machine *machine, fc_index core)
{
    fc_index near = machine->core[core].numa;
    if (near >= 0 && machine->numa_node[near].is_allowed)
        return near;
    for (int i = 0; i < machine->numa_nodes; i++)
        if (machine->numa_node[i].is_host_memory && machine->numa_node[i].is_allowed)
            return i;
    return -1;
}

/* How many threads, and why not as many as wished or as there are. */
static int count_threads(const struct fc_machine *machine, int requested, int cores, struct fc_placement *out)
{
    const struct fc_limits *limits = &machine->limits;
    char text[FC_PLACEMENT_LINE_BYTES];
    int threads = requested > 0 ? requested : cores;
    int most = limits->allowed_pus > 0 ? limits->allowed_pus : 1;
    if (machine->hwloc_sees_nothing)
        say(out, "hwloc sees nothing on this machine: one thread, bound nowhere");
    if (requested > most) {
        fc_topology_write(text, sizeof text, "%d threads were asked for, %d hardware thread%s allowed: %d %s",
                          requested, most, most == 1 ? " is" : "s are", most, most == 1 ? "runs" : "run");
        say(out, text);
    }
    if (threads > most)
        threads = most;
    if (limits->quota_threads > 0 && threads > limits->quota_threads) {
        threads = limits->quota_threads;
        fc_topology_write(text, sizeof text, "the control group grants the time of %.3g CPUs: %d thread%s",
                          limits->cpu_quota, threads, threads == 1 ? " runs" : "s run");
        say(out, text);
    }
    if (threads > cores && cores > 0) {
        fc_topology_write(text, sizeof text, "%d threads share %d core%s: hyperthreads add little", threads,
                          cores, cores == 1 ? "" : "s");
        say(out, text);
    }
    return threads;
}

static void place_threads(const struct fc_machine *machine, const struct candidate *order, int cores,
                          struct fc_placement *out)
{
    int placed = 0;
    for (int nth = 0; placed < out->threads; nth++) {
        int before = placed;
        for (int i = 0; i < cores && placed < out->threads; i++) {
            fc_index pu = allowed_pu(machine, order[i].core, nth);
            if (pu >= 0)
                out->thread[placed++] = (struct fc_thread_place){
                    .core = order[i].core,
                    .pu = pu,
                    .numa = host_memory_for(machine, order[i].core),
                    .device = -1,
                };
        }
        if (placed == before)
            break; /* no hardware thread left */
    }
    out->threads = placed;
}

int fc_placement_decide(const struct fc_topology *topology, int requested_threads, struct fc_placement *out,
                        char *why, size_t why_size)
{
    const struct fc_machine *machine = &topology->machine;
    int code = FC_TOPOLOGY_NO_MEMORY;
    *out = (struct fc_placement){0};
    if (requested_threads < 0) {
        fc_topology_write(why, why_size,
                          "%d threads cannot run (a number from 0 on is needed); 0 lets us choose",
                          requested_threads);
        return FC_TOPOLOGY_BAD_VALUE;
    }
    struct candidate *order = calloc((size_t)machine->cores + 1, sizeof *order);
    if (!order)
        goto done;
    int cores = order_cores(machine, order);
    if (cores == 0) {
        /* An affinity that names none of the machine's threads, as a wrong XML under HWLOC_THISSYSTEM has. */
        say(out, "no hardware thread is allowed (does the description fit this machine?): "
                 "one thread, bound nowhere");
        order[0] = (struct candidate){.core = -1};
    }
    out->threads = count_threads(machine, requested_threads, cores > 0 ? cores : 1, out);
    out->devices = machine->devices;
    out->thread = calloc((size_t)out->threads + 1, sizeof *out->thread);
    out->device = calloc((size_t)out->devices + 1, sizeof *out->device);
    if (!out->thread || !out->device)
        goto done;
    if (cores > 0) {
        place_threads(machine, order, cores, out);
    } else {
        out->threads = 1;
        out->thread[0] = (struct fc_thread_place){.core = -1, .pu = -1, .numa = -1, .device = -1};
    }
    place_devices(machine, out);
    code = 0;
done:
    free(order);
    if (code) {
        fc_topology_write(why, why_size, "out of memory while trying to place the threads");
        fc_placement_free(out);
    }
    return code;
}

void fc_placement_free(struct fc_placement *placement)
{
    free(placement->thread);
    free(placement->device);
    *placement = (struct fc_placement){0};
}

/* shares.c: which devices work, who feeds them and with which share of the trials each begins. */
#include "shares.h"

/* Where to begin when nobody told us a peak rate; the shares follow the measured rates later. Grade:
 * estimate. A CPU thread: 8 lanes x 2 operations (fma) x 3 GHz. An unknown GPU: as much as 64 such threads.
 */
static const double cpu_thread_gflops = 48;
static const double unknown_gpu_gflops = 64 * 48;

static void bar(struct fc_device_place *place, const char *why)
{
    place->works = false;
    place->thread = place->numa = -1;
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

static double weight_of(const struct fc_machine *machine, const struct fc_placement *placement, int i)
{
    double sum = 0;
    int known = 0;
    if (!placement->device[i].works)
        return 0;
    if (machine->device[i].peak_gflops > 0)
        return machine->device[i].peak_gflops;
    for (int k = 0; k < machine->devices; k++) {
        if (placement->device[k].works && machine->device[k].peak_gflops > 0) {
            sum += machine->device[k].peak_gflops;
            known++;
        }
    }
    return known > 0 ? sum / known : unknown_gpu_gflops;
}

/* Cuts the whole by weight. */
static void cut(const struct fc_machine *machine, struct fc_placement *placement, int computing_threads)
{
    double cpu_weight = computing_threads * cpu_thread_gflops;
    double total = cpu_weight;
    for (int i = 0; i < placement->devices; i++)
        total += weight_of(machine, placement, i);
    for (int i = 0; i < placement->devices; i++)
        placement->device[i].share = weight_of(machine, placement, i) / total;
    placement->cpu_share = cpu_weight / total;
}

void fc_placement_share(const struct fc_machine *machine, struct fc_placement *placement)
{
    int working = 0, feeding = 0, idle = 0;
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
        fc_index near = machine->gpu[device->gpu].numa;
        place->thread = free_thread(placement, near);
        if (place->thread >= 0) {
            placement->thread[place->thread].device = i;
            feeding++;
        } else {
            place->thread = working % placement->threads; /* more GPUs than threads: they take turns */
        }
        place->numa =
            near >= 0 && machine->numa_node[near].is_allowed ? near : placement->thread[place->thread].numa;
        working++;
    }
    cut(machine, placement, placement->threads - feeding);
    for (int i = 0; i < machine->gpus; i++)
        idle += !machine->gpu[i].seen_by_cuda && !machine->gpu[i].seen_by_opencl;
    if (idle > 0) {
        char text[FC_PLACEMENT_LINE_BYTES];
        fc_topology_write(text, sizeof text, "%d GPU%s idle (neither CUDA nor OpenCL reports %s)", idle,
                          idle == 1 ? " stays" : "s stay", idle == 1 ? "it" : "them");
        fc_placement_say(placement, text);
    }
    if (working > placement->threads)
        fc_placement_say(placement, "there are more working devices than threads: some threads feed several");
}

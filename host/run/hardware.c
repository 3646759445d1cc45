/* hardware.c: see hardware.h. */
#include "hardware.h"
#include "probe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PoCL takes every core it sees; it is to take as many as our threads would. Both names are in use, by
 * version. */
static void limit_pocl(int threads)
{
    char text[16];
    snprintf(text, sizeof text, "%d", threads);
    (void)setenv("POCL_MAX_PTHREAD_COUNT", text, 0);
    (void)setenv("POCL_CPU_MAX_CU_COUNT", text, 0);
}

static void ask(struct fc_hardware *hardware, const struct fc_backend *backend)
{
    struct fc_found_backend *found = &hardware->backend[hardware->backend_count++];
    struct fc_device_info info[FC_DEVICES_MAX];
    /* however many GPUs there are, the CPU keeps its place */
    int room = FC_DEVICES_MAX - hardware->device_count - (backend != &fc_backend_cpu && !hardware->has_cpu);
    *found = (struct fc_found_backend){.backend = backend};
    int count = fc_probe(backend, info, room, found->why, sizeof found->why);
    found->devices = count > 0 ? count : 0;
    hardware->has_cpu = hardware->has_cpu || backend == &fc_backend_cpu;
    for (int i = 0; i < found->devices; i++)
        hardware->device[hardware->device_count++] =
            (struct fc_found_device){.backend = backend,
                                     .number = i,
                                     .kind = info[i].is_gpu ? backend->gpu : backend->cpu,
                                     .info = info[i],
                                     .place = -1};
}

static int place(struct fc_hardware *hardware, int threads, struct fc_error *error)
{
    char why[256];
    fc_placement_free(&hardware->placement);
    if (fc_placement_decide(hardware->topology, threads, &hardware->placement, why, sizeof why))
        return fc_fail(error, FC_FAULT, "%s", why);
    return 0;
}

/* Tells the topology which devices there are. */
static int attach(struct fc_hardware *hardware, struct fc_error *error)
{
    struct fc_device_report report[FC_DEVICES_MAX];
    size_t count = 0;
    for (int i = 0; i < hardware->device_count; i++) {
        struct fc_found_device *device = &hardware->device[i];
        if (device->backend->is_host || device->info.refused[0])
            continue;
        device->place = (fc_index)count;
        report[count++] = (struct fc_device_report){
            .api = device->backend->api,
            .name = device->info.name,
            .is_cpu = device->kind != device->backend->gpu,
            .has_pci = device->info.has_pci,
            .pci = device->info.pci,
        };
    }
    if (fc_topology_attach(hardware->topology, report, count))
        return fc_fail(error, FC_FAULT, "the devices cannot be joined with the topology (out of memory)");
    return 0;
}

int fc_hardware_find(struct fc_hardware *hardware, const struct fc_backend *const *backends, int threads,
                     struct fc_error *error)
{
    char why[512];
    *hardware = (struct fc_hardware){0};
    int code = fc_topology_load(&hardware->topology, why, sizeof why);
    if (code)
        return fc_fail(error, code == FC_TOPOLOGY_NO_MEMORY ? FC_FAULT : FC_BAD_INPUT, "%s", why);
    bool here = fc_topology_machine(hardware->topology)->is_this_system;
    if (place(hardware, threads, error))
        goto failed;
    if (here)
        limit_pocl(hardware->placement.threads);
    for (int b = 0; b < FC_BACKENDS_MAX && backends[b]; b++)
        ask(hardware, backends[b]);
    if (here && (attach(hardware, error) || place(hardware, threads, error)))
        goto failed;
    return 0;
failed:
    fc_hardware_free(hardware);
    return -1;
}

int fc_hardware_assume(struct fc_hardware *hardware, enum fc_device_api api, int threads,
                       struct fc_error *error)
{
    const struct fc_machine *machine = fc_topology_machine(hardware->topology);
    if (machine->is_this_system)
        return fc_fail(error, FC_BAD_INPUT,
                       "devices can be assumed on a described machine only; name one with HWLOC_XMLFILE");
    int count = machine->gpus;
    struct fc_device_report *report = calloc((size_t)count + 1, sizeof *report);
    struct fc_gpu *gpu = malloc(((size_t)count + 1) * sizeof *gpu); /* attach may move the machine's own */
    if (!report || !gpu) {
        free(report);
        free(gpu);
        return fc_fail(error, FC_FAULT, "out of memory for the devices of the machine");
    }
    for (int i = 0; i < count; i++) {
        gpu[i] = machine->gpu[i];
        report[i] = (struct fc_device_report){
            .api = api, .name = gpu[i].name, .has_pci = gpu[i].has_pci, .pci = gpu[i].pci};
    }
    int code = fc_topology_attach(hardware->topology, report, (size_t)count);
    free(report);
    free(gpu);
    if (code)
        return fc_fail(error, FC_FAULT, "the devices cannot be joined with the topology (out of memory)");
    return place(hardware, threads, error);
}

void fc_hardware_free(struct fc_hardware *hardware)
{
    fc_placement_free(&hardware->placement);
    fc_topology_free(hardware->topology);
    *hardware = (struct fc_hardware){0};
}

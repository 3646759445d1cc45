/* command_devices.c: `flopcast devices`: the machine as a tree, the backends with what they found or why not,
 * the self-test of each device, and the placement that a run would use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "topology/render.h"
#include "commands.h"
#include "host/base/fold.h"
#include "host/base/help.h"
#include "host/base/document_write.h"
#include "host/run/hardware.h"
#include "host/backends/kernels.h"
#include "host/base/options.h"
#include "host/base/progress.h"
#include "host/base/source.h"
#include "host/report/report.h"
#include "host/run/select.h"
#include "host/run/selftest.h"

static const char help[] =
    "usage: flopcast devices [OPTIONS]\n"
    "\n"
    "Draws the machine with its GPUs where they hang, lists backends and devices with a self-test of each, "
    "and the\n"
    "threads that a run would use.\n"
    "\n"
    "  -t, --threads N       place N threads (default: one per core that we may use)\n"
    "      --assume NAME     on a described machine: take its GPUs as offered by cuda or opencl\n"
    "      --json            print it as JSON\n"
    "  -h, --help            this text\n"
    "\n"
    "HWLOC_XMLFILE=FILE (written by lstopo --of xml) or HWLOC_SYNTHETIC='package:2 core:64 pu:2' describes "
    "another\n"
    "machine; backends are then not asked, since their devices belong to this one.\n";

static const struct option long_options[] = {
    {"threads", required_argument, NULL, 't'},
    {"assume", required_argument, NULL, 'a'},
    {"json", no_argument, NULL, 'j'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct options {
    int threads;
    const struct fc_backend *assume; /* whose GPUs a described machine has, or NULL */
    bool json;
};

/* Everything there is to show. */
struct picture {
    struct fc_hardware hardware;
    bool here;                              /* this machine, not a described one */
    struct fc_error tested[FC_DEVICES_MAX]; /* status FC_DONE: passed */
    double test_s[FC_DEVICES_MAX];
    char choice[512]; /* what auto would run on, or why nothing */
};

static int read_options(int argc, char **argv, struct options *o, struct fc_error *error)
{
    int option;
    uint64_t count;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":t:h", long_options, NULL)) != -1) {
        switch (option) {
        case 't':
            if (fc_option_count("-t", optarg, 1, 65536, &count, error))
                return -1;
            o->threads = (int)count;
            break;
        case 'a':
            o->assume = fc_backend_find(optarg);
            if (!o->assume || o->assume->is_host)
                return fc_fail(error, FC_BAD_INPUT, "--assume takes cuda or opencl, not '%.40s'", optarg);
            break;
        case 'j':
            o->json = true;
            break;
        case 'h':
            return 1;
        default:
            return fc_option_error("devices", option, argv, long_options, error);
        }
    }
    if (optind < argc)
        return fc_fail(error, FC_BAD_INPUT, "unexpected argument '%.80s': devices takes options only",
                       argv[optind]);
    return 0;
}

static void test_device(struct picture *p, int i)
{
    const struct fc_host host = {.threads = p->hardware.placement.threads};
    const struct fc_found_device *device = &p->hardware.device[i];
    if (device->info.refused[0])
        return;
    (void)fc_selftest_apart(device->backend, device->number, device->info.name, &host, fc_selftest_limit_s(),
                            &p->test_s[i], &p->tested[i]);
    (void)fc_make_printable(p->tested[i].text, true); /* a compiler's words are in it */
}

/* What auto would run on. The hardware's topology is gone after it. */
static void choose(struct picture *p, int threads)
{
    struct fc_selection selection;
    struct fc_select_request request = {.device = -1, .threads = threads, .tested = p->tested};
    struct fc_error why;
    if (fc_select_from(&selection, &p->hardware, &request, &why) == 0) {
        snprintf(p->choice, sizeof p->choice, "%s", selection.line);
        fc_select_free(&selection);
    } else {
        snprintf(p->choice, sizeof p->choice, "%.500s", why.text);
    }
}

static int look(struct picture *p, const struct options *o, struct fc_error *error)
{
    static const struct fc_backend *const none[] = {NULL};
    if (fc_hardware_find(&p->hardware, none, o->threads, error))
        return -1;
    p->here = fc_topology_machine(p->hardware.topology)->is_this_system;
    if (!p->here)
        return o->assume ? fc_hardware_assume(&p->hardware, o->assume->api, o->threads, error) : 0;
    fc_hardware_free(&p->hardware);
    if (o->assume)
        return fc_fail(error, FC_BAD_INPUT,
                       "--assume is for a described machine; name one with HWLOC_XMLFILE=FILE");
    return fc_hardware_find(&p->hardware, fc_backends, o->threads, error);
}

/* A text of one or several lines, each behind six blanks. */
static void print_lines(const char *text)
{
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, "\n");
        if (length > 0)
            printf("      %.*s\n", (int)length, at);
        at += length + (at[length] == '\n');
    }
}

static void print_device(struct picture *p, int i)
{
    const struct fc_found_device *device = &p->hardware.device[i];
    const struct fc_device_info *info = &device->info;
    printf("    device %d: %s", device->number, info->name);
    if (info->driver[0])
        printf(" (%s)", info->driver);
    if (info->has_pci)
        printf(", PCI %04x:%02x:%02x.%x", info->pci.domain, info->pci.bus, info->pci.device,
               info->pci.function);
    printf("\n");
    fc_fold_flush();
    test_device(p, i);
    if (info->refused[0])
        printf("      cannot be used: %s\n", info->refused);
    else if (p->tested[i].status != FC_DONE)
        print_lines(p->tested[i].text);
    else
        printf("      self-test passed (%.0f ms)\n", 1e3 * p->test_s[i]);
    fc_fold_flush();
}

static void print_backends(struct picture *p, int threads)
{
    printf("Backends, as auto prefers their GPUs:\n");
    for (int b = 0; b < p->hardware.backend_count; b++) {
        const struct fc_found_backend *found = &p->hardware.backend[b];
        const char *title = found->backend->title;
        if (found->devices == 0) {
            printf("  %s: not found (%s); %s\n", title, found->why, found->backend->install);
            continue;
        }
        printf("  %s: found\n", title);
        for (int i = 0; i < p->hardware.device_count; i++)
            if (p->hardware.device[i].backend == found->backend)
                print_device(p, i);
        if (found->backend->is_host) {
            printf("      instruction sets that run here:");
            for (int k = 0; fc_kernels[k]; k++)
                if (fc_kernel_runs_here(fc_kernels[k]))
                    printf(" %s", fc_kernels[k]->name);
            printf("\n");
        }
    }
    choose(p, threads);
    printf("A run by default: %s\n", p->choice);
}

/* Prints what is known at once, and each self-test when it has ended. */
static int print(struct picture *p, int threads, struct fc_error *error)
{
    if (fc_topology_render(p->hardware.topology, &p->hardware.placement, stdout, fc_locale_is_utf8()))
        return fc_fail(error, FC_FAULT, "the machine could not be drawn to standard output");
    if (p->here)
        print_backends(p, threads);
    else
        printf(
            "Backends were not asked: this machine is described, its devices cannot be reached from here.\n");
    return 0;
}

static void write_pci(struct fc_writer *w, bool known, struct fc_pci_address pci)
{
    char text[32];
    snprintf(text, sizeof text, "%04x:%02x:%02x.%x", pci.domain, pci.bus, pci.device, pci.function);
    fc_write_text(w, "pci", known ? text : NULL);
}

static void write_machine(struct fc_writer *w, const struct picture *p)
{
    const struct fc_machine *m = fc_topology_machine(p->hardware.topology);
    char summary[256];
    fc_topology_summary(p->hardware.topology, summary, sizeof summary);
    fc_write_map(w, "machine");
    fc_write_text(w, "origin", m->origin);
    fc_write_text(w, "summary", summary);
    fc_write_signed(w, "packages", m->packages);
    fc_write_signed(w, "cores", m->cores);
    fc_write_signed(w, "threads", m->pus);
    fc_write_signed(w, "allowed_threads", m->limits.allowed_pus);
    if (m->limits.cpu_quota > 0)
        fc_write_number(w, "cpu_quota", m->limits.cpu_quota);
    fc_write_list(w, "numa_nodes");
    for (int i = 0; i < m->numa_nodes; i++) {
        fc_write_map(w, NULL);
        fc_write_unsigned(w, "os_index", m->numa_node[i].os_index);
        fc_write_unsigned(w, "bytes", m->numa_node[i].bytes);
        fc_write_signed(w, "cores", m->numa_node[i].cores);
        fc_write_flag(w, "gpu_memory", m->numa_node[i].is_gpu_memory);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_list(w, "gpus");
    for (int i = 0; i < m->gpus; i++) {
        const struct fc_gpu *gpu = &m->gpu[i];
        fc_write_map(w, NULL);
        fc_write_text(w, "name", gpu->name);
        write_pci(w, gpu->has_pci, gpu->pci);
        if (gpu->numa >= 0)
            fc_write_unsigned(w, "numa_node", m->numa_node[gpu->numa].os_index);
        else
            fc_write_null(w, "numa_node");
        fc_write_flag(w, "seen_by_hwloc", gpu->seen_by_hwloc);
        fc_write_flag(w, "seen_by_cuda", gpu->seen_by_cuda);
        fc_write_flag(w, "seen_by_opencl", gpu->seen_by_opencl);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_end(w);
}

static void write_backends(struct fc_writer *w, const struct picture *p)
{
    fc_write_list(w, "backends");
    for (int b = 0; b < p->hardware.backend_count; b++) {
        const struct fc_found_backend *found = &p->hardware.backend[b];
        fc_write_map(w, NULL);
        fc_write_text(w, "name", found->backend->name);
        fc_write_flag(w, "found", found->devices > 0);
        fc_write_text(w, "why_not", found->devices > 0 ? NULL : found->why);
        fc_write_text(w, "install", found->devices > 0 ? NULL : found->backend->install);
        fc_write_list(w, "devices");
        for (int i = 0; i < p->hardware.device_count; i++) {
            const struct fc_found_device *device = &p->hardware.device[i];
            if (device->backend != found->backend)
                continue;
            bool refused = device->info.refused[0], passed = !refused && p->tested[i].status == FC_DONE;
            fc_write_map(w, NULL);
            fc_write_signed(w, "number", device->number);
            fc_write_text(w, "name", device->info.name);
            fc_write_text(w, "driver", device->info.driver);
            fc_write_flag(w, "is_gpu", device->info.is_gpu);
            write_pci(w, device->info.has_pci, device->info.pci);
            fc_write_text(w, "refused", refused ? device->info.refused : NULL);
            fc_write_text(w, "selftest", refused ? "not run" : passed ? "passed" : p->tested[i].text);
            if (passed)
                fc_write_number(w, "selftest_s", p->test_s[i]);
            else
                fc_write_null(w, "selftest_s");
            fc_write_end(w);
        }
        fc_write_end(w);
        fc_write_end(w);
    }
    fc_write_end(w);
}

/* The backend whose devices these are, as -b takes it. */
static const char *name_of(enum fc_device_api api)
{
    for (int b = 0; fc_backends[b]; b++)
        if (!fc_backends[b]->is_host && fc_backends[b]->api == api)
            return fc_backends[b]->name;
    return NULL;
}

static void write_placement(struct fc_writer *w, const struct picture *p)
{
    const struct fc_machine *m = fc_topology_machine(p->hardware.topology);
    const struct fc_placement *placement = &p->hardware.placement;
    fc_write_map(w, "placement");
    fc_write_list(w, "threads");
    for (int t = 0; t < placement->threads; t++) {
        const struct fc_thread_place *place = &placement->thread[t];
        fc_write_map(w, NULL);
        fc_write_signed(w, "core", place->core);
        fc_write_signed(w, "hardware_thread", place->pu >= 0 ? (int64_t)m->pu[place->pu].os_index : -1);
        fc_write_signed(w, "numa_node", place->numa >= 0 ? (int64_t)m->numa_node[place->numa].os_index : -1);
        fc_write_signed(w, "feeds_device", place->device);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_list(w, "devices");
    for (int d = 0; d < placement->devices; d++) {
        const struct fc_device_place *place = &placement->device[d];
        fc_write_map(w, NULL);
        fc_write_text(w, "name", m->device[d].name);
        fc_write_text(w, "through", name_of(m->device[d].api));
        fc_write_flag(w, "works", place->works);
        fc_write_text(w, "why_not", place->works ? NULL : place->why);
        fc_write_signed(w, "thread", place->thread);
        fc_write_end(w);
    }
    fc_write_end(w);
    fc_write_list(w, "notes");
    for (int i = 0; i < placement->lines; i++)
        fc_write_text(w, NULL, placement->line[i]);
    fc_write_end(w);
    fc_write_end(w);
}

static int write_json(struct picture *p, int threads, struct fc_error *error)
{
    struct fc_writer *w = NULL;
    for (int i = 0; p->here && i < p->hardware.device_count; i++)
        test_device(p, i);
    if (fc_writer_open(&w, stdout, FC_JSON, error))
        return -1;
    fc_write_map(w, NULL);
    write_machine(w, p);
    write_backends(w, p);
    write_placement(w, p);
    if (p->here)
        choose(p, threads);
    fc_write_text(w, "default", p->here ? p->choice : NULL);
    fc_write_end(w);
    int status = fc_writer_close(w, error);
    putchar('\n');
    return status;
}

int fc_command_devices(int argc, char **argv)
{
    static struct picture picture; /* large, and there is one */
    struct options o = {0};
    struct fc_error error = {0};
    int parsed = read_options(argc, argv, &o, &error);
    if (parsed == 1) {
        fc_help_print(help, NULL);
        return FC_DONE;
    }
    int failed = parsed;
    fc_progress_waits(true);
    if (!failed)
        failed = look(&picture, &o, &error);
    if (!failed && !o.json)
        fc_fold_start();
    if (!failed)
        failed = o.json ? write_json(&picture, o.threads, &error) : print(&picture, o.threads, &error);
    if (!failed && (fflush(stdout) != 0 || ferror(stdout)))
        failed = fc_fail(&error, FC_FAULT, "the list could not be written to standard output");
    fc_hardware_free(&picture.hardware);
    if (!failed)
        return FC_DONE;
    fprintf(stderr, "flopcast: %s\n", error.text);
    return (int)error.status;
}

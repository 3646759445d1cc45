/* select.c: see select.h. */
#include "select.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "host/backends/kernels.h"
#include "probe.h"
#include "selftest.h"
#include "host/base/source.h"

/* What -b asks for. */
struct wish {
    bool automatic, all;
    bool named[FC_BACKENDS_MAX]; /* in the order of fc_backends */
    int names;
};

/* Reads "auto", "all" or names joined by ',' or '+'. */
static int read_wish(const char *text, struct wish *wish, struct fc_error *error)
{
    *wish = (struct wish){0};
    const char *at = text ? text : "auto";
    for (;;) {
        size_t length = strcspn(at, ",+");
        char shown[64], near[96];
        const char *words[FC_BACKENDS_MAX + 2] = {"auto", "all"};
        size_t count = 2;
        int which = -1;
        for (int i = 0; fc_backends[i]; i++) {
            words[count++] = fc_backends[i]->name;
            if (strlen(fc_backends[i]->name) == length && strncmp(at, fc_backends[i]->name, length) == 0)
                which = i;
        }
        if (which >= 0) {
            wish->names += !wish->named[which];
            wish->named[which] = true;
        } else if (length == 4 && strncmp(at, "auto", 4) == 0) {
            wish->automatic = true;
        } else if (length == 3 && strncmp(at, "all", 3) == 0) {
            wish->all = true;
        } else {
            return fc_fail(error, FC_BAD_INPUT,
                           "there is no backend '%s' (auto, all, cpu, opencl and cuda are known)%s",
                           fc_printable(shown, sizeof shown, at, length),
                           fc_did_you_mean(near, sizeof near, at, length, words, count));
        }
        if (at[length] == '\0')
            break;
        at += length + 1;
    }
    if (wish->automatic + wish->all + (wish->names > 0) > 1)
        return fc_fail(error, FC_BAD_INPUT,
                       "-b %s is contradictory ('auto' and 'all' cannot be combined with other names)", text);
    return 0;
}

static bool names_backend(const struct wish *wish, const struct fc_backend *backend)
{
    for (int i = 0; fc_backends[i]; i++)
        if (strcmp(fc_backends[i]->name, backend->name) == 0)
            return wish->named[i];
    return false;
}

/* An instruction set is the CPU's: auto then means the CPU. */
static int check_isa(const char *isa, struct wish *wish, struct fc_error *error)
{
    if (!isa)
        return 0;
    const struct fc_kernel *kernel = fc_kernel_find(isa);
    if (!kernel) {
        const char *names[16];
        char shown[64], near[96];
        size_t count = 0;
        for (; count < 16 && fc_kernels[count]; count++)
            names[count] = fc_kernels[count]->name;
        return fc_fail(error, FC_BAD_INPUT, "there is no instruction set '%s' (this build has %s)%s",
                       fc_printable(shown, sizeof shown, isa, strlen(isa)), fc_kernel_names(),
                       fc_did_you_mean(near, sizeof near, isa, strlen(isa), names, count));
    }
    if (!fc_kernel_runs_here(kernel))
        return fc_fail(
            error, FC_NO_DEVICE,
            "instruction set '%s' is not available (this CPU lacks it); leave --isa out to get the "
            "widest there is",
            isa);
    if (wish->automatic) {
        wish->automatic = false;
        wish->names = 1;
        for (int i = 0; fc_backends[i]; i++)
            wish->named[i] = fc_backends[i]->is_host;
    }
    if (!wish->all && !names_backend(wish, &fc_backend_cpu))
        return fc_fail(error, FC_BAD_INPUT, "--isa %s is for the CPU, which -b leaves out; add cpu to -b",
                       isa);
    return 0;
}

/* The work under way. */
struct choice {
    struct fc_selection *selection;
    const struct fc_hardware *hardware;
    const struct fc_select_request *request;
    struct wish wish;
    fc_index gpu[FC_DEVICES_MAX];   /* of each worker, -1 for none */
    fc_index place[FC_DEVICES_MAX]; /* of each worker, in fc_placement.device; -1 for none */
    int tried[FC_BACKENDS_MAX];     /* devices of a found backend that were tested */
    int twins[FC_BACKENDS_MAX];     /* devices whose GPU works through another entry */
};

static void say(struct fc_selection *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct fc_selection *s, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (s->notes < FC_NOTES_MAX)
        vsnprintf(s->note[s->notes++], FC_NOTE_BYTES, format, arguments);
    va_end(arguments);
}

static void append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void append(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    size_t used = strlen(text);
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

static fc_index gpu_of(const struct choice *c, const struct fc_found_device *device)
{
    return device->place < 0 ? -1 : fc_topology_machine(c->hardware->topology)->device[device->place].gpu;
}

static int backend_index(const struct fc_hardware *hardware, const struct fc_backend *backend)
{
    for (int b = 0; b < hardware->backend_count; b++)
        if (hardware->backend[b].backend == backend)
            return b;
    return -1;
}

/* Whether the device passes its self-test, or has passed it. */
static bool is_sound(const struct choice *c, const struct fc_found_device *device, struct fc_error *problem)
{
    if (!c->request->tested)
        return fc_selftest_patient(device->backend, device->number, device->info.name, &c->selection->host,
                                   problem) == 0;
    *problem = c->request->tested[device - c->hardware->device];
    return problem->status == FC_DONE;
}

/* Tests a device and takes it on. Returns 1 when it works, 0 when it is left out, -1 on error. */
static int take(struct choice *c, const struct fc_found_device *device, struct fc_error *error)
{
    struct fc_selection *s = c->selection;
    struct fc_error problem = {0};
    fc_index gpu = gpu_of(c, device);
    int b = backend_index(c->hardware, device->backend);
    for (int w = 0; gpu >= 0 && w < s->worker_count; w++) {
        if (c->gpu[w] == gpu) {
            c->twins[b]++;
            return 0;
        }
    }
    c->tried[b]++;
    if (!is_sound(c, device, &problem)) {
        if (problem.status == FC_FAULT && device->backend->is_host) { /* no memory: another device would not help */
            *error = problem;
            return -1;
        }
        if (c->request->strict)
            return fc_fail(error, FC_NO_DEVICE, "%s %s: %.1200s (--strict stops here)",
                           device->backend->title, device->info.name, problem.text);
        say(s, "%s %s is left out: %.240s", device->backend->title, device->info.name, problem.text);
        return 0;
    }
    struct fc_worker *worker = &s->workers[s->worker_count];
    *worker = (struct fc_worker){.backend = device->backend, .device = device->number};
    snprintf(worker->name, sizeof worker->name, "%s: %s", device->backend->title, device->info.name);
    c->place[s->worker_count] = device->place;
    c->gpu[s->worker_count++] = gpu;
    return 1;
}

/* Takes on all devices of a class; with a device number, that one alone. Returns their number or -1. */
static int take_class(struct choice *c, enum fc_device_kind kind, struct fc_error *error)
{
    int taken = 0;
    for (int i = 0; i < c->hardware->device_count; i++) {
        const struct fc_found_device *device = &c->hardware->device[i];
        if (device->kind != kind || device->info.refused[0] ||
            (c->request->device >= 0 && device->number != c->request->device))
            continue;
        int status = take(c, device, error);
        if (status < 0)
            return -1;
        taken += status;
    }
    return taken;
}

/* Why a named backend has no device at work. */
static int refuse(const struct choice *c, int b, struct fc_error *error)
{
    const struct fc_found_backend *found = &c->hardware->backend[b];
    const char *title = found->backend->title;
    int wanted = c->request->device;
    if (found->devices == 0)
        return fc_fail(error, FC_NO_DEVICE, "%s is not available (%s); %s", title, found->why,
                       found->backend->install);
    if (wanted >= found->devices)
        return fc_fail(error, FC_NO_DEVICE, "%s has no device %d (the highest is %d); see flopcast devices",
                       title, wanted, found->devices - 1);
    for (int i = 0; i < c->hardware->device_count; i++) {
        const struct fc_found_device *device = &c->hardware->device[i];
        if (device->backend == found->backend && device->info.refused[0] &&
            (wanted < 0 || device->number == wanted))
            return fc_fail(error, FC_NO_DEVICE, "%s %s cannot be used (%s); choose another device, or: %s",
                           title, device->info.name, device->info.refused, found->backend->install);
    }
    return fc_fail(error, FC_NO_DEVICE, "%s has no device that works (%s); see flopcast devices", title,
                   c->selection->notes ? c->selection->note[c->selection->notes - 1]
                                       : "none passed its self-test");
}

static int take_named(struct choice *c, struct fc_error *error)
{
    for (int kind = 0; kind < FC_KINDS; kind++) {
        for (int b = 0; b < c->hardware->backend_count; b++) {
            const struct fc_backend *backend = c->hardware->backend[b].backend;
            bool fits = (int)backend->gpu == kind || (int)backend->cpu == kind;
            /* OpenCL's CPU device only where OpenCL has no GPU, or when its number is given */
            bool second =
                kind == FC_KIND_OPENCL_CPU && c->request->device < 0 && (c->tried[b] || c->twins[b]);
            if (fits && !second && names_backend(&c->wish, backend) &&
                take_class(c, (enum fc_device_kind)kind, error) < 0)
                return -1;
        }
    }
    for (int b = 0; b < c->hardware->backend_count; b++) {
        const struct fc_found_backend *found = &c->hardware->backend[b];
        if (!names_backend(&c->wish, found->backend))
            continue;
        bool works = false;
        for (int w = 0; w < c->selection->worker_count; w++)
            works = works || c->selection->workers[w].backend == found->backend;
        if (!works && c->twins[b])
            say(c->selection, "%s adds nothing: its GPUs work through CUDA already", found->backend->title);
        else if (!works && (c->tried[b] == 0 || c->selection->worker_count == 0))
            return refuse(c, b, error);
    }
    return 0;
}

static int take_unnamed(struct choice *c, struct fc_error *error)
{
    for (int kind = 0; kind < FC_KINDS; kind++) {
        if (c->wish.all && kind == FC_KIND_OPENCL_CPU && c->selection->worker_count > 0)
            break;
        int taken = take_class(c, (enum fc_device_kind)kind, error);
        if (taken < 0)
            return -1;
        if (taken > 0 && c->wish.automatic)
            break;
    }
    if (c->selection->worker_count == 0)
        return fc_fail(error, FC_NO_DEVICE, "no device works (%s); see flopcast devices",
                       c->selection->notes ? c->selection->note[0] : "none was found");
    return 0;
}

/* GPUs that work keep a thread each to feed them; the CPU computes with the others, which come first. */
static void share_threads(struct fc_selection *s, const struct choice *c)
{
    struct fc_placement *p = &s->placement;
    int feeders = 0;
    bool cpu = false;
    for (int w = 0; w < s->worker_count; w++) {
        feeders += c->gpu[w] >= 0;
        cpu = cpu || s->workers[w].backend->is_host;
    }
    s->host.threads = p->threads;
    if (!cpu || feeders == 0)
        return;
    s->host.threads = p->threads > feeders ? p->threads - feeders : 1;
    int next = 0;
    for (int t = 0; t < p->threads; t++) { /* stable: computing threads to the front */
        if (p->thread[t].device >= 0)
            continue;
        struct fc_thread_place here = p->thread[t];
        memmove(&p->thread[next + 1], &p->thread[next], (size_t)(t - next) * sizeof here);
        p->thread[next++] = here;
    }
    for (int d = 0; d < p->devices; d++)
        for (int t = 0; t < p->threads; t++)
            if (p->device[d].works && p->thread[t].device == d)
                p->device[d].thread = t;
}

/* "found 2 GPUs (NVIDIA H100 80GB HBM3, ...)" or why there is none. */
static void describe_found(const struct fc_hardware *hardware, char *text, size_t size)
{
    int gpus = 0, others = 0;
    char names[200] = "";
    for (int i = 0; i < hardware->device_count; i++) {
        const struct fc_found_device *device = &hardware->device[i];
        bool usable_gpu = device->info.is_gpu && !device->info.refused[0];
        if (usable_gpu && (device->place < 0 || hardware->placement.device[device->place].works)) {
            append(names, sizeof names, "%s%s", gpus ? ", " : "", device->info.name);
            gpus++;
        }
    }
    if (gpus) {
        append(text, size, "found %d GPU%s (%s); ", gpus, gpus == 1 ? "" : "s", names);
        return;
    }
    append(text, size, "no GPU found (");
    for (int b = 0; b < hardware->backend_count; b++) {
        const struct fc_found_backend *found = &hardware->backend[b];
        const char *refused = NULL;
        if (found->backend->is_host)
            continue;
        for (int i = 0; i < hardware->device_count; i++)
            if (hardware->device[i].backend == found->backend && hardware->device[i].info.is_gpu)
                refused = hardware->device[i].info.refused;
        append(text, size, "%s%s: %s%s", others++ ? "; " : "", found->backend->title,
               refused          ? "its GPU cannot be used, "
               : found->devices ? "only the CPU"
                                : found->why,
               refused ? refused : "");
    }
    append(text, size, "); ");
}

static void describe(struct choice *c, const struct fc_hardware *hardware)
{
    struct fc_selection *s = c->selection;
    const struct fc_kernel *best = fc_kernel_best(), *rival = fc_kernel_rival(best);
    char isa[64];
    snprintf(isa, sizeof isa, "%s%s%s", c->request->isa ? c->request->isa : best->name,
             rival && !c->request->isa ? " or " : "", rival && !c->request->isa ? rival->name : "");
    if (c->wish.automatic || c->wish.all)
        describe_found(hardware, s->line, sizeof s->line);
    append(s->line, sizeof s->line, "running on ");
    for (int w = 0; w < s->worker_count; w++) {
        struct fc_worker *worker = &s->workers[w];
        if (worker->backend->is_host)
            snprintf(worker->name, sizeof worker->name, "CPU, %d thread%s, %s", s->host.threads,
                     s->host.threads == 1 ? "" : "s", isa);
        append(s->line, sizeof s->line, "%s%s", w == 0 ? "" : " + ", worker->name);
        bool named = false;
        for (int k = 0; k < w; k++)
            named = named || s->workers[k].backend == worker->backend;
        if (!named)
            append(s->backends, sizeof s->backends, "%s%s", w == 0 ? "" : "+", worker->backend->name);
    }
    if (!c->wish.automatic)
        append(s->line, sizeof s->line, ", as asked");
}

int fc_select_from(struct fc_selection *selection, struct fc_hardware *hardware,
                   const struct fc_select_request *request, struct fc_error *error)
{
    struct choice c = {.selection = selection, .hardware = hardware, .request = request};
    *selection = (struct fc_selection){0};
    if (read_wish(request->backends, &c.wish, error) || check_isa(request->isa, &c.wish, error))
        return -1;
    if (request->device >= 0 && c.wish.names != 1)
        return fc_fail(error, FC_BAD_INPUT, "--device %d needs one backend by name; say -b cuda or -b opencl",
                       request->device);
    selection->workers = calloc(FC_DEVICES_MAX, sizeof *selection->workers);
    if (!selection->workers)
        return fc_fail(error, FC_FAULT, "out of memory for the list of devices");
    selection->host = (struct fc_host){.topology = hardware->topology,
                                       .placement = NULL, /* the self-test binds nothing */
                                       .threads = hardware->placement.threads,
                                       .isa = request->isa};
    for (int i = 0; i < hardware->placement.lines; i++) {
        /* who named a backend did not ask for all devices, so a GPU that nobody reports says nothing */
        bool misleading = c.wish.names > 0 && strstr(hardware->placement.line[i], "idle (neither");
        if (!misleading)
            say(selection, "%s", hardware->placement.line[i]);
    }
    if (c.wish.names > 0 ? take_named(&c, error) : take_unnamed(&c, error)) {
        fc_select_free(selection);
        return -1;
    }
    fc_topology_summary(hardware->topology, selection->topology, sizeof selection->topology);
    selection->placement = hardware->placement;
    share_threads(selection, &c);
    for (int w = 0; w < selection->worker_count; w++)
        if (c.place[w] >= 0 && selection->placement.device[c.place[w]].works)
            selection->workers[w].feeder = selection->placement.device[c.place[w]].thread + 1;
    describe(&c, hardware);
    selection->topology_handle = hardware->topology;
    selection->host.placement = &selection->placement;
    hardware->topology = NULL;
    hardware->placement = (struct fc_placement){0};
    return 0;
}

/* Selects among the backends that the wish names, or all; OpenCL is passed over with `no_opencl`. */
static int select_among(struct fc_selection *selection, const struct fc_select_request *request,
                        const struct wish *wish, bool no_opencl, struct fc_error *error)
{
    struct fc_hardware hardware;
    const struct fc_backend *asked[FC_BACKENDS_MAX + 1] = {0};
    int count = 0;
    for (int i = 0; i < FC_BACKENDS_MAX && fc_backends[i]; i++)
        if ((wish->names == 0 || wish->named[i]) && !(no_opencl && fc_backends[i] == &fc_backend_opencl))
            asked[count++] = fc_backends[i];
    if (fc_hardware_find(&hardware, asked, request->threads, error))
        return -1;
    if (no_opencl && hardware.backend_count < FC_BACKENDS_MAX) {
        struct fc_found_backend *found = &hardware.backend[hardware.backend_count++];
        *found = (struct fc_found_backend){.backend = &fc_backend_opencl};
        snprintf(found->why, sizeof found->why, "no driver for a GPU");
    }
    int status = fc_select_from(selection, &hardware, request, error);
    fc_hardware_free(&hardware);
    return status;
}

int fc_select(struct fc_selection *selection, const struct fc_select_request *request, struct fc_error *error)
{
    struct wish wish;
    *selection = (struct fc_selection){0};
    if (read_wish(request->backends, &wish, error) || check_isa(request->isa, &wish, error))
        return -1;
    bool pocl_alone = wish.automatic && !fc_probe_opencl_gpu();
    int status = select_among(selection, request, &wish, pocl_alone, error);
    if (status && pocl_alone && error->status == FC_NO_DEVICE &&
        !request->strict) /* then PoCL is better than nothing */
        status = select_among(selection, request, &wish, false, error);
    return status;
}

void fc_select_print(const struct fc_selection *selection, FILE *out)
{
    fprintf(out, "flopcast: %s\n", selection->line);
    for (int i = 0; i < selection->notes; i++)
        fprintf(out, "flopcast: %s\n", selection->note[i]);
}

void fc_select_free(struct fc_selection *selection)
{
    fc_placement_free(&selection->placement);
    fc_topology_free(selection->topology_handle);
    free(selection->workers);
    *selection = (struct fc_selection){0};
}

/* opencl_build.c: from the source inside the program to kernels on a device; compiled programs are kept in
 * the user's cache folder ($XDG_CACHE_HOME/flopcast or ~/.cache/flopcast). Whatever goes wrong with the cache
 * is passed over. */
#include "opencl.h"

#ifdef FC_WITH_OPENCL
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/base/output.h"
#include "host/language/embedded.h"
#include "fault.h"

enum { OPTION_BYTES = 512, BINARY_BYTES_MAX = 64 << 20 };
enum { LOG_LINES = 5, LOG_COLUMNS = 200, LOG_ROOM = 40 /* for what is said behind it */ };

/* FNV-1a (Fowler, Noll, Vo), 64 bits. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return (hash ^ 0xffu) * 0x100000001b3u; /* so that two texts do not read as one */
}

/* The file that would hold this program compiled for this device; false when there is no place for it. */
static bool cache_path(const struct fc_opencl *cl, cl_device_id device, const char *source,
                       const char *options, char *path, size_t size)
{
    char folder[1024];
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (base && base[0] == '/')
        snprintf(folder, sizeof folder, "%s/flopcast", base);
    else if (home && home[0] == '/')
        snprintf(folder, sizeof folder, "%s/.cache/flopcast", home);
    else
        return false;
    for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(folder, 0700);
        *slash = '/';
    }
    mkdir(folder, 0700);
    uint64_t hash = hash_text(hash_text(0xcbf29ce484222325u, source), options);
    static const cl_device_info parts[] = {CL_DEVICE_NAME, CL_DEVICE_VENDOR, CL_DEVICE_VERSION,
                                           CL_DRIVER_VERSION};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char text[1024] = "";
        if (cl->get_device_info(device, parts[i], sizeof text - 1, text, NULL) != CL_SUCCESS)
            return false;
        hash = hash_text(hash, text);
    }
    int length = snprintf(path, size, "%s/opencl-%016" PRIx64 ".bin", folder, hash);
    return length > 0 && (size_t)length < size;
}

/* What stands before the binary in a file of the cache: a file that does not fit it is removed, for drivers crash on
 * damaged binaries. */
struct cache_head {
    char name[16];
    uint64_t length, hash;
};

static const char cache_name[16] = "flopcast-cl-2";

static uint64_t hash_bytes(const unsigned char *bytes, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

/* The binary of a file of the cache, to be freed; NULL when there is none or it is damaged (it is then removed). */
static unsigned char *read_cached(const char *path, size_t *length)
{
    struct cache_head head;
    unsigned char *binary = NULL, more;
    FILE *file = fopen(path, "rbe");
    if (!file)
        return NULL;
    bool good = fread(&head, sizeof head, 1, file) == 1 &&
                memcmp(head.name, cache_name, sizeof head.name) == 0 && head.length > 0 &&
                head.length <= BINARY_BYTES_MAX;
    if (good && !(binary = malloc(head.length))) {
        (void)fclose(file);
        return NULL;
    }
    good = good && fread(binary, 1, head.length, file) == head.length && fread(&more, 1, 1, file) == 0 &&
           hash_bytes(binary, head.length) == head.hash;
    (void)fclose(file);
    if (good) {
        *length = head.length;
        return binary;
    }
    free(binary);
    remove(path);
    return NULL;
}

/* The program from the cache, built, or NULL. */
static cl_program load_cached(const struct fc_opencl *cl, cl_context context, cl_device_id device,
                              const char *path, const char *options)
{
    size_t length = 0;
    unsigned char *binary = read_cached(path, &length);
    if (!binary)
        return NULL;
    const unsigned char *binaries[] = {binary};
    cl_int status = CL_SUCCESS, code = CL_SUCCESS;
    cl_program program =
        cl->create_program_with_binary(context, 1, &device, &length, binaries, &status, &code);
    if (program && (code != CL_SUCCESS || status != CL_SUCCESS ||
                    cl->build_program(program, 1, &device, options, NULL, NULL) != CL_SUCCESS)) {
        cl->release_program(program);
        program = NULL;
    }
    if (!program)
        remove(path);
    free(binary);
    return program;
}

static void save_cached(const struct fc_opencl *cl, cl_program program, const char *path)
{
    struct fc_output *output;
    struct fc_error unused;
    size_t size = 0;
    if (cl->get_program_info(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL) != CL_SUCCESS ||
        size == 0 || size > BINARY_BYTES_MAX)
        return;
    unsigned char *binary = malloc(size);
    if (!binary)
        return;
    if (cl->get_program_info(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) == CL_SUCCESS &&
        fc_output_open(&output, "cache", path, &unused) == 0) {
        struct cache_head head = {.length = size, .hash = hash_bytes(binary, size)};
        memcpy(head.name, cache_name, sizeof head.name);
        FILE *file = fc_output_begin(output, &unused);
        if (file && fwrite(&head, sizeof head, 1, file) == 1 && fwrite(binary, 1, size, file) == size)
            (void)fc_output_commit(output, &unused);
        fc_output_close(output);
    }
    free(binary);
}

/* Cuts a compiler's log to its first lines that name an error (any, where none does), and counts the others. */
static void shorten(char *log)
{
    bool named = strstr(log, "error") != NULL;
    size_t used = 0;
    int kept = 0, left_out = 0;
    for (char *at = log; *at;) {
        size_t length = strcspn(at, "\n");
        char *next = at + length + (at[length] == '\n');
        char end = at[length];
        at[length] = '\0';
        if (length > 0 && kept < LOG_LINES && (!named || strstr(at, "error"))) {
            size_t part = length < LOG_COLUMNS ? length : LOG_COLUMNS;
            memmove(log + used, at, part);
            used += part;
            log[used++] = end ? '\n' : '\0';
            kept++;
        } else {
            left_out += length > 0;
        }
        at = next;
    }
    if (used > 0 && log[used - 1] == '\n')
        used--;
    log[used] = '\0';
    if (left_out > 0 && used > 0)
        snprintf(log + used, LOG_ROOM, "\n(%d more line%s)", left_out, left_out == 1 ? "" : "s");
}

static int fail_with_log(const struct fc_opencl *cl, cl_program program, cl_device_id device, cl_int code,
                         struct fc_error *error)
{
    struct fc_device_info info;
    fc_opencl_describe(cl, device, &info);
    char advice[400];
    char *log = NULL;
    size_t size = 0;
    if (cl->get_program_build_info(program, device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) == CL_SUCCESS &&
        size > 1) {
        log = calloc(size + LOG_ROOM + 1, 1);
        if (log &&
            cl->get_program_build_info(program, device, CL_PROGRAM_BUILD_LOG, size, log, NULL) != CL_SUCCESS)
            log[0] = '\0';
        if (log)
            shorten(log);
    }
    fc_fail(error, FC_NO_DEVICE,
            "the kernels do not build on OpenCL device '%s' (%s); its compiler says:\n%.1200s%s", info.name,
            fc_opencl_code(code), log && log[0] ? log : "(nothing)",
            strstr(info.driver, "Portable") ? fc_opencl_cache_advice(advice, sizeof advice) : "");
    free(log);
    return -1;
}

int fc_opencl_build(const struct fc_opencl *cl, cl_context context, cl_device_id device,
                    const struct fc_opencl_settings *settings, cl_program *program, struct fc_error *error)
{
    *program = NULL;
    const char *source = settings->source;
    if (!source) {
        const struct fc_embedded_file *file = fc_embedded_find("cuda/trial.cl");
        if (!file)
            return fc_fail(error, FC_NO_DEVICE, "this build holds no OpenCL kernels; rebuild flopcast");
        source = (const char *)file->data;
    }
    char options[OPTION_BYTES];
    snprintf(options, sizeof options,
             "-w -cl-std=CL1.2 -cl-fp32-correctly-rounded-divide-sqrt -DFC_W=%d -DFC_CHUNK=%d%s %s",
             settings->lanes, settings->chunk, settings->own_tallies ? " -DFC_ATOMICS_PLAIN" : "",
             settings->extra_options ? settings->extra_options : "");
    bool broken = fc_fault_asked("opencl", "build");
    char path[1100];
    bool cached =
        settings->use_cache && !broken && cache_path(cl, device, source, options, path, sizeof path);
    if (cached && (*program = load_cached(cl, context, device, path, options)))
        return 0;

    const char *texts[] = {broken ? "#error fault on purpose (FLOPCAST_FAULT)\n" : "", source};
    cl_int code = CL_SUCCESS;
    cl_program fresh = cl->create_program_with_source(context, 2, texts, NULL, &code);
    if (!fresh || code != CL_SUCCESS)
        return fc_fail(error, FC_NO_DEVICE, "the OpenCL driver rejects the kernels (%s)",
                       fc_opencl_code(code));
    code = cl->build_program(fresh, 1, &device, options, NULL, NULL);
    if (code != CL_SUCCESS) {
        fail_with_log(cl, fresh, device, code, error);
        cl->release_program(fresh);
        return -1;
    }
    if (cached)
        save_cached(cl, fresh, path);
    *program = fresh;
    return 0;
}
#endif

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

#include "host/language/embedded.h"
#include "fault.h"

enum { OPTION_BYTES = 512, BINARY_BYTES_MAX = 64 << 20 };

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

/* The program from the cache, built, or NULL. */
static cl_program load_cached(const struct fc_opencl *cl, cl_context context, cl_device_id device,
                              const char *path, const char *options)
{
    cl_program program = NULL;
    unsigned char *binary = NULL;
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    if (fseek(file, 0, SEEK_END))
        goto done;
    long size = ftell(file);
    if (size <= 0 || size > BINARY_BYTES_MAX || fseek(file, 0, SEEK_SET))
        goto done;
    size_t length = (size_t)size;
    binary = malloc(length);
    if (!binary || fread(binary, 1, length, file) != length)
        goto done;
    const unsigned char *binaries[] = {binary};
    cl_int status = CL_SUCCESS, code = CL_SUCCESS;
    program = cl->create_program_with_binary(context, 1, &device, &length, binaries, &status, &code);
    if (program && (code != CL_SUCCESS || status != CL_SUCCESS ||
                    cl->build_program(program, 1, &device, options, NULL, NULL) != CL_SUCCESS)) {
        cl->release_program(program);
        program = NULL;
    }
    if (!program)
        remove(path);
done:
    free(binary);
    fclose(file);
    return program;
}

static void save_cached(const struct fc_opencl *cl, cl_program program, const char *path)
{
    size_t size = 0;
    unsigned char *binary = NULL;
    char other[1200];
    snprintf(other, sizeof other, "%s.%ld", path, (long)getpid());
    if (cl->get_program_info(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL) != CL_SUCCESS ||
        size == 0 || size > BINARY_BYTES_MAX)
        return;
    binary = malloc(size);
    if (!binary)
        return;
    FILE *file = NULL;
    if (cl->get_program_info(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL) == CL_SUCCESS)
        file = fopen(other, "wb");
    if (file) {
        bool whole = fwrite(binary, 1, size, file) == size;
        whole = fclose(file) == 0 && whole;
        if (!whole || rename(other, path)) /* whole or not at all, whoever else writes the same file */
            remove(other);
    }
    free(binary);
}

static int fail_with_log(const struct fc_opencl *cl, cl_program program, cl_device_id device, cl_int code,
                         struct fc_error *error)
{
    struct fc_device_info info;
    fc_opencl_describe(cl, device, &info);
    char *log = NULL;
    size_t size = 0;
    if (cl->get_program_build_info(program, device, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) == CL_SUCCESS &&
        size > 1) {
        log = calloc(size + 1, 1);
        if (log &&
            cl->get_program_build_info(program, device, CL_PROGRAM_BUILD_LOG, size, log, NULL) != CL_SUCCESS)
            log[0] = '\0';
    }
    fc_fail(error, FC_NO_DEVICE,
            "the kernels do not build on OpenCL device '%s' (%s); its compiler says:\n%.1500s", info.name,
            fc_opencl_code(code), log && log[0] ? log : "(nothing)");
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
        return fc_fail(error, FC_NO_DEVICE, "the OpenCL driver does not take the kernels (%s)",
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

/* fuzz_scenario.c: any bytes as a scenario, for libFuzzer (tests/long_fuzz.sh builds and runs it).
 *
 * Whatever the bytes are: they are refused in one line that names a place in them, or they compile exactly as `run`
 * compiles them, with all layers, and two trials of them run. The sanitizers watch over the rest. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/backends/kernels.h"
#include "host/base/document.h"
#include "host/compile/scenario.h"
#include "host/language/settings.h"
#include "tests/fuzz_bundled.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[96];

static void broken(const char *what, const char *text)
{
    fprintf(stderr, "%s: '%s'\n", what, text);
    abort();
}

static void check_error(const struct fc_error *error, const char *file)
{
    int line, column, used = 0;
    size_t length = strlen(file);
    if (error->status != FC_BAD_INPUT)
        broken("the input is wrong, but the status is another", error->text);
    if (strchr(error->text, '\n') || strlen(error->text) < 10)
        broken("an error is one line", error->text);
    if (strncmp(error->text, file, length) != 0 ||
        sscanf(error->text + length, ":%d:%d: %n", &line, &column, &used) != 2 || used == 0 || line < 1 ||
        column < 1)
        broken("an error names file, line and column", error->text);
}

static void run(const struct fc_compiled *compiled)
{
    const struct fc_kernel *kernel = fc_kernel_best();
    size_t rows = (size_t)compiled->program.metric_count;
    void *scratch = calloc(1, (size_t)kernel->scratch_bytes + 64);
    float *out = malloc((rows + 1) * (size_t)kernel->chunk * sizeof *out);
    if (!scratch || !out)
        abort();
    uintptr_t aligned = ((uintptr_t)scratch + 63) & ~(uintptr_t)63;
    kernel->run(&compiled->program, compiled->tables, 1, 0, 2, (void *)aligned, out);
    free(scratch);
    free(out);
}

/* Most inputs fail here, which costs little: the catalog is not opened for them. */
static int reads(const uint8_t *data, size_t size)
{
    struct fc_error error = {0};
    struct fc_document *document;
    if (fc_document_open_text(&document, "fuzz", (const char *)data, size, FC_SCENARIO_BYTES, &error)) {
        check_error(&error, "fuzz");
        return 0;
    }
    struct fc_settings *settings = malloc(sizeof *settings);
    if (!settings)
        abort();
    fc_settings_init(settings);
    int good = fc_settings_read(settings, document, &error) == 0;
    if (!good)
        check_error(&error, "fuzz");
    fc_settings_free(settings);
    free(settings);
    fc_document_close(document);
    return good;
}

static void remove_folder(void)
{
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!path[0]) {
        snprintf(path, sizeof path, "/tmp/flopcast-fuzz-XXXXXX");
        if (!mkdtemp(path))
            abort();
        strcat(path, "/fuzz.yaml");
        atexit(remove_folder);
    }
    if (!reads(data, size))
        return 0;
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(data, 1, size, out) != size || fclose(out))
        abort();
    struct fc_error error = {0};
    struct fc_scenario scenario;
    struct fc_scenario_options options = {0};
    if (fc_scenario_open(&scenario, path, &options, &error)) {
        check_error(&error, path);
        return 0;
    }
    run(&scenario.compiled);
    fc_scenario_close(&scenario);
    return 0;
}

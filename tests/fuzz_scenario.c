/* fuzz_scenario.c: any bytes as a scenario, for libFuzzer (tests/long_fuzz.sh builds and runs it).
 *
 * Whatever the bytes are: they are refused with one line that names a place in them, or they compile, and
 * then four trials of them run. The sanitizers watch over the rest. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/document.h"
#include "host/language/embedded.h"
#include "host/backends/kernels.h"
#include "host/compile/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void broken(const char *what, const char *text)
{
    fprintf(stderr, "%s: '%s'\n", what, text);
    abort();
}

static void check_error(const struct fc_error *error)
{
    int line, column, used = 0;
    if (error->status != FC_BAD_INPUT)
        broken("the input is wrong, but the status is another", error->text);
    if (strchr(error->text, '\n') || strlen(error->text) < 10)
        broken("an error is one line", error->text);
    if (sscanf(error->text, "fuzz:%d:%d: %n", &line, &column, &used) != 2 || used == 0 || line < 1 ||
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
    kernel->run(&compiled->program, compiled->tables, 1, 0, 4, (void *)aligned, out);
    free(scratch);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fc_catalog *catalog;
    static struct fc_document *defaults;
    struct fc_error error = {0};
    if (!catalog) {
        const struct fc_embedded_file *file = fc_embedded_find("catalog/defaults.yaml");
        if (fc_catalog_open(&catalog, &error) ||
            fc_document_open_text(&defaults, file->name, (const char *)file->data, file->size,
                                  FC_SCENARIO_BYTES, &error))
            broken("the catalog is broken", error.text);
    }
    struct fc_document *document;
    if (fc_document_open_text(&document, "fuzz", (const char *)data, size, FC_SCENARIO_BYTES, &error)) {
        check_error(&error);
        return 0;
    }
    struct fc_settings *settings = malloc(sizeof *settings);
    if (!settings)
        abort();
    fc_settings_init(settings);
    struct fc_compiled compiled;
    if (fc_settings_read(settings, document, &error)) {
        check_error(&error);
    } else if (fc_settings_apply_defaults(settings, defaults, &error)) {
        broken("the defaults are broken", error.text);
    } else if (fc_program_compile(&compiled, settings, catalog, &error)) {
        check_error(&error);
    } else {
        if (!(compiled.program.layers &
              FC_LAYER_RUN)) /* a run may hold any number of failures, and take its time */
            run(&compiled);
        fc_program_free(&compiled);
    }
    fc_settings_free(settings);
    free(settings);
    fc_document_close(document);
    return 0;
}

/* fuzz_catalog.c: any bytes as a file of one's own catalog, for libFuzzer (tests/long_fuzz.sh builds and runs it).
 *
 * Whatever the bytes are: the file is refused in one line that names a place in it, or every model, GPU and network in
 * the catalog can be asked for its figures. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/step/architecture.h"
#include "host/step/gpu.h"
#include "tests/fuzz_bundled.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void broken(const char *what, const char *text)
{
    fprintf(stderr, "%s: '%s'\n", what, text);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char folder[64], path[96];
    struct fc_error error = {0};
    struct fc_catalog *catalog;
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "/tmp/flopcast-fuzz-XXXXXX");
        if (!mkdtemp(folder))
            abort();
        snprintf(path, sizeof path, "%s/own.yaml", folder);
        setenv("FLOPCAST_CATALOG", folder, 1);
    }
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(data, 1, size, out) != size || fclose(out))
        abort();
    if (fc_catalog_open(&catalog, &error)) {
        if (error.status != FC_BAD_INPUT || strchr(error.text, '\n') ||
            strncmp(error.text, path, strlen(path)) != 0)
            broken("an error is one line that names the file", error.text);
        return 0;
    }
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        struct fc_architecture model;
        struct fc_accelerator gpu;
        if (strcmp(entry->place.file, path) != 0)
            continue;
        if (strcmp(entry->kind, "model") == 0 && fc_architecture_read(&model, entry, NULL, &error) &&
            error.status != FC_BAD_INPUT)
            broken("a model is refused as what it is", error.text);
        if (strcmp(entry->kind, "gpu") == 0 &&
            fc_accelerator_read(&gpu, catalog, entry->name, NULL, &error) && error.status != FC_BAD_INPUT)
            broken("a GPU is refused as what it is", error.text);
    }
    fc_catalog_close(catalog);
    return 0;
}

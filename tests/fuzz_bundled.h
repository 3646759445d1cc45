/* fuzz_bundled.h: catalog.c with the bundled files read once, for fuzz targets; to be included by one source file, which
 * then stands for catalog.o. Reading them again for each input takes a tenth of a second under the sanitizers, and an input a
 * thousandth. fc_catalog_open gives a copy with the user's files read anew, and fc_catalog_close closes these alone. */
#ifndef FC_TESTS_FUZZ_BUNDLED_H
#define FC_TESTS_FUZZ_BUNDLED_H

#include "host/language/catalog.h"

int whole_open(struct fc_catalog **catalog, struct fc_error *error);
void whole_close(struct fc_catalog *catalog);
#define fc_catalog_open whole_open
#define fc_catalog_close whole_close
#include "host/language/catalog.c"
#undef fc_catalog_open
#undef fc_catalog_close

static const struct fc_catalog *bundled(void)
{
    static struct fc_catalog *whole;
    struct fc_error error = {0};
    if (whole)
        return whole;
    char *directory = getenv("FLOPCAST_CATALOG");
    directory = directory ? strdup(directory) : NULL;
    unsetenv("FLOPCAST_CATALOG");
    if (whole_open(&whole, &error) < 0) {
        fprintf(stderr, "the bundled catalog is broken: %s\n", error.text);
        abort();
    }
    if (directory)
        setenv("FLOPCAST_CATALOG", directory, 1);
    free(directory);
    return whole;
}

int fc_catalog_open(struct fc_catalog **catalog, struct fc_error *error)
{
    struct fc_catalog *copy = malloc(sizeof *copy);
    const char *directory = getenv("FLOPCAST_CATALOG");
    *catalog = NULL;
    if (!copy)
        abort();
    *copy = *bundled();
    copy->documents = malloc(copy->document_room * sizeof(*copy->documents));
    copy->entries = malloc(copy->room * sizeof *copy->entries);
    if (!copy->documents || !copy->entries)
        abort();
    memcpy(copy->documents, bundled()->documents, copy->document_count * sizeof(*copy->documents));
    memcpy(copy->entries, bundled()->entries, copy->count * sizeof *copy->entries);
    copy->reading_own = true;
    if (directory && directory[0] && add_directory(copy, directory, error) < 0) {
        fc_catalog_close(copy);
        return -1;
    }
    *catalog = copy;
    return 0;
}

void fc_catalog_close(struct fc_catalog *catalog)
{
    if (!catalog)
        return;
    for (size_t i = bundled()->document_count; i < catalog->document_count; i++)
        fc_document_close(catalog->documents[i]);
    free(catalog->documents);
    free(catalog->entries);
    free(catalog);
}

#endif

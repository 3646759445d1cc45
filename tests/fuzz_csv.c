/* fuzz_csv.c: any bytes as a table of measured steps, for libFuzzer (tests/long_fuzz.sh builds and runs it).
 *
 * Whatever the bytes are: the table is refused in at most nine lines, the first of which names the file, or each row is used or has its reason. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/calibrate/measurements.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void broken(const char *what, const char *text)
{
    fprintf(stderr, "%s: '%s'\n", what, text);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fc_catalog *catalog;
    struct fc_measurements rows;
    struct fc_error error = {0};
    if (!catalog && fc_catalog_open(&catalog, &error))
        broken("the catalog is broken", error.text);
    char *text = malloc(size + 1); /* exactly as long as it is, so that a read behind it is seen */
    if (!text)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    if (fc_measurements_read(&rows, "fuzz", text, size, catalog, &error)) {
        int lines = 1;
        for (const char *at = error.text; *at; at++)
            lines += *at == '\n';
        if (error.status != FC_BAD_INPUT || lines > 9 || strncmp(error.text, "fuzz", 4) != 0)
            broken("an error is up to eight faults, the first with the file's name", error.text);
    } else {
        size_t used = 0;
        for (size_t i = 0; i < rows.count; i++) {
            used += !rows.rows[i].left_out[0];
            if (!rows.rows[i].left_out[0] && !(rows.rows[i].seconds > 0 && rows.rows[i].seconds < 1e12))
                broken("a row in use has a time", rows.rows[i].id);
        }
        if (used != rows.used)
            broken("the rows in use are counted", "");
        fc_measurements_free(&rows);
    }
    free(text);
    return 0;
}

/* fuzz_result.c: any bytes as a result file, for libFuzzer (tests/long_fuzz.sh builds and runs it).
 *
 * The bytes get the hash that they should have, since nothing would pass without. Then: the file is refused in one line
 * that names it, or it is read, and written again it reads as the same. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/result/result.h"
#include "host/result/result_hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[96];

static void broken(const char *what, const char *text)
{
    fprintf(stderr, "%s: '%s'\n", what, text);
    abort();
}

static void remove_folder(void)
{
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

static void write_file(const char *text, size_t length)
{
    FILE *out = fopen(path, "wb");
    if (!out || fwrite(text, 1, length, out) != length || fclose(out))
        abort();
}

static int reads(struct fc_result *result)
{
    struct fc_error error = {0};
    if (fc_result_read(result, path, &error) == 0)
        return 1;
    if (error.status != FC_BAD_INPUT || strchr(error.text, '\n') || !strstr(error.text, path))
        broken("an error is one line that names the file", error.text);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char key[] = ",\n  \"file_hash\"";
    if (!path[0]) {
        snprintf(path, sizeof path, "/tmp/flopcast-fuzz-XXXXXX");
        if (!mkdtemp(path))
            abort();
        strcat(path, "/fuzz.json");
        atexit(remove_folder);
    }
    struct fc_error error = {0};
    char *text = malloc(size + 3);
    if (!text)
        abort();
    memcpy(text, data, size);
    const char *hash = memmem(text, size, key, sizeof key - 1);
    size_t length = hash ? (size_t)(hash - text) : size;
    memcpy(text + length, "\n}", 3);
    text = fc_result_hash_add(text, length + 2, &error);
    if (!text)
        abort();
    write_file(text, strlen(text));
    free(text);
    struct fc_result first, second;
    if (!reads(&first))
        return 0;
    uint64_t digest = fc_tally_digest(&first.tally, first.seed);
    text = fc_result_json(&first, &error);
    fc_result_free(&first);
    if (!text)
        broken("what was read can be written", error.text);
    write_file(text, strlen(text));
    free(text);
    if (!reads(&second))
        broken("what was written cannot be read", path);
    if (fc_tally_digest(&second.tally, second.seed) != digest)
        broken("what was written reads as another", path);
    fc_result_free(&second);
    return 0;
}

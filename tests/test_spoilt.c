/* test_spoilt.c: shipped scenarios with one stated key spoilt at random: its type, unit, range, spelling or structure.
 * Each is refused as bad input, in one line that names the key. FLOPCAST_SPOILT in the environment is the number of
 * tries (60 unless stated; tests/long_spoilt.sh asks for 300); the seed is fixed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/compile/scenario.h"
#include "host/language/embedded.h"
#include "host/language/fields.h"
#include "host/language/scenario_file.h"
#include "host/language/settings.h"

enum { NAMES_MAX = 64 };
enum { TYPE, UNIT, RANGE, SPELLING, STRUCTURE, WAYS };

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)(*state >> 4) * below) >> 28);
}

/* A key that the scenario states, at random. */
static const struct fc_field *stated_key(const char *name, uint32_t *state)
{
    static struct fc_settings settings;
    const struct fc_field *keys[FC_FIELD_COUNT];
    struct fc_document *document;
    struct fc_error error;
    uint32_t count = 0;
    fc_settings_init(&settings);
    if (fc_scenario_file_open(&document, name, &error) || fc_settings_read(&settings, document, &error))
        fail_msg("%s", error.text);
    for (int i = 0; i < FC_FIELD_COUNT; i++)
        if (settings.fields[i].is_set && strchr(fc_fields[i].path, '.'))
            keys[count++] = &fc_fields[i];
    fc_settings_free(&settings);
    fc_document_close(document);
    return keys[draw(state, count)];
}

static bool holds_numbers(const struct fc_field *field)
{
    return field->unit && field->type != FC_FIELD_NAME;
}

/* "PATH=VALUE" that no scenario may hold; `named` is what the refusal must name. */
static void spoil(const struct fc_field *field, int way, uint32_t *state, char *text, size_t size,
                  char *named)
{
    const char *part = strrchr(field->path, '.') + 1;
    snprintf(named, 100, "%s", part);
    if (way == UNIT && holds_numbers(field)) {
        snprintf(text, size, "%s=3 t/USD", field->path);
    } else if (way == RANGE && holds_numbers(field)) {
        snprintf(text, size, "%s=%g %s", field->path, field->hi > 0 ? 11 * field->hi : -11 * field->lo + 1,
                 field->unit);
    } else if (way == SPELLING) {
        size_t length = strlen(part), at = draw(state, (uint32_t)length);
        snprintf(named, 100, "%.*sq%s", (int)at, part, part + at + 1);
        if (fc_field_find(named))
            snprintf(named, 100, "%sq", part);
        snprintf(text, size, "%.*s%s=3", (int)(part - field->path), field->path, named);
        char path[200];
        snprintf(path, sizeof path, "%.*s%s", (int)(part - field->path), field->path, named);
        if (fc_field_find(path)) { /* it happens to be another key */
            snprintf(named, 100, "%sqq", part);
            snprintf(text, size, "%sqq=3", field->path);
        }
    } else if (way == STRUCTURE) {
        static const char *const shapes[] = {"{from: {to: 1}}", "[[1, 2], 3]", "{unit: h}", "''"};
        snprintf(text, size, "%s=%s", field->path, shapes[draw(state, 4)]);
    } else {
        static const char *const others[] = {"[a, b]", "{}"};
        bool free_text = field->type == FC_FIELD_TEXT || field->type == FC_FIELD_NAME;
        snprintf(text, size, "%s=%s", field->path, free_text ? others[draw(state, 2)] : "many");
    }
}

static void test_each_is_refused(void **state)
{
    (void)state;
    static char names[NAMES_MAX][256];
    const char *wish = getenv("FLOPCAST_SPOILT");
    int tries = wish ? atoi(wish) : 60, wrong = 0;
    uint32_t count = 0, seed = 20261127u;
    for (size_t i = 0; i < fc_embedded_count && count < NAMES_MAX; i++)
        count += fc_scenario_file_name(&fc_embedded_files[i], names[count], sizeof names[count]);
    assert_true(count > 10 && tries > 0);
    for (int i = 0; i < tries; i++) {
        const char *name = names[draw(&seed, count)];
        char text[400], named[100];
        struct fc_scenario_options options = {0};
        struct fc_scenario scenario;
        struct fc_error error = {0};
        const struct fc_field *field = stated_key(name, &seed);
        spoil(field, (int)draw(&seed, WAYS), &seed, text, sizeof text, named);
        assert_int_equal(fc_scenario_add_override(&options, text, &error), 0);
        if (fc_scenario_open(&scenario, name, &options, &error) == 0) {
            print_error("%s --set '%s': taken\n", name, text);
            fc_scenario_close(&scenario);
            wrong++;
        } else if (error.status != FC_BAD_INPUT || strchr(error.text, '\n') || !strstr(error.text, named)) {
            print_error("%s --set '%s': status %d, '%s'\n", name, text, (int)error.status, error.text);
            wrong++;
        }
        fc_scenario_options_free(&options);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

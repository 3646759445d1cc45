/* test_notes.c: notes are kept once each, in order, printable, and quiet hides all but warnings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/base/notes.h"

static char *printed(const struct fc_notes *notes, bool quiet)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fc_notes_print(notes, out, quiet);
    fclose(out);
    return text;
}

static void once_and_in_order(void **state)
{
    (void)state;
    struct fc_notes notes = {0}, more = {0};
    struct fc_place place = {"a.yaml", 3, 7};
    for (int i = 0; i < 20; i++)
        fc_note(&notes, FC_NOTE, "cut", &place, "cluster.gpus: %d is cut", i / 2);
    assert_int_equal(notes.count, 10);
    fc_note(&more, FC_WARNING, "spares", NULL, "no spares");
    fc_note(&more, FC_NOTE, "cut", &place, "cluster.gpus: %d is cut", 0);
    fc_notes_add(&notes, &more);
    assert_int_equal(notes.count, 11);
    char *all = printed(&notes, false), *loud = printed(&notes, true);
    const char *first = "flopcast: a.yaml:3:7: note: cluster.gpus: 0 is cut\n";
    assert_memory_equal(all, first, strlen(first));
    assert_string_equal(loud, "flopcast: warning: no spares\n");
    free(all);
    free(loud);
    fc_notes_free(&notes);
    fc_notes_free(&more);
    assert_int_equal(notes.count, 0);
    fc_note(NULL, FC_NOTE, "id", NULL, "nobody listens");
}

static void printable(void **state)
{
    (void)state;
    struct fc_notes notes = {0};
    fc_note(&notes, FC_NOTE, "name", NULL, "model %s", "\033[2Jx\n");
    char *text = printed(&notes, false);
    assert_string_equal(text, "flopcast: note: model ?[2Jx \n"); /* a break in a word is a blank */
    free(text);
    fc_notes_free(&notes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(once_and_in_order), cmocka_unit_test(printable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

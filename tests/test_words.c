/* test_words.c: the words of keys: each list without doubles, found by word and by number; what has a row by word elsewhere
 * stands in the same order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "host/language/fields.h"
#include "host/step/plan.h"
#include "host/step/software.h"

static void words_are_found(void **state)
{
    (void)state;
    int lists = 0;
    for (int f = 0; f < FC_FIELD_COUNT; f++) {
        const char *const *words = fc_fields[f].choices;
        lists += words != NULL;
        for (int k = 0; words && words[k]; k++) {
            assert_int_equal(fc_field_number_of((enum fc_field_id)f, words[k]), k);
            assert_ptr_equal(fc_field_word((enum fc_field_id)f, k), words[k]);
        }
        if (words)
            assert_int_equal(fc_field_number_of((enum fc_field_id)f, "no such word"), -1);
    }
    assert_true(lists > 25);
}

static void software_has_its_word(void **state)
{
    (void)state;
    for (int i = 0; i < FC_SOFTWARE_COUNT; i++) {
        assert_int_equal(fc_softwares[i].id, i);
        assert_string_equal(fc_softwares[i].name, fc_field_word(FC_FIELD_SOFTWARE, i + 1));
        assert_ptr_equal(fc_software_find(fc_softwares[i].name), &fc_softwares[i]);
    }
    assert_null(fc_fields[FC_FIELD_SOFTWARE].choices[FC_SOFTWARE_COUNT + 1]);
}

static void precisions_have_theirs(void **state)
{
    (void)state;
    static const char *const names[] = {"bf16", "fp8", "mxfp8", "nvfp4"};
    for (int i = 0; i < FC_RECIPES; i++)
        assert_string_equal(fc_precision_name((enum fc_precision)i), names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(words_are_found),
                                       cmocka_unit_test(software_has_its_word),
                                       cmocka_unit_test(precisions_have_theirs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_document.c: trees with places from YAML and JSON, every refusal, overrides, writing, and mutated
 * inputs. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/base/document.h"
#include "host/base/document_write.h"

static struct fc_document *open_text(const char *name, const char *text)
{
    struct fc_document *document;
    struct fc_error error;
    if (fc_document_open_text(&document, name, text, strlen(text), FC_SCENARIO_BYTES, &error))
        fail_msg("%s", error.text);
    return document;
}

static void assert_place(struct fc_place place, int line, int column)
{
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
}

static void test_places(void **state)
{
    (void)state;
    struct fc_document *d =
        open_text("a.yaml", "\xc3\xa9t\xc3\xa9: {b: \"x\", c: , d: [1, two]}\n"
                            "price:\n"
                            "  low: pert(2.6, 3.5, 6.5) USD\n"
                            "  flow: {high: pert(1, 2, 3) USD, mix: discrete(1: 0.5, 2: 0.5)}\n"
                            "text: |\n  two\n  lines\n");
    const struct fc_node *root = fc_document_root(d), *first = root->first;
    assert_int_equal(root->kind, FC_NODE_MAP);
    assert_int_equal(root->count, 3);
    assert_string_equal(first->key, "\xc3\xa9t\xc3\xa9");
    assert_place(first->key_place, 1, 1);
    assert_place(fc_node_get(first, "d")->place, 1, 23);
    assert_string_equal(fc_node_get(first, "d")->last->text, "two");
    assert_place(fc_node_get(first, "d")->last->place, 1, 27);
    assert_int_equal(fc_node_get(first, "c")->kind, FC_NODE_EMPTY);
    assert_true(fc_node_get(first, "b")->quoted);
    const struct fc_node *low = fc_node_find(root, "price.low");
    assert_string_equal(low->text, "pert(2.6, 3.5, 6.5) USD");
    struct fc_source source = fc_node_source(low);
    assert_place(fc_source_at(&source, 20), 3, 28);
    assert_string_equal(fc_node_find(root, "price.flow.high")->text, "pert(1, 2, 3) USD");
    assert_string_equal(fc_node_find(root, "price.flow.mix")->text, "discrete(1: 0.5, 2: 0.5)");
    assert_place(fc_node_find(root, "price.flow.mix")->place, 4, 40);
    assert_string_equal(fc_node_text(root, "text"), "two\nlines\n");
    assert_false(fc_node_get(root, "text")->exact);
    assert_null(fc_node_find(root, "price.none"));
    assert_null(fc_node_get(low, "x"));
    fc_document_close(d);
}

static void test_json_and_aliases(void **state)
{
    (void)state;
    struct fc_document *d = open_text(
        "r.json", "{\"a\":\t1, \"b\": \"\\ud83d\\ude00 f(x, y: z)\",\n\t\"c\": [1e5, null, {}, true]}\n");
    const struct fc_node *root = fc_document_root(d);
    assert_string_equal(fc_node_text(root, "b"), "\xf0\x9f\x98\x80 f(x, y: z)");
    assert_int_equal(fc_node_get(root, "c")->count, 4);
    assert_int_equal(fc_node_get(root, "c")->first->next->kind, FC_NODE_EMPTY);
    assert_place(fc_node_get(root, "c")->key_place, 2, 3);
    fc_document_close(d);
    d = open_text("a.yaml", "a: &x {k: [1, 2]}\nb: *x\nc: {d: *x}\n");
    assert_string_equal(fc_node_find(fc_document_root(d), "c.d.k")->last->text, "2");
    assert_place(fc_node_find(fc_document_root(d), "b.k")->place, 1, 11);
    fc_document_close(d);
    /* merge keys: a key beside it wins, whatever the order; of several maps the first; quoted it is a key */
    d = open_text("a.yaml",
                  "a: &a {k: 1, l: 2}\nb: &b {k: 3, m: 4}\nc: {<<: [*a, *b], l: 5}\nd: {\"<<\": 1}\n"
                  "e: !!str 5\nf: !!map {g: !!seq [1]}\n");
    const struct fc_node *merged = fc_node_get(fc_document_root(d), "c");
    assert_int_equal(merged->count, 3);
    assert_string_equal(fc_node_text(merged, "k"), "1");
    assert_string_equal(fc_node_text(merged, "l"), "5");
    assert_string_equal(fc_node_text(merged, "m"), "4");
    assert_string_equal(fc_node_text(fc_node_get(fc_document_root(d), "d"), "<<"), "1");
    assert_true(fc_node_get(fc_document_root(d), "e")->quoted);
    fc_document_close(d);
}

/* What only this reader takes for one value is counted: a comma in braces, a colon and a blank anywhere. */
static void test_unquoted_calls(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count;
        int line, column;
    } cases[] = {
        {"a: pert(1, 2, 3)\nb: [x, \"pert(1, 2)\", 'pert(1, 2)']\nc: {d: {pert: [1, 2, 3]}}\n", 0, 0, 0},
        {"a: {b: pert(1, 2, 3) USD}\n", 1, 1, 8},
        {"a: 1\nb: [pert(1, 2), pert(3, 4)]\n", 2, 2, 5},
        {"a: discrete(1: 0.5, 2: 0.5)\n", 1, 1, 4},
        {"a: {b: f(1)}\nc: f(1, 2)\n", 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_place place;
        struct fc_document *d = open_text("a.yaml", cases[i].text);
        assert_int_equal(fc_document_unquoted(d, &place), cases[i].count);
        assert_place(place, cases[i].line, cases[i].column);
        fc_document_close(d);
    }
}

static const struct {
    const char *text, *message;
} bad[] = {
    {"", "x:1:1: the file is empty; write 'key: value' lines"},
    {"# only a comment\n", "x:1:1: the file is empty"},
    {"a: 1\n---\nb: 2\n", "x:2:1: the file holds several documents; keep one"},
    {"a: 1\nb: {c: 1, a: 2, c: 3}\n",
     "x:2:17: the key 'c' is given twice (first in line 2); keep one of them"},
    {"a: 1\nb: 2\na: 3\n", "x:3:1: the key 'a' is given twice (first in line 1)"},
    {"a: [1, 2\nb: c: d\n", "x:2:5: this is not well-formed YAML or JSON (missing comma in flow sequence)"},
    {"a: b: c\n",
     "x:1:5: this is not well-formed YAML or JSON (invalid nested block mapping on the same line)"},
    {"a: {b: 1\n", "x:2:1: this is not well-formed YAML or JSON"},
    {"a: \"open\n", "x:"},
    {"a: 1\n\tb: 2\n", "x:1:4: this is not well-formed YAML or JSON (invalid multiline plain key)"},
    {"a: \xff\xfe\n", "x:1:4: not UTF-8 (byte 0xff); save the file as UTF-8"},
    {"a: \xc0\xaf\n", "x:1:4: not UTF-8 (byte 0xc0)"},
    {"a: \xed\xa0\x80\n", "x:1:4: not UTF-8 (byte 0xed)"},
    {"a: \x01\n", "x:1:4: not a text file (byte 0x01); YAML or JSON in UTF-8 is read"},
    {"a: \"\\0\"\n", "x:1:5: the text holds a NUL character"},
    {"a: *nope\n", "x:1:5: the alias '*nope' has no anchor; put '&nope' before a value above it"},
    {"a: &a [*a]\n", "x:1:9: the alias '*a' has no anchor"},
    {"a: \"\\e[31m\"\n", "x:1:5: the text holds the control character U+001B; remove it"},
    {"a: \"\\u202e\"\n", "x:1:5: the text holds the control character U+202E"},
    {"a: !percent 3\n", "x:1:13: the tag '!percent' is not supported"},
    {"a: !!int 3\n", "x:1:10: the tag 'tag:yaml.org,2002:int' is not supported"},
    {"a: !include {b: 1}\n", "x:1:13: the tag '!include' is not supported"},
    {"a: {<<: [1]}\n", "x:1:10: the merge key '<<' takes a map or a list of maps, not text"},
    {"a: {<<: {b: 1}, <<: {c: 1}}\n", "x:1:17: the key '<<' is given twice"},
    {"[1, 2]: 3\n", "x:1:1: a key must be text, not a list; write 'key: value'"},
    {"? {a: 1}\n: 3\n", "x:1:3: a key must be text, not a map"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fc_document *document;
        struct fc_error error = {0};
        if (fc_document_open_text(&document, "x", bad[i].text, strlen(bad[i].text), FC_SCENARIO_BYTES,
                                  &error) == 0)
            fail_msg("'%s' was read", bad[i].text);
        assert_null(document);
        if (strncmp(error.text, bad[i].message, strlen(bad[i].message)) != 0 || strchr(error.text, '\n'))
            fail_msg("'%s':\n  said   %s\n  wanted %s", bad[i].text, error.text, bad[i].message);
    }
}

static void expect_text(const char *text, size_t length, size_t limit, const char *part)
{
    struct fc_document *document;
    struct fc_error error = {0};
    assert_int_equal(fc_document_open_text(&document, "x", text, length, limit, &error), -1);
    if (!strstr(error.text, part))
        fail_msg("said '%s', wanted '%s'", error.text, part);
}

static void test_bombs(void **state)
{
    (void)state;
    char bomb[2000] = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; i++) {
        char line[120];
        snprintf(line, sizeof line, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i,
                 i, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
        strcat(bomb, line);
    }
    expect_text(bomb, strlen(bomb), FC_SCENARIO_BYTES, "alias expansion exceeds the limit (100000 values");
    char deep[400];
    memset(deep, '[', 200);
    memset(deep + 200, ']', 200);
    expect_text(deep, 400, FC_SCENARIO_BYTES, "x:1:50: nested too deeply (more than 48 levels); flatten it");
    size_t size = 1000000; /* calls that never close: the time stays linear */
    char *calls = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        calls[i] = "f("[i % 2];
    memcpy(calls, "a: x,", 5);
    calls[size] = '\0';
    clock_t start = clock();
    struct fc_document *document = open_text("x", calls);
    assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
    assert_int_equal(strlen(fc_document_root(document)->first->text), size - 3);
    fc_document_close(document);
    free(calls);
    expect_text("a: 1\0b", 6, FC_SCENARIO_BYTES, "x:1:5: not a text file (byte 0x00)");
    expect_text("a: 12345", 8, 7, "x: the file is too large");
}

static void expect_file(const char *path, const char *message)
{
    struct fc_document *document;
    struct fc_error error = {0};
    assert_int_equal(fc_document_open(&document, path, FC_SCENARIO_BYTES, &error), -1);
    if (strncmp(error.text + strlen(path), message, strlen(message)) != 0)
        fail_msg("said '%s', wanted '%s'", error.text, message);
}

static void test_files(void **state)
{
    (void)state;
    char directory[] = "/tmp/fc_document_XXXXXX", path[80];
    assert_non_null(mkdtemp(directory));
    expect_file(directory, ": is a directory; name a file in it");
    snprintf(path, sizeof path, "%s/none.yaml", directory);
    expect_file(path, ": cannot be opened (No such file or directory); check the name");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), 100 << 20), 0); /* sparse: it is refused unread */
    fclose(file);
    expect_file(path, ": the file is too large (100.0 MiB, the limit is 8 MiB); is it the right file?");
    if (geteuid() != 0) {
        chmod(path, 0);
        expect_file(path, ": cannot be opened (Permission denied); check its permissions");
    }
    unlink(path);
    file = fopen(path, "w");
    fputs("\xef\xbb\xbf"
          "a: 1\r\nb: {c: 2}\r\n",
          file); /* a byte order mark and Windows line ends */
    fclose(file);
    struct fc_document *document;
    struct fc_error error;
    assert_int_equal(fc_document_open(&document, path, FC_SCENARIO_BYTES, &error), 0);
    assert_string_equal(fc_document_name(document), path);
    assert_string_equal(fc_node_text(fc_document_root(document), "a"), "1");
    assert_string_equal(fc_node_find(fc_document_root(document), "b.c")->text, "2");
    fc_document_close(document);
    unlink(path);
    rmdir(directory);
}

static void test_set(void **state)
{
    (void)state;
    struct fc_document *d = open_text("x", "a: 1\nb: {c: 2, d: 3}\n");
    struct fc_error error = {0};
    const struct fc_node *root = fc_document_root(d);
    assert_int_equal(fc_document_set(d, "b.c = pert(1, 2, 3) USD ", &error), 0);
    const struct fc_node *c = fc_node_find(root, "b.c");
    assert_string_equal(c->text, "pert(1, 2, 3) USD");
    assert_string_equal(c->place.file, "--set");
    assert_place(c->place, 1, 7);
    assert_string_equal(c->next->key, "d");
    assert_int_equal(fc_document_set(d, "e.f.g=[1, {x: pert(1, 2, 3)}]", &error), 0);
    assert_string_equal(fc_node_find(root, "e.f.g")->last->first->text, "pert(1, 2, 3)");
    assert_place(fc_node_find(root, "e.f.g")->last->first->place, 1, 15);
    assert_int_equal(fc_document_set(d, "a=\"two: words\"", &error), 0);
    assert_string_equal(fc_node_text(root, "a"), "two: words");
    static const char *const wrong[][2] = {
        {"a", "--set:1:1: 'a' is not PATH=VALUE; write for example contract.mfu=0.4"},
        {"=3", "--set:1:1: '=3' is not PATH=VALUE"},
        {"a=", "--set:1:3: no value follows '='"},
        {"a.b=3", "--set:1:3: 'a.b' cannot be set (its parent is text, not a map)"},
        {"b..c=3", "--set:1:3: the path has an empty component"},
        {"b.c=[1, 2", "--set:1:"},
        {"b.c=\xff", "--set:1:5: not UTF-8"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(fc_document_set(d, wrong[i][0], &error), -1);
        if (strncmp(error.text, wrong[i][1], strlen(wrong[i][1])) != 0)
            fail_msg("'%s' said '%s'", wrong[i][0], error.text);
    }
    fc_document_close(d);
}

static void write_sample(struct fc_writer *writer)
{
    static const double numbers[] = {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, -0.0, 5e26};
    fc_write_map(writer, NULL);
    fc_write_text(writer, "text", "q\"\\\n\t\xc3\xa9 null: {a, b} # no");
    fc_write_text(writer, "looks_like_null", "null");
    fc_write_text(writer, "looks_like_number", "12");
    fc_write_text(writer, "none", NULL);
    fc_write_number(writer, "nan", NAN);
    fc_write_number(writer, "infinite", INFINITY);
    fc_write_unsigned(writer, "run_cost_usd@5e26", UINT64_MAX);
    fc_write_signed(writer, "least", INT64_MIN);
    fc_write_flag(writer, "flag", true);
    fc_write_scalar(writer, "scalar", "pert(1, 2, 3) USD");
    fc_write_list(writer, "numbers");
    for (size_t i = 0; i < 6; i++)
        fc_write_number(writer, NULL, numbers[i]);
    fc_write_end(writer);
    fc_write_map(writer, "empty");
    fc_write_end(writer);
    fc_write_end(writer);
}

static void test_writing(void **state)
{
    (void)state;
    static const enum fc_write_format formats[] = {FC_JSON, FC_JSON_ONE_LINE, FC_YAML};
    for (size_t f = 0; f < 3; f++) {
        char *text = NULL;
        size_t size = 0;
        FILE *file = open_memstream(&text, &size);
        struct fc_writer *writer;
        struct fc_error error;
        assert_int_equal(fc_writer_open(&writer, file, formats[f], &error), 0);
        write_sample(writer);
        assert_int_equal(fc_writer_close(writer, &error), 0);
        fclose(file);
        struct fc_document *d = open_text(formats[f] == FC_YAML ? "out.yaml" : "out.json", text);
        const struct fc_node *root = fc_document_root(d), *number = fc_node_get(root, "numbers")->first;
        assert_string_equal(fc_node_text(root, "text"), "q\"\\\n\t\xc3\xa9 null: {a, b} # no");
        assert_string_equal(fc_node_text(root, "looks_like_null"), "null");
        assert_true(fc_node_get(root, "looks_like_number")->quoted);
        assert_int_equal(fc_node_get(root, "nan")->kind, FC_NODE_EMPTY);
        assert_int_equal(fc_node_get(root, "infinite")->kind, FC_NODE_EMPTY);
        assert_string_equal(fc_node_text(root, "run_cost_usd@5e26"), "18446744073709551615");
        assert_string_equal(fc_node_text(root, "least"), "-9223372036854775808");
        assert_string_equal(fc_node_text(root, "scalar"), "pert(1, 2, 3) USD");
        assert_true(strtod(number->text, NULL) == 0.1);
        assert_string_equal(number->text, "0.1");
        assert_true(strtod(number->next->text, NULL) == 1.0 / 3);
        assert_true(strtod(number->next->next->text, NULL) == 5e-324);
        assert_true(strtod(number->next->next->next->text, NULL) == 1.7976931348623157e308);
        assert_int_equal(fc_node_get(root, "empty")->kind, FC_NODE_MAP);
        fc_document_close(d);
        free(text);
    }
}

static void test_writing_fails(void **state)
{
    (void)state;
    struct fc_writer *writer;
    struct fc_error error;
    FILE *full = fopen("/dev/full", "w");
    if (full) {
        assert_int_equal(fc_writer_open(&writer, full, FC_JSON, &error), 0);
        write_sample(writer);
        assert_int_equal(fc_writer_close(writer, &error), -1);
        assert_int_equal(error.status, FC_FAULT);
        assert_non_null(strstr(error.text, "No space left on device"));
        fclose(full);
    }
    FILE *file = tmpfile();
    assert_int_equal(fc_writer_open(&writer, file, FC_JSON, &error), 0);
    fc_write_map(writer, NULL);
    assert_int_equal(fc_writer_close(writer, &error), -1); /* never ended */
    assert_int_equal(fc_writer_open(&writer, file, FC_JSON, &error), 0);
    fc_write_list(writer, NULL);
    fc_write_number(writer, "key", 1);
    fc_write_end(writer);
    assert_int_equal(fc_writer_close(writer, &error), -1); /* a key inside a list */
    fclose(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_unquoted_calls),
        cmocka_unit_test(test_json_and_aliases),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_writing),
        cmocka_unit_test(test_writing_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

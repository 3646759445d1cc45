/* test_value.c: values as people write them, every refusal at its column, and mutated texts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "host/base/document.h"
#include "host/language/value.h"
#include "host/language/value_text.h"

/* Reads the value of the only key of a YAML text. */
static int read_yaml(const char *yaml, const char *unit, double lo, double hi, struct fc_distribution *d,
                     char *note, struct fc_error *error)
{
    struct fc_document *document;
    static struct fc_value_text text;
    struct fc_source source;
    if (fc_document_open_text(&document, "x", yaml, strlen(yaml), FC_SCENARIO_BYTES, error))
        return -1;
    const struct fc_node *node = fc_document_root(document)->first;
    int result = -1;
    if (node && fc_value_text_read(&text, node, &source, error) == 0)
        result = fc_value_read(&source, unit, FC_UNIT_NONE, lo, hi, d, note, 200, error);
    fc_document_close(document);
    return result;
}

static const struct {
    const char *yaml, *unit;
    double p05, p50, p95; /* exact quantiles, or 0, 0, 0 */
    const char *same;     /* or another way to write the same */
} good[] = {
    {"v: 3.5", "USD", 3.5, 3.5, 3.5, NULL},
    {"v: constant(3.5) USD", "USD", 3.5, 3.5, 3.5, NULL},
    {"v: \"38 B USD\"", "USD", 38e9, 38e9, 38e9, NULL},
    {"v: {value: 6, unit: h}", "s", 21600, 21600, 21600, NULL},
    {"v: 30e3 to 90e3 h", "h", 30e3, 51961.524227066316, 90e3, NULL},
    {"v: 6 h to 1 d", "h", 6, 12, 24, NULL},
    {"v: {low: 6 h, high: 24 h}", "h", 6, 12, 24, NULL},
    {"v: {low: 6, high: 24, unit: min}", "s", 360, 720, 1440, NULL},
    {"v: uniform(1, 3) h", "s", 3960, 7200, 10440, NULL},
    {"v: uniform(hi=3 h, lo=60 min)", "s", 3960, 7200, 10440, NULL},
    {"v: quantiles(p5: 1, p50: 2, p95: 4) h", "h", 1, 2, 4, NULL},
    {"v: quantiles(p0: 1, p2.5=1.5, p50: 2, p100: 4) h", "h", 1.5 + 0.5 * 2.5 / 47.5, 2, 3.8, NULL},
    {"v: {p5: 1, p50: 2, p95: 4 h}", "h", 1, 2, 4, NULL},
    {"v: {quantiles: {p5: 1, p50: 2, p95: 4}, unit: h}", "h", 1, 2, 4, NULL},
    {"v: discrete(10.5: 0.2, 16: 0.8) USD", "USD", 10.5, 16, 16, NULL},
    {"v: {discrete: {10.5 USD: 20%, 16: 0.8}}", "USD", 10.5, 16, 16, NULL},
    {"v: discrete(1, 2, 3)", "USD", 1, 2, 3, NULL},
    {"v: {discrete: [1, 2, 3]}", "USD", 1, 2, 3, NULL},
    {"v: {pert: [2.6, 3.5, 6.5], unit: USD}", "USD", 0, 0, 0, "v: pert(2.6, 3.5, 6.5) USD"},
    {"v: {low: 2.6, mode: 3.5, high: 6.5}", "USD", 0, 0, 0, "v: pert(lo=2.6, mode=3.5, hi=6.5, lambda=4)"},
    {"v: {lognormal: {median: 6 h, sigma: 0.9}}", "h", 0, 0, 0, "v: lognormal(6, 0.9)"},
    {"v: lognormal(median=360, sigma=0.9) min", "h", 0, 0, 0, "v: lognormal(6, 90%) h"},
    {"v: normal(5, 1) truncated(3, 9) h", "h", 0, 0, 0, "v: truncated(normal(5, 1), 3, 9) h"},
    {"v: normal(300, 60) min truncated(3, 9) h", "h", 0, 0, 0, "v: truncated(normal(5, 1), 3, 9) h"},
    {"v: normal(300, 60) min truncated(180, 540)", "h", 0, 0, 0, "v: truncated(normal(5, 1), 3, 9) h"},
    {"v: {normal: [5, 1], truncated: {lo: 3, hi: 9}}", "h", 0, 0, 0,
     "v: truncated(normal(5, 1), lo=3, hi=9)"},
    {"v: {truncated: [{normal: [5, 1]}, 3, 9], unit: h}", "h", 0, 0, 0,
     "v: truncated(normal(5 h, 60 min), 3, 9)"},
    {"v: truncated(4 to 6 h, 3 h, 9 h)", "h", 0, 0, 0, "v: truncated(4 to 6, 3, 9)"},
    {"v: weibull(shape=1.5, scale=1 day)", "h", 0, 0, 0, "v: weibull(1.5, 24)"},
    {"v: beta(2, 3, 10, 20) h", "h", 0, 0, 0, "v: beta(a=2, b=3, lo=10, hi=1200 min) h"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct fc_distribution d, same;
        struct fc_error error = {0};
        char note[200];
        if (read_yaml(good[i].yaml, good[i].unit, -1e15, 1e15, &d, note, &error))
            fail_msg("'%s': %s", good[i].yaml, error.text);
        double wanted[3] = {good[i].p05, good[i].p50, good[i].p95};
        static const double at[3] = {0.05, 0.5, 0.95};
        if (good[i].same && read_yaml(good[i].same, good[i].unit, -1e15, 1e15, &same, note, &error))
            fail_msg("'%s': %s", good[i].same, error.text);
        for (int k = 0; k < 3; k++) {
            double got = fc_distribution_quantile(&d, at[k], 1 - at[k]);
            if (good[i].same)
                wanted[k] = fc_distribution_quantile(&same, at[k], 1 - at[k]);
            if (!(fabs(got - wanted[k]) <= 1e-13 * fabs(wanted[k])))
                fail_msg("'%s': quantile %g is %.17g, not %.17g", good[i].yaml, at[k], got, wanted[k]);
        }
    }
}

/* Read as USD between 0 and 1000. */
static const struct {
    const char *yaml, *message;
} bad[] = {
    {"v: pertt(1, 2, 3)", "x:1:4: 'pertt' is not a known distribution; did you mean 'pert'?"},
    {"v: zzz(1, 2, 3)", "x:1:4: 'zzz' is not a known distribution; known are constant, normal, lognormal"},
    {"v: pert(3, 2, 5)", "x:1:12: pert: lo must not exceed mode (3 is more than 2); write pert(lo, mode, hi"},
    {"v: pert(1, 6, 5)", "x:1:15: pert: mode must not exceed hi (6 is more than 5)"},
    {"v: pert(1, 1, 1)",
     "x:1:15: pert: lo and hi must differ (both are 1); write a single value as a number"},
    {"v: pert(1, 2)", "x:1:4: pert lacks its parameter 'hi'; write pert(lo, mode, hi[, lambda=4])"},
    {"v: pert(1, 2, 3, 4, 5)", "x:1:21: pert has too many arguments (5); write pert"},
    {"v: pert(1, 2, 3) USDD", "x:1:18: 'USDD' is not a known unit; did you mean 'USD'?"},
    {"v: pert(1, 2 h, 3)", "x:1:14: the unit 'h' does not fit here; write USD or a unit of the same kind"},
    {"v: pert(1, 2, 3", "x:1:8: this parenthesis is never closed; write ')'"},
    {"v: pert(1, 2, 3))", "x:1:17: unexpected ')'"},
    {"v: pert(1 2, 3)", "x:1:11: '2' is not a known unit"},
    {"v: pert(1, x, 3)", "x:1:12: 'x' is not a number; arguments are numbers, named or not, as sd=3"},
    {"v: pert(1, , 3)", "x:1:12: '' is not a number"},
    {"v: normal(mean=1, sdd=2)",
     "x:1:19: normal has no parameter 'sdd'; did you mean 'sd'?; write normal(mean, sd)"},
    {"v: normal(mean=1, mean=2)", "x:1:19: normal is given its parameter 'mean' twice"},
    {"v: normal(5, 0)", "x:1:14: normal: sd must be more than 0 (it is 0)"},
    {"v: normal(5, -1)", "x:1:14: normal: sd must be more than 0 (it is -1)"},
    {"v: normal(5: 0.5, 1)", "x:1:14: a value with a probability belongs in discrete(...)"},
    {"v: lognormal(median=-6, sigma=1)", "x:1:21: lognormal: median must be more than 0 (it is -6)"},
    {"v: lognormal(6, 1 h)",
     "x:1:19: the unit 'h' does not fit here (a plain number or a percentage is expected)"},
    {"v: lognormal(6, 11)", "x:1:17: lognormal: sigma must lie between 1e-06 and 10 (it is 11)"},
    {"v: gamma(0, 2)", "x:1:10: gamma: shape must lie between 0.01 and 1e+06 (it is 0)"},
    {"v: discrete(1: 0.5, 2: 0.4)", "x:1:4: discrete: the probabilities must sum to 1 (they sum to 0.9)"},
    {"v: discrete(1: 1.5, 2: -0.5)", "x:1:16: discrete: a probability must lie between 0 and 1 (it is 1.5)"},
    {"v: discrete(1: 0.5, 2)", "x:1:21: discrete: this value has no probability; give all one, or none"},
    {"v: discrete()", "x:1:4: discrete: discrete needs at least one value"},
    {"v: discrete(lo=1)", "x:1:13: discrete takes values, not names"},
    {"v: quantiles(p5: 1, p4: 2)", "x:1:21: quantiles: quantiles must rise (p4 comes after p5)"},
    {"v: quantiles(p5: 3, p50: 2)",
     "x:1:21: quantiles: the values of quantiles must not fall (2 comes after 3)"},
    {"v: quantiles(p5: 3)", "x:1:4: quantiles: quantiles needs at least two points"},
    {"v: quantiles(q5: 3, p50: 4)", "x:1:14: quantiles takes pNN: value"},
    {"v: quantiles(p5: 3, p101: 4)",
     "x:1:21: quantiles: a quantile must lie between p0 and p100 (it is p101)"},
    {"v: truncated(normal(5, 1), 100, 200)", "x:1:4: truncated: nothing is left between 100 and 200"},
    {"v: truncated(normal(5, 1), 9, 3)", "x:1:4: truncated: the bounds of a truncation must rise (9 to 3)"},
    {"v: truncated(normal(5, 1))", "x:1:4: truncated lacks its bounds"},
    {"v: truncated(5, 1, 2, 3)", "x:1:23: truncated takes lo and hi once each"},
    {"v: truncated(normal(5, 1), -5, 9)",
     "x:1:4: the truncation to -5 to 9 goes beyond what is allowed, 0 to 1000 USD"},
    {"v: uniform(5, 2000)", "x:1:4: its end 2000 lies outside what is allowed, 0 to 1000 USD"},
    {"v: 2000", "x:1:4: 2000 lies outside what is allowed, 0 to 1000 USD"},
    {"v: normal(5000, 1)", "x:1:4: it lies outside what is allowed, 0 to 1000 USD"},
    {"v: 6 to 2", "x:1:9: a range goes from low to high (6 to 2)"},
    {"v: 6 to two", "x:1:9: 'two' is not a number"},
    {"v: 6 USD to 7 h", "x:1:15: the unit 'h' does not fit here"},
    {"v: nan", "x:1:4: 'nan' is not a value; write a number with its unit, a range as '2 to 5 h'"},
    {"v: .inf", "x:1:4: '.inf' is not a value"},
    {"v: 0x10", "x:1:4: '0x10' is not a decimal number"},
    {"v: 1e999", "x:1:4: 1e999 is too large a number"},
    {"v: [1, 2]", "x:1:4: a list is not a value here"},
    {"v:", "x:1:1: a value is missing here"},
    {"v: ''", "x:1:5: the value ends early; a value is missing"},
    {"v: {pert: [2.6, x, 6.5], unit: USD}", "x:1:17: 'x' is not a number"},
    {"v: {pert: [2.6, 3.5, 6.5], unit: USDx}", "x:1:34: 'USDx' is not a known unit; did you mean 'USD'?"},
    {"v: {pert: [1, 2, 3], normal: [1, 2]}", "x:1:22: unexpected key 'normal'"},
    {"v: {unit: USD}", "x:1:4: the map states no value"},
    {"v: {low: 3, mode: 4}", "x:1:4: the value lacks 'high'; write {low: 2, mode: 3, high: 5}"},
    {"v: truncated(truncated(truncated(truncated(truncated(truncated(truncated(truncated(truncated(1, "
     "0)))))))))",
     "x:1:84: distributions are nested too deeply; 8 levels at most"},
    {"v: {prt: [1, 2, 3]}", "x:1:5: 'prt' is not a known distribution; did you mean 'pert'?"},
    {"v: {a: {b: {c: {d: {e: {f: {g: {h: {i: {j: 1}}}}}}}}}}",
     "x:1:5: 'a' is not a known distribution; known are"},
};

static void test_bad(void **state)
{
    (void)state;
    int failures = 0;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct fc_distribution d;
        struct fc_error error = {0};
        char note[200];
        bool read = read_yaml(bad[i].yaml, "USD", 0, 1000, &d, note, &error) == 0;
        if (read || strncmp(error.text, bad[i].message, strlen(bad[i].message)) != 0) {
            print_error("'%s':\n  said   %s\n  wanted %s\n", bad[i].yaml, read ? "nothing" : error.text,
                        bad[i].message);
            failures++;
        }
    }
    assert_int_equal(failures, 0);
}

static void test_notes(void **state)
{
    (void)state;
    struct fc_distribution d;
    struct fc_error error;
    char note[200];
    assert_int_equal(read_yaml("v: normal(0.75, 0.1)", "1", 0, 1, &d, note, &error), 0);
    assert_string_equal(note, "0.62 % of it lies outside what is allowed, 0 to 1, and was cut off (P5 "
                              "0.5852, P50 0.7492, P95 0.909 remain)");
    assert_int_equal(read_yaml("v: normal(0.5, 0.01)", "1", 0, 1, &d, note, &error), 0);
    assert_string_equal(note, "");
    assert_int_equal(read_yaml("v: {p10: 0.1, p90: 0.5}", "1", 0, 1, &d, note, &error), 0);
    assert_string_equal(note, "beyond its stated quantiles it is extended to 0.05 and 0.55");
}

/* Places inside a value that stands behind quotes, folds and escapes: never beyond what is known. */
static void test_places_of_quoted_text(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"v: 'pert(1, 2, x)'", "x:1:16: 'x' is not a number"},
        {"v: \"pert(1, 2, x)\"", "x:1:16: 'x' is not a number"},
        {"v: \"pert(1, 2,\\x20x)\"", "x:1:5: 'x' is not a number"},
        {"v:\n  pert(1,\n  2, x)\n", "x:2:3: 'x' is not a number"},
        {"v: >\n  pert(1, 2, x)\n", "x:2:1: 'x' is not a number"},
        {"\xc3\xa9\xc3\xa9: pert(1, 2, x)", "x:1:16: 'x' is not a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fc_distribution d;
        struct fc_error error = {0};
        char note[200];
        assert_int_equal(read_yaml(cases[i][0], "USD", 0, 1000, &d, note, &error), -1);
        if (strncmp(error.text, cases[i][1], strlen(cases[i][1])) != 0)
            fail_msg("'%s' said '%s', wanted '%s'", cases[i][0], error.text, cases[i][1]);
    }
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Texts made of pieces of good ones: whatever comes, it is read or refused with one line and a place, and
 * what is read has quantiles in the allowed range. Two seconds, or 60,000 texts. */
static void test_mutated(void **state)
{
    (void)state;
    uint32_t seed = 4711;
    clock_t stop = clock() + 2 * CLOCKS_PER_SEC;
    int read = 0, refused = 0;
    for (int round = 0; round < 60000 && clock() < stop; round++) {
        char yaml[300];
        size_t pool = sizeof good / sizeof good[0];
        const char *first = good[next_random(&seed) % pool].yaml,
                   *second = good[next_random(&seed) % pool].yaml;
        size_t cut = next_random(&seed) % (strlen(first) + 1),
               from = next_random(&seed) % (strlen(second) + 1);
        snprintf(yaml, sizeof yaml, "%.*s%s", (int)cut, first, second + from);
        for (uint32_t edits = next_random(&seed) % 3; edits > 0 && yaml[0]; edits--)
            yaml[next_random(&seed) % strlen(yaml)] =
                "0123456789.,:()[]{}\"'-+e \tpx=%&*#|>\n\x01\xc3"[next_random(&seed) % 39];
        struct fc_distribution d;
        struct fc_error error = {0};
        char note[200];
        error.text[0] = '\0';
        if (read_yaml(yaml, "h", 0, 1e6, &d, note, &error) == 0) {
            double low = fc_distribution_quantile(&d, 1e-9, 1 - 1e-9),
                   high = fc_distribution_quantile(&d, 1 - 1e-9, 1e-9);
            if (!(low >= -1e-9 && high <= 1e6 * (1 + 1e-9) && low <= high * (1 + 1e-9)))
                fail_msg("'%s' draws from %g to %g", yaml, low, high);
            read++;
        } else if (error.text[0]) {
            if (strncmp(error.text, "x:", 2) != 0 || strchr(error.text, '\n'))
                fail_msg("'%s' said '%s'", yaml, error.text);
            refused++;
        }
    }
    assert_true(read > 20 && refused > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good), cmocka_unit_test(test_bad), cmocka_unit_test(test_notes),
        cmocka_unit_test(test_places_of_quoted_text), cmocka_unit_test(test_mutated)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

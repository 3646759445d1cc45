/* test_distribution.c: special functions, quantiles, moments and tables against closed forms and each other.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cuda/model/base/draw.h"
#include "host/language/distribution.h"
#include "moments.h"

static void assert_close(double got, double wanted, double relative)
{
    if (!(fabs(got - wanted) <= relative * fabs(wanted)))
        fail_msg("%.17g is not %.17g within %g", got, wanted, relative);
}

static const struct fc_form *form_named(const char *name, size_t count)
{
    for (size_t i = 0; i < fc_form_count; i++)
        if (strcmp(fc_forms[i].name, name) == 0 && fc_forms[i].count == count)
            return &fc_forms[i];
    fail_msg("no form %s", name);
    return NULL;
}

static struct fc_distribution make(const char *name, size_t count, double a, double b, double c, double d)
{
    struct fc_distribution made;
    struct fc_fault fault;
    double parameters[4] = {a, b, c, d};
    assert_int_equal(fc_distribution_make(&made, form_named(name, count), parameters, &fault), 0);
    return made;
}

static void test_known_values(void **state)
{
    (void)state;
    /* 30-digit values of the normal tail, from erfc's series and asymptotics (DLMF 7.6.1, 7.12.1). */
    assert_close(fc_normal_quantile((struct fc_tails){0.975, 0.025}), 1.9599639845400545, 4e-16);
    assert_close(fc_normal_quantile((struct fc_tails){0.05, 0.95}), -1.6448536269514722, 4e-16);
    assert_true(fc_normal_quantile((struct fc_tails){0.5, 0.5}) == 0.0);
    /* P(1, x) = 1 - e^-x; P(1/2, x) = erf(sqrt x); Q(3, x) = e^-x (1 + x + x^2/2) */
    for (double x = 1e-6; x < 40; x *= 1.7) {
        assert_close(fc_gamma_tails(1, x).lower, -expm1(-x), 1e-14);
        assert_close(fc_gamma_tails(1, x).upper, exp(-x), 1e-14);
        assert_close(fc_gamma_tails(0.5, x).lower, erf(sqrt(x)), 1e-14);
        assert_close(fc_gamma_tails(0.5, x).upper, erfc(sqrt(x)), 2e-14);
        assert_close(fc_gamma_tails(3, x).upper, exp(-x) * (1 + x + 0.5 * x * x), 2e-14);
    }
    /* I_x(1, b) = 1 - (1-x)^b; I_x(a, 1) = x^a; I_x(2, 2) = x^2 (3 - 2x); I_x(1/2, 1/2) = 2/pi asin sqrt x */
    for (double x = 1e-7; x < 1; x *= 1.9) {
        assert_close(fc_beta_tails(1, 3.5, x, 1 - x).lower, -expm1(3.5 * log1p(-x)), 1e-13);
        assert_close(fc_beta_tails(4.5, 1, x, 1 - x).lower, pow(x, 4.5), 1e-13);
        assert_close(fc_beta_tails(2, 2, x, 1 - x).lower, x * x * (3 - 2 * x), 1e-13);
        assert_close(fc_beta_tails(0.5, 0.5, x, 1 - x).lower, asin(sqrt(x)) * 0.6366197723675814, 1e-13);
    }
}

/* The tail of the quantile comes back, in both tails, over shapes from 0.05 to 9000. */
static void test_inverses(void **state)
{
    (void)state;
    static const double shapes[] = {0.05, 0.5, 1, 2.3, 30, 200, 9000};
    for (size_t i = 0; i < 7; i++)
        for (double p = 1e-12; p < 0.5; p *= 3.7)
            for (int upper = 0; upper < 2; upper++) {
                struct fc_tails at = upper ? (struct fc_tails){1 - p, p} : (struct fc_tails){p, 1 - p};
                double x = fc_gamma_quantile(shapes[i], at);
                struct fc_tails back = fc_gamma_tails(shapes[i], x);
                assert_close(upper ? back.upper : back.lower, p, shapes[i] > 1000 ? 4e-12 : 1e-13);
                for (size_t j = 0; j < 7; j++) {
                    struct fc_tails y = fc_beta_quantile(shapes[i], shapes[j], at);
                    if (y.lower < 1e-300 || y.upper < 1e-300)
                        continue; /* below what a double holds */
                    back = fc_beta_tails(shapes[i], shapes[j], y.lower, y.upper);
                    assert_close(upper ? back.upper : back.lower, p,
                                 shapes[i] > 1000 || shapes[j] > 1000 ? 4e-12 : 1e-13);
                }
            }
}

/* Quantiles found one from the other, near and far apart, are those found alone. */
static void test_one_after_another(void **state)
{
    (void)state;
    static const double shapes[] = {0.05, 0.5, 1, 2.3, 30, 9000};
    for (size_t i = 0; i < 6; i++)
        for (size_t j = 0; j < 6; j++)
            for (double step = 1.004; step < 5; step *= step) {
                struct fc_beta beta;
                fc_beta_begin(&beta, shapes[i], shapes[j]);
                for (double p = 1e-10; p < 0.5; p *= step)
                    for (int upper = 0; upper < 2; upper++) {
                        struct fc_tails at =
                            upper ? (struct fc_tails){1 - p, p} : (struct fc_tails){p, 1 - p};
                        struct fc_tails next = fc_beta_next(&beta, at),
                                        alone = fc_beta_quantile(shapes[i], shapes[j], at);
                        double tolerance = shapes[i] > 1000 || shapes[j] > 1000 ? 1e-11 : 2e-13;
                        if (alone.lower < 1e-300 || alone.upper < 1e-300)
                            continue; /* below what a double holds */
                        assert_close(next.lower, alone.lower, tolerance);
                        assert_close(next.upper, alone.upper, tolerance);
                    }
            }
}

static void test_closed_quantiles(void **state)
{
    (void)state;
    struct fc_distribution weibull = make("weibull", 2, 1.5, 20, 0, 0),
                           exponential = make("exponential", 1, 4, 0, 0, 0);
    struct fc_distribution lognormal = make("lognormal", 2, 6, 0.9, 0, 0),
                           uniform = make("uniform", 2, 2, 5, 0, 0);
    struct fc_distribution triangular = make("triangular", 3, 1, 2, 5, 0);
    for (double p = 1e-10; p < 0.5; p *= 2.1) {
        assert_close(fc_distribution_quantile(&weibull, p, 1 - p), 20 * pow(-log1p(-p), 1 / 1.5), 1e-14);
        assert_close(fc_distribution_quantile(&weibull, 1 - p, p), 20 * pow(-log(p), 1 / 1.5), 1e-14);
        assert_close(fc_distribution_quantile(&exponential, 1 - p, p), -4 * log(p), 1e-14);
        assert_close(fc_distribution_quantile(&uniform, p, 1 - p), 2 + 3 * p, 1e-15);
        assert_close(fc_distribution_quantile(&uniform, 1 - p, p), 5 - 3 * p, 1e-15);
        assert_close(fc_distribution_quantile(&triangular, 1 - p, p), 5 - sqrt(p * 4 * 3), 1e-15);
        double upper = fc_distribution_quantile(&lognormal, 1 - p, p),
               lower = fc_distribution_quantile(&lognormal, p, 1 - p);
        assert_close(upper * lower, 36, 1e-13);
        assert_close(0.5 * erfc(log(upper / 6) / 0.9 / sqrt(2)), p, 1e-12);
    }
    assert_close(fc_distribution_quantile(&triangular, 0.25, 0.75), 2, 1e-15);
}

static void check_moments(const struct fc_distribution *d, double mean, double sd)
{
    assert_close(moments_mean(d), mean, 1e-11);
    assert_close(moments_sd(d), sd, 1e-10);
}

static void test_moments(void **state)
{
    (void)state;
    struct fc_distribution d = make("pert", 4, 2.6, 3.5, 6.5, 4);
    double mu = (2.6 + 4 * 3.5 + 6.5) / 6;
    check_moments(
        &d, mu, sqrt((mu - 2.6) * (6.5 - mu) / 7)); /* Vose: variance (mean - lo)(hi - mean) / (lambda + 3) */
    d = make("lognormal", 2, 6, 0.9, 0, 0);
    check_moments(&d, 6 * exp(0.405), 6 * exp(0.405) * sqrt(exp(0.81) - 1));
    d = make("beta", 2, 2, 3, 0, 0);
    check_moments(&d, 0.4, 0.2);
    d = make("beta", 4, 2, 3, 10, 20);
    check_moments(&d, 14, 2);
    d = make("gamma", 2, 2.5, 4, 0, 0);
    check_moments(&d, 10, sqrt(40));
    d = make("weibull", 2, 2, 3, 0, 0);
    check_moments(&d, 3 * sqrt(M_PI) / 2, 3 * sqrt(1 - M_PI / 4));
    d = make("weibull", 2, 1, 3, 0, 0);
    check_moments(&d, 3, 3);
    d = make("triangular", 3, 1, 2, 6, 0);
    check_moments(&d, 3, sqrt((1. + 4 + 36 - 2 - 6 - 12) / 18));
    d = make("uniform", 2, -1, 5, 0, 0);
    check_moments(&d, 2, sqrt(3));
}

/* The lognormal by mean and sd has that mean and sd; the range has its ends at 5 % and 95 %. */
static void test_other_ways_to_say_it(void **state)
{
    (void)state;
    struct fc_distribution d;
    struct fc_fault fault;
    double parameters[2] = {10, 4};
    const struct fc_form *form = NULL;
    for (size_t i = 0; i < fc_form_count; i++)
        if (strcmp(fc_forms[i].name, "lognormal") == 0 && strcmp(fc_forms[i].parameters[0].name, "mean") == 0)
            form = &fc_forms[i];
    assert_non_null(form);
    assert_int_equal(fc_distribution_make(&d, form, parameters, &fault), 0);
    check_moments(&d, 10, 4);
    assert_int_equal(fc_distribution_range(&d, 2.6, 6.5, &fault), 0);
    assert_string_equal(d.kind->name, "lognormal");
    assert_close(fc_distribution_quantile(&d, 0.05, 0.95), 2.6, 1e-14);
    assert_close(fc_distribution_quantile(&d, 0.95, 0.05), 6.5, 1e-14);
    assert_int_equal(fc_distribution_range(&d, -2, 6, &fault), 0);
    assert_string_equal(d.kind->name, "normal");
    assert_close(fc_distribution_quantile(&d, 0.05, 0.95), -2, 1e-14);
    assert_close(moments_mean(&d), 2, 1e-15);
    assert_int_equal(fc_distribution_range(&d, 6, 2, &fault), -1);
}

static double phi(double z)
{
    return exp(-0.5 * z * z) / sqrt(2 * M_PI);
}

static double cdf(double z)
{
    return 0.5 * erfc(-z / sqrt(2));
}

static void test_truncation(void **state)
{
    (void)state;
    struct fc_fault fault;
    struct fc_distribution d = make("normal", 2, 0.14, 0.03, 0, 0);
    assert_int_equal(fc_distribution_truncate(&d, 0.05, 0.25, &fault), 0);
    /* mean and variance of a truncated normal: Johnson, Kotz, Balakrishnan (1994), chapter 13 */
    double a = -3, b = 11.0 / 3, mass = cdf(b) - cdf(a), shift = (phi(a) - phi(b)) / mass;
    double variance = 1 + (a * phi(a) - b * phi(b)) / mass - shift * shift;
    check_moments(&d, 0.14 + 0.03 * shift, 0.03 * sqrt(variance));
    assert_true(fc_distribution_quantile(&d, 0, 1) == 0.05);
    assert_true(fc_distribution_quantile(&d, 1, 0) == 0.25);
    assert_close(fc_distribution_tails(&d, 0.14).lower, (0.5 - cdf(a)) / mass, 1e-13);
    /* deep in one tail: an exponential cut at 50 means is the same exponential, moved */
    struct fc_distribution e = make("exponential", 1, 1, 0, 0, 0);
    assert_int_equal(fc_distribution_truncate(&e, 15, INFINITY, &fault), 0);
    for (double p = 1e-9; p < 0.5; p *= 3)
        assert_close(fc_distribution_quantile(&e, 1 - p, p), 15 - log(p), 1e-13);
    check_moments(&e, 16, 1);
    /* a triangular cut through its mode, against its own closed form */
    struct fc_distribution t = make("triangular", 3, 0, 1, 2, 0);
    assert_int_equal(fc_distribution_truncate(&t, 0, 1, &fault), 0);
    check_moments(&t, 2.0 / 3, sqrt(1.0 / 18));
    /* what is cut again keeps both cuts */
    assert_int_equal(fc_distribution_truncate(&t, 0.5, 5, &fault), 0);
    assert_close(moments_mean(&t), (1 - 0.125) / 3 / (0.5 * (1 - 0.25)), 1e-12);
    assert_int_equal(fc_distribution_truncate(&t, 3, 4, &fault), -1);
    assert_int_equal(fc_distribution_truncate(&t, 4, 3, &fault), -1);
}

static void test_discrete(void **state)
{
    (void)state;
    struct fc_fault fault;
    struct fc_distribution d;
    static const double values[] = {16, 10, 27, 10}, weights[] = {0.3, 0.1, 0.4, 0.2};
    assert_int_equal(fc_distribution_discrete(&d, values, weights, 4, &fault), 0);
    assert_true(fc_distribution_is_discrete(&d));
    assert_int_equal(d.count, 3);
    assert_true(d.values[0] == 10 && d.values[1] == 16 && d.values[2] == 27);
    assert_close(d.tails[0].lower, 0.3, 1e-15);
    assert_close(d.tails[1].upper, 0.4, 1e-15);
    assert_true(d.tails[2].lower == 1.0 && d.tails[2].upper == 0.0);
    assert_true(fc_distribution_quantile(&d, 0.29, 0.71) == 10);
    assert_true(fc_distribution_quantile(&d, 0.31, 0.69) == 16);
    assert_true(fc_distribution_quantile(&d, 0.61, 0.39) == 27);
    double mean = 3 + 4.8 + 10.8;
    check_moments(&d, mean, sqrt(0.3 * 100 + 0.3 * 256 + 0.4 * 729 - mean * mean));
    assert_int_equal(fc_distribution_truncate(&d, 11, 30, &fault), 0);
    assert_int_equal(d.count, 2);
    assert_close(d.tails[0].lower, 3.0 / 7, 1e-14);
    static const double wrong[] = {0.3, 0.1, 0.4, 0.3};
    assert_int_equal(fc_distribution_discrete(&d, values, wrong, 4, &fault), -1);
    assert_int_equal(fc_distribution_discrete(&d, values, NULL, 0, &fault), -1);
}

static void test_quantile_tables_of_people(void **state)
{
    (void)state;
    struct fc_fault fault;
    struct fc_distribution d;
    char note[200];
    static const double p[] = {0.05, 0.5, 0.95}, x[] = {1, 2, 4}, falling[] = {1, 3, 2};
    assert_int_equal(fc_distribution_quantiles(&d, p, x, 3, &fault), 0);
    assert_close(fc_distribution_quantile(&d, 0.05, 0.95), 1, 1e-15);
    assert_close(fc_distribution_quantile(&d, 0.95, 0.05), 4, 1e-15);
    assert_close(fc_distribution_quantile(&d, 0.275, 0.725), 1.5, 1e-14);
    double lo = 1 - 0.05 / 0.45, hi = 4 + 2 * 0.05 / 0.45; /* the end segments, extended */
    assert_close(fc_distribution_quantile(&d, 0, 1), lo, 1e-14);
    assert_close(fc_distribution_quantile(&d, 1, 0), hi, 1e-14);
    check_moments(&d, 0.25 * (lo + 2) + 0.25 * (2 + hi),
                  sqrt((lo * lo + 2 * lo + 4) / 6 + (4 + 2 * hi + hi * hi) / 6 -
                       pow(0.25 * (lo + 2) + 0.25 * (2 + hi), 2)));
    assert_int_equal(fc_distribution_confine(&d, 0.95, 10, note, sizeof note, &fault), 0);
    assert_true(strlen(note) > 0);
    assert_true(fc_distribution_quantile(&d, 0, 1) == 0.95);
    assert_close(fc_distribution_quantile(&d, 0.05, 0.95), 1, 1e-15);
    assert_int_equal(fc_distribution_confine(&d, 0, 3, note, sizeof note, &fault), -1);
    assert_int_equal(fault.parameter, 2);
    assert_int_equal(fc_distribution_quantiles(&d, p, falling, 3, &fault), -1);
    assert_int_equal(fault.parameter, 2);
}

static void test_confine(void **state)
{
    (void)state;
    struct fc_fault fault;
    char note[256];
    struct fc_distribution d = make("normal", 2, 0.75, 0.1, 0, 0);
    assert_int_equal(fc_distribution_confine(&d, 0, 1, note, sizeof note, &fault), 0);
    assert_non_null(strstr(note, "0.62 % of it lies outside"));
    assert_true(fc_distribution_quantile(&d, 1, 0) == 1.0);
    d = make("normal", 2, 0.9, 0.1, 0, 0); /* 16 %: its quantiles would no longer be those stated */
    assert_int_equal(fc_distribution_confine(&d, 0, 1, note, sizeof note, &fault), -1);
    assert_non_null(strstr(fault.text, "16 % of it lies outside"));
    d = make("normal", 2, 0.5, 0.01, 0, 0); /* beyond every draw: nothing is cut, nothing is said */
    assert_int_equal(fc_distribution_confine(&d, 0, 1, note, sizeof note, &fault), 0);
    assert_string_equal(note, "");
    assert_true(isinf(d.lo) && isinf(d.hi));
    d = make("normal", 2, 5, 0.1, 0, 0);
    assert_int_equal(fc_distribution_confine(&d, 0, 1, note, sizeof note, &fault), -1);
    d = make("uniform", 2, 0.5, 1.5, 0, 0);
    assert_int_equal(fc_distribution_confine(&d, 0, 1, note, sizeof note, &fault), -1);
    d = make("uniform", 2, 0.5, 1.0, 0, 0);
    assert_int_equal(fc_distribution_confine(&d, 0, 1, note, sizeof note, &fault), 0);
}

/* What every row of the table owes: its tails and quantiles are inverses, it scales, and a tail beyond the allowed range
 * is cut off with a note or refused, never drawn in silence. */
static void test_every_form(void **state)
{
    (void)state;
    for (size_t k = 0; k < fc_form_count; k++) {
        const struct fc_form *form = &fc_forms[k];
        struct fc_distribution d, twice, cut;
        struct fc_fault fault;
        char note[256];
        if (fc_distribution_make(&d, form, (const double[]){1, 2, 3, 4}, &fault))
            fail_msg("%s(1, 2, 3, 4) cannot be made: %s", form->usage, fault.text);
        twice = d;
        fc_distribution_scale(&twice, 2);
        for (double p = 1e-9; p < 0.5; p *= 7)
            for (int upper = 0; upper < 2; upper++) {
                struct fc_tails at = upper ? (struct fc_tails){1 - p, p} : (struct fc_tails){p, 1 - p};
                double x = fc_distribution_quantile(&d, at.lower, at.upper);
                struct fc_tails back = fc_distribution_tails(&d, x);
                if (!d.kind->single_values)
                    assert_close(upper ? back.upper : back.lower, p, 1e-6);
                assert_close(fc_distribution_quantile(&twice, at.lower, at.upper), 2 * x, 1e-12);
            }
        if (d.kind->single_values)
            continue;
        for (int share = 0; share < 2; share++) { /* 0.3 % beyond what is allowed, and 3 % */
            cut = d;
            double p = share ? 0.03 : 0.003, hi = fc_distribution_quantile(&d, 1 - p, p);
            int wrong = fc_distribution_confine(&cut, -1e9, hi, note, sizeof note, &fault);
            double end = fc_distribution_quantile(&cut, 1, 0);
            if (share ? !wrong : !wrong && !(note[0] && end <= hi * (1 + 1e-12)))
                fail_msg("%s: %g of it lies outside and nothing is said", form->usage, p);
        }
    }
}

/* Nodes are exact quantiles as floats; between nodes the interpolated draw stays close to the exact quantile.
 */
static void test_tables(void **state)
{
    (void)state;
    static float table[FC_TABLE_SIZE];
    struct fc_fault fault;
    struct fc_distribution all[] = {make("pert", 4, 2.6, 3.5, 6.5, 4),  make("lognormal", 2, 6, 0.9, 0, 0),
                                    make("exponential", 1, 3, 0, 0, 0), make("normal", 2, 10, 1, 0, 0),
                                    make("gamma", 2, 2.5, 4, 0, 0),     make("weibull", 2, 0.7, 3, 0, 0),
                                    make("triangular", 3, 1, 2, 5, 0),  make("uniform", 2, 2, 5, 0, 0),
                                    make("lognormal", 2, 24, 1.3, 0, 0)};
    assert_int_equal(fc_distribution_truncate(&all[8], 0, 720, &fault), 0);
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
        const struct fc_distribution *d = &all[k];
        fc_distribution_table(d, table);
        double sd = moments_sd(d);
        assert_true(table[FC_TABLE_SIDE - 1] == (float)fc_distribution_quantile(d, 0.5, 0.5));
        assert_true(table[2 * FC_TABLE_SIDE - 1] == table[FC_TABLE_SIDE - 1]);
        assert_true(table[0] == (float)fc_distribution_quantile(d, 0x1p-33, 1 - 0x1p-33));
        assert_true(table[FC_TABLE_SIDE] == (float)fc_distribution_quantile(d, 1 - 0x1p-33, 0x1p-33));
        assert_true(table[65] ==
                    (float)fc_distribution_quantile(d, 0x1p-32 * (65.0 / 64), 1 - 0x1p-32 * (65.0 / 64)));
        for (int i = 1; i < FC_TABLE_SIDE; i++) {
            assert_true(table[i] >= table[i - 1]);
            assert_true(table[FC_TABLE_SIDE + i] <= table[FC_TABLE_SIDE + i - 1]);
        }
        double worst = 0;
        uint32_t word = 12345;
        for (int i = 0; i < 20000; i++) {
            word = word * 1664525u + 1013904223u;
            uint32_t w = i % 2 ? word : word >> (word & 31); /* half of them far out in the lower tail */
            w = i % 4 < 2 ? w : ~w;
            double t = ((double)w + 0.5) / 4294967296.0;
            double exact = fc_distribution_quantile(d, t, ((double)~w + 0.5) / 4294967296.0);
            double error = fabs((double)fc_table_draw(table, 0, w) - exact) / (sd + fabs(exact));
            worst = error > worst ? error : worst;
        }
        if (worst > 3e-5)
            fail_msg("distribution %zu: a draw is off by %g", k, worst);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_inverses),
        cmocka_unit_test(test_one_after_another),
        cmocka_unit_test(test_closed_quantiles),
        cmocka_unit_test(test_moments),
        cmocka_unit_test(test_other_ways_to_say_it),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_discrete),
        cmocka_unit_test(test_quantile_tables_of_people),
        cmocka_unit_test(test_confine),
        cmocka_unit_test(test_every_form),
        cmocka_unit_test(test_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_outages.c: outages followed one by one against closed forms of reliability, |z| < 4 with fixed seeds.
 *
 * Sites up and down in turn, l outages per hour up of mean length M: u = l M / (1 + l M); all of k down: product of u, begins at
 * that times the sum of 1 / M, lasts 1 / sum of 1 / M; at least m of n: binomial; once in seven years: a Markov chain from all up,
 * stopped there. Incidents that overlap (M/G/infinity): Poisson of rho = l M, a busy period lasts (e^rho - 1) / l. Places to fail
 * over to: Erlang B. With a beta factor: beta u + ((1 - beta) u)^3. The figures were worked out apart from this program. */
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "host/analysis/outages.h"

enum { N = 1 << 15, MANY = 1 << 17, FEW = 1 << 12, ENOUGH = 60 };

static struct fc_error error;

static struct fc_outages_answer follow(const struct fc_outages_question *q)
{
    struct fc_outages_answer a;
    if (fc_outages_follow(q, &a, &error))
        fail_msg("%s", error.text);
    return a;
}

static struct fc_outages_question sites(int count, const struct fc_outages_source *sources)
{
    return (struct fc_outages_question){.sites = count,
                                        .levels = count,
                                        .spare = -1,
                                        .term_h = 7 * 8766,
                                        .worlds = N,
                                        .seed = 3,
                                        .sources = sources};
}

static double z_of(struct fc_outages_figure f, double exact)
{
    return (f.value - exact) / f.error;
}

static void agrees(const char *name, const char *what, struct fc_outages_figure f, double exact)
{
    print_message("%-34s %-26s %.6g ±%.1g, exact %.7g, z %+.2f\n", name, what, f.value, f.error, exact,
                  z_of(f, exact));
    if (!(fabs(z_of(f, exact)) < 4))
        fail_msg("%s, %s: %.7g, exact %.7g, z %.1f", name, what, f.value, exact, z_of(f, exact));
}

static void same(double got, double wanted)
{
    if (!(fabs(got / wanted - 1) < 2e-6))
        fail_msg("closed form %.9g, wanted %.9g", got, wanted);
}

/* Rate a year and length of each; chance, times a year, mean length of all down; once in seven years (0: not known). */
static const struct row {
    const char *name;
    int sites;
    double rate[3], length[3], chance, times, mean, once;
} rows[] = {
    {"two, 6 a year of 4 h", 2, {6, 6}, {4, 4}, 7.454950e-6, .0326751, 2, .203951},
    {"three, 6 a year of 4 h", 3, {6, 6, 6}, {4, 4, 4}, 2.035481e-8, 1.338227e-4, 4 / 3., 9.349432e-4},
    {"three, 12 a year of 7 h", 3, {12, 12, 12}, {7, 7, 7}, 8.550826e-7, 3.212423e-3, 7 / 3., 0},
    {"two, 4 a year of 2 h", 2, {4, 4}, {2, 2}, 8.313516e-7, 7.287628e-3, 1, 0},
    {"three that are unlike", 3, {2, 6, 12}, {8, 4, 2}, 1.358224e-8, 1.041791e-4, 1.142857, 0},
};

static void sources_of(const struct row *r, double factor, struct fc_outages_source *s)
{
    for (int i = 0; i < r->sites; i++)
        s[i] = (struct fc_outages_source){factor * r->rate[i] / 8766, r->length[i]};
}

static void all_down_at_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *r = &rows[i];
        struct fc_outages_source s[3];
        struct fc_outages_exact e;
        sources_of(r, 1, s);
        struct fc_outages_question q = sites(r->sites, s);
        q.worlds = r->sites == 3 && r->once > 0 ? MANY : N;
        struct fc_outages_answer a = follow(&q);
        const struct fc_outages_level *l = &a.level[r->sites];
        agrees(r->name, "chance", l->placed.chance, r->chance);
        agrees(r->name, "times an hour", l->placed.times, r->times / 8766);
        agrees(r->name, "mean length", l->placed.length, r->mean);
        if (l->seen >= ENOUGH) {
            agrees(r->name, "chance, counted", l->counted.chance, r->chance);
            agrees(r->name, "times, counted", l->counted.times, r->times / 8766);
            agrees(r->name, "mean length, counted", l->counted.length, r->mean);
        }
        fc_outages_exact(&q, &e);
        same(e.chance[r->sites], r->chance);
        same(e.times[r->sites] * 8766, r->times);
        if (r->once > 0) {
            agrees(r->name, "once in seven years", l->in_term, r->once);
            same(e.in_term[r->sites], r->once);
        }
        agrees(r->name, "busy period", a.busy, e.busy);
        /* a tenth more of each rate is seen */
        sources_of(r, 1.1, s);
        q.worlds = FEW;
        struct fc_outages_answer b = follow(&q);
        assert_true(fabs(z_of(b.level[r->sites].placed.chance, r->chance)) > 6);
        assert_true(fabs(z_of(b.level[r->sites].placed.times, r->times / 8766)) > 6);
        /* and a tenth more of each length */
        sources_of(r, 1, s);
        for (int k = 0; k < r->sites; k++)
            s[k].mean *= 1.1;
        b = follow(&q);
        assert_true(fabs(z_of(b.level[r->sites].placed.length, r->mean)) > 6);
        if (i == 0) {
            sources_of(r, 1.1, s);
            q.worlds = N;
            b = follow(&q);
            assert_true(fabs(z_of(b.level[2].in_term, r->once)) > 6);
        }
    }
}

/* Chance, rate and mean length depend on the means of the lengths alone. */
static void kinds_of_lengths(void **state)
{
    (void)state;
    for (int kind = 0; kind < FC_LENGTHS; kind++) {
        struct fc_outages_source s[3];
        struct fc_outages_exact e;
        sources_of(&rows[2], 1, s);
        struct fc_outages_question q = sites(3, s);
        q.lengths = (enum fc_outages_lengths)kind;
        struct fc_outages_answer a = follow(&q);
        fc_outages_exact(&q, &e);
        for (int k = 1; k <= 3; k++) {
            agrees(fc_outages_length_names[kind], "chance", a.level[k].placed.chance, e.chance[k]);
            agrees(fc_outages_length_names[kind], "times", a.level[k].placed.times, e.times[k]);
            agrees(fc_outages_length_names[kind], "times, counted", a.level[k].counted.times, e.times[k]);
        }
        agrees(fc_outages_length_names[kind], "busy period", a.busy, e.busy);
        assert_true(isnan(e.in_term[3]) == (kind != FC_LENGTHS_EXPONENTIAL));
    }
}

static void some_of_many_down(void **state)
{
    (void)state;
    static const struct {
        int sites, down;
        double u, chance;
    } some[] = {{5, 3, .0027, 1.960337e-7}, {8, 4, .01, 6.778784e-7}};
    for (size_t i = 0; i < 2; i++) {
        struct fc_outages_source s[8];
        char name[64];
        for (int spoilt = 0; spoilt < 2; spoilt++) {
            double u = some[i].u * (spoilt ? 1.05 : 1);
            for (int k = 0; k < some[i].sites; k++)
                s[k] = fc_outages_by_calendar(u / 20, 20);
            struct fc_outages_question q = sites(some[i].sites, s);
            q.worlds = spoilt ? FEW : N;
            struct fc_outages_answer a = follow(&q);
            snprintf(name, sizeof name, "at least %d of %d", some[i].down, some[i].sites);
            if (spoilt) {
                assert_true(z_of(a.level[some[i].down].placed.chance, some[i].chance) > 6);
                continue;
            }
            struct fc_outages_exact e;
            fc_outages_exact(&q, &e);
            same(e.chance[some[i].down], some[i].chance);
            agrees(name, "chance", a.level[some[i].down].placed.chance, some[i].chance);
            agrees(name, "times", a.level[some[i].down].placed.times, e.times[some[i].down]);
            if (a.level[some[i].down].seen >= ENOUGH) {
                agrees(name, "chance, counted", a.level[some[i].down].counted.chance, some[i].chance);
                agrees(name, "once in the term", a.level[some[i].down].in_term, e.in_term[some[i].down]);
            }
        }
    }
}

static void common_cause(void **state)
{
    (void)state;
    const double u = 24 / 8766.0 / (1 + 24 / 8766.0), beta = .05;
    struct fc_outages_source s[4];
    struct fc_outages_exact e;
    for (int i = 0; i < 3; i++)
        s[i] = fc_outages_by_calendar((1 - beta) * u / 4, 4);
    s[3] = fc_outages_by_calendar(beta * u / 4, 4);
    struct fc_outages_question q = sites(3, s);
    q.common = true;
    struct fc_outages_answer a = follow(&q);
    fc_outages_exact(&q, &e);
    same(e.chance[3], beta * u + pow((1 - beta) * u, 3));
    agrees("a twentieth in common", "chance", a.level[3].placed.chance, 1.365375e-4);
    agrees("a twentieth in common", "chance, counted", a.level[3].counted.chance, 1.365375e-4);
    agrees("a twentieth in common", "times", a.level[3].placed.times, e.times[3]);
    agrees("a twentieth in common", "times, counted", a.level[3].counted.times, e.times[3]);
    agrees("a twentieth in common", "once in seven years", a.level[3].in_term, e.in_term[3]);
    s[3] = fc_outages_by_calendar(1.2 * beta * u / 4, 4);
    a = follow(&q);
    assert_true(z_of(a.level[3].placed.chance, 1.365375e-4) > 6);
}

static struct fc_outages_question incidents(struct fc_outages_source *source, double per_year, double load)
{
    *source = (struct fc_outages_source){per_year / 8766, load * 8766 / per_year};
    struct fc_outages_question q = sites(1, source);
    q.incidents = true;
    q.levels = 5;
    return q;
}

static void incidents_overlap(void **state)
{
    (void)state;
    static const struct {
        double load;
        int open;
        double chance, hours;
    } some[] = {{.01, 2, 4.966791e-5, .435389},
                {.05, 3, 2.006749e-5, .175912},
                {.02, 3, 1.313492e-6, .0115141},
                {.1, 5, 7.667802e-8, 6.7216e-4}};
    struct fc_outages_source s;
    char name[64];
    for (size_t i = 0; i < 4; i++) {
        struct fc_outages_question q = incidents(&s, 12, some[i].load);
        struct fc_outages_exact e;
        struct fc_outages_answer a = follow(&q);
        fc_outages_exact(&q, &e);
        const struct fc_outages_level *l = &a.level[some[i].open];
        snprintf(name, sizeof name, "load %g, at least %d open", some[i].load, some[i].open);
        same(e.chance[some[i].open], some[i].chance);
        assert_true(fabs(8766 * some[i].chance / some[i].hours - 1) < 2e-5);
        agrees(name, "chance", l->placed.chance, some[i].chance);
        agrees(name, "times", l->placed.times, e.times[some[i].open]);
        if (l->seen >= ENOUGH) {
            agrees(name, "chance, counted", l->counted.chance, some[i].chance);
            agrees(name, "once in seven years", l->in_term, e.in_term[some[i].open]);
        }
        q = incidents(&s, 12, 1.1 * some[i].load);
        q.worlds = FEW;
        a = follow(&q);
        assert_true(z_of(a.level[some[i].open].placed.chance, some[i].chance) > 6);
    }
    for (int kind = 0; kind < FC_LENGTHS; kind++) { /* whatever the lengths */
        struct fc_outages_question q = incidents(&s, 12, .05);
        struct fc_outages_exact e;
        q.lengths = (enum fc_outages_lengths)kind;
        fc_outages_exact(&q, &e);
        same(e.busy, 37.453536);
        agrees("12 a year, load .05", "busy period", follow(&q).busy, 37.453536);
    }
    struct fc_outages_question q = incidents(&s, 12, .055);
    assert_true(z_of(follow(&q).busy, 37.453536) > 6);
}

static void places_to_fail_over_to(void **state)
{
    (void)state;
    static const struct {
        int places;
        double load, lost;
    } some[] = {{3, .05, 1.981728e-5}, {5, .3, 1.500158e-5}, {10, 2, 3.819017e-5}};
    struct fc_outages_source s;
    char name[64];
    for (size_t i = 0; i < 3; i++) {
        struct fc_outages_question q = incidents(&s, 52, some[i].load);
        struct fc_outages_exact e;
        q.spare = some[i].places;
        q.worlds = N / 2;
        fc_outages_exact(&q, &e);
        same(e.lost, some[i].lost);
        snprintf(name, sizeof name, "%d places, load %g", some[i].places, some[i].load);
        agrees(name, "finds none", follow(&q).lost, some[i].lost);
        q = incidents(&s, 52, 1.3 * some[i].load);
        q.spare = some[i].places;
        q.worlds = N / 8;
        assert_true(z_of(follow(&q).lost, some[i].lost) > 6);
    }
}

static void threads_change_nothing(void **state)
{
    (void)state;
    struct fc_outages_source s[3];
    sources_of(&rows[2], 1, s);
    struct fc_outages_question q = sites(3, s);
    struct fc_outages_answer one, three;
    q.worlds = 5000;
    int before = omp_get_max_threads();
    omp_set_num_threads(1);
    one = follow(&q);
    omp_set_num_threads(3);
    three = follow(&q);
    omp_set_num_threads(before);
    assert_memory_equal(&one, &three, sizeof one);
    q.seed++; /* a control */
    three = follow(&q);
    assert_true(memcmp(&one, &three, sizeof one) != 0);
}

/* Worlds that differ: the mean over them, not that of the mean rate. */
static void worlds_that_differ(void **state)
{
    (void)state;
    static struct fc_outages_source s[2 * N];
    double exact, square;
    for (int w = 0; w < N; w++)
        for (int i = 0; i < 2; i++)
            s[2 * w + i] = fc_outages_by_calendar((w % 2 ? .001 : .009) / 4, 4);
    struct fc_outages_question q = sites(2, s);
    q.uncertain = true;
    exact = (.001 * .001 + .009 * .009) / 2;
    square = .005 * .005;
    struct fc_outages_answer a = follow(&q);
    agrees("rates that differ", "chance", a.level[2].placed.chance, exact);
    agrees("rates that differ", "chance, counted", a.level[2].counted.chance, exact);
    assert_true(z_of(a.level[2].placed.chance, square) > 6);
}

static void what_is_refused(void **state)
{
    (void)state;
    struct fc_outages_source s[2] = {fc_outages_by_calendar(.25, 4), {1, 1}};
    struct fc_outages_answer a;
    struct fc_outages_question q = sites(2, s);
    assert_int_equal(fc_outages_follow(&q, &a, &error), -1);
    assert_non_null(strstr(error.text, "without a pause"));
    q = incidents(s, 1000, 21);
    assert_int_equal(fc_outages_follow(&q, &a, &error), -1);
    assert_non_null(strstr(error.text, "open at once"));
    q = incidents(s, 10000, 1);
    assert_int_equal(fc_outages_follow(&q, &a, &error), -1);
    assert_non_null(strstr(error.text, "expected in the term"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_down_at_once),       cmocka_unit_test(kinds_of_lengths),
        cmocka_unit_test(some_of_many_down),      cmocka_unit_test(common_cause),
        cmocka_unit_test(incidents_overlap),      cmocka_unit_test(places_to_fail_over_to),
        cmocka_unit_test(threads_change_nothing), cmocka_unit_test(worlds_that_differ),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests_name("outages", tests, NULL, NULL);
}

/* solve.c: see solve.h. */
#include "solve.h"
#include "host/result/statistics.h"

#include <math.h>
#include <string.h>


enum { PASSED_MOST = 100 };

static double reach(const struct fc_solve *s, const struct fc_solve_point *p)
{
    return s->at_least ? p->value - s->target : s->target - p->value;
}

static double snap(const struct fc_solve *s, double x)
{
    if (s->step > 0)
        x = s->lo + s->step * round((x - s->lo) / s->step);
    return fmin(fmax(x, s->lo), s->hi);
}

/* Evaluates at x and files the point; one that is there already is not computed again. Returns 1 where x makes no scenario. */
static int visit(struct fc_solve *s, double x, int *index, struct fc_error *error)
{
    int at = 0;
    while (at < s->count && s->points[at].x < x)
        at++;
    *index = at;
    if (at < s->count && !(s->points[at].x > x))
        return 0;
    if (s->count == FC_SOLVE_POINTS)
        return fc_fail(error, FC_FAULT, "the search did not end");
    struct fc_solve_point p = {.x = x};
    int status = s->evaluate(s->context, x, &p, error);
    if (status > 0 && s->step > 0) {
        if (s->absent++ == 0)
            s->why = *error;
        *error = s->why;
        return s->absent > PASSED_MOST ? -1 : 1; /* so many: the steps are not those of this input */
    }
    if (status)
        return -1;
    if (isnan(p.value))
        return fc_fail(error, FC_BAD_INPUT,
                       "the figure has no value at %g; use more trials, or another range", x);
    memmove(&s->points[at + 1], &s->points[at], (size_t)(s->count - at) * sizeof s->points[0]);
    s->points[at] = p;
    s->count++;
    return 0;
}

/* The same at x or, where that makes no scenario, at the nearest value between `low` and `high` (without them) that does; 1:
 * none. */
static int visit_near(struct fc_solve *s, double x, double low, double high, int *index, struct fc_error *error)
{
    int status = visit(s, x, index, error);
    for (int k = 1; status > 0; k++) {
        double below = x - k * s->step, above = x + k * s->step;
        if (!(below > low) && !(above < high))
            break;
        if (below > low && below >= s->lo)
            status = visit(s, below, index, error);
        if (status > 0 && above < high && above <= s->hi)
            status = visit(s, above, index, error);
    }
    return status;
}

static void check_monotone(struct fc_solve *s)
{
    bool rises = false, falls = false;
    double highest = s->points[0].value, lowest = highest;
    for (int i = 1; i < s->count; i++) {
        double slack = 2 * fmax(s->points[i].error, s->points[i - 1].error);
        rises = rises || s->points[i].value > lowest + slack;
        falls = falls || s->points[i].value < highest - slack;
        highest = fmax(highest, s->points[i].value);
        lowest = fmin(lowest, s->points[i].value);
    }
    s->monotone = !(rises && falls);
}

static int find(const struct fc_solve *s, double x)
{
    int at = 0;
    while (at + 1 < s->count && s->points[at].x < x)
        at++;
    return at;
}

/* The interval of the answer: the error of the figure over its slope, first between the nearest points that
 * are clear of the target by more than that error, then between the ends of the interval that this gives. */
static int make_interval(struct fc_solve *s, struct fc_error *error)
{
    const struct fc_solve_point *p = s->points;
    int at = find(s, s->x), below = at, above = at;
    double noise = FC_Z95 * p[at].error, half = 0;
    s->x_lo = s->x_hi = s->x;
    if (!(noise > 0))
        return 0;
    while (below > 0 && (below == at || fabs(p[below].value - s->target) < noise))
        below--;
    while (above + 1 < s->count && (above == at || fabs(p[above].value - s->target) < noise))
        above++;
    for (int pass = 0; pass < 2; pass++) {
        half = fabs(noise * (p[above].x - p[below].x) / (p[above].value - p[below].value));
        if (pass || !isfinite(half))
            break;
        double reach_x = s->step > 0 ? s->step * ceil(half / s->step) : half;
        double low = snap(s, s->x - reach_x), high = snap(s, s->x + reach_x);
        if (!(high > low))
            break;
        int status = visit(s, low, &at, error);
        if (status == 0)
            status = visit(s, high, &at, error);
        if (status < 0)
            return -1;
        if (status > 0) /* the slope of the bracket is what there is */
            break;
        below = find(s, low);
        above = find(s, high);
    }
    if (!isfinite(half)) {
        s->x_lo = s->lo;
        s->x_hi = s->hi;
    } else if (s->step > 0) {
        s->x_lo = s->lo + s->step * floor((s->x - half - s->lo) / s->step + 1e-9);
        s->x_hi = s->lo + s->step * ceil((s->x + half - s->lo) / s->step - 1e-9);
    } else {
        s->x_lo = s->x - half;
        s->x_hi = s->x + half;
    }
    return 0;
}

int fc_solve_run(struct fc_solve *s, struct fc_error *error)
{
    int at;
    double apart = (s->hi - s->lo) / (FC_SOLVE_SCAN - 1);
    s->count = s->absent = 0;
    for (int i = 0; i < FC_SOLVE_SCAN; i++) {
        double x = snap(s, s->lo + apart * i);
        if (visit_near(s, x, x - apart / 2, x + apart / 2, &at, error) < 0)
            return -1;
    }
    if (s->count < 2) {
        *error = s->why;
        return -1;
    }
    check_monotone(s);
    int crossing = -1;
    for (int i = 0; crossing < 0 && i + 1 < s->count; i++)
        if ((reach(s, &s->points[i]) >= 0) != (reach(s, &s->points[i + 1]) >= 0))
            crossing = i;
    if (crossing < 0) {
        bool all = reach(s, &s->points[0]) >= 0;
        double left = reach(s, &s->points[0]), right = reach(s, &s->points[s->count - 1]);
        at =
            (all ? left < right : left > right) ? 0 : s->count - 1; /* the end that is nearer to the target */
        s->outcome = all ? FC_SOLVE_ALL : FC_SOLVE_NONE;
        s->x = s->points[at].x;
        s->value = s->points[at].value;
        s->error = s->points[at].error;
        s->x_lo = s->x_hi = s->x;
        return 0;
    }
    struct fc_solve_point low = s->points[crossing], high = s->points[crossing + 1];
    s->smallest = reach(s, &high) >= 0;
    double enough = s->step > 0 ? s->step * 1.5 : s->tolerance * (s->hi - s->lo);
    while (high.x - low.x > enough) {
        double middle = snap(s, 0.5 * (low.x + high.x));
        if (!(middle > low.x && middle < high.x))
            break;
        int status = visit_near(s, middle, low.x, high.x, &at, error);
        if (status < 0)
            return -1;
        if (status > 0) /* nothing between the two makes a scenario */
            break;
        if ((reach(s, &s->points[at]) >= 0) == s->smallest)
            high = s->points[at];
        else
            low = s->points[at];
    }
    const struct fc_solve_point *answer = s->smallest ? &high : &low;
    s->outcome = FC_SOLVE_FOUND;
    s->x = answer->x;
    s->value = answer->value;
    s->error = answer->error;
    return make_interval(s, error);
}

/* Slope of the coarse figure around its answer: between its nearest points that are clear of the target by
 * more than their error. */
static double coarse_slope(const struct fc_solve *c)
{
    int at = find(c, c->x), below = at, above = at;
    double noise = FC_Z95 * c->points[at].error;
    while (below > 0 && (below == at || fabs(c->points[below].value - c->target) < noise))
        below--;
    while (above + 1 < c->count && (above == at || fabs(c->points[above].value - c->target) < noise))
        above++;
    return (c->points[above].value - c->points[below].value) / (c->points[above].x - c->points[below].x);
}

/* Whether the answer lies above point p: on the side that does not reach the target. */
static bool answer_is_above(const struct fc_solve *s, const struct fc_solve_point *p)
{
    return (reach(s, p) >= 0) != s->smallest;
}

int fc_solve_near(struct fc_solve *s, const struct fc_solve *coarse, struct fc_error *error)
{
    double slope = coarse_slope(coarse),
           enough = s->step > 0 ? s->step * 1.5 : s->tolerance * (s->hi - s->lo);
    struct fc_solve_point low = {0}, high = {0};
    bool has_low = false, has_high = false;
    double next = snap(s, coarse->x);
    int at;
    s->count = s->absent = 0;
    s->monotone = coarse->monotone;
    s->smallest = coarse->smallest;
    for (int turn = 0; !(has_low && has_high && high.x - low.x <= enough); turn++) {
        int status = visit(s, next, &at, error);
        if (status < 0)
            return -1;
        if (status > 0)
            return fc_solve_run(s, error);
        struct fc_solve_point p = s->points[at];
        bool above = answer_is_above(s, &p);
        if (above) {
            low = p;
            has_low = true;
        } else {
            high = p;
            has_high = true;
        }
        if (has_low && has_high && high.x - low.x <= enough)
            break;
        if (turn == FC_SOLVE_POINTS / 2 || (above && !(p.x < s->hi)) || (!above && !(p.x > s->lo)))
            return fc_solve_run(s, error); /* not near at all: the whole search */
        double smallest_move = s->step > 0 ? s->step : enough;
        double aim = p.x - (p.value - s->target) / slope;
        if (has_low && has_high) { /* the secant of the bracket, kept off its ends */
            aim = low.x + (high.x - low.x) * (s->target - low.value) / (high.value - low.value);
            aim = turn % 3 == 2 ? 0.5 * (low.x + high.x) : aim;
            aim = fmin(fmax(aim, low.x + smallest_move), high.x - smallest_move);
        } else if (above) {
            aim = fmax(isfinite(aim) ? aim : 0, p.x + smallest_move);
        } else {
            aim = fmin(isfinite(aim) ? aim : p.x, p.x - smallest_move);
        }
        next = snap(s, aim);
    }
    const struct fc_solve_point *answer = s->smallest ? &high : &low;
    double half = fabs(FC_Z95 * answer->error / slope);
    double grid = s->step > 0 ? s->step : half;
    s->outcome = FC_SOLVE_FOUND;
    s->x = answer->x;
    s->value = answer->value;
    s->error = answer->error;
    s->x_lo = s->x_hi = s->x;
    if (half > 0) {
        s->x_lo = s->step > 0 ? s->lo + grid * floor((s->x - half - s->lo) / grid + 1e-9) : s->x - half;
        s->x_hi = s->step > 0 ? s->lo + grid * ceil((s->x + half - s->lo) / grid - 1e-9) : s->x + half;
    }
    return 0;
}

/* program_detail.c: see program_detail.h. */
#include "program_detail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/run/timeline_state.h"
#include "host/language/in_use.h"
#include "host/language/special.h"

#define ALWAYS 1e9 /* whatever reliability.swap_probability is */

enum { BLAMED = 1, REPLICA = 2, MEMORY_LOST = 4, OPTIONAL = 8 };

static const struct class_rule {
    double swap;
    int flags;
    enum fc_blast blast;
    enum fc_field_id time;
} class_rules[FC_CLASS_COUNT] = {
#define CLASS_SHARED(id, number, name, flags, swap, blast, time, what)                                       \
    [number] = {swap, flags, FC_BLAST_##blast, time},
#define CLASS_OWN(id, number, name, rate, input, flags, swap, blast, time, what)                             \
    [number] = {swap, flags, FC_BLAST_##blast, time},
#define CLASS_SOFT(id, number, name, rate, swap, blast, time) [number] = {swap, 0, FC_BLAST_##blast, time},
#include "cuda/model/classes.def"
};

/* A distribution that may be a table or a constant. */
static int make_draw_of(struct fc_compiled *compiled, const struct fc_settings *settings, enum fc_field_id id,
                        struct fc_draw *draw, struct fc_error *error)
{
    const struct fc_setting *setting = &settings->fields[id];
    if (fc_program_make_draw(compiled, setting->distribution, draw, error))
        return -1;
    if (draw->kind == FC_DRAW_DISCRETE)
        return fc_fail_at(error, &setting->place,
                          "%s is a list of values (this distribution must be continuous in a run with a "
                          "profile); give a range "
                          "or a distribution",
                          fc_fields[id].path);
    return 0;
}

/* A constant becomes a table of one value. */
static int as_table(struct fc_compiled *compiled, struct fc_draw *distribution, struct fc_error *error)
{
    if (distribution->kind == FC_DRAW_TABLE)
        return 0;
    float *table = fc_program_add_table(compiled, FC_TABLE_SIZE, &distribution->table, error);
    if (!table)
        return -1;
    for (int i = 0; i < FC_TABLE_SIZE; i++)
        table[i] = distribution->value;
    distribution->kind = FC_DRAW_TABLE;
    return 0;
}

/* Quantile table of the Weibull distribution of mean 1, or of its residual distribution in a steady state: P(1/k, (t/a)^k). */
static int weibull_table(struct fc_compiled *compiled, double shape, bool residual, struct fc_draw *draw,
                         struct fc_error *error)
{
    float *table = fc_program_add_table(compiled, FC_TABLE_SIZE, &draw->table, error);
    if (!table)
        return -1;
    double scale = 1 / tgamma(1 + 1 / shape);
    for (int i = 0; i < FC_TABLE_SIDE; i++) {
        double t =
            ldexp(1 + (i % FC_TABLE_PER_OCTAVE) / (double)FC_TABLE_PER_OCTAVE, i / FC_TABLE_PER_OCTAVE - 33);
        for (int upper = 0; upper < 2; upper++) {
            struct fc_tails tails = {upper ? 1 - t : t, upper ? t : 1 - t};
            double h = residual ? fc_gamma_quantile(1 / shape, tails) : upper ? -log(t) : -log1p(-t);
            table[upper * FC_TABLE_SIDE + i] = (float)(scale * pow(h, 1 / shape));
        }
    }
    draw->kind = FC_DRAW_TABLE;
    return 0;
}

/* Keys that only a run in detail reads. */
static int refuse_unused(const struct fc_settings *settings, struct fc_error *error)
{
    for (int id = 0; id < FC_FIELD_COUNT; id++)
        if (fc_field_of_detail(&fc_fields[id]) && settings->fields[id].is_set &&
            !settings->fields[id].from_default)
            return fc_fail_at(
                error, &settings->fields[id].place,
                "%s is stated, but reliability.profile is 'plain' (one rate of interruptions); state "
                "reliability.profile: gb200-era or h100-era",
                fc_fields[id].path);
    return 0;
}

static bool constant_zero(const struct fc_setting *setting)
{
    return fc_distribution_is_constant(setting->distribution) &&
           !(fc_distribution_quantile(setting->distribution, 0.5, 0.5) > 0);
}

/* Which trays of a rack hang together, where spare trays stand in the racks. */
static int compile_segments(struct fc_run_detail *d, const struct fc_settings *settings,
                            struct fc_error *error)
{
    const struct fc_setting *segment = &settings->fields[FC_FIELD_SEGMENT];
    int used = (int)((double)d->trays / d->racks + 0.5), asked = (int)segment->integer;
    d->segment_trays = used > 0 ? used : 1;
    d->segments = 1;
    if (asked == 0)
        return 0;
    if (d->spare_policy != FC_SPARES_IN_RACK)
        return fc_fail_at(
            error, &segment->place,
            "cluster.segment is stated, but spares do not stand in the racks (a segment is part of "
            "a rack); state cluster.spare_policy: in-rack, or drop it");
    if (used % asked)
        return fc_fail_at(
            error, &segment->place,
            "cluster.segment is %d trays, which do not divide the %d trays of a rack that the job uses (%g "
            "in %d racks); choose a divisor of %d",
            asked, used, (double)d->trays, (int)d->racks, used);
    d->segment_trays = asked;
    d->segments = used / asked;
    return 0;
}

/* Distribution of the number of lemons in the job: binomial, without what lies beyond 1e-12 on either side. */
static int compile_lemons(struct fc_compiled *compiled, const struct fc_settings *settings,
                          struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    struct fc_run_detail *d = &compiled->program.run.detail;
    double p = f[FC_FIELD_LEMON_SHARE].number, n = (double)d->trays, sum = 0;
    d->lemon_share = (float)p;
    d->lemons = p > 0;
    if (!d->lemons)
        return 0;
    if (d->ages != FC_AGES_NONE)
        return fc_fail_at(
            error, &f[FC_FIELD_LEMON_SHARE].place,
            "reliability.lemon_share and reliability.ages are both stated (lemons fail at a constant "
            "rate); drop one");
    double most = fc_distribution_quantile(f[FC_FIELD_LEMON_FAILURES].distribution, 1e-9, 1 - 1e-9);
    if (most < p)
        return fc_fail_at(
            error, &f[FC_FIELD_LEMON_FAILURES].place,
            "reliability.lemon_failures may be %g, less than reliability.lemon_share %g (lemons would "
            "fail less than other trays); state a larger share of the failures",
            most, p);
    int first = -1, count = 0, trays = (int)n;
    double mode = floor((n + 1) * p), top = lgamma(n + 1) - lgamma(mode + 1) - lgamma(n - mode + 1);
    enum { MOST = 20000 };
    double *weight = malloc(MOST * sizeof *weight);
    if (!weight)
        return fc_fail(error, FC_FAULT, "out of memory while compiling the scenario");
    for (int k = 0; k <= trays; k++) {
        double log_ratio =
            lgamma(n + 1) - lgamma(k + 1.0) - lgamma(n - k + 1.0) - top + (k - mode) * (log(p) - log1p(-p));
        if (log_ratio < -30 || count == MOST)
            continue;
        first = first < 0 ? k : first;
        weight[count] = exp(log_ratio);
        sum += weight[count++];
    }
    float *table = fc_program_add_table(compiled, 2 * (size_t)count, &d->lemon_count.table, error);
    double below = 0;
    for (int i = 0; table && i < count; i++) {
        below += weight[i] / sum;
        table[i] = (float)(first + i);
        table[count + i] = i == count - 1 ? 1 : (float)below;
    }
    free(weight);
    d->lemon_count.kind = FC_DRAW_DISCRETE;
    d->lemon_count.count = count;
    return table ? 0 : -1;
}

static double median(const struct fc_setting *setting)
{
    return setting->distribution ? fc_distribution_quantile(setting->distribution, 0.5, 0.5) : 0;
}

/* The table of a class's time, shared by all classes with the same key. */
static int class_time(struct fc_compiled *compiled, const struct fc_settings *settings, int c,
                      struct fc_error *error)
{
    struct fc_run *run = &compiled->program.run;
    int32_t *table = run->detail.classes.time_table;
    for (int before = 0; before < c; before++)
        if (class_rules[before].time == class_rules[c].time) {
            table[c] = table[before];
            return 0;
        }
    struct fc_draw time = run->detection;
    if ((class_rules[c].time != FC_FIELD_DETECTION &&
         make_draw_of(compiled, settings, class_rules[c].time, &time, error)) ||
        as_table(compiled, &time, error))
        return -1;
    table[c] = time.table;
    return 0;
}

static int compile_classes(struct fc_compiled *compiled, const struct fc_settings *settings,
                           struct fc_error *error)
{
    struct fc_run *run = &compiled->program.run;
    struct fc_classes *classes = &run->detail.classes;
    double sum = 0, swaps = 0;
    for (int c = 0; c < FC_CLASS_SHARED; c++) {
        double share = median(&settings->fields[fc_field_of_input(FC_IN_CLASS_SHARE + c)]);
        sum += share;
        swaps += share * class_rules[c].swap;
    }
    if (!(sum > 0))
        return fc_fail_at(error, &settings->fields[FC_FIELD_SHARE_GPU].place,
                          "the shares of the classes are all 0 (reliability.share_*); state one above 0");
    for (int c = 0; c < FC_CLASS_COUNT; c++) {
        const struct class_rule *rule = &class_rules[c];
        if (class_time(compiled, settings, c, error))
            return -1;
        classes->swap[c] = rule->swap >= ALWAYS ? (float)ALWAYS
                           : swaps > 0          ? (float)(rule->swap * sum / swaps)
                                                : 0;
        classes->blamed |= (fc_u32)((rule->flags & BLAMED) != 0) << c;
        classes->replica |= (fc_u32)((rule->flags & REPLICA) != 0) << c;
        classes->scaled |= (fc_u32)(rule->time == FC_FIELD_DETECTION || rule->time == FC_FIELD_HANG_DETECTION)
                           << c;
        classes->memory_lost[c] = (rule->flags & MEMORY_LOST) != 0;
        classes->blast[c] = (fc_i32)rule->blast;
    }
    return 0;
}

bool fc_program_class_in_use(const struct fc_program *program, int c)
{
    static const int inputs[FC_CLASS_COUNT] = {
#define CLASS_SHARED(...)
#define CLASS_OWN(id, number, name, rate, input, ...) [number] = FC_IN_##input,
#define CLASS_SOFT(...)
#include "cuda/model/classes.def"
    };
    if (fc_class_in(FC_CLASSES_SOFT, c))
        return false;
    bool optional = class_rules[c].flags & OPTIONAL;
    for (int i = 0; optional && i < program->draw_count; i++)
        if (program->draws[i].input == inputs[c])
            return program->draws[i].kind != FC_DRAW_CONSTANT || program->draws[i].value > 0;
    return !optional;
}

int fc_program_compile_detail(struct fc_compiled *compiled, const struct fc_settings *settings,
                              struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    struct fc_run *run = &compiled->program.run;
    struct fc_run_detail *d = &run->detail;
    d->durable_every = 1;
    if (!f[FC_FIELD_PROFILE].is_set || f[FC_FIELD_PROFILE].choice == FC_PROFILE_PLAIN)
        return refuse_unused(settings, error) || fc_cluster_check_run(&compiled->cluster, settings, error)
                   ? -1
                   : 0;
    if (fc_cluster_check_run(&compiled->cluster, settings, error))
        return -1;
    for (int id = 0; id < FC_FIELD_COUNT; id++) {
        const enum fc_field_id one[] = {(enum fc_field_id)id};
        if (fc_field_of_detail(&fc_fields[id]) && id != FC_FIELD_RACKS &&
            fc_program_require(settings, one, 1, "run", error))
            return -1;
    }
    if (run->detection.kind == FC_DRAW_DISCRETE || run->repair.kind == FC_DRAW_DISCRETE)
        return fc_fail_at(
            error, &f[FC_FIELD_DETECTION].place,
            "reliability.detection or repair is a list of values (they must be continuous in a run with a "
            "profile); give a range or a distribution");
    const struct fc_cluster *cluster = &compiled->cluster;
    double gpus = cluster->gpus;
    run->detailed = 1;
    d->racks = cluster->racks;
    d->trays = (float)cluster->trays;
    d->rack_trays = d->trays / (float)d->racks;
    d->log_scale = (float)(gpus > 32000 ? log(gpus / 32000) : 0);
    d->spare_policy = f[FC_FIELD_SPARE_POLICY].choice;
    d->spares_per_rack = cluster->spares_per_rack;
    d->spare_racks = cluster->spare_racks;
    d->pod_racks = (fc_i32)f[FC_FIELD_POD_RACKS].integer;
    d->crews = (fc_i32)f[FC_FIELD_CREWS].integer;
    d->shortage = f[FC_FIELD_SHORTAGE].choice;
    d->elastic = f[FC_FIELD_ELASTIC].choice == FC_FAILOVER_REPLICA;
    d->asynchronous = f[FC_FIELD_CHECKPOINT_KIND].choice == FC_CHECKPOINT_ASYNCHRONOUS;
    d->durable_every = (fc_i32)f[FC_FIELD_DURABLE_EVERY].integer;
    d->ages = f[FC_FIELD_AGES].choice == FC_WORD_AGES_NONE ? FC_AGES_NONE : FC_AGES_UNITS;
    d->age_units = (fc_i32)d->trays;
    d->idle = !constant_zero(&f[FC_FIELD_IDLE_FAILURES]);
    if (compile_segments(d, settings, error) || compile_lemons(compiled, settings, error))
        return -1;
    run->automatic =
        run->automatic ? FC_INTERVAL_EXACT + f[FC_FIELD_CHECKPOINT_RULE].choice : FC_INTERVAL_STATED;
    double shape = f[FC_FIELD_WEIBULL_SHAPE].number;
    if (compile_classes(compiled, settings, error) ||
        make_draw_of(compiled, settings, FC_FIELD_REPAIR_AUTOMATIC, &d->repair_automatic, error) ||
        make_draw_of(compiled, settings, FC_FIELD_RACK_REPAIR, &d->rack_repair, error))
        return -1;
    if (d->ages && (weibull_table(compiled, shape, f[FC_FIELD_AGES].choice == FC_WORD_AGES_STEADY,
                                  &d->first_failure, error) ||
                    weibull_table(compiled, shape, false, &d->next_failure, error)))
        return -1;
    struct fc_draw by_hand = run->repair;
    if (as_table(compiled, &by_hand, error) || as_table(compiled, &d->repair_automatic, error) ||
        as_table(compiled, &d->rack_repair, error))
        return -1;
    d->repair_table = by_hand.table;
    return 0;
}

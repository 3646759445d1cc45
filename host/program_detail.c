/* program_detail.c: see program_detail.h. */
#include "program_detail.h"

#include <math.h>
#include <string.h>

#include "../cuda/model/timeline_state.h"
#include "special.h"

/* Which failures need something replaced, relative to reliability.swap_probability; and which can be blamed
 * on the wrong node. Estimates: the parts that are soldered in are swapped, the network is mended in place,
 * software restarts. The factors are scaled so that their mean over the shares is 1. */
static const struct {
    double swap;
    bool blame, replica, rack, memory_lost;
} class_rules[FC_CLASS_COUNT] = {
    [FC_CLASS_GPU] = {1.25, true, true, false, false},
    [FC_CLASS_HOST] = {1.5, true, true, false, false},
    [FC_CLASS_NVLINK] = {1.25, true, true, false, false},
    [FC_CLASS_NETWORK] = {0.25, true, true, false, false},
    [FC_CLASS_SOFTWARE] = {0, false, true, false, false},
    [FC_CLASS_HANG] = {0.5, true, true, false, false},
    [FC_CLASS_SILENT] = {2, false, false, false, false},
    [FC_CLASS_RACK] = {0, false, true, true, true},
    [FC_CLASS_JOB] = {0, false, false, false, true},
    [FC_CLASS_SLOW_NODE] = {0, false, false, false, false},
    [FC_CLASS_SLOW_NETWORK] = {0, false, false, false, false},
};

/* A law that may be a table or a constant. */
static int make_law(struct fc_compiled *compiled, const struct fc_settings *settings, enum fc_field_id id,
                    struct fc_draw *draw, struct fc_error *error)
{
    const struct fc_setting *setting = &settings->fields[id];
    if (fc_program_make_draw(compiled, setting->distribution, draw, error))
        return -1;
    if (draw->kind == FC_DRAW_DISCRETE)
        return fc_fail_at(
            error, &setting->place,
            "%s is a list of values (this law must be continuous in a run with a profile); give a range "
            "or a distribution",
            fc_fields[id].path);
    return 0;
}

static void set_class_law(struct fc_classes *classes, int c, const struct fc_draw *law)
{
    bool table = law->kind == FC_DRAW_TABLE;
    classes->time_table[c] = table ? law->table : 0;
    classes->time_factor[c] = table ? 1 : 0;
    classes->time_value[c] = table ? 0 : law->value;
    classes->time_scaled[c] = c < FC_CLASS_SLOW && c != FC_CLASS_SILENT;
}

/* Quantile table of the Weibull law of mean 1, or of its residual law in a steady state: P(1/k, (t/a)^k). */
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

/* Keys that only a profile reads: from the profile's own field to the one before the prices. */
static int refuse_unused(const struct fc_settings *settings, struct fc_error *error)
{
    for (int id = FC_FIELD_PROFILE + 1; id < FC_FIELD_PRICE_GPU_HOUR; id++)
        if (settings->fields[id].is_set && !settings->fields[id].from_default)
            return fc_fail_at(
                error, &settings->fields[id].place,
                "%s is stated, but reliability.profile is 'plain' (one rate of interruptions); state "
                "reliability.profile: gb200-era or h100-era",
                fc_fields[id].path);
    return 0;
}

static double median(const struct fc_setting *setting)
{
    return setting->distribution ? fc_distribution_quantile(setting->distribution, 0.5, 0.5) : 0;
}

static int compile_classes(struct fc_compiled *compiled, const struct fc_settings *settings,
                           struct fc_error *error)
{
    struct fc_run *run = &compiled->program.run;
    struct fc_classes *classes = &run->detail.classes;
    double sum = 0, swaps = 0;
    for (int c = 0; c < FC_CLASS_SHARED; c++) {
        double share = median(&settings->fields[FC_FIELD_SHARE_GPU + c]);
        sum += share;
        swaps += share * class_rules[c].swap;
    }
    if (!(sum > 0))
        return fc_fail_at(error, &settings->fields[FC_FIELD_SHARE_GPU].place,
                          "the shares of the classes are all 0 (reliability.share_*); state one above 0");
    struct fc_draw hang = {0}, lag = {0}, slow_node = {0}, slow_network = {0};
    if (make_law(compiled, settings, FC_FIELD_HANG_DETECTION, &hang, error) ||
        make_law(compiled, settings, FC_FIELD_SILENT_LAG, &lag, error) ||
        make_law(compiled, settings, FC_FIELD_SLOW_NODE_LENGTH, &slow_node, error) ||
        make_law(compiled, settings, FC_FIELD_SLOW_NETWORK_LENGTH, &slow_network, error))
        return -1;
    for (int c = 0; c < FC_CLASS_COUNT; c++) {
        set_class_law(classes, c,
                      c == FC_CLASS_HANG           ? &hang
                      : c == FC_CLASS_SILENT       ? &lag
                      : c == FC_CLASS_SLOW_NODE    ? &slow_node
                      : c == FC_CLASS_SLOW_NETWORK ? &slow_network
                                                   : &run->detection);
        classes->swap[c] = swaps > 0 ? (float)(class_rules[c].swap * sum / swaps) : 0;
        classes->blame[c] = class_rules[c].blame;
        classes->replica[c] = class_rules[c].replica;
        classes->memory_lost[c] = class_rules[c].memory_lost;
        classes->blast[c] = class_rules[c].rack ? FC_BLAST_RACK : FC_BLAST_TRAY;
    }
    classes->swap[FC_CLASS_RACK] = 1e9f; /* always */
    return 0;
}

int fc_program_compile_detail(struct fc_compiled *compiled, const struct fc_settings *settings,
                              struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    struct fc_run *run = &compiled->program.run;
    struct fc_run_detail *d = &run->detail;
    d->durable_every = 1;
    if (!f[FC_FIELD_PROFILE].is_set || f[FC_FIELD_PROFILE].choice == 0)
        return refuse_unused(settings, error);
    for (int id = FC_FIELD_PROFILE + 1; id < FC_FIELD_PRICE_GPU_HOUR; id++) {
        const enum fc_field_id one[] = {(enum fc_field_id)id};
        if (id != FC_FIELD_RACKS && fc_program_require(settings, one, 1, "run", error))
            return -1;
    }
    if (run->detection.kind == FC_DRAW_DISCRETE || run->repair.kind == FC_DRAW_DISCRETE)
        return fc_fail_at(
            error, &f[FC_FIELD_DETECTION].place,
            "reliability.detection or repair is a list of values (they must be continuous in a run with a "
            "profile); give a range or a distribution");
    double domain = f[FC_FIELD_DOMAIN_GPUS].is_set ? f[FC_FIELD_DOMAIN_GPUS].number : 8;
    double node = f[FC_FIELD_NODE_GPUS].is_set ? f[FC_FIELD_NODE_GPUS].number : domain;
    double gpus = f[FC_FIELD_GPUS].number;
    run->detailed = 1;
    d->racks = (fc_i32)(f[FC_FIELD_RACKS].is_set ? f[FC_FIELD_RACKS].number : fmax(1, ceil(gpus / domain)));
    d->trays = (float)ceil(gpus / node);
    d->log_scale = (float)(gpus > 32000 ? log(gpus / 32000) : 0);
    d->spare_policy = f[FC_FIELD_SPARE_POLICY].choice;
    d->spares_per_rack = (fc_i32)f[FC_FIELD_SPARES_PER_RACK].integer;
    d->spare_racks = (fc_i32)f[FC_FIELD_SPARE_RACKS].integer;
    d->pod_racks = 1;
    d->shrink = f[FC_FIELD_SHORTAGE].choice;
    d->elastic = f[FC_FIELD_ELASTIC].choice;
    d->asynchronous = f[FC_FIELD_CHECKPOINT_KIND].choice;
    d->durable_every = (fc_i32)f[FC_FIELD_DURABLE_EVERY].integer;
    d->ages = f[FC_FIELD_AGES].choice ? FC_AGES_UNITS : FC_AGES_NONE;
    d->age_units = (fc_i32)d->trays;
    run->automatic =
        run->automatic ? FC_INTERVAL_EXACT + f[FC_FIELD_CHECKPOINT_RULE].choice : FC_INTERVAL_STATED;
    /* what is paid: the job, its pool, the spares in its racks, and spare racks of the same size */
    double rack_gpus = gpus / d->racks + d->spares_per_rack * node;
    double paid = rack_gpus * (d->racks + d->spare_racks) + run->spares * node;
    run->paid_gpus = (float)paid;
    double shape = f[FC_FIELD_WEIBULL_SHAPE].number;
    if (compile_classes(compiled, settings, error) ||
        make_law(compiled, settings, FC_FIELD_REPAIR_AUTOMATIC, &d->repair_automatic, error) ||
        make_law(compiled, settings, FC_FIELD_RACK_REPAIR, &d->rack_repair, error))
        return -1;
    if (d->ages && (weibull_table(compiled, shape, f[FC_FIELD_AGES].choice == 2, &d->first_failure, error) ||
                    weibull_table(compiled, shape, false, &d->next_failure, error)))
        return -1;
    int32_t unused; /* a constant law reads some table and drops what it finds */
    if (compiled->table_floats < FC_TABLE_SIZE) {
        float *table = fc_program_add_table(compiled, FC_TABLE_SIZE, &unused, error);
        if (!table)
            return -1;
        memset(table, 0, FC_TABLE_SIZE * sizeof *table);
    }
    return 0;
}

/* plan_auto.c: see plan_auto.h. */
#include "plan_auto.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/step/plan_check.h"
#include "plan_scenario.h"

/* The sizes of a plan that a search may choose, and where a scenario states them. */
static const struct {
    enum fc_field_id field;
    size_t space, choice; /* offsets in the space and in a choice */
} sizes[] = {
    {FC_FIELD_TP, offsetof(struct fc_plan_space, tp), offsetof(struct fc_plan_choice, tp)},
    {FC_FIELD_PP, offsetof(struct fc_plan_space, pp), offsetof(struct fc_plan_choice, pp)},
    {FC_FIELD_VPP, offsetof(struct fc_plan_space, vpp), offsetof(struct fc_plan_choice, vpp)},
    {FC_FIELD_CP, offsetof(struct fc_plan_space, cp), offsetof(struct fc_plan_choice, cp)},
    {FC_FIELD_EP, offsetof(struct fc_plan_space, ep), offsetof(struct fc_plan_choice, ep)},
    {FC_FIELD_EXPERT_TP, offsetof(struct fc_plan_space, expert_tp),
     offsetof(struct fc_plan_choice, expert_tp)},
    {FC_FIELD_MICRO_BATCH, offsetof(struct fc_plan_space, micro_batch),
     offsetof(struct fc_plan_choice, micro_batch)},
};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

static bool stated(const struct fc_setting *setting)
{
    return setting->is_set && !setting->from_default;
}

static bool says_auto(const struct fc_setting *setting)
{
    return setting->is_set && setting->is_auto;
}

/* What an earlier search put in (settle) is as open as it was before. */
static bool open_setting(const struct fc_setting *setting, bool whole)
{
    return setting->found || (stated(setting) ? setting->is_auto : whole);
}

/* Whether nothing of the plan's sizes is stated, or `plan: auto` says that what is not is to be found. */
static bool wholly_open(const struct fc_settings *settings)
{
    const struct fc_setting *f = settings->fields;
    bool any = stated(&f[FC_FIELD_DP]) && !f[FC_FIELD_DP].is_auto;
    for (int i = 0; i < SIZES; i++)
        any |= stated(&f[sizes[i].field]) && !f[sizes[i].field].is_auto;
    return settings->plan_auto || !any;
}

bool fc_plan_space_of(struct fc_plan_space *space, const struct fc_plan *plan,
                      const struct fc_settings *settings, bool whole)
{
    const struct fc_setting *f = settings->fields;
    bool rest = whole || wholly_open(settings), any = rest;
    fc_plan_space_all(space, plan);
    for (int i = 0; i < SIZES && !whole; i++) {
        const struct fc_setting *setting = &f[sizes[i].field];
        struct fc_sizes *allowed = (void *)((char *)space + sizes[i].space);
        if (open_setting(setting, rest))
            any = true;
        else
            *allowed = (struct fc_sizes){1, {setting->is_set ? (int)setting->integer : 1}};
    }
    if (!whole && stated(&f[FC_FIELD_ZERO]) && !f[FC_FIELD_ZERO].is_auto)
        space->zero = 1u << f[FC_FIELD_ZERO].choice;
    else if (!open_setting(&f[FC_FIELD_ZERO], rest))
        space->zero = 1u << FC_ZERO_OPTIMIZER;
    if (!whole && stated(&f[FC_FIELD_RECOMPUTE]) && !f[FC_FIELD_RECOMPUTE].is_auto)
        space->recompute = 1u << f[FC_FIELD_RECOMPUTE].choice;
    else if (!open_setting(&f[FC_FIELD_RECOMPUTE], rest))
        space->recompute = 1u << FC_RECOMPUTE_NONE;
    any |= says_auto(&f[FC_FIELD_ZERO]) || says_auto(&f[FC_FIELD_RECOMPUTE]);
    /* few jobs can be moved to the host's memory at once: searched when the scenario says so */
    space->offload = says_auto(&f[FC_FIELD_OFFLOAD]) || f[FC_FIELD_OFFLOAD].found
                         ? fc_plan_offloads(plan)
                         : 1u << f[FC_FIELD_OFFLOAD].choice;
    /* nor are ranks laid otherwise than every stack does it, unless it says so */
    space->order = says_auto(&f[FC_FIELD_ORDER]) || f[FC_FIELD_ORDER].found ? (1u << FC_ORDERS) - 1
                                                                            : 1u << f[FC_FIELD_ORDER].choice;
    any |= says_auto(&f[FC_FIELD_OFFLOAD]) || says_auto(&f[FC_FIELD_ORDER]);
    int schedule =
        f[FC_FIELD_SCHEDULE].is_set && !whole ? f[FC_FIELD_SCHEDULE].choice : FC_WORD_SCHEDULE_AUTO;
    if (schedule == FC_WORD_ONE_F_ONE_B || schedule == FC_WORD_ZERO_BUBBLE)
        space->vpp = (struct fc_sizes){1, {1}};
    space->one_f_one_b = schedule != FC_WORD_ZERO_BUBBLE && schedule != FC_WORD_INTERLEAVED;
    /* zero bubble is taken only when a scenario names it: few stacks have it */
    space->zero_bubble = schedule == FC_WORD_ZERO_BUBBLE;
    return any;
}

__attribute__((format(printf, 3, 4))) static void add(char **at, const char *end, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int written = *at < end ? vsnprintf(*at, (size_t)(end - *at), format, arguments) : 0;
    va_end(arguments);
    *at += written;
}

/* Sets the open fields as defaults whose source is the search; `fits`: the probability that was asked of a plan. */
static int put_choice(struct fc_settings *settings, const struct fc_plan_choice *choice,
                      const struct fc_plan_found *found, double fits, bool rest, struct fc_error *error)
{
    static const enum fc_field_id choices[] = {FC_FIELD_ZERO, FC_FIELD_RECOMPUTE, FC_FIELD_OFFLOAD,
                                               FC_FIELD_ORDER};
    const int chosen[] = {(int)choice->zero, (int)choice->recompute, (int)choice->offload,
                          (int)choice->order};
    enum { CHOICES = sizeof choices / sizeof choices[0] };
    enum fc_field_id put[SIZES + CHOICES];
    int puts = 0;
    char text[4000], *at = text, *end = text + sizeof text;
    add(&at, end, "entries:\n");
    for (int i = 0; i < SIZES; i++) {
        struct fc_setting *setting = &settings->fields[sizes[i].field];
        if (!open_setting(setting, rest))
            continue;
        *setting = (struct fc_setting){0};
        put[puts++] = sizes[i].field;
        add(&at, end,
            "  %s: {value: %d, source: \"the fastest of all plans that fit in memory in %.6g %% of the "
            "worlds (%llu searched)\", grade: derived}\n",
            fc_fields[sizes[i].field].path,
            *(const int *)(const void *)((const char *)choice + sizes[i].choice), 100 * fits,
            (unsigned long long)found->plans);
    }
    for (int i = 0; i < CHOICES; i++) {
        struct fc_setting *setting = &settings->fields[choices[i]];
        if (!open_setting(setting, rest && choices[i] != FC_FIELD_OFFLOAD && choices[i] != FC_FIELD_ORDER))
            continue;
        *setting = (struct fc_setting){0};
        put[puts++] = choices[i];
        add(&at, end,
            "  %s: {value: %s, source: \"the fastest of all plans that fit in memory in %.6g %% of the "
            "worlds (%llu searched)\", grade: derived}\n",
            fc_fields[choices[i]].path, fc_fields[choices[i]].choices[chosen[i]], 100 * fits,
            (unsigned long long)found->plans);
    }
    struct fc_document *document;
    if (fc_document_open_text(&document, "the search for a plan", text, (size_t)(at - text), sizeof text,
                              error))
        return -1;
    int status = fc_settings_apply_defaults(settings, document, error);
    fc_document_close(document);
    while (puts > 0)
        settings->fields[put[--puts]].found = true;
    return status;
}

static int no_plan(const struct fc_settings *settings, const struct fc_plan *plan,
                   const struct fc_plan_options *options, const struct fc_plan_space *space,
                   const struct fc_beliefs *beliefs, const struct fc_place *place, struct fc_error *error)
{
    struct fc_plan_found any;
    struct fc_search_limits limits = {.fits = 0, .best = 1};
    char text[200], fault[FC_PLAN_FAULT_BYTES];
    enum fc_plan_part part;
    if (fc_plan_check(plan, &part, fault) && part == FC_PART_PRECISION)
        return fc_fail_at(error, &settings->fields[FC_FIELD_PRECISION].place, "%s", fault);
    if (fc_plan_check_offload(plan, fault))
        return fc_fail_at(error, &settings->fields[FC_FIELD_OFFLOAD].place, "%s", fault);
    if (fc_plan_search(&any, plan, options, space, beliefs, &limits, error))
        return -1;
    if (any.count == 0)
        fc_fail_at(
            error, place,
            "no plan divides %g GPUs and a global batch of %g sequences for this model; change one of them",
            plan->gpus, plan->global_batch);
    else
        fc_fail_at(
            error, place,
            "none of %llu plans fits in memory in %.0f of 100 worlds (the fastest of all, %s, fits in %.0f); "
            "use more GPUs or shorter sequences, or state the plan",
            (unsigned long long)any.plans, 100 * FC_AUTO_FITS_LEAST,
            fc_plan_choice_text(&any.best[0].choice, text, sizeof text), 100 * any.best[0].fits);
    fc_plan_found_free(&any);
    return -1;
}

/* What a search may take, the surest first. */
static const double asked[] = {FC_AUTO_FITS, 0.9999, 0.999, 0.99, FC_AUTO_FITS_LEAST};
enum { ASKED = sizeof asked / sizeof asked[0] };

/* What a search came to. */
struct outcome {
    struct fc_plan_found
        found; /* the two fastest plans of the surest kind that costs no more than FC_AUTO_ROOM */
    int level; /* which of `asked` that kind is */
    struct fc_plan_candidate fastest; /* of the least sure kind */
    struct fc_plan_candidate
        surest; /* the fastest of the surest kind, where it costs more; step_s 0: there is none */
};

/* Nothing that fits leaves `found` empty. */
static int find(struct outcome *o, const struct fc_plan *plan, const struct fc_plan_options *options,
                const struct fc_plan_space *space, const struct fc_beliefs *beliefs, struct fc_error *error)
{
    struct fc_search_limits limits = {.fits = FC_AUTO_FITS_LEAST, .best = 2};
    bool sure = true;
    *o = (struct outcome){.level = 0};
    if (fc_plan_search(&o->found, plan, options, space, beliefs, &limits, error))
        return -1;
    for (size_t i = 0; i < o->found.count; i++)
        sure &= o->found.best[i].fits >= asked[0];
    if (o->found.count == 0)
        return 0;
    o->fastest = o->found.best[0];
    while (!sure) {
        limits.fits = asked[o->level];
        fc_plan_found_free(&o->found);
        if (fc_plan_search(&o->found, plan, options, space, beliefs, &limits, error))
            return -1;
        sure = o->found.count > 0 && o->found.best[0].step_s <= (1 + FC_AUTO_ROOM) * o->fastest.step_s;
        if (o->found.count > 0 && !sure && o->surest.step_s <= 0)
            o->surest = o->found.best[0];
        if (!sure && ++o->level == ASKED)
            return fc_fail(error, FC_FAULT, "a plan was found and lost again");
    }
    return 0;
}

static void note_choice(struct fc_settings *settings, const struct outcome *o)
{
    const struct fc_plan_found *found = &o->found;
    const struct fc_plan_candidate *best = &found->best[0], *fastest = &o->fastest;
    char text[200], other[200], next[80] = "", room[300] = "", sure[300] = "";
    if (found->count > 1)
        snprintf(next, sizeof next, "; the next is %.1f %% slower",
                 100 * (found->best[1].step_s / best->step_s - 1));
    if (fastest->fits < asked[o->level] && fastest->step_s < best->step_s)
        snprintf(room, sizeof room, "; %s is %.2g %% faster and fits in %.3f %%",
                 fc_plan_choice_text(&fastest->choice, other, sizeof other),
                 100 * (best->step_s / fastest->step_s - 1), 100 * fastest->fits);
    fc_note(&settings->notes, FC_NOTE, "plan-searched", NULL,
            "the plan was %s: %s, of %llu plans the fastest that fits in memory in %.6g %% of the worlds "
            "(%.3g s a "
            "step at the median%s%s); flopcast search compares the best in uncertain worlds",
            settings->plan_auto ? "left to the search" : "not stated, so it was searched",
            fc_plan_choice_text(&best->choice, text, sizeof text), (unsigned long long)found->plans,
            100 * asked[o->level], best->step_s, next, room);
    if (o->level == 0 || best->fits >= asked[0])
        return;
    if (o->surest.step_s > 0)
        snprintf(sure, sizeof sure, "%s fits in %.6g %%, and is %.2g %% slower than the fastest",
                 fc_plan_choice_text(&o->surest.choice, other, sizeof other), 100 * o->surest.fits,
                 100 * (o->surest.step_s / fastest->step_s - 1));
    fc_note(&settings->notes, FC_WARNING, "plan-tight", NULL,
            "the plan that was searched fits in memory in %.6g %% of the worlds, and the others have no end "
            "and no cost: "
            "%s; use more GPUs, shorter sequences or a smaller batch, or state the plan",
            100 * best->fits, sure[0] ? sure : "none fits in more");
}

static int settle(struct fc_settings *settings, const struct fc_catalog *catalog, struct fc_beliefs *beliefs,
                  struct fc_error *error)
{
    struct fc_plan plan;
    struct fc_plan_options options;
    struct fc_plan_space space;
    struct outcome o = {.level = 0};
    if (fc_plan_read_unchecked(&plan, &options, settings, catalog, error) ||
        fc_beliefs_read(beliefs, catalog, error))
        return -1;
    bool rest = wholly_open(settings);
    fc_plan_space_of(&space, &plan, settings, false);
    const struct fc_place *place = &settings->fields[FC_FIELD_MODEL].place;
    int status = find(&o, &plan, &options, &space, beliefs, error);
    if (!status && o.found.count == 0)
        status = no_plan(settings, &plan, &options, &space, beliefs, place, error);
    else if (!status)
        status = put_choice(settings, &o.found.best[0].choice, &o.found, asked[o.level], rest, error);
    if (!status)
        note_choice(settings, &o);
    fc_plan_found_free(&o.found);
    return status;
}

int fc_plan_settle(struct fc_settings *settings, const struct fc_catalog *catalog, struct fc_error *error)
{
    static const enum fc_field_id needed[] = {FC_FIELD_GPU, FC_FIELD_MODEL, FC_FIELD_GPUS,
                                              FC_FIELD_GLOBAL_BATCH, FC_FIELD_SEQUENCE};
    const struct fc_setting *f = settings->fields;
    bool open = wholly_open(settings);
    for (int i = 0; i < SIZES; i++)
        open |= says_auto(&f[sizes[i].field]);
    open |= says_auto(&f[FC_FIELD_ZERO]) || says_auto(&f[FC_FIELD_RECOMPUTE]) ||
            says_auto(&f[FC_FIELD_OFFLOAD]) || says_auto(&f[FC_FIELD_ORDER]);
    if (!open || f[FC_FIELD_LAYERS].choice == FC_LAYERS_CONTRACT || f[FC_FIELD_WORK].is_set)
        return 0;
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (!f[needed[i]].is_set)
            return 0; /* compiling says what is missing */
    struct fc_beliefs *beliefs = malloc(sizeof *beliefs);
    int status = beliefs ? settle(settings, catalog, beliefs, error)
                         : fc_fail(error, FC_FAULT, "out of memory for the efficiency factors");
    free(beliefs);
    return status;
}

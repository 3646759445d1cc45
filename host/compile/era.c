/* era.c: see era.h. */
#include "era.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster.h"
#include "host/base/document_write.h"
#include "host/language/in_use.h"

static bool simulates_run(const struct fc_settings *settings)
{
    const struct fc_setting *layers = &settings->fields[FC_FIELD_LAYERS];
    return layers->is_set && fc_field_in_use(settings, &fc_fields[FC_FIELD_PROFILE]);
}

/* The profile of the scenario's GPU as a choice of reliability.profile; 0: its row names none. */
static int choice_of(const struct fc_settings *settings, const struct fc_catalog *catalog)
{
    const char *const *choices = fc_fields[FC_FIELD_PROFILE].choices;
    const char *era = fc_cluster_era(settings, catalog);
    for (int k = 1; era && choices[k]; k++)
        if (strcmp(era, choices[k]) == 0)
            return k;
    return 0;
}

/* The entries of a profile that are not `written` already, as defaults; `inherited`: whose failures they are, where
 * they are not those of the GPU itself, or NULL; `plain`: those that a plain run reads
 * too, and not reliability.restart, which is the whole of it there. */
static void write_profile(struct fc_writer *w, const struct fc_catalog *catalog, const char *profile,
                          const char *inherited, bool plain, bool *written)
{
    char kind[96], text[300], source[800];
    snprintf(kind, sizeof kind, "profile-%s", profile);
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        const struct fc_field *field = strcmp(entry->kind, kind) == 0 ? fc_field_find(entry->name) : NULL;
        if (!field || written[field->id] ||
            (plain && (fc_field_of_detail(field) || field->id == FC_FIELD_RESTART)))
            continue;
        written[field->id] = true;
        fc_catalog_value_text(fc_node_get(entry->node, "value"), text, sizeof text);
        fc_write_map(w, entry->name);
        fc_write_scalar(w, "value", text);
        const char *from = inherited && field->id == FC_FIELD_GPU_MTBF ? inherited : NULL;
        snprintf(source, sizeof source, "%s%s%s%s", fc_node_text(entry->node, "source"),
                 from ? " (inherited: " : "", from ? from : "", from ? ")" : "");
        fc_write_text(w, "source", source);
        fc_write_text(w, "grade", from ? "estimate" : fc_node_text(entry->node, "grade"));
        fc_write_end(w);
    }
}

static void write_default(struct fc_writer *w, enum fc_field_id id, const char *value, const char *source)
{
    fc_write_map(w, fc_fields[id].path);
    fc_write_scalar(w, "value", value);
    fc_write_text(w, "source", source);
    fc_write_text(w, "grade", "derived");
    fc_write_end(w);
}

static bool stated(const struct fc_setting *setting)
{
    return setting->is_set && !setting->from_default;
}

/* A scenario that states reliability.restart and none of its parts means the whole of it. */
static void write_restart(struct fc_writer *w, struct fc_settings *settings, bool *written)
{
    static const enum fc_field_id parts[] = {FC_FIELD_RESTART_PER_GPU, FC_FIELD_CHECKPOINT_LOAD,
                                             FC_FIELD_WARMUP};
    const struct fc_setting *f = settings->fields;
    const size_t count = sizeof parts / sizeof parts[0];
    bool any = false;
    for (size_t i = 0; i < count; i++)
        any |= stated(&f[parts[i]]);
    if (any || !stated(&f[FC_FIELD_RESTART]))
        return;
    for (size_t i = 0; i < count; i++) {
        written[parts[i]] = true;
        write_default(w, parts[i], "0 s", "within reliability.restart, which is stated without its parts");
    }
    fc_note(&settings->notes, FC_NOTE, "restart-is-whole", &f[FC_FIELD_RESTART].place,
            "reliability.restart is taken as the whole restart: restart_per_gpu, warmup and checkpoint.load "
            "are 0 unless they are stated");
}

static double stated_number(const struct fc_setting *setting, double otherwise)
{
    return setting->is_set && !setting->is_auto && setting->number > 0 ? setting->number : otherwise;
}

/* GPUs of a domain: as stated, else as the catalog has it for the GPU; 0: unknown. */
static double domain_of(const struct fc_settings *settings, const struct fc_catalog *catalog)
{
    const struct fc_setting *f = settings->fields;
    const struct fc_catalog_entry *gpu = fc_catalog_get(catalog, "gpu", f[FC_FIELD_GPU].name);
    struct fc_figure figure;
    double otherwise = 0;
    if (gpu && fc_catalog_figure(gpu, "domain_gpus", &figure) && figure.value->text)
        otherwise = atof(figure.value->text);
    return stated_number(&f[FC_FIELD_DOMAIN_GPUS], otherwise);
}

/* What is lost with a missing unit: a replica of the plan, or what a rack holds of the job if that is more. */
static void write_loss(struct fc_writer *w, const struct fc_settings *settings,
                       const struct fc_catalog *catalog, bool *written)
{
    const struct fc_setting *f = settings->fields;
    double gpus = f[FC_FIELD_GPUS].number, domain = domain_of(settings, catalog);
    char value[64], source[160];
    if (!f[FC_FIELD_MODEL].is_set || !f[FC_FIELD_GPUS].is_set || !(domain > 0))
        return;
    double replica = stated_number(&f[FC_FIELD_TP], 1) * stated_number(&f[FC_FIELD_PP], 1) *
                     stated_number(&f[FC_FIELD_CP], 1);
    double racks = stated_number(&f[FC_FIELD_RACKS], fmax(1, ceil(gpus / domain)));
    double loss = fmin(1, fmax(replica / gpus, 1 / racks));
    snprintf(value, sizeof value, "%.6g", loss);
    snprintf(source, sizeof source, "one replica of %.6g, or one rack of %.6g, whichever is more",
             gpus / replica, racks);
    written[FC_FIELD_DEGRADED_LOSS] = true;
    write_default(w, FC_FIELD_DEGRADED_LOSS, value, source);
}

static int apply(struct fc_settings *settings, const struct fc_catalog *catalog, int choice, bool plain,
                 struct fc_error *error)
{
    const char *profile = fc_fields[FC_FIELD_PROFILE].choices[choice];
    struct fc_document *document = NULL;
    struct fc_writer *writer;
    bool written[FC_FIELD_COUNT] = {false};
    const struct fc_setting *gpu = &settings->fields[FC_FIELD_GPU];
    const struct fc_catalog_entry *row = gpu->is_set ? fc_catalog_get(catalog, "gpu", gpu->name) : NULL;
    struct fc_figure figure;
    const char *inherited =
        row && fc_catalog_figure(row, "era_inherited", &figure) ? figure.value->text : NULL;
    char *text = NULL, name[96], source[200];
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return fc_fail(error, FC_FAULT, "out of memory while reading the profile of the hardware");
    int status = fc_writer_open(&writer, out, FC_JSON, error);
    if (status == 0) {
        fc_write_map(writer, NULL);
        if (!settings->fields[FC_FIELD_PROFILE].is_set) {
            snprintf(source, sizeof source, "the era of %s (catalog/profile-%s.yaml)",
                     settings->fields[FC_FIELD_GPU].name, profile);
            write_default(writer, FC_FIELD_PROFILE, profile, source);
        }
        if (!plain) {
            write_restart(writer, settings, written);
            if (settings->fields[FC_FIELD_GPU].is_set)
                write_loss(writer, settings, catalog, written);
        } else {
            snprintf(name, sizeof name, "%s-plain", profile);
            write_profile(writer, catalog, name, inherited, plain, written);
        }
        write_profile(writer, catalog, profile, inherited, plain, written);
        fc_write_end(writer);
        status = fc_writer_close(writer, error);
    }
    fclose(out);
    snprintf(name, sizeof name, "catalog/profile-%s.yaml", profile);
    if (status == 0)
        status = fc_document_open_text(&document, name, text, size, FC_SCENARIO_BYTES, error);
    if (status == 0)
        status = fc_settings_apply_defaults(settings, document, error);
    fc_document_close(document);
    free(text);
    return status;
}

int fc_era_apply(struct fc_settings *settings, const struct fc_catalog *catalog, struct fc_error *error)
{
    const struct fc_setting *profile = &settings->fields[FC_FIELD_PROFILE],
                            *gpu = &settings->fields[FC_FIELD_GPU];
    int choice = profile->is_set ? profile->choice : 0;
    bool plain = profile->is_set && choice == 0;
    if (!simulates_run(settings))
        return 0;
    if (choice == 0) {
        choice = choice_of(settings, catalog);
        if (choice == 0 && !plain && gpu->is_set && fc_catalog_get(catalog, "gpu", gpu->name))
            fc_note(&settings->notes, FC_WARNING, "no-era", &gpu->place,
                    "%s names no era of failures: one rate of interruptions (reliability.profile: plain) is "
                    "taken; state reliability.profile, or `era` in the GPU's catalog row",
                    gpu->name);
    }
    return choice > 0 ? apply(settings, catalog, choice, plain, error) : 0;
}

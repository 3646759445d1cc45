/* cluster.c: see cluster.h. */
#include "cluster.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/document_write.h"
#include "host/language/in_use.h"

/* --- defaults that follow the GPU --- */

/* How the figure of a row gives the value. */
enum way {
    AS_IT_IS,
    OF_PRICE, /* the figure names a price entry, whose gpu_hour it is */
    OF_ERA    /* the figure names a profile, which has the value under the path of the field */
};

static const struct follower {
    enum fc_field_id field;
    const char *figure;
    enum way way;
} followers[] = {
    {FC_FIELD_DOMAIN_GPUS, "domain_gpus", AS_IT_IS},   {FC_FIELD_NODE_GPUS, "node_gpus", AS_IT_IS},
    {FC_FIELD_IT_POWER, "it_power_per_gpu", AS_IT_IS}, {FC_FIELD_SITE_POWER, "site_power_per_gpu", AS_IT_IS},
    {FC_FIELD_OWN_CAPEX, "capex_per_gpu", AS_IT_IS},   {FC_FIELD_OWN_RACK, "rack_capex", AS_IT_IS},
    {FC_FIELD_PRICE_GPU_HOUR, "price", OF_PRICE},      {FC_FIELD_LIST_PRICE, "list_price", OF_PRICE},
    {FC_FIELD_COMMITMENT_5Y, "price_5y", OF_PRICE},    {FC_FIELD_GPU_MTBF, "era", OF_ERA},
};
enum { FOLLOWERS = sizeof followers / sizeof followers[0] };

const char *fc_cluster_figure_of(enum fc_field_id id)
{
    for (int i = 0; i < FOLLOWERS; i++)
        if (followers[i].field == id)
            return id == FC_FIELD_PRICE_GPU_HOUR ? "price or contract_price" : followers[i].figure;
    return NULL;
}

/* The series of prices are never mixed: a run pays a commitment, a contract its own price. */
static struct follower follower_in(const struct fc_settings *settings, int i)
{
    const struct fc_setting *layers = &settings->fields[FC_FIELD_LAYERS];
    bool contract = layers->is_set && layers->choice >= FC_LAYERS_CONTRACT;
    struct follower f = followers[i];
    if (contract && f.field == FC_FIELD_PRICE_GPU_HOUR)
        f.figure = "contract_price";
    return f;
}

static const struct fc_catalog_entry *row_of(const struct fc_settings *settings,
                                             const struct fc_catalog *catalog)
{
    const struct fc_setting *gpu = &settings->fields[FC_FIELD_GPU];
    return gpu->is_set ? fc_catalog_get(catalog, "gpu", gpu->name) : NULL;
}

static const char *text_of(const struct fc_catalog_entry *row, const char *key)
{
    struct fc_figure figure;
    bool found = fc_catalog_figure(row, key, &figure) && figure.value && figure.value->kind == FC_NODE_TEXT;
    return found ? figure.value->text : NULL;
}

const char *fc_cluster_era(const struct fc_settings *settings, const struct fc_catalog *catalog)
{
    const struct fc_catalog_entry *row = row_of(settings, catalog);
    return row ? text_of(row, "era") : NULL;
}

/* The entry and the key that hold the value; false when the row has none. What the row names must be there. */
static int find_figure(const struct fc_catalog *catalog, const struct fc_catalog_entry *row,
                       const struct follower *f, const struct fc_catalog_entry **entry, const char **key,
                       struct fc_error *error)
{
    const char *named = text_of(row, f->figure);
    char kind[64];
    *entry = row;
    *key = f->figure;
    if (f->way == AS_IT_IS || !named)
        return 0;
    *key = f->way == OF_PRICE ? "gpu_hour" : "value";
    snprintf(kind, sizeof kind, "%s%s", f->way == OF_PRICE ? "price" : "profile-",
             f->way == OF_PRICE ? "" : named);
    return fc_catalog_find(catalog, kind, f->way == OF_PRICE ? named : fc_fields[f->field].path, &row->place,
                           entry, error);
}

static int write_default(const struct fc_catalog *catalog, const struct fc_catalog_entry *row,
                         const struct follower *f, struct fc_writer *w, struct fc_error *error)
{
    char text[256], source[800];
    const struct fc_catalog_entry *entry;
    const char *key, *inherited = f->way == OF_ERA ? text_of(row, "era_inherited") : NULL;
    struct fc_figure figure;
    if (find_figure(catalog, row, f, &entry, &key, error))
        return -1;
    if (!fc_catalog_figure(entry, key, &figure) || !figure.value)
        return 0;
    fc_catalog_value_text(figure.value, text, sizeof text);
    size_t used = strlen(text);
    if (f->way == OF_PRICE && strspn(text, "0123456789.") == used)
        snprintf(text + used, sizeof text - used, " USD");
    if (f->way == OF_PRICE)
        snprintf(source, sizeof source, "%s: %s series, %s; %s", row->name,
                 fc_node_text(entry->node, "series"), entry->what, figure.source);
    else
        snprintf(source, sizeof source, "%s: %s%s%s%s", row->name, figure.source,
                 inherited ? " (inherited: " : "", inherited ? inherited : "", inherited ? ")" : "");
    fc_write_map(w, fc_fields[f->field].path);
    fc_write_scalar(w, "value", text);
    fc_write_text(w, "source", source);
    fc_write_text(w, "grade", inherited ? "estimate" : figure.grade);
    fc_write_end(w);
    return 0;
}

int fc_cluster_apply_defaults(struct fc_settings *settings, const struct fc_catalog *catalog,
                              struct fc_error *error)
{
    const struct fc_catalog_entry *row = row_of(settings, catalog);
    struct fc_document *document = NULL;
    struct fc_writer *w;
    char *text = NULL;
    size_t size = 0;
    if (!row) /* without a GPU, or with one that is not there: whoever reads it refuses it */
        return 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return fc_fail(error, FC_FAULT, "out of memory for the defaults of GPU '%s'", row->name);
    int status = fc_writer_open(&w, out, FC_JSON, error), wrong = 0;
    if (status == 0) {
        fc_write_map(w, NULL);
        for (int i = 0; i < FOLLOWERS && !wrong; i++) {
            const struct follower follower = follower_in(settings, i);
            wrong = write_default(catalog, row, &follower, w, error);
        }
        fc_write_end(w);
        struct fc_error second;
        status = fc_writer_close(w, wrong ? &second : error) || wrong ? -1 : 0;
    }
    fclose(out);
    if (status == 0)
        status = fc_document_open_text(&document, row->place.file, text, size, FC_SCENARIO_BYTES, error);
    if (status == 0)
        status = fc_settings_apply_defaults(settings, document, error);
    fc_document_close(document);
    free(text);
    return status;
}

void fc_cluster_withhold_defaults(struct fc_settings *settings, const struct fc_catalog *catalog)
{
    const struct fc_catalog_entry *row = row_of(settings, catalog);
    struct fc_figure figure;
    for (int i = 0; row && i < FOLLOWERS; i++) {
        struct fc_setting *setting = &settings->fields[followers[i].field];
        bool general = setting->from_default && setting->place.file &&
                       strcmp(setting->place.file, "catalog/defaults.yaml") == 0;
        if (general && !fc_catalog_figure(row, follower_in(settings, i).figure, &figure))
            *setting = (struct fc_setting){0};
    }
}

/* --- the cluster itself --- */

static double number_or(const struct fc_settings *settings, enum fc_field_id id, double otherwise)
{
    return settings->fields[id].is_set ? settings->fields[id].number : otherwise;
}

static bool divides(double part, double whole)
{
    return fmod(whole, part) == 0;
}

/* Whether the list `gpus` of a network names the GPU; a network without such a list says nothing. */
static bool joins(const struct fc_catalog_entry *network, const char *gpu)
{
    const struct fc_node *list = fc_node_get(network->node, "gpus");
    if (!list)
        return false;
    if (list->kind == FC_NODE_TEXT)
        return strcmp(list->text, gpu) == 0;
    for (const struct fc_node *item = list->first; item; item = item->next)
        if (item->kind == FC_NODE_TEXT && strcmp(item->text, gpu) == 0)
            return true;
    return false;
}

/* Every GPU of the network's list is one of the catalog. */
static int check_joined(const struct fc_catalog_entry *network, const struct fc_catalog *catalog,
                        struct fc_error *error)
{
    const struct fc_node *list = fc_node_get(network->node, "gpus");
    const struct fc_catalog_entry *gpu;
    for (const struct fc_node *item = list ? list->first : NULL; item; item = item->next)
        if (item->kind == FC_NODE_TEXT &&
            fc_catalog_find(catalog, "gpu", item->text, &item->place, &gpu, error))
            return -1;
    return 0;
}

static int refuse_network(const struct fc_cluster *c, const struct fc_catalog *catalog,
                          const struct fc_setting *network, struct fc_error *error)
{
    char list[300] = "";
    size_t used = 0;
    for (size_t i = 0; i < fc_catalog_count(catalog); i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        if (strcmp(entry->kind, "network") == 0 && joins(entry, c->gpu.name) && used < sizeof list)
            used +=
                (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? " or " : "", entry->name);
    }
    if (used)
        return fc_fail_at(error, &network->place, "the network '%s' does not join the %s; take %s",
                          network->name, c->gpu.name, list);
    return fc_fail_at(error, &network->place,
                      "the network '%s' does not join the %s, and no network of the catalog does; leave "
                      "cluster.network out (%g Gbit/s per GPU, from its row)",
                      network->name, c->gpu.name, 8e-9 * c->gpu.nic_bytes_per_s);
}

static int read_network(struct fc_cluster *c, const struct fc_settings *settings,
                        const struct fc_catalog *catalog, struct fc_notes *notes, struct fc_error *error)
{
    const struct fc_setting *network = &settings->fields[FC_FIELD_NETWORK];
    const struct fc_catalog_entry *entry;
    double nic, reached, ethernet;
    if (!network->is_set)
        return 0;
    if (fc_catalog_find(catalog, "network", network->name, &network->place, &entry, error) ||
        fc_catalog_number(entry, "nic_bits_per_s", &nic, &network->place, error) ||
        fc_catalog_number(entry, "nic_bytes_per_s", &reached, &network->place, error) ||
        check_joined(entry, catalog, error) || fc_catalog_number_or(entry, "ethernet", 0, &ethernet, error))
        return -1;
    if (reached > nic / 8)
        return fc_fail_at(
            error, &entry->place,
            "the network '%s' reaches %g byte/s (nic_bytes_per_s) on an adapter of %g bit/s, which is %g "
            "byte/s; correct one",
            entry->name, reached, nic, nic / 8);
    if (!c->has_gpu)
        return 0;
    if (!fc_node_get(entry->node, "gpus"))
        fc_note(notes, FC_NOTE, "network-unknown", &network->place,
                "the catalog does not say which GPUs the network '%s' joins; it is assumed to fit the %s",
                entry->name, c->gpu.name);
    else if (!joins(entry, c->gpu.name))
        return refuse_network(c, catalog, network, error);
    c->gpu.nic_bytes_per_s = nic / 8;
    c->gpu.ethernet = ethernet != 0;
    if (c->gpus > 0 && c->gpus <= c->domain && !network->from_default)
        fc_note(notes, FC_NOTE, "network-unused", &network->place,
                "cluster.network has no effect: the %g GPUs are in one NVLink domain of %g", c->gpus,
                c->domain);
    return 0;
}

/* Node and domain: of the GPU's kind, and each filled by whole ones of the other. */
static int check_domain(const struct fc_cluster *c, const struct fc_settings *settings,
                        struct fc_error *error)
{
    const struct fc_setting *domain = &settings->fields[FC_FIELD_DOMAIN_GPUS],
                            *node = &settings->fields[FC_FIELD_NODE_GPUS];
    const struct fc_setting *wrong = node->is_set && !node->from_default ? node : domain;
    if (c->has_gpu && c->domain > c->gpu.domain_most)
        return fc_fail_at(
            error, &domain->place,
            "cluster.domain is %g, but the largest NVLink domain of the %s has %g GPUs; make it %g or less",
            c->domain, c->gpu.name, c->gpu.domain_most, c->gpu.domain_most);
    if (c->has_gpu && !divides(c->gpu.node, c->node) && !divides(c->node, c->gpu.node))
        return fc_fail_at(
            error, &node->place,
            "cluster.node is %g, but a node of the %s has %g GPUs; make it %g, a part of it or a "
            "multiple",
            c->node, c->gpu.name, c->gpu.node, c->gpu.node);
    if (!(c->domain > 0) || !(c->node > 0))
        return 0;
    if (c->node > c->domain)
        return fc_fail_at(
            error, &wrong->place,
            "cluster.node is %g%s, more than cluster.domain %g%s (a node is in one NVLink domain); state "
            "a node of %g or less",
            c->node, node->from_default ? " (the GPU's)" : "", c->domain,
            domain->from_default ? " (the GPU's)" : "", c->domain);
    if (!divides(c->node, c->domain))
        return fc_fail_at(
            error, &wrong->place,
            "cluster.domain %g is not filled by nodes of %g GPUs (cluster.node); make it a multiple",
            c->domain, c->node);
    return 0;
}

/* A run replaces, repairs and pays whole nodes; spares must have a size, and room where they stand. */
int fc_cluster_check_run(const struct fc_cluster *c, const struct fc_settings *settings,
                         struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    bool profile = f[FC_FIELD_PROFILE].is_set && f[FC_FIELD_PROFILE].choice != FC_PROFILE_PLAIN;
    static const enum fc_field_id size[] = {FC_FIELD_NODE_GPUS, FC_FIELD_DOMAIN_GPUS};
    for (int i = 0; i < 2; i++) {
        bool needed = i == 0 ? profile || c->spare_nodes > 0 : profile && !f[FC_FIELD_RACKS].is_set;
        if (needed && !f[size[i]].is_set)
            return fc_fail_at(
                error, &f[FC_FIELD_GPUS].place,
                "%s is not stated (%s), and there is no cluster.gpu from which it would follow; add one "
                "of them",
                fc_fields[size[i]].path, fc_fields[size[i]].what);
    }
    if (c->node > 0 && c->gpus > c->node && !divides(c->node, c->gpus))
        return fc_fail_at(
            error, &f[FC_FIELD_GPUS].place,
            "%g GPUs are not whole nodes of %g (cluster.node), and a run replaces and pays whole nodes; "
            "make it a multiple",
            c->gpus, c->node);
    if (!profile)
        return 0;
    double per_rack = c->gpus / c->racks;
    bool rack_scale = c->has_gpu && c->gpu.domain_most > c->gpu.node;
    if (c->racks > c->trays)
        return fc_fail_at(
            error, &f[FC_FIELD_RACKS].place,
            "cluster.racks is %d, but %g GPUs are %g nodes of %g; state at most as many racks as nodes",
            c->racks, c->gpus, c->trays, c->node);
    if (rack_scale && per_rack > c->gpu.domain_most)
        return fc_fail_at(error, &f[FC_FIELD_RACKS].place,
                          "%g GPUs do not fit into %d racks of %g; state %g racks or more", c->gpus, c->racks,
                          c->gpu.domain_most, ceil(c->gpus / c->gpu.domain_most));
    if (rack_scale && c->spares_per_rack > 0 &&
        ceil(per_rack) + c->spares_per_rack * c->node > c->gpu.domain_most)
        return fc_fail_at(
            error, &f[FC_FIELD_SPARES_PER_RACK].place,
            "cluster.spares_per_rack is %d nodes of %g beside the %g GPUs that the job uses of a rack, but "
            "a rack of the %s has %g GPUs; use fewer GPUs of a rack (cluster.domain), or fewer spares",
            c->spares_per_rack, c->node, per_rack, c->gpu.name, c->gpu.domain_most);
    return 0;
}

/* A default that was withheld is asked for by name where a layer in use reads it. */
static int check_withheld(const struct fc_cluster *c, const struct fc_settings *settings,
                          struct fc_error *error)
{
    for (int i = 0; c->has_gpu && i < FOLLOWERS; i++) {
        const struct fc_field *field = &fc_fields[followers[i].field];
        if (!settings->fields[field->id].is_set && fc_field_in_use(settings, field))
            return fc_fail_at(
                error, &settings->fields[FC_FIELD_GPU].place,
                "%s is not stated, and the catalog has no figure for the %s from which it would follow "
                "(%s); state it, or give it with --set %s=...",
                field->path, c->gpu.name, follower_in(settings, i).figure, field->path);
    }
    return 0;
}

/* What a forecast on a GPU whose efficiency is inherited was worth when it could be tried. */
static void worth_of_inheriting(const struct fc_catalog *catalog, char *text, size_t size)
{
    const struct fc_catalog_entry *entry = fc_catalog_get(catalog, "posterior", "unseen_generation");
    double rows, mape, cover;
    struct fc_error none;
    text[0] = '\0';
    if (entry && !fc_catalog_number(entry, "rows", &rows, NULL, &none) &&
        !fc_catalog_number(entry, "mape", &mape, NULL, &none) &&
        !fc_catalog_number(entry, "cover90", &cover, NULL, &none))
        snprintf(
            text, size,
            ". Tried on a generation that was measured later: fitted to A100 and Hopper alone, %.0f steps of "
            "Blackwell are predicted with a mean error of %.1f %%, and the 90 %% interval holds %.1f %% of "
            "them ('flopcast validate --leave-generation')",
            rows, 100 * mape, 100 * cover);
}

/* Spares that nobody stated are billed all the same. The source of the default begins with how they were counted. */
static void note_spares(const struct fc_cluster *c, const struct fc_setting *spares, struct fc_notes *notes)
{
    if (!spares->from_default || c->spare_nodes == 0)
        return;
    fc_note(notes, FC_NOTE, "spares-assumed", NULL,
            "billed: %.15g GPUs, %.15g of the job and %.15g spare%s (cluster.spare_nodes is not stated: %d, %.*s)",
            c->paid_gpus, c->gpus, c->paid_gpus - c->gpus, c->paid_gpus - c->gpus == 1 ? "" : "s", c->spare_nodes,
            spares->source ? (int)strcspn(spares->source, ";") : 0, spares->source ? spares->source : "");
}

static void note_assumptions(const struct fc_cluster *c, const struct fc_settings *settings,
                             const struct fc_catalog *catalog, bool run, bool step, struct fc_notes *notes)
{
    char worth[320];
    if (run)
        note_spares(c, &settings->fields[FC_FIELD_SPARE_NODES], notes);
    if (c->gpus > c->domain && c->domain > c->node && !divides(c->domain, c->gpus)) {
        double racks = ceil(c->gpus / c->domain);
        fc_note(notes, FC_NOTE, "part-of-a-domain", NULL,
                "%g GPUs are not whole NVLink domains of %g: the step counts them as full domains%s%s",
                c->gpus, c->domain,
                run && c->racks == racks ? ", the run as racks of equal size, each not quite full" : "",
                run && c->racks != racks ? ", the run as the racks that are stated" : "");
    }
    if (step && c->has_gpu && c->gpu.inherited_sd_log > 0) {
        worth_of_inheriting(catalog, worth, sizeof worth);
        fc_note(notes, FC_WARNING, "efficiency-inherited", NULL,
                "no training speed of the %s is in the fit: its efficiency is inherited from %s, which "
                "widens the step time by %.0f %% (one standard deviation; 'flopcast show %s' says why)%s",
                c->gpu.name, fc_family_name(c->gpu.family), 100 * c->gpu.inherited_sd_log, c->gpu.name,
                worth);
    }
    const struct fc_catalog_entry *row = c->has_gpu ? fc_catalog_get(catalog, "gpu", c->gpu.name) : NULL;
    if (run && row && text_of(row, "era_inherited"))
        fc_note(notes, FC_NOTE, "failures-inherited", NULL,
                "failure rates of the %s are inherited (%s): %.240s", c->gpu.name, text_of(row, "era"),
                text_of(row, "era_inherited"));
}

int fc_cluster_read(struct fc_cluster *c, const struct fc_settings *settings,
                    const struct fc_catalog *catalog, struct fc_notes *notes, struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    int layers = f[FC_FIELD_LAYERS].choice;
    bool run = layers == FC_LAYERS_RUN || layers == FC_LAYERS_ALL,
         step = layers != FC_LAYERS_CONTRACT && !f[FC_FIELD_WORK].is_set;
    *c = (struct fc_cluster){.has_gpu = f[FC_FIELD_GPU].is_set};
    if (c->has_gpu &&
        fc_accelerator_read(&c->gpu, catalog, f[FC_FIELD_GPU].name, &f[FC_FIELD_GPU].place, error))
        return -1;
    c->gpus = number_or(settings, FC_FIELD_GPUS, 0);
    c->domain = number_or(settings, FC_FIELD_DOMAIN_GPUS, 0);
    c->node = number_or(settings, FC_FIELD_NODE_GPUS, 0);
    c->spare_nodes = run ? (int)number_or(settings, FC_FIELD_SPARE_NODES, 0) : 0;
    c->spares_per_rack = run ? (int)number_or(settings, FC_FIELD_SPARES_PER_RACK, 0) : 0;
    c->spare_racks = run ? (int)number_or(settings, FC_FIELD_SPARE_RACKS, 0) : 0;
    double racks = c->domain > 0 ? fmax(1, ceil(c->gpus / c->domain)) : 1;
    c->racks = (int)number_or(settings, FC_FIELD_RACKS, racks);
    c->trays = c->node > 0 ? ceil(c->gpus / c->node) : 0;
    if (check_domain(c, settings, error) || read_network(c, settings, catalog, notes, error) ||
        check_withheld(c, settings, error))
        return -1;
    c->gpu.domain = c->domain;
    c->gpu.nic_bytes_per_s /= number_or(settings, FC_FIELD_OVERSUBSCRIPTION, 1);
    double rack_gpus = c->gpus / c->racks + c->spares_per_rack * c->node;
    c->paid_gpus = rack_gpus * (c->racks + c->spare_racks) + c->spare_nodes * c->node;
    note_assumptions(c, settings, catalog, run, step, notes);
    return 0;
}

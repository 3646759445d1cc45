/* site.c: see site.h. */
#include "site.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/base/document_write.h"
#include "host/base/source.h"

enum { FIGURES = 4, SITES_MAX = 100, PROVIDERS = 4 };

static const char *const figures[FIGURES] = {"energy_price", "carbon_average", "carbon_marginal", "pue"};

/* The fields that a site fills: of the scenario, of the second provider; the others follow in the same order.
 */
static const enum fc_field_id general[FIGURES] = {FC_FIELD_ENERGY_PRICE, FC_FIELD_CARBON,
                                                  FC_FIELD_CARBON_MARGINAL, FC_FIELD_PUE};
static const enum fc_field_id second[FIGURES] = {FC_FIELD_P2_ENERGY_PRICE, FC_FIELD_P2_CARBON,
                                                 FC_FIELD_P2_CARBON_MARGINAL, FC_FIELD_P2_PUE};

/* A site is an energy entry with one figure for its electricity: ranges are for places that are not known. */
static bool is_site(const struct fc_catalog_entry *entry)
{
    struct fc_figure figure;
    if (strcmp(entry->kind, "energy") != 0)
        return false;
    for (int i = 0; i < 2; i++)
        if (fc_catalog_figure(entry, figures[i], &figure) && figure.value &&
            figure.value->kind == FC_NODE_TEXT && !strchr(figure.value->text, '('))
            return true;
    return false;
}

static int unknown_site(const struct fc_catalog *catalog, const struct fc_setting *site,
                        struct fc_error *error)
{
    const char *names[SITES_MAX];
    char list[600] = "", hint[96], shown[64];
    size_t count = 0, used = 0, length = strlen(site->name);
    for (size_t i = 0; i < fc_catalog_count(catalog) && count < SITES_MAX; i++) {
        const struct fc_catalog_entry *entry = fc_catalog_at(catalog, i);
        if (!is_site(entry))
            continue;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", count ? ", " : "", entry->name);
        names[count++] = entry->name;
    }
    return fc_fail_at(error, &site->place, "'%s' is not a site of the catalog (%s)%s",
                      fc_printable(shown, sizeof shown, site->name, length), list,
                      fc_did_you_mean(hint, sizeof hint, site->name, length, names, count));
}

/* One figure of the site under the path of its field: of the site, or of the default where that has none.
 * A provider without its own would share that of the first one's site. */
static void write_figure(const struct fc_catalog *catalog, const struct fc_catalog_entry *entry, int i,
                         enum fc_field_id id, struct fc_writer *w)
{
    char text[200], source[600];
    struct fc_figure figure;
    const struct fc_catalog_entry *otherwise;
    const char *grade = NULL;
    if (fc_catalog_figure(entry, figures[i], &figure)) {
        size_t used;
        fc_catalog_value_text(figure.value, text, sizeof text);
        used = strlen(text);
        if (figure.unit && strspn(text, "0123456789.") == used)
            snprintf(text + used, sizeof text - used, " %s", figure.unit);
        snprintf(source, sizeof source, "%s: %s", entry->what, figure.source);
        grade = figure.grade;
    } else {
        otherwise = fc_catalog_get(catalog, "default", fc_fields[general[i]].path);
        if (i == FIGURES - 1 || !otherwise) /* how a site is built is not known by its place */
            return;
        fc_catalog_value_text(fc_node_get(otherwise->node, "value"), text, sizeof text);
        snprintf(source, sizeof source, "not in the catalog for %s, so as for an unknown site: %s",
                 entry->name, fc_node_text(otherwise->node, "source"));
        grade = fc_node_text(otherwise->node, "grade");
    }
    fc_write_map(w, fc_fields[id].path);
    fc_write_scalar(w, "value", text);
    fc_write_text(w, "source", source);
    fc_write_text(w, "grade", grade);
    fc_write_end(w);
}

static int apply(struct fc_settings *settings, const struct fc_catalog *catalog,
                 const struct fc_setting *site, const enum fc_field_id *fields, int provider,
                 struct fc_error *error)
{
    const struct fc_catalog_entry *entry = fc_catalog_get(catalog, "energy", site->name);
    struct fc_document *document = NULL;
    struct fc_writer *writer;
    char *text = NULL;
    size_t size = 0;
    if (!entry || !is_site(entry))
        return unknown_site(catalog, site, error);
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return fc_fail(error, FC_FAULT, "out of memory for site '%s'", site->name);
    int status = fc_writer_open(&writer, out, FC_JSON, error);
    if (status == 0) {
        fc_write_map(writer, NULL);
        for (int i = 0; i < FIGURES; i++)
            write_figure(catalog, entry, i, provider ? fc_field_of_provider(provider, fields[i]) : fields[i],
                         writer);
        fc_write_end(writer);
        status = fc_writer_close(writer, error);
    }
    fclose(out);
    if (status == 0)
        status = fc_document_open_text(&document, entry->place.file, text, size, FC_SCENARIO_BYTES, error);
    if (status == 0)
        status = fc_settings_apply_defaults(settings, document, error);
    fc_document_close(document);
    free(text);
    return status;
}

int fc_site_apply(struct fc_settings *settings, const struct fc_catalog *catalog, struct fc_error *error)
{
    const struct fc_setting *f = settings->fields;
    if (f[FC_FIELD_SITE].is_set && apply(settings, catalog, &f[FC_FIELD_SITE], general, 0, error))
        return -1;
    for (int k = 1; k < PROVIDERS; k++) {
        const struct fc_setting *site = &f[fc_field_of_provider(k, FC_FIELD_P2_SITE)];
        if (site->is_set && apply(settings, catalog, site, second, k, error))
            return -1;
    }
    return 0;
}

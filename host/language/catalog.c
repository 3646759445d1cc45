/* catalog.c: see catalog.h. */
#include "catalog.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog_schema.h"
#include "embedded.h"
#include "host/base/source.h"

struct fc_catalog {
    struct fc_document **documents;
    size_t document_count, document_room;
    struct fc_catalog_entry *entries;
    size_t count, room;
    size_t own, replaced; /* entries of the user's directory; those of them that stand for a bundled one */
    bool reading_own;
};

/* Keys of an entry that are no figures. */
static const char *const entry_words[] = {"what", "source", "grade", "note", "measured_name", "series"};
static const char *const kinds[] = {"model",
                                    "gpu",
                                    "network",
                                    "reliability",
                                    "price",
                                    "energy",
                                    "default",
                                    "efficiency",
                                    "posterior",
                                    "mfu",
                                    "profile-h100-era",
                                    "profile-gb200-era",
                                    "profile-gb200-era-plain",
                                    "operation"};
static const char *const grades[] = {"published", "published (2nd)", "measured",
                                     "derived",   "estimate",        "stated"};
#define COUNT_OF(table) (sizeof(table) / sizeof((table)[0]))

static bool among(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

bool fc_grade_is_known(const char *grade)
{
    return among(grade, grades, COUNT_OF(grades));
}

/* Makes room for one more element; returns the array, or NULL with the old one intact. */
static void *grown(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return array;
    size_t more = *room ? 2 * *room : 64;
    void *larger = realloc(array, more * size);
    if (larger)
        *room = more;
    return larger;
}

static const struct fc_catalog_entry *find(const struct fc_catalog *catalog, const char *kind,
                                           const char *name)
{
    for (size_t i = 0; i < catalog->count; i++)
        if (strcmp(catalog->entries[i].kind, kind) == 0 && strcmp(catalog->entries[i].name, name) == 0)
            return &catalog->entries[i];
    return NULL;
}

/* Source and grade must stand at the entry or at each figure, and the grade must be a known word. */
static int check_figure(const struct fc_figure *figure, const struct fc_place *place, struct fc_error *error)
{
    if (!figure->value && !figure->points)
        return fc_fail_at(error, place, "figure '%s' has no value; write a number, or a map with 'value'",
                          figure->key);
    if (!figure->source || !figure->source[0] || !figure->grade)
        return fc_fail_at(error, place,
                          "figure '%s' has no source or no grade; state both, here or for the whole entry",
                          figure->key);
    if (!fc_grade_is_known(figure->grade))
        return fc_fail_at(
            error, place,
            "figure '%s': '%s' is not a grade; write published, published (2nd), measured, derived or "
            "estimate",
            figure->key, figure->grade);
    return 0;
}

static int check_entry(const struct fc_catalog_entry *entry, struct fc_error *error)
{
    const struct fc_node *cursor = NULL;
    struct fc_figure figure;
    size_t figures = 0;
    for (; fc_catalog_next(entry, &cursor, &figure); figures++)
        if (check_figure(&figure, &cursor->key_place, error) < 0)
            return -1;
    if (figures == 0)
        return fc_fail_at(error, &entry->place, "entry '%s' holds no figure", entry->name);
    return 0;
}

/* The map `figures` of the bundled file of this kind, or NULL. */
static const struct fc_node *rows_of(const struct fc_catalog *catalog, const char *kind)
{
    for (size_t i = 0; i < catalog->document_count; i++) {
        const struct fc_node *root = fc_document_root(catalog->documents[i]);
        const char *other = fc_node_text(root, "kind");
        if (other && strcmp(other, kind) == 0)
            return fc_node_get(root, "figures");
    }
    return NULL;
}

/* Appends an entry. */
static int append(struct fc_catalog *catalog, const struct fc_catalog_entry *entry, struct fc_error *error)
{
    void *larger = grown(catalog->entries, catalog->count, &catalog->room, sizeof *catalog->entries);
    if (!larger)
        return fc_fail(error, FC_FAULT, "out of memory for the catalog");
    catalog->entries = larger;
    catalog->entries[catalog->count++] = *entry;
    return 0;
}

int fc_catalog_add_stated(struct fc_catalog *catalog, const char *kind, const char *name,
                          const struct fc_node *node, struct fc_error *error)
{
    const struct fc_node *rows = rows_of(catalog, kind);
    struct fc_catalog_entry entry = {.kind = kind,
                                     .name = name,
                                     .what = fc_node_text(node, "what"),
                                     .place = node->place,
                                     .node = node,
                                     .units = rows,
                                     .stated = true};
    if (fc_catalog_schema_check(&entry, rows, error) < 0 ||
        fc_catalog_schema_complete(&entry, rows, error) < 0)
        return -1;
    return append(catalog, &entry, error);
}

static int add_entry(struct fc_catalog *catalog, const char *kind, const struct fc_node *node,
                     const struct fc_node *units, struct fc_error *error)
{
    if (node->kind != FC_NODE_MAP)
        return fc_fail_at(error, &node->place, "entry '%s' is %s; write a map", node->key,
                          fc_node_kind_name(node->kind));
    if (node->key[strcspn(node->key, "\r\n\t")])
        return fc_fail_at(error, &node->key_place, "the name '%s' has a line break or a tab; write it on one line", node->key);
    struct fc_catalog_entry entry = {.kind = kind,
                                     .name = node->key,
                                     .what = fc_node_text(node, "what"),
                                     .place = node->key_place,
                                     .node = node,
                                     .units = units,
                                     .own = catalog->reading_own};
    if (fc_catalog_schema_check(&entry, units, error) < 0 || check_entry(&entry, error) < 0 ||
        fc_catalog_schema_complete(&entry, units, error) < 0)
        return -1;
    catalog->own += catalog->reading_own;
    for (size_t i = 0; i < catalog->count; i++)
        if (strcmp(catalog->entries[i].kind, kind) == 0 &&
            strcmp(catalog->entries[i].name, entry.name) == 0) {
            const struct fc_catalog_entry *known = &catalog->entries[i];
            if (catalog->reading_own && known->own && strcmp(kind, "posterior") != 0)
                return fc_fail_at(error, &entry.place,
                                  "the %s '%s' is given twice (first in %s, line %d); keep one of them", kind,
                                  entry.name, known->place.file, known->place.line);
            catalog->entries[i] = entry;
            catalog->replaced += catalog->reading_own;
            return 0;
        }
    return append(catalog, &entry, error);
}

/* Takes over the document, also when it fails. */
static int add_document(struct fc_catalog *catalog, struct fc_document *document, struct fc_error *error)
{
    void *larger =
        grown(catalog->documents, catalog->document_count, &catalog->document_room, sizeof document);
    if (!larger) {
        fc_document_close(document);
        return fc_fail(error, FC_FAULT, "out of memory for the catalog");
    }
    catalog->documents = larger;
    catalog->documents[catalog->document_count++] = document;

    const struct fc_node *root = fc_document_root(document);
    const char *kind = fc_node_text(root, "kind");
    if (!kind || !among(kind, kinds, COUNT_OF(kinds)))
        return fc_fail_at(
            error, &root->place,
            "'%s' is not a kind of catalog; write 'kind: ' and model, gpu, network, reliability, price, "
            "energy, default, efficiency, posterior, mfu or operation",
            kind ? kind : "");
    const struct fc_node *entries = fc_node_get(root, "entries");
    if (!entries || entries->kind != FC_NODE_MAP)
        return fc_fail_at(error, &root->place, "the catalog file has no map 'entries'");
    if (fc_catalog_schema_check_file(root, error) < 0)
        return -1;
    if (catalog->reading_own && (strcmp(kind, "default") == 0 || strncmp(kind, "profile-", 8) == 0))
        return fc_fail_at(
            error, &root->place,
            "a catalog of your own cannot hold a %s (it would not be read); state the keys in the scenario",
            strcmp(kind, "default") == 0 ? "default" : "profile");
    const struct fc_node *rows = rows_of(catalog, kind);
    for (const struct fc_node *node = entries->first; node; node = node->next)
        if (add_entry(catalog, kind, node, rows, error) < 0)
            return -1;
    return 0;
}

static bool ends_in_yaml(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".yaml") == 0;
}

static int add_embedded(struct fc_catalog *catalog, struct fc_error *error)
{
    for (size_t i = 0; i < fc_embedded_count; i++) {
        const struct fc_embedded_file *file = &fc_embedded_files[i];
        if (strncmp(file->name, "catalog/", 8) != 0 || !ends_in_yaml(file->name))
            continue;
        struct fc_document *document;
        if (fc_document_open_text(&document, file->name, (const char *)file->data, file->size,
                                  FC_SCENARIO_BYTES, error) < 0)
            return -1;
        if (add_document(catalog, document, error) < 0)
            return -1;
    }
    return 0;
}

static int is_yaml_entry(const struct dirent *item)
{
    size_t length = strlen(item->d_name);
    return ends_in_yaml(item->d_name) || (length > 4 && strcmp(item->d_name + length - 4, ".yml") == 0);
}

/* The files of the user's directory in the order of their names. */
static int add_directory(struct fc_catalog *catalog, const char *directory, struct fc_error *error)
{
    struct dirent **items = NULL;
    int count = scandir(directory, &items, is_yaml_entry, alphasort);
    if (count < 0)
        return fc_fail(error, FC_BAD_INPUT,
                       "cannot read the catalog directory '%s' (%s); check FLOPCAST_CATALOG", directory,
                       strerror(errno));
    int status = 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct fc_document *document;
        if (status == 0) {
            if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, items[i]->d_name) >= sizeof path)
                status = fc_fail(error, FC_BAD_INPUT, "the path '%s' is too long", directory);
            else if (fc_document_open(&document, path, FC_SCENARIO_BYTES, error) < 0)
                status = -1;
            else
                status = add_document(catalog, document, error);
        }
        free(items[i]);
    }
    free(items);
    return status;
}

static const char *own_posterior; /* set once, before any catalog is opened */

void fc_catalog_use_posterior(const char *path)
{
    own_posterior = path;
}

const char *fc_catalog_posterior(void)
{
    return own_posterior;
}

static int add_posterior(struct fc_catalog *catalog, struct fc_error *error)
{
    struct fc_document *document;
    if (fc_document_open(&document, own_posterior, FC_SCENARIO_BYTES, error))
        return -1;
    const char *kind = fc_node_text(fc_document_root(document), "kind");
    if (!kind || strcmp(kind, "posterior") != 0) {
        fc_document_close(document);
        return fc_fail(error, FC_BAD_INPUT, "'%.400s' is no posterior; flopcast calibrate -o FILE writes one",
                       own_posterior);
    }
    return add_document(catalog, document, error);
}

int fc_catalog_open(struct fc_catalog **catalog, struct fc_error *error)
{
    *catalog = NULL;
    struct fc_catalog *fresh = calloc(1, sizeof *fresh);
    if (!fresh)
        return fc_fail(error, FC_FAULT, "out of memory for the catalog");
    const char *directory = getenv("FLOPCAST_CATALOG");
    int status = add_embedded(fresh, error);
    fresh->reading_own = true;
    if (status == 0 && directory && directory[0])
        status = add_directory(fresh, directory, error);
    if (status == 0 && own_posterior)
        status = add_posterior(fresh, error);
    if (status < 0) {
        fc_catalog_close(fresh);
        return -1;
    }
    *catalog = fresh;
    return 0;
}

void fc_catalog_close(struct fc_catalog *catalog)
{
    if (!catalog)
        return;
    for (size_t i = 0; i < catalog->document_count; i++)
        fc_document_close(catalog->documents[i]);
    free(catalog->documents);
    free(catalog->entries);
    free(catalog);
}

void fc_catalog_note(const struct fc_catalog *catalog, struct fc_notes *notes)
{
    const char *directory = getenv("FLOPCAST_CATALOG");
    if (own_posterior)
        fc_note(
            notes, FC_NOTE, "own-posterior", NULL,
            "step times follow the shipped posterior as updated by the measurements in '%s' (--posterior)",
            own_posterior);
    if (catalog->own > 0 && (!own_posterior || (directory && directory[0])))
        fc_note(notes, FC_NOTE, "own-catalog", NULL,
                "the catalog directory '%s' (FLOPCAST_CATALOG) adds %zu entries and replaces %zu of the "
                "bundled ones",
                getenv("FLOPCAST_CATALOG"), catalog->own - catalog->replaced, catalog->replaced);
}

size_t fc_catalog_count(const struct fc_catalog *catalog)
{
    return catalog->count;
}

const struct fc_catalog_entry *fc_catalog_at(const struct fc_catalog *catalog, size_t index)
{
    return index < catalog->count ? &catalog->entries[index] : NULL;
}

const struct fc_catalog_entry *fc_catalog_get(const struct fc_catalog *catalog, const char *kind,
                                              const char *name)
{
    return find(catalog, kind, name);
}

int fc_catalog_find(const struct fc_catalog *catalog, const char *kind, const char *name,
                    const struct fc_place *place, const struct fc_catalog_entry **entry,
                    struct fc_error *error)
{
    *entry = find(catalog, kind, name);
    if (*entry)
        return 0;
    const char *names[512];
    size_t count = 0;
    for (size_t i = 0; i < catalog->count && count < COUNT_OF(names); i++)
        if (strcmp(catalog->entries[i].kind, kind) == 0)
            names[count++] = catalog->entries[i].name;
    char near[160], shown[64];
    fc_did_you_mean(near, sizeof near, name, strlen(name), names, count);
    fc_printable(shown, sizeof shown, name, strlen(name));
    if (!near[0])
        snprintf(near, sizeof near, "; 'flopcast list %s' shows what there is", kind);
    if (place)
        return fc_fail_at(error, place, "no %s '%s' in the catalog%s", kind, shown, near);
    return fc_fail(error, FC_BAD_INPUT, "no %s '%s' in the catalog%s", kind, shown, near);
}

/* What a figure's node and its entry and file say about it. */
static void describe(const struct fc_catalog_entry *entry, const struct fc_node *node,
                     struct fc_figure *figure)
{
    bool own = node->kind == FC_NODE_MAP;
    const struct fc_node *units = fc_node_get(entry->units, node->key);
    *figure = (struct fc_figure){.key = node->key, .value = own ? fc_node_get(node, "value") : node};
    if (figure->value && (figure->value->kind == FC_NODE_EMPTY || figure->value->kind == FC_NODE_MAP))
        figure->value = NULL;
    figure->unit = own ? fc_node_text(node, "unit") : NULL;
    figure->unit = figure->unit ? figure->unit : fc_node_text(units, "unit");
    figure->what = fc_node_text(units, "what");
    figure->source = own ? fc_node_text(node, "source") : NULL;
    figure->source = figure->source ? figure->source : fc_node_text(entry->node, "source");
    figure->grade = own ? fc_node_text(node, "grade") : NULL;
    figure->grade = figure->grade ? figure->grade : fc_node_text(entry->node, "grade");
    if (entry->stated && !figure->source)
        figure->source = "stated in the scenario";
    if (entry->stated && !figure->grade)
        figure->grade = "stated";
    if (own) {
        figure->note = fc_node_text(node, "note");
        figure->low = fc_node_text(node, "low");
        figure->mode = fc_node_text(node, "mode");
        figure->high = fc_node_text(node, "high");
        figure->points = fc_node_get(node, "points");
    }
}

bool fc_catalog_next(const struct fc_catalog_entry *entry, const struct fc_node **cursor,
                     struct fc_figure *figure)
{
    const struct fc_node *node = *cursor ? (*cursor)->next : entry->node->first;
    while (node && among(node->key, entry_words, COUNT_OF(entry_words)))
        node = node->next;
    *cursor = node;
    if (!node)
        return false;
    describe(entry, node, figure);
    return true;
}

bool fc_catalog_figure(const struct fc_catalog_entry *entry, const char *key, struct fc_figure *figure)
{
    const struct fc_node *node = fc_node_get(entry->node, key);
    if (!node || among(key, entry_words, COUNT_OF(entry_words)))
        return false;
    describe(entry, node, figure);
    return true;
}

static int read_number(const struct fc_node *node, double *value, struct fc_error *error)
{
    if (node->kind == FC_NODE_TEXT && strcmp(node->text, "true") == 0) {
        *value = 1.0;
        return 0;
    }
    if (node->kind == FC_NODE_TEXT && strcmp(node->text, "false") == 0) {
        *value = 0.0;
        return 0;
    }
    if (node->kind == FC_NODE_TEXT) {
        struct fc_source source = fc_node_source(node);
        size_t offset = fc_source_skip(&source, 0);
        if (fc_source_is_number(&source, offset)) {
            if (fc_source_number(&source, &offset, value, error) < 0)
                return -1;
            if (!source.text[fc_source_skip(&source, offset)])
                return 0;
        }
    }
    return fc_fail_at(error, &node->place, "this figure must be a single number here");
}

int fc_catalog_number(const struct fc_catalog_entry *entry, const char *key, double *value,
                      const struct fc_place *place, struct fc_error *error)
{
    struct fc_figure figure;
    if (!fc_catalog_figure(entry, key, &figure) || !figure.value)
        return fc_fail_at(error, place ? place : &entry->place,
                          "the %s '%s' has no figure '%s' in the catalog", entry->kind, entry->name, key);
    return read_number(figure.value, value, error);
}

int fc_catalog_number_or(const struct fc_catalog_entry *entry, const char *key, double otherwise,
                         double *value, struct fc_error *error)
{
    struct fc_figure figure;
    *value = otherwise;
    if (!fc_catalog_figure(entry, key, &figure) || !figure.value)
        return 0;
    return read_number(figure.value, value, error);
}

int fc_catalog_points(const struct fc_catalog_entry *entry, const char *key, size_t columns, double *values,
                      size_t room, size_t *rows, struct fc_error *error)
{
    struct fc_figure figure;
    *rows = 0;
    if (!fc_catalog_figure(entry, key, &figure) || !figure.points)
        return 0;
    for (const struct fc_node *row = figure.points->first; row; row = row->next) {
        if (row->kind != FC_NODE_LIST || row->count != columns)
            return fc_fail_at(error, &row->place, "a point of '%s' needs %zu numbers", key, columns);
        if (*rows == room)
            return fc_fail_at(error, &row->place, "'%s' has more than %zu points", key, room);
        double *next = values + *rows * columns;
        for (const struct fc_node *cell = row->first; cell; cell = cell->next)
            if (read_number(cell, next++, error) < 0)
                return -1;
        ++*rows;
    }
    return 0;
}

void fc_catalog_value_text(const struct fc_node *node, char *text, size_t size)
{
    size_t used = 0;
    if (node->kind == FC_NODE_TEXT) {
        snprintf(text, size, "%s", node->text);
        return;
    }
    snprintf(text, size, "[");
    for (const struct fc_node *item = node->first; item; item = item->next) {
        used = strlen(text);
        snprintf(text + used, size - used, "%s%s", item == node->first ? "" : ", ",
                 item->text ? item->text : "...");
    }
    used = strlen(text);
    snprintf(text + used, size - used, "]");
}

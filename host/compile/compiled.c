/* compiled.c: see compiled.h. */
#include "compiled.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/base/draw.h"

void fc_program_free(struct fc_compiled *compiled)
{
    free(compiled->tables);
    fc_notes_free(&compiled->notes);
    *compiled = (struct fc_compiled){0};
}

/* FNV-1a over bytes. */
static uint64_t digest_bytes(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    return hash;
}

void fc_program_digest(struct fc_compiled *compiled)
{
    /* a run event by event has the digest that it had before there were sums */
    const char *program = (const char *)&compiled->program;
    size_t sums = offsetof(struct fc_program, run.sums), after = sums + sizeof compiled->program.run.sums;
    compiled->input_digest = digest_bytes(0xcbf29ce484222325u, program, sums);
    if (compiled->program.run.sums.on)
        compiled->input_digest = digest_bytes(compiled->input_digest, program + sums, after - sums);
    compiled->input_digest =
        digest_bytes(compiled->input_digest, program + after, sizeof compiled->program - after);
    compiled->input_digest = digest_bytes(compiled->input_digest, compiled->tables,
                                          compiled->table_floats * sizeof *compiled->tables);
}

float *fc_program_add_table(struct fc_compiled *compiled, size_t count, int32_t *offset,
                            struct fc_error *error)
{
    if (compiled->table_floats + count > compiled->table_room) {
        size_t room = 2 * compiled->table_room + count;
        float *grown = room > INT32_MAX ? NULL : realloc(compiled->tables, room * sizeof *grown);
        if (!grown) {
            fc_fail(error, FC_FAULT, "out of memory for the quantile tables");
            return NULL;
        }
        compiled->tables = grown;
        compiled->table_room = room;
    }
    *offset = (int32_t)compiled->table_floats;
    compiled->table_floats += count;
    return compiled->tables + *offset;
}

int fc_program_make_draw(struct fc_compiled *compiled, const struct fc_distribution *d, struct fc_draw *draw,
                         struct fc_error *error)
{
    if (fc_distribution_is_constant(d)) {
        draw->kind = FC_DRAW_CONSTANT;
        draw->value = (float)fc_distribution_quantile(d, 0.5, 0.5);
        return 0;
    }
    if (fc_distribution_is_discrete(d)) {
        float *table = fc_program_add_table(compiled, 2 * d->count, &draw->table, error);
        if (!table)
            return -1;
        for (size_t i = 0; i < d->count; i++) {
            table[i] = (float)d->values[i];
            table[d->count + i] = (float)d->tails[i].lower;
        }
        draw->kind = FC_DRAW_DISCRETE;
        draw->count = (fc_i32)d->count;
        return 0;
    }
    float *table = fc_program_add_table(compiled, FC_TABLE_SIZE, &draw->table, error);
    if (!table)
        return -1;
    fc_distribution_table(d, table);
    draw->kind = FC_DRAW_TABLE;
    return 0;
}

int fc_program_normal_draw(struct fc_compiled *compiled, struct fc_draw *draw, struct fc_error *error)
{
    struct fc_distribution normal;
    fc_distribution_standard_normal(&normal);
    if (compiled->standard_normal.kind != FC_DRAW_TABLE &&
        fc_program_make_draw(compiled, &normal, &compiled->standard_normal, error))
        return -1;
    *draw = compiled->standard_normal;
    return 0;
}

int fc_program_add_input(struct fc_compiled *compiled, int input, const struct fc_distribution *distribution,
                         struct fc_error *error)
{
    struct fc_draw draw = {.input = input};
    if (fc_program_make_draw(compiled, distribution, &draw, error))
        return -1;
    compiled->program.draws[compiled->program.draw_count++] = draw;
    return 0;
}

/* Where to point when what is wrong is that something is not there. */
static struct fc_place top_of_scenario(const struct fc_settings *settings)
{
    struct fc_place top = {NULL, 1, 1};
    for (int i = 0; i < FC_FIELD_COUNT && !top.file; i++)
        if (settings->fields[i].is_set && !settings->fields[i].from_default &&
            !(settings->fields[i].place.file && strcmp(settings->fields[i].place.file, "--set") == 0))
            top.file = settings->fields[i].place.file;
    if (!top.file)
        top.file = settings->file; /* nothing but empty groups */
    return top;
}

int fc_program_require(const struct fc_settings *settings, const enum fc_field_id *fields, size_t count,
                       const char *layer, struct fc_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (settings->fields[fields[i]].is_set)
            continue;
        const struct fc_field *field = &fc_fields[fields[i]];
        const struct fc_setting *stated = &settings->fields[FC_FIELD_LAYERS];
        if (stated->from_default) {
            struct fc_place top = top_of_scenario(settings);
            return fc_fail_at(
                error, &top,
                "'layers' is not stated, and layer '%s' (the default) needs %s (%s); state layers: step, "
                "run or contract, or add it",
                layer, field->path, field->what);
        }
        /* layers by --set, or by a command that needs one layer: the file is where the key is missing */
        bool by_argument = stated->place.file && strcmp(stated->place.file, "--set") == 0;
        struct fc_place top = top_of_scenario(settings);
        return fc_fail_at(
            error, by_argument ? &top : &stated->place,
            "%s is not stated (%s), but layer '%s' needs it; add it, or give it with --set %s=...",
            field->path, field->what, layer, field->path);
    }
    return 0;
}

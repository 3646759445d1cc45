/* notes.c: see notes.h. */
#include "notes.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

const char *fc_severity_name(enum fc_severity severity)
{
    return severity == FC_WARNING ? "warning" : "note";
}

void fc_notes_put(struct fc_notes *notes, enum fc_severity severity, const char *id, const char *place,
                  const char *text)
{
    for (size_t i = 0; i < notes->count; i++) {
        const struct fc_note *known = &notes->list[i];
        if (strcmp(known->id, id) == 0 && strcmp(known->place, place) == 0 && strcmp(known->text, text) == 0)
            return;
    }
    if (notes->count == notes->room) {
        size_t room = 2 * notes->room + 8;
        struct fc_note *grown = realloc(notes->list, room * sizeof *grown);
        if (!grown) {
            fc_lose();
            return;
        }
        notes->list = grown;
        notes->room = room;
    }
    struct fc_note note = {severity, strdup(id), strdup(place), strdup(text)};
    if (!note.id || !note.place || !note.text) {
        free(note.id);
        free(note.place);
        free(note.text);
        fc_lose();
        return;
    }
    fc_make_printable(note.place, false); /* they quote what stands in files */
    fc_make_printable(note.text, false);
    notes->list[notes->count++] = note;
}

void fc_note(struct fc_notes *notes, enum fc_severity severity, const char *id, const struct fc_place *place,
             const char *format, ...)
{
    char text[1024], where[512] = "";
    if (!notes)
        return;
    if (place && place->file)
        snprintf(where, sizeof where, "%s:%d:%d", place->file, place->line, place->column);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fc_notes_put(notes, severity, id, where, text);
}

void fc_notes_add(struct fc_notes *into, const struct fc_notes *from)
{
    for (size_t i = 0; i < from->count; i++) {
        const struct fc_note *note = &from->list[i];
        fc_notes_put(into, note->severity, note->id, note->place, note->text);
    }
}

void fc_notes_print(const struct fc_notes *notes, FILE *out, bool quiet)
{
    for (size_t i = 0; i < notes->count; i++) {
        const struct fc_note *note = &notes->list[i];
        if (quiet && note->severity == FC_NOTE)
            continue;
        fprintf(out, "flopcast: %s%s%s: %s\n", note->place, note->place[0] ? ": " : "",
                fc_severity_name(note->severity), note->text);
    }
}

void fc_notes_free(struct fc_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++) {
        free(notes->list[i].id);
        free(notes->list[i].place);
        free(notes->list[i].text);
    }
    free(notes->list);
    *notes = (struct fc_notes){0};
}

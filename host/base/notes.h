/* notes.h: what the program assumed, cut or overrode for the user: collected by any layer, printed on stderr
 * unless the user asked for quiet, and stored in every result.
 *
 *     fc_note(&settings->notes, FC_NOTE, "value-cut", &place, "%s: %.2g %% of the draws are cut off", ...);
 *     fc_note(&compiled->notes, FC_WARNING, "no-spares", NULL, "cluster.spare_racks is 0 ...");
 *     fc_notes_print(&all, stderr, quiet);
 * Settings, compiled programs and results each hold a struct fc_notes; a result receives those of the scenario
 * it comes from. All zero is an empty list; a NULL list swallows its notes. */
#ifndef FC_HOST_NOTES_H
#define FC_HOST_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "error.h"

enum fc_severity {
    FC_NOTE,   /* good to know: an assumption, a default that decides, a value that was cut */
    FC_WARNING /* the answer may mislead: printed even when the user asked for quiet */
};

struct fc_note {
    enum fc_severity severity;
    char *id;    /* stable, in kebab-case: what programs that read results look for */
    char *place; /* "file:line:column", or "" */
    char *text;  /* one sentence for people, without a full stop */
};

struct fc_notes {
    struct fc_note *list;
    size_t count, room;
};

/* Adds a note; one that is in the list already (same id, place and text) is not repeated. `place` may be NULL.
 * A note for which there is no memory is lost, and fc_lost() tells. */
void fc_note(struct fc_notes *notes, enum fc_severity severity, const char *id, const struct fc_place *place,
             const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same for a note that is complete already; `place` is "" or "file:line:column". */
void fc_notes_put(struct fc_notes *notes, enum fc_severity severity, const char *id, const char *place,
                  const char *text);

/* Adds all notes of `from`. */
void fc_notes_add(struct fc_notes *into, const struct fc_notes *from);

/* "flopcast: FILE:LINE:COLUMN: note: TEXT", one line each; `quiet` leaves only warnings. */
void fc_notes_print(const struct fc_notes *notes, FILE *out, bool quiet);

void fc_notes_free(struct fc_notes *notes);

/* "note" or "warning". */
const char *fc_severity_name(enum fc_severity severity);

#endif

/* notes_write.c: see notes_write.h. */
#include "notes_write.h"

void fc_notes_write(const struct fc_notes *notes, struct fc_writer *w)
{
    fc_write_list(w, "notes");
    for (size_t i = 0; i < notes->count; i++) {
        const struct fc_note *note = &notes->list[i];
        fc_write_map(w, NULL);
        fc_write_text(w, "id", note->id);
        fc_write_text(w, "severity", fc_severity_name(note->severity));
        fc_write_text(w, "text", note->text);
        if (note->place[0])
            fc_write_text(w, "place", note->place);
        fc_write_end(w);
    }
    if (fc_lost()) {
        fc_write_map(w, NULL);
        fc_write_text(w, "id", "notes-lost");
        fc_write_text(w, "severity", fc_severity_name(FC_WARNING));
        fc_write_text(w, "text", "there was no memory for some of the notes: they are missing here");
        fc_write_end(w);
    }
    fc_write_end(w);
}

/* notes_write.h: notes in the JSON of a result or an analysis. */
#ifndef FC_HOST_NOTES_WRITE_H
#define FC_HOST_NOTES_WRITE_H

#include "document_write.h"
#include "notes.h"

/* Writes "notes": a list of {id, severity, text, place}. */
void fc_notes_write(const struct fc_notes *notes, struct fc_writer *writer);

#endif

/* tally_bytes.h: a plain tally as bytes, to go from one process to another of the same build and machine word order. */
#ifndef FC_HOST_TALLY_BYTES_H
#define FC_HOST_TALLY_BYTES_H

#include "tally.h"

/* All of a tally but its ranges: whole words of 64 bits, to be freed; *words receives their number. NULL without memory. */
uint64_t *fc_tally_pack(const struct fc_tally *tally, size_t *words);

/* Adds the packed tally of trials first ... first + count - 1 to the empty tally `part` with the same metrics. Fails with
 * FC_FAULT where the words do not fit each other or the trials. */
int fc_tally_unpack(struct fc_tally *part, const uint64_t *packed, size_t words, uint64_t first, uint64_t count,
                    struct fc_error *error);

#endif

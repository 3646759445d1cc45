/* compiled.h: a program under construction: what the compilers of the layers add to. */
#ifndef FC_HOST_COMPILED_H
#define FC_HOST_COMPILED_H

#include <stdint.h>

#include "cuda/model/program.h"
#include "host/base/notes.h"
#include "cluster.h"
#include "host/language/settings.h"

struct fc_compiled {
    struct fc_cluster cluster; /* resolved before any layer is compiled */
    struct fc_program program;
    float *tables; /* table_floats in use, room for table_room */
    size_t table_floats, table_room;
    struct fc_draw standard_normal; /* kind FC_DRAW_TABLE once something asked for it */
    uint64_t input_digest;          /* of program and tables */
    struct fc_notes notes;          /* what compiling assumed or changed */
};

void fc_program_free(struct fc_compiled *compiled);

/* Sets input_digest; program and tables are plain 32-bit members without padding. */
void fc_program_digest(struct fc_compiled *compiled);

/* Adds an input that is drawn from a distribution; the draws are sorted when the program is complete. */
int fc_program_add_input(struct fc_compiled *compiled, int input, const struct fc_distribution *distribution,
                         struct fc_error *error);

/* Makes a draw (of an input, or the distribution of an event) from a distribution, with its table where it needs one.
 */
int fc_program_make_draw(struct fc_compiled *compiled, const struct fc_distribution *distribution,
                         struct fc_draw *draw, struct fc_error *error);

/* The draw of a standard normal; all who need one share one table. */
int fc_program_normal_draw(struct fc_compiled *compiled, struct fc_draw *draw, struct fc_error *error);

/* Adds `count` floats to the tables; *offset receives where they begin. The pointer returned stays valid
 * until the next table is added; NULL without memory. */
float *fc_program_add_table(struct fc_compiled *compiled, size_t count, int32_t *offset,
                            struct fc_error *error);

/* Fails, naming the path and what it is, when a setting is missing that a layer needs. */
int fc_program_require(const struct fc_settings *settings, const enum fc_field_id *fields, size_t count,
                       const char *layer, struct fc_error *error);

#endif

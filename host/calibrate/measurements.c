/* measurements.c: the CSV file around measurement_plan.c. */
#include "measurements.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "host/base/csv.h"
#include "host/base/read_file.h"
#include "host/base/source.h"
#include "host/language/embedded.h"
#include "host/step/factors.h"
#include "measurement_plan.h"
#include "unstated.h"

enum { MAX_BYTES = 64 << 20, MOST_FAULTS = 8, NUMBER_BYTES = 32 };

/* Faults of one file, reported together. */
struct faults {
    char text[1800];
    size_t used;
    int count;
};

static void fault(struct faults *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fault(struct faults *f, const char *format, ...)
{
    va_list arguments;
    if (f->count++ >= MOST_FAULTS || f->used + 2 >= sizeof f->text)
        return;
    if (f->used)
        f->text[f->used++] = '\n';
    va_start(arguments, format);
    if (vsnprintf(f->text + f->used, sizeof f->text - f->used, format, arguments) < 0)
        f->text[f->used] = '\0';
    va_end(arguments);
    f->used += strlen(fc_make_printable(f->text + f->used, false));
}

static int fail_with(const struct faults *f, struct fc_error *error)
{
    if (f->count > MOST_FAULTS)
        return fc_fail(error, FC_BAD_INPUT, "%s\nand %d more", f->text, f->count - MOST_FAULTS);
    return fc_fail_lines(error, FC_BAD_INPUT, f->text);
}

/* --- header
 * ------------------------------------------------------------------------------------------------------- */

/* What other tools call our columns. */
static const char *const aliases[][2] = {{"step_time", "step_time_s"},
                                         {"step_s", "step_time_s"},
                                         {"seconds_per_step", "step_time_s"},
                                         {"tokens_per_s_gpu", "tokens_per_s_per_gpu"},
                                         {"tokens_per_sec_per_gpu", "tokens_per_s_per_gpu"},
                                         {"tokens_per_gpu_per_s", "tokens_per_s_per_gpu"},
                                         {"tokens/s/gpu", "tokens_per_s_per_gpu"},
                                         {"tflops/gpu", "tflops_per_gpu"},
                                         {"global_batch", "gbs"},
                                         {"global_batch_size", "gbs"},
                                         {"micro_batch", "mbs"},
                                         {"micro_batch_size", "mbs"},
                                         {"sequence", "seq"},
                                         {"seq_len", "seq"},
                                         {"seq_length", "seq"},
                                         {"sequence_length", "seq"},
                                         {"num_gpus", "gpus"},
                                         {"n_gpus", "gpus"},
                                         {"num_layers", "layers"},
                                         {"hidden_size", "hidden"},
                                         {"ffn_hidden_size", "ffn"},
                                         {"intermediate_size", "ffn"},
                                         {"num_heads", "heads"},
                                         {"attention_heads", "heads"},
                                         {"vocab_size", "vocab"},
                                         {"top_k", "topk"},
                                         {"moe_ffn_hidden_size", "moe_ffn"},
                                         {"dtype", "precision"},
                                         {"sharding", "dp_or_fsdp"},
                                         {"framework", "software"},
                                         {"cuda_graphs", "cuda_graph"},
                                         {"graph", "cuda_graph"},
                                         {"a2a_overlap", "ep_overlap"},
                                         {"note", "notes"},
                                         {"comment", "notes"}};

void fc_column_plain_name(const char *header, char *name, size_t size)
{
    size_t used = 0;
    for (; *header && used + 1 < size; header++) {
        char c = (char)tolower((unsigned char)*header);
        if (strchr("()[]", c))
            continue;
        if (c == ' ' || c == '-' || c == '\n')
            c = '_';
        name[used++] = c;
    }
    name[used] = '\0';
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        if (strcmp(name, aliases[i][0]) == 0)
            snprintf(name, size, "%s", aliases[i][1]);
}

static int column_of(const char *name)
{
    for (int c = 0; c < FC_COLUMNS; c++)
        if (strcmp(name, fc_column_names[c]) == 0)
            return c;
    return -1;
}

/* Columns of the shipped tables that tell a reader where a row is from, or follow from the others: of these the numbers. */
static bool is_told_number(const char *name)
{
    static const char *const names[] = {"active_params_b", "total_params_b", "mfu", "time_to_train_min"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool is_told(const char *name)
{
    return strcmp(name, "url_or_repo") == 0 || strcmp(name, "url") == 0 || is_told_number(name);
}

/* Nothing reads these columns; a cell that cannot be what the column says may stand one column off, which is said. */
static void note_told(const struct fc_csv *csv, const char *name, struct fc_notes *notes)
{
    char plain[64];
    double value;
    for (size_t i = 0; i < csv->columns; i++) {
        size_t first = 0, count = 0;
        fc_column_plain_name(fc_csv_cell(csv, 0, i), plain, sizeof plain);
        for (size_t row = 1; is_told_number(plain) && row < csv->rows; row++) {
            const char *cell = fc_csv_cell(csv, row, i);
            if (fc_csv_blank(cell) || (fc_csv_number(csv, cell, &value) && value >= 0))
                continue;
            first = first ? first : row;
            count++;
        }
        if (count)
            fc_note(notes, FC_NOTE, "cell-not-read", &(struct fc_place){name, csv->lines[first], (int)i + 1},
                    "'%s' is '%.40s', which is no number from 0%s; nothing reads this column, but the row may be "
                    "one cell off",
                    plain, fc_csv_cell(csv, first, i), count > 1 ? " (and so in other rows)" : "");
    }
}

static void read_header(const struct fc_csv *csv, int columns[FC_COLUMNS], const char *name, bool own,
                        struct fc_notes *notes, struct faults *f)
{
    char plain[64], unread[400] = "";
    for (int c = 0; c < FC_COLUMNS; c++)
        columns[c] = -1;
    for (size_t i = 0; i < csv->columns; i++) {
        const char *header = fc_csv_cell(csv, 0, i);
        fc_column_plain_name(header, plain, sizeof plain);
        int c = column_of(plain);
        if (c >= 0 && columns[c] >= 0) {
            fault(f, "%s:%d: two columns are '%s'", name, csv->lines[0], fc_column_names[c]);
        } else if (c >= 0) {
            columns[c] = (int)i;
        } else if (*plain) {
            const char *near = fc_nearest_word(plain, strlen(plain), fc_column_names, FC_COLUMNS);
            size_t used = strlen(unread);
            if (near)
                fc_note(notes, FC_NOTE, "column-not-read",
                        &(struct fc_place){name, csv->lines[0], (int)i + 1},
                        "no column is called '%.60s' (did you mean '%s'?); it is not read", header, near);
            else if (!is_told(plain) && used + 40 < sizeof unread)
                snprintf(unread + used, sizeof unread - used, "%s'%.30s'", used ? ", " : "", header);
        }
    }
    if (unread[0] && own)
        fc_note(notes, FC_NOTE, "column-not-read", &(struct fc_place){name, csv->lines[0], 1},
                "nothing reads the columns %s", unread);
    static const enum fc_column needed[][3] = {{FC_COLUMN_GPUS, FC_COLUMN_GPUS, FC_COLUMN_GPUS},
                                               {FC_COLUMN_MODEL, FC_COLUMN_MODEL, FC_COLUMN_MODEL},
                                               {FC_COLUMN_GPU, FC_COLUMN_HARDWARE, FC_COLUMN_GPU},
                                               {FC_COLUMN_GBS, FC_COLUMN_GBS, FC_COLUMN_GBS},
                                               {FC_COLUMN_SEQ, FC_COLUMN_SEQ, FC_COLUMN_SEQ}};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        const enum fc_column *one = needed[i];
        if (columns[one[0]] < 0 && columns[one[1]] < 0 && columns[one[2]] < 0)
            fault(f, "%s:%d: the table has no column '%s'%s%s%s", name, csv->lines[0],
                  fc_column_names[one[0]], one[1] != one[0] ? " nor '" : "",
                  one[1] != one[0] ? fc_column_names[one[1]] : "", one[1] != one[0] ? "'" : "");
    }
    if (f->count && own)
        fault(f,
              "a table that says only what changed from run to run goes with the scenario that ran: flopcast "
              "calibrate SCENARIO %s -o mine.yaml",
              name);
    if (columns[FC_COLUMN_STEP_TIME] < 0 && columns[FC_COLUMN_TOKENS] < 0 && columns[FC_COLUMN_TFLOPS] < 0 &&
        columns[FC_COLUMN_MEMORY] < 0)
        fault(f, "%s:%d: the table has none of 'step_time_s', 'tokens_per_s_per_gpu' and 'tflops_per_gpu'",
              name, csv->lines[0]);
}

/* --- cells
 * -------------------------------------------------------------------------------------------------------- */

enum { NOT_A_NUMBER, NUMBER, WHOLE };

static int number_kind(int column)
{
    switch (column) {
    case FC_COLUMN_STEP_TIME:
    case FC_COLUMN_TOKENS:
    case FC_COLUMN_TFLOPS:
    case FC_COLUMN_MEMORY:
        return NUMBER;
    case FC_COLUMN_GPUS:
    case FC_COLUMN_LAYERS:
    case FC_COLUMN_HIDDEN:
    case FC_COLUMN_FFN:
    case FC_COLUMN_HEADS:
    case FC_COLUMN_KV_HEADS:
    case FC_COLUMN_VOCAB:
    case FC_COLUMN_SEQ:
    case FC_COLUMN_EXPERTS:
    case FC_COLUMN_TOPK:
    case FC_COLUMN_MOE_FFN:
    case FC_COLUMN_TP:
    case FC_COLUMN_PP:
    case FC_COLUMN_VPP:
    case FC_COLUMN_CP:
    case FC_COLUMN_EP:
    case FC_COLUMN_MBS:
    case FC_COLUMN_GBS:
        return WHOLE;
    default:
        return NOT_A_NUMBER;
    }
}

static bool is_degree(int column)
{
    return column == FC_COLUMN_TP || column == FC_COLUMN_PP || column == FC_COLUMN_CP ||
           column == FC_COLUMN_EP || column == FC_COLUMN_MBS;
}

static bool is_measured(int column)
{
    return column == FC_COLUMN_STEP_TIME || column == FC_COLUMN_TOKENS || column == FC_COLUMN_TFLOPS;
}

/* Reads one number and writes it as C does. */
static const char *read_number(const struct fc_csv *csv, const char *text, int column, int line,
                               const char *name, char copy[NUMBER_BYTES], struct faults *f)
{
    double value;
    if (fc_csv_blank(text))
        return "";
    if (column == FC_COLUMN_MEMORY && strncmp(text, "OOM", 3) == 0)
        return text;
    if (!fc_csv_number(csv, text, &value))
        fault(f, "%s:%d: '%s' is '%.40s', which is not a number", name, line, fc_column_names[column], text);
    else if (value < 0)
        fault(f, "%s:%d: '%s' is %g; it cannot be negative", name, line, fc_column_names[column], value);
    else if (value == 0 && is_degree(column))
        fault(f, "%s:%d: '%s' is 0; write 1 or more, or leave the cell empty where it is not known", name,
              line, fc_column_names[column]);
    else if (value == 0 && is_measured(column))
        fault(f, "%s:%d: '%s' is 0, which is no measurement; leave the cell empty where it was not measured", name,
              line, fc_column_names[column]);
    else if (number_kind(column) == WHOLE && (value != floor(value) || value > 1e9))
        fault(f, "%s:%d: '%s' is '%.40s'; it takes a whole number up to 1e9", name, line,
              fc_column_names[column], text);
    else if (value > 1e12)
        fault(f, "%s:%d: '%s' is '%.40s', which is no measurement", name, line, fc_column_names[column],
              text);
    else {
        snprintf(copy, NUMBER_BYTES, "%.17g", value);
        return copy;
    }
    return "";
}

/* Holds a word to those that its column takes. */
static const char *read_word(const char *text, int column, int line, const char *name, struct faults *f)
{
    const char *const *words = fc_column_words((enum fc_column)column);
    size_t count = 0;
    char list[200] = "";
    if (!words || !*text)
        return text;
    /* behind these words sources add details: 'FP8-CS', 'full x5 layers' */
    bool open = column == FC_COLUMN_PRECISION || column == FC_COLUMN_RECOMPUTE;
    for (; words[count]; count++) {
        size_t length = strlen(words[count]);
        if (strcasecmp(text, words[count]) == 0)
            return open ? text : words[count];
        if (open && strncasecmp(text, words[count], length) == 0 && !isalnum((unsigned char)text[length]))
            return text;
        if (strlen(list) + strlen(words[count]) + 3 < sizeof list) {
            strcat(list, count ? ", " : "");
            strcat(list, words[count]);
        }
    }
    if (fc_csv_blank(text))
        return "";
    const char *near = fc_nearest_word(text, strlen(text), words, count);
    fault(f, "%s:%d: '%s' is '%.40s'; it takes %s%s%s%s", name, line, fc_column_names[column], text, list,
          near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
    return "";
}

static struct fc_measurement *add_row(struct fc_measurements *m, size_t *room)
{
    if (m->count == *room) {
        *room = *room ? 2 * *room : 256;
        struct fc_measurement *grown = realloc(m->rows, *room * sizeof *grown);
        if (!grown)
            return NULL;
        m->rows = grown;
    }
    return &m->rows[m->count++];
}

/* Step time and tokens/s of a row follow from each other. */
static void note_contradiction(const char *const *cells, const char *name, int line, struct fc_notes *notes)
{
    double step = strtod(cells[FC_COLUMN_STEP_TIME], NULL), tokens = strtod(cells[FC_COLUMN_TOKENS], NULL);
    double gpus = strtod(cells[FC_COLUMN_GPUS], NULL);
    if (!(step > 0) || !(tokens > 0) || !(gpus > 0))
        return;
    double other = strtod(cells[FC_COLUMN_GBS], NULL) * strtod(cells[FC_COLUMN_SEQ], NULL) / gpus / tokens;
    if (other > 0 && (step > 1.1 * other || other > 1.1 * step))
        fc_note(
            notes, FC_WARNING, "row-contradicts-itself", &(struct fc_place){name, line, 1},
            "step_time_s is %.4g, but gbs x seq / gpus / tokens_per_s_per_gpu is %.4g s: correct one of them",
            step, other);
}

/* `notes`: NULL for the program's own tables. */
static int read_row(struct fc_measurement *row, const struct fc_csv *csv, size_t at, const int *columns,
                    const char *name, const struct fc_catalog *catalog, const struct fc_beliefs *beliefs,
                    struct fc_notes *notes, struct faults *f, struct fc_error *error)
{
    static const char no[] = "";
    const char *cells[FC_COLUMNS];
    char numbers[FC_COLUMNS][NUMBER_BYTES], id[32];
    int line = csv->lines[at], before = f->count;
    for (int c = 0; c < FC_COLUMNS; c++) {
        cells[c] = columns[c] >= 0 ? fc_csv_cell(csv, at, (size_t)columns[c]) : no;
        cells[c] = number_kind(c) != NOT_A_NUMBER ? read_number(csv, cells[c], c, line, name, numbers[c], f)
                                                  : read_word(cells[c], c, line, name, f);
    }
    if (!cells[FC_COLUMN_ID][0]) {
        snprintf(id, sizeof id, "line %d", line);
        cells[FC_COLUMN_ID] = id;
    }
    *row = (struct fc_measurement){.line = line, .how = ""};
    if (f->count > before)
        return 0;
    if (notes)
        note_contradiction(cells, name, line, notes);
    if (fc_measurement_fill(row, cells, catalog, error))
        return -1;
    if (!row->left_out[0])
        fc_measurement_choose(row, cells, beliefs);
    return 0;
}

/* An earlier row that holds the same cells; 0: none. */
static size_t same_row(const struct fc_csv *csv, size_t at)
{
    for (size_t other = 1; other < at; other++) {
        size_t c = 0;
        while (c < csv->columns && strcmp(fc_csv_cell(csv, at, c), fc_csv_cell(csv, other, c)) == 0)
            c++;
        if (c == csv->columns)
            return other;
    }
    return 0;
}

/* Adds the rows of a table to those already there. `own`: a user's, whose notes are looked at. */
static int add_table(struct fc_measurements *m, const char *name, const char *text, size_t size, bool own,
                     const struct fc_catalog *catalog, struct fc_error *error)
{
    struct fc_csv csv;
    struct faults f = {0};
    int columns[FC_COLUMNS];
    size_t room = m->count;
    struct fc_beliefs *beliefs = malloc(sizeof *beliefs);
    int status = beliefs ? 0 : fc_fail(error, FC_FAULT, "out of memory for the measurements");
    if (!status)
        status = fc_beliefs_read(beliefs, catalog, error);
    if (!status)
        status = fc_csv_read(&csv, name, text, size, error);
    if (!status) {
        read_header(&csv, columns, name, own, &m->notes, &f);
        if (own)
            note_told(&csv, name, &m->notes);
        for (size_t at = 1; !status && f.count < 1000 && at < csv.rows; at++) {
            struct fc_measurement *row = add_row(m, &room);
            status = row ? read_row(row, &csv, at, columns, name, catalog, beliefs, own ? &m->notes : NULL,
                                    &f, error)
                         : fc_fail(error, FC_FAULT, "out of memory for the measurements");
            if (status || !row)
                break;
            m->used += row->left_out[0] == '\0';
            size_t twin = own ? same_row(&csv, at) : 0;
            if (twin)
                fc_note(&m->notes, FC_WARNING, "row-twice", &(struct fc_place){name, csv.lines[at], 1},
                        "this row is that of line %d again and counts twice", csv.lines[twin]);
            if (own && columns[FC_COLUMN_NOTES] >= 0)
                fc_measurement_note(&m->notes, name, csv.lines[at],
                                    fc_csv_cell(&csv, at, (size_t)columns[FC_COLUMN_NOTES]));
        }
        fc_csv_free(&csv);
    }
    if (!status && f.count)
        status = fail_with(&f, error);
    free(beliefs);
    if (status)
        fc_measurements_free(m);
    return status;
}

int fc_measurements_read(struct fc_measurements *m, const char *name, const char *text, size_t size,
                         const struct fc_catalog *catalog, struct fc_error *error)
{
    *m = (struct fc_measurements){0};
    return add_table(m, name, text, size, true, catalog, error);
}

int fc_measurements_open(struct fc_measurements *m, const char *path, const struct fc_catalog *catalog,
                         struct fc_error *error)
{
    *m = (struct fc_measurements){0};
    if (!path) {
        static const char *const shipped[] = {"catalog/measured-training.csv",
                                              "catalog/measured-training-2.csv"};
        for (size_t i = 0; i < sizeof shipped / sizeof shipped[0]; i++) {
            const struct fc_embedded_file *file = fc_embedded_find(shipped[i]);
            if (!file)
                return fc_fail(error, FC_FAULT,
                               "no measurements are embedded in this build; name a CSV file");
            if (add_table(m, shipped[i], (const char *)file->data, file->size, false, catalog, error))
                return -1;
        }
        return 0;
    }
    size_t size;
    char *text;
    if (fc_read_file(path, MAX_BYTES, &text, &size, error))
        return -1;
    int status = fc_measurements_read(m, path, text, size, catalog, error);
    free(text);
    return status;
}

void fc_measurements_free(struct fc_measurements *m)
{
    free(m->rows);
    fc_notes_free(&m->notes);
    *m = (struct fc_measurements){0};
}

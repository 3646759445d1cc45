/* workbook.c: see workbook.h. */
#include "workbook.h"

#ifdef FC_WITH_XLSX

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

#include "figures.h"

bool fc_workbook_built(void)
{
    return true;
}

static void write_sheet(lxw_workbook *book, const struct fc_figures *t, lxw_format *bold)
{
    lxw_worksheet *sheet = workbook_add_worksheet(book, t->title);
    if (!sheet)
        return;
    for (int c = 0; c < t->columns; c++) {
        worksheet_write_string(sheet, 0, (lxw_col_t)c, t->names[c], bold);
        size_t widest = strlen(t->names[c]);
        for (int row = 0; row < t->rows; row++) {
            int is_number;
            const char *text = fc_figures_cell(t, row, c, &is_number);
            widest = strlen(text) > widest ? strlen(text) : widest;
            if (is_number)
                worksheet_write_number(sheet, (lxw_row_t)row + 1, (lxw_col_t)c, strtod(text, NULL), NULL);
            else if (*text)
                worksheet_write_string(sheet, (lxw_row_t)row + 1, (lxw_col_t)c, text, NULL);
        }
        worksheet_set_column(sheet, (lxw_col_t)c, (lxw_col_t)c, widest > 40 ? 40 : (double)widest + 2, NULL);
    }
    worksheet_freeze_panes(sheet, 1, 1);
}

/* The library writes to a name; what it wrote is copied to `out`. Returns 0 or -1. */
static int copy(int from, FILE *out)
{
    char bytes[1 << 16];
    ssize_t here;
    while ((here = read(from, bytes, sizeof bytes)) > 0)
        if (fwrite(bytes, 1, (size_t)here, out) != (size_t)here)
            return -1;
    return here < 0 ? -1 : 0;
}

int fc_workbook_write(FILE *out, const struct fc_node *root, struct fc_error *error)
{
    struct fc_figures tables[FC_FIGURES_TABLES];
    const char *folder = getenv("TMPDIR");
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/flopcast-XXXXXX", folder && *folder ? folder : "/tmp") >=
        sizeof path)
        return fc_fail(error, FC_FAULT, "TMPDIR is too long a name");
    int count = fc_figures_make(tables, root, error);
    if (count < 0)
        return -1;
    int file = mkstemp(path), status = 0;
    lxw_workbook *book = file >= 0 ? workbook_new(path) : NULL;
    if (book) {
        lxw_format *bold = workbook_add_format(book);
        if (bold)
            format_set_bold(bold);
        for (int i = 0; i < count; i++)
            write_sheet(book, &tables[i], bold);
        lxw_error why = workbook_close(book);
        if (why != LXW_NO_ERROR)
            status = fc_fail(error, FC_FAULT, "the workbook could not be made: %s", lxw_strerror(why));
    } else {
        status = fc_fail(error, FC_FAULT, "%s: no temporary file for the workbook", path);
    }
    fc_figures_free(tables, count);
    if (file >= 0) {
        int written = open(path, O_RDONLY); /* the library has put a new file in its place */
        if (status == 0 && (written < 0 || copy(written, out)))
            status = fc_fail(error, FC_FAULT, "the workbook could not be written");
        if (written >= 0)
            close(written);
        close(file);
        unlink(path);
    }
    return status;
}

#else

bool fc_workbook_built(void)
{
    return false;
}

int fc_workbook_write(FILE *out, const struct fc_node *root, struct fc_error *error)
{
    (void)out;
    (void)root;
    return fc_fail(error, FC_BAD_INPUT, "this program was built without libxlsxwriter");
}

#endif

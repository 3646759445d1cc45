/* samples_hdf5.c: samples as HDF5: one dataset per metric, "trial" beside them, each with its unit and what it is; see
 * samples_file.h.
 *
 * The library is opened when a file is asked for, so that the program does not depend on it (and on what it brings
 * along) to run. Its header must be there when the program is built; FC_HDF5_LIBRARY is the name that belongs to it. */
#include "samples_format.h"

#ifndef FC_HDF5_LIBRARY
const struct fc_samples_format fc_samples_hdf5 = {
    ".h5", "was built without HDF5; write .csv, or build it again with libhdf5-dev installed", true, NULL, NULL,
    NULL};
#else
#include <dlfcn.h>
#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"

enum { CHUNK = 16384 }; /* rows of a dataset that are packed together */
enum { TRUNCATE = 2 };  /* H5F_ACC_TRUNC, whose macro calls the library as if it were linked */

/* The calls that are used, as the header declares them. */
static struct {
    void *handle;
    herr_t (*open)(void);
    herr_t (*error_auto)(hid_t, H5E_auto2_t, void *);
    hid_t (*file_create)(const char *, unsigned, hid_t, hid_t);
    herr_t (*file_close)(hid_t);
    hid_t (*space_create)(H5S_class_t);
    hid_t (*space_simple)(int, const hsize_t *, const hsize_t *);
    herr_t (*space_slab)(hid_t, H5S_seloper_t, const hsize_t *, const hsize_t *, const hsize_t *,
                         const hsize_t *);
    herr_t (*space_close)(hid_t);
    hid_t (*list_create)(hid_t);
    herr_t (*list_chunk)(hid_t, int, const hsize_t *);
    herr_t (*list_shuffle)(hid_t);
    herr_t (*list_deflate)(hid_t, unsigned);
    herr_t (*list_close)(hid_t);
    hid_t (*set_create)(hid_t, const char *, hid_t, hid_t, hid_t, hid_t, hid_t);
    herr_t (*set_extent)(hid_t, const hsize_t *);
    hid_t (*set_space)(hid_t);
    herr_t (*set_write)(hid_t, hid_t, hid_t, hid_t, hid_t, const void *);
    herr_t (*set_close)(hid_t);
    hid_t (*type_copy)(hid_t);
    herr_t (*type_size)(hid_t, size_t);
    herr_t (*type_characters)(hid_t, H5T_cset_t);
    herr_t (*type_close)(hid_t);
    hid_t (*note_create)(hid_t, const char *, hid_t, hid_t, hid_t, hid_t);
    herr_t (*note_write)(hid_t, hid_t, const void *);
    herr_t (*note_close)(hid_t);
    hid_t *create_class, *native_float, *native_uint64, *c_text, *file_float, *file_uint64;
} h5;

static int load(struct fc_error *error)
{
    static const struct {
        const char *name;
        size_t offset;
    } entries[] = {
#define AT(member) offsetof(__typeof__(h5), member)
        {"H5open", AT(open)},
        {"H5Eset_auto2", AT(error_auto)},
        {"H5Fcreate", AT(file_create)},
        {"H5Fclose", AT(file_close)},
        {"H5Screate", AT(space_create)},
        {"H5Screate_simple", AT(space_simple)},
        {"H5Sselect_hyperslab", AT(space_slab)},
        {"H5Sclose", AT(space_close)},
        {"H5Pcreate", AT(list_create)},
        {"H5Pset_chunk", AT(list_chunk)},
        {"H5Pset_shuffle", AT(list_shuffle)},
        {"H5Pset_deflate", AT(list_deflate)},
        {"H5Pclose", AT(list_close)},
        {"H5Dcreate2", AT(set_create)},
        {"H5Dset_extent", AT(set_extent)},
        {"H5Dget_space", AT(set_space)},
        {"H5Dwrite", AT(set_write)},
        {"H5Dclose", AT(set_close)},
        {"H5Tcopy", AT(type_copy)},
        {"H5Tset_size", AT(type_size)},
        {"H5Tset_cset", AT(type_characters)},
        {"H5Tclose", AT(type_close)},
        {"H5Acreate2", AT(note_create)},
        {"H5Awrite", AT(note_write)},
        {"H5Aclose", AT(note_close)},
        {"H5P_CLS_DATASET_CREATE_ID_g", AT(create_class)},
        {"H5T_NATIVE_FLOAT_g", AT(native_float)},
        {"H5T_NATIVE_UINT64_g", AT(native_uint64)},
        {"H5T_C_S1_g", AT(c_text)},
        {"H5T_IEEE_F32LE_g", AT(file_float)},
        {"H5T_STD_U64LE_g", AT(file_uint64)},
#undef AT
    };
    if (h5.handle)
        return 0;
    void *handle = dlopen(FC_HDF5_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return fc_fail(error, FC_BAD_INPUT, "--samples: %s is not on this machine; install it, or write .csv",
                       FC_HDF5_LIBRARY);
    for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++) {
        void *entry = dlsym(handle, entries[i].name);
        if (!entry) {
            dlclose(handle);
            return fc_fail(error, FC_BAD_INPUT, "--samples: %s lacks %s; write .csv", FC_HDF5_LIBRARY,
                           entries[i].name);
        }
        memcpy((char *)&h5 + entries[i].offset, &entry, sizeof entry);
    }
    h5.handle = handle;
    h5.open();
    h5.error_auto(H5E_DEFAULT, NULL, NULL); /* what fails is reported by our own messages */
    return 0;
}

struct state {
    hid_t file, *sets; /* one per metric, and the numbers of the trials behind them */
    int metrics;
    hsize_t rows; /* so far */
    float *column;
    uint64_t *numbers, room; /* of both, in rows */
};

static bool put_note(hid_t of, const char *name, hid_t type, hid_t kept, const void *value)
{
    hid_t space = h5.space_create(H5S_SCALAR);
    hid_t note = h5.note_create(of, name, kept, space, H5P_DEFAULT, H5P_DEFAULT);
    bool put = note >= 0 && h5.note_write(note, type, value) >= 0;
    if (note >= 0)
        h5.note_close(note);
    h5.space_close(space);
    return put;
}

static bool put_text(hid_t of, const char *name, const char *text)
{
    hid_t type = h5.type_copy(*h5.c_text);
    bool put = h5.type_size(type, H5T_VARIABLE) >= 0 && h5.type_characters(type, H5T_CSET_UTF8) >= 0 &&
               put_note(of, name, type, type, &text);
    h5.type_close(type);
    return put;
}

static bool put_number(hid_t of, const char *name, uint64_t number)
{
    return put_note(of, name, *h5.native_uint64, *h5.file_uint64, &number);
}

/* An empty dataset that grows, compressed. */
static hid_t make_set(hid_t file, const char *name, hid_t type)
{
    hsize_t none = 0, most = H5S_UNLIMITED, chunk = CHUNK;
    hid_t space = h5.space_simple(1, &none, &most), list = h5.list_create(*h5.create_class);
    hid_t set = -1;
    if (h5.list_chunk(list, 1, &chunk) >= 0 && h5.list_shuffle(list) >= 0 && h5.list_deflate(list, 4) >= 0)
        set = h5.set_create(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    h5.list_close(list);
    h5.space_close(space);
    return set;
}

static bool describe(hid_t file, const struct fc_samples_about *about)
{
    char digest[17];
    snprintf(digest, sizeof digest, "%016llx", (unsigned long long)about->input_digest);
    return put_text(file, "scenario", about->scenario) && put_number(file, "seed", about->seed) &&
           put_number(file, "model_version", (uint64_t)about->model_version) &&
           put_text(file, "input_digest", digest) && put_text(file, "software", about->software) &&
           put_text(file, "command_line", about->command_line) &&
           put_text(file, "missing", "NaN: the world has no value of this metric");
}

static int finish(void *state, bool keep, struct fc_error *error)
{
    struct state *s = state;
    bool bad = false;
    for (int r = 0; s->sets && r <= s->metrics; r++)
        bad = (s->sets[r] >= 0 && h5.set_close(s->sets[r]) < 0) || bad;
    bad = (s->file >= 0 && h5.file_close(s->file) < 0) || bad;
    free(s->sets);
    free(s->column);
    free(s->numbers);
    free(s);
    return keep && bad ? fc_fail(error, FC_FAULT, "--samples: the HDF5 file could not be finished; check the "
                                                  "space left")
                       : 0;
}

static int start(void **state, FILE *out, const struct fc_program *program, const struct fc_samples_about *about,
                 struct fc_error *error)
{
    char path[64];
    if (load(error))
        return -1;
    struct state *s = calloc(1, sizeof *s);
    if (!s)
        return fc_fail(error, FC_FAULT, "out of memory for the samples");
    *s = (struct state){.file = -1, .metrics = program->metric_count};
    s->sets = calloc((size_t)s->metrics + 1, sizeof *s->sets);
    if (!s->sets) {
        free(s);
        return fc_fail(error, FC_FAULT, "out of memory for the samples");
    }
    for (int r = 0; r <= s->metrics; r++)
        s->sets[r] = -1;
    /* the library opens files by name; this is the name of the one that is open already */
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(out));
    s->file = h5.file_create(path, TRUNCATE, H5P_DEFAULT, H5P_DEFAULT);
    bool good = s->file >= 0 && describe(s->file, about);
    for (int r = 0; good && r < s->metrics; r++) {
        const struct fc_metric_info *info = fc_metric_find(program->metrics[r]);
        char name[64];
        fc_metric_name(program->metrics[r], program->contract.run_flop, name, sizeof name);
        s->sets[r] = make_set(s->file, name, *h5.file_float);
        good = s->sets[r] >= 0 && put_text(s->sets[r], "unit", info ? info->unit : "1") &&
               put_text(s->sets[r], "what", info ? info->what : name);
    }
    if (good) {
        hid_t *trial = &s->sets[s->metrics];
        *trial = make_set(s->file, "trial", *h5.file_uint64);
        good = *trial >= 0 && put_text(*trial, "unit", "1") && put_text(*trial, "what", "number of the world");
    }
    if (!good) {
        finish(s, false, error);
        return fc_fail(error, FC_FAULT, "--samples: HDF5 could not begin the file");
    }
    *state = s;
    return 0;
}

static bool append(hid_t set, hid_t type, hsize_t rows, hsize_t count, const void *values)
{
    hsize_t whole = rows + count;
    if (h5.set_extent(set, &whole) < 0)
        return false;
    hid_t space = h5.set_space(set), memory = h5.space_simple(1, &count, NULL);
    bool put = h5.space_slab(space, H5S_SELECT_SET, &rows, NULL, &count, NULL) >= 0 &&
               h5.set_write(set, type, memory, space, H5P_DEFAULT, values) >= 0;
    h5.space_close(memory);
    h5.space_close(space);
    return put;
}

static int write_batch(void *state, uint64_t first, uint64_t count, const float *samples)
{
    struct state *s = state;
    if (count > s->room) {
        free(s->column);
        free(s->numbers);
        s->column = malloc(count * sizeof *s->column);
        s->numbers = malloc(count * sizeof *s->numbers);
        s->room = s->column && s->numbers ? count : 0;
        if (!s->room)
            return -1;
    }
    for (int r = 0; r < s->metrics; r++) {
        for (uint64_t i = 0; i < count; i++) {
            float value = samples[(uint64_t)r * count + i];
            s->column[i] = isfinite(value) ? value : NAN;
        }
        if (!append(s->sets[r], *h5.native_float, s->rows, count, s->column))
            return -1;
    }
    for (uint64_t i = 0; i < count; i++)
        s->numbers[i] = first + i;
    if (!append(s->sets[s->metrics], *h5.native_uint64, s->rows, count, s->numbers))
        return -1;
    s->rows += count;
    return 0;
}

const struct fc_samples_format fc_samples_hdf5 = {".h5", NULL, true, start, write_batch, finish};
#endif

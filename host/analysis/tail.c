/* tail.c: see tail.h. */
#include "tail.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "cuda/model/base/random.h"

/* How it is done; the bars of tests/test_tail.c hold for these. */
enum {
    SWEEPS = 10,       /* moves of every world at a level */
    SWAPS = 8,         /* further ones in the tail, by exchange; at most SWEEPS */
    KEEP = 5,          /* one in so many is above the next level, where the scores allow it */
    FEWEST = 12,       /* worlds above a level that may found the next */
    FIRST = 2048,      /* worlds of the first run */
    SECOND = 16384,    /* of another try, where one step of the figure leaves too few of them */
    CELLS = 48,        /* 24 to each side, each half as wide as the one before it towards the end */
    TILTED_MOST = 256, /* words */
    OCTAVES = 15,      /* moved words: 1, 2, 4 ... */
    SCALES = 33,
    RARE = 500,
    ENOUGH = 30,     /* hits, for a probability by counting */
    PILOT = 1 << 20, /* numbers of the first run and of the tilted worlds among the repetitions */
    TILTED = 1 << 21
};

/* Four words of (repetition, world, event). */
static void random_words(uint64_t seed, uint32_t repeat, uint32_t world, uint32_t event, uint32_t words[4])
{
    fc_random_one(seed, world, repeat, event, FC_STREAM_TAIL, words);
}

/* How often which move is tried at a level: upper bounds of cumulated shares, over OCTAVES × SCALES. And what came of them. */
struct moves {
    uint32_t bound[OCTAVES * SCALES];
};
struct gains {
    double tried[OCTAVES * SCALES], moved[OCTAVES * SCALES]; /* squared change of the score */
};

/* Worlds that live in levels. */
struct flock {
    const struct fc_tail_model *model;
    uint64_t seed, simulated;
    uint32_t repeat;
    int thread;
    int64_t count, stride; /* worlds */
    uint32_t *words;       /* words × stride */
    uint32_t *proposed;    /* words × FC_TAIL_BLOCK */
    double *score;
    int32_t *ancestor, *above; /* above: scratch */
    double best;
    struct gains *gains; /* where it is watched what moves bring */
};

static void flock_free(struct flock *f)
{
    free(f->words);
    free(f->proposed);
    free(f->score);
    free(f->ancestor);
    free(f->above);
}

static bool flock_make(struct flock *f, const struct fc_tail_model *model, uint64_t seed, uint32_t repeat,
                       int thread, int64_t count)
{
    int64_t stride = (count + FC_TAIL_BLOCK - 1) / FC_TAIL_BLOCK * FC_TAIL_BLOCK;
    *f = (struct flock){.model = model,
                        .seed = seed,
                        .repeat = repeat,
                        .thread = thread,
                        .count = count,
                        .stride = stride,
                        .best = -INFINITY};
    f->words = calloc((size_t)(model->words * stride), sizeof *f->words);
    f->proposed = calloc((size_t)model->words * FC_TAIL_BLOCK, sizeof *f->proposed);
    f->score = calloc((size_t)stride, sizeof *f->score);
    f->ancestor = calloc((size_t)stride, sizeof *f->ancestor);
    f->above = calloc((size_t)stride, sizeof *f->above);
    return f->words && f->proposed && f->score && f->ancestor && f->above;
}

static void score_of(struct flock *f, const uint32_t *words, int64_t stride, int64_t count, double *score)
{
    f->model->score(f->model->of, f->thread, words, stride, count, score);
    f->simulated += (uint64_t)count;
    for (int64_t i = 0; i < count; i++) {
        score[i] = isnan(score[i]) ? -INFINITY : score[i];
        f->best = score[i] > f->best ? score[i] : f->best;
    }
}

/* The worlds of the first day: nothing but chance. */
static void begin(struct flock *f)
{
    for (int64_t i = 0; i < f->count; i++) {
        f->ancestor[i] = (int32_t)i;
        for (int w = 0; w < f->model->words; w += 4) {
            uint32_t four[4];
            random_words(f->seed, f->repeat, (uint32_t)i, (uint32_t)w / 4, four);
            for (int k = 0; k < 4 && w + k < f->model->words; k++)
                f->words[(w + k) * f->stride + i] = four[k];
        }
    }
    score_of(f, f->words, f->stride, f->count, f->score);
}

/* Puts copies of the worlds above the level in place of the others; returns how many those were. */
static int64_t select_above(struct flock *f, double level, int number)
{
    int64_t count = 0;
    for (int64_t i = 0; i < f->count; i++)
        if (f->score[i] > level)
            f->above[count++] = (int32_t)i;
    if (count == 0)
        return 0;
    uint32_t start[4];
    random_words(f->seed, f->repeat, UINT32_MAX, (uint32_t)number, start);
    int64_t next = fc_below(
        start[0], (fc_i32)count); /* in turn, so that each gets as many copies as any other, or one more */
    for (int64_t i = 0; i < f->count; i++) {
        if (f->score[i] > level)
            continue;
        int64_t from = f->above[next];
        next = next + 1 < count ? next + 1 : 0;
        for (int w = 0; w < f->model->words; w++)
            f->words[w * f->stride + i] = f->words[w * f->stride + from];
        f->score[i] = f->score[from];
        f->ancestor[i] = f->ancestor[from];
    }
    return count;
}

/* x plus or minus up to 2^scale, reflected at 0 and 2^32: as likely from there to here as from here to there. */
static uint32_t stepped(uint32_t x, int scale, uint32_t size, bool down)
{
    int64_t most = (int64_t)1 << scale, step = 1 + (int64_t)(((uint64_t)size * (uint64_t)most) >> 32);
    int64_t to = (int64_t)x + (down ? -step : step);
    to = to < 0 ? -1 - to : to;
    to = to > UINT32_MAX ? 2 * ((int64_t)UINT32_MAX + 1) - 1 - to : to;
    return (uint32_t)to;
}

static int octaves_of(int words)
{
    int octaves = 0;
    while ((1 << octaves) < words)
        octaves++;
    return octaves;
}

/* Every number of words and every scale alike. */
static void any_move(struct moves *m, int words)
{
    int kinds = (octaves_of(words) + 1) * SCALES;
    for (int k = 0; k < OCTAVES * SCALES; k++)
        m->bound[k] = k >= kinds - 1 ? UINT32_MAX : (uint32_t)((k + 1.0) / kinds * 4294967296.0);
}

/* Two thirds by how far each moved the score, a third alike. */
static void best_moves(struct moves *m, const struct gains *g, int words)
{
    int kinds = (octaves_of(words) + 1) * SCALES;
    double sum = 0, share = 0;
    for (int k = 0; k < kinds; k++)
        sum += g->tried[k] > 0 ? sqrt(g->moved[k] / g->tried[k]) : 0;
    any_move(m, words);
    if (!(sum > 0) || isinf(sum))
        return;
    for (int k = 0; k < kinds - 1; k++) {
        share += (g->tried[k] > 0 ? sqrt(g->moved[k] / g->tried[k]) : 0) / sum * 2 / 3 + 1.0 / 3 / kinds;
        m->bound[k] = share >= 1 ? UINT32_MAX : (uint32_t)(share * 4294967296.0);
    }
}

/* Moves the words at proposed[w × FC_TAIL_BLOCK] of world i: so many, so far as the words of this move say. Returns its kind. */
static int propose(struct flock *f, const struct moves *moves, int64_t i, uint32_t event, uint32_t *proposed)
{
    uint32_t way[4], each[4];
    int n = f->model->words, low = 0, high = OCTAVES * SCALES - 1;
    random_words(f->seed, f->repeat, (uint32_t)i, event, way);
    while (low < high) {
        int middle = (low + high) / 2;
        if (way[0] < moves->bound[middle])
            high = middle;
        else
            low = middle + 1;
    }
    int last = (octaves_of(n) + 1) * SCALES - 1;
    low = low < last ? low : last;
    int moved = 1 << (low / SCALES), scale = low % SCALES;
    moved = moved < n ? moved : n;
    for (int m = 0; m < moved; m++) {
        random_words(f->seed, f->repeat, (uint32_t)i, event + 1 + (uint32_t)m, each);
        int w = fc_below(each[0], n);
        uint32_t *at = &proposed[w * FC_TAIL_BLOCK];
        *at = stepped(*at, scale, each[1], each[2] & 1u);
    }
    return low;
}

/* One move of every world, kept where it stays above the level. */
static void sweep(struct flock *f, const struct moves *moves, double level, int number, int turn)
{
    uint32_t event = (1u << 24) + ((uint32_t)number * SWEEPS + (uint32_t)turn) * (1u << 14);
    double score[FC_TAIL_BLOCK];
    int kind[FC_TAIL_BLOCK];
    for (int64_t base = 0; base < f->count; base += FC_TAIL_BLOCK) {
        int64_t count = f->count - base < FC_TAIL_BLOCK ? f->count - base : FC_TAIL_BLOCK;
        for (int w = 0; w < f->model->words; w++)
            memcpy(&f->proposed[w * FC_TAIL_BLOCK], &f->words[w * f->stride + base],
                   FC_TAIL_BLOCK * sizeof *f->words);
        for (int64_t i = 0; i < count; i++)
            kind[i] = propose(f, moves, base + i, event, f->proposed + i);
        score_of(f, f->proposed, FC_TAIL_BLOCK, count, score);
        for (int64_t i = 0; i < count; i++) {
            double change = score[i] > level ? score[i] - f->score[base + i] : 0;
            if (f->gains) {
                f->gains->tried[kind[i]] += 1;
                f->gains->moved[kind[i]] += isfinite(change) ? change * change : 0;
            }
            if (!(score[i] > level))
                continue;
            f->score[base + i] = score[i];
            for (int w = 0; w < f->model->words; w++)
                f->words[w * f->stride + base + i] = f->proposed[w * FC_TAIL_BLOCK + i];
        }
    }
}

/* Exchanges some pairs of words of world i: any two are alike likely, and so a world is as likely after as before. The two are a
 * multiple of four apart, for four words are drawn at a time: mostly the same draw of another month. */
static void exchange(const struct flock *f, int64_t i, uint32_t event, uint32_t *proposed)
{
    uint32_t how[4], each[4];
    int n = f->model->words, quads = n / 4;
    random_words(f->seed, f->repeat, (uint32_t)i, event, how);
    int pairs = 1 << fc_below(how[0], octaves_of(n) + 1);
    for (int k = 0; k < pairs; k++) {
        random_words(f->seed, f->repeat, (uint32_t)i, event + 1 + (uint32_t)k, each);
        int one = fc_below(each[0], n), other = (one + 4 * fc_below(each[1], quads)) % n;
        uint32_t word = proposed[one * FC_TAIL_BLOCK];
        proposed[one * FC_TAIL_BLOCK] = proposed[other * FC_TAIL_BLOCK];
        proposed[other * FC_TAIL_BLOCK] = word;
    }
}

/* What leads to the tail by rare events leads there as well by the same events in other months, which steps of single words do not
 * find. Scores stay as they are: only the words are looked at after this. */
static void stir(struct flock *f, double level, int number)
{
    double score[FC_TAIL_BLOCK];
    for (int turn = 0; turn < SWAPS && f->model->words >= 8; turn++)
        for (int64_t base = 0; base < f->count; base += FC_TAIL_BLOCK) {
            uint32_t event = (1u << 24) + ((uint32_t)number * SWEEPS + (uint32_t)turn) * (1u << 14);
            int64_t count = f->count - base < FC_TAIL_BLOCK ? f->count - base : FC_TAIL_BLOCK;
            for (int w = 0; w < f->model->words; w++)
                memcpy(&f->proposed[w * FC_TAIL_BLOCK], &f->words[w * f->stride + base],
                       FC_TAIL_BLOCK * sizeof *f->words);
            for (int64_t i = 0; i < count; i++)
                exchange(f, base + i, event, f->proposed + i);
            score_of(f, f->proposed, FC_TAIL_BLOCK, count, score);
            for (int64_t i = 0; i < count; i++)
                for (int w = 0; w < f->model->words && score[i] > level; w++)
                    f->words[w * f->stride + base + i] = f->proposed[w * FC_TAIL_BLOCK + i];
        }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The next level: one in KEEP of the worlds lies above it, where scores repeat at least FEWEST; the limit, where enough are above
 * that. False: no world would be below it, or hardly one above. */
static bool next_level(const struct flock *f, double *sorted, double *level)
{
    int64_t n = f->count, keep = n / KEEP, at = n - keep - 1;
    memcpy(sorted, f->score, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, compare);
    *level = sorted[at];
    int64_t above = 0;
    while (above < n && sorted[n - 1 - above] > *level)
        above++;
    if (above < FEWEST) { /* many are equal: below them all */
        while (at >= 0 && sorted[at] >= *level)
            at--;
        if (at < 0)
            return false;
        *level = sorted[at];
    }
    if (*level >= f->model->limit)
        *level = f->model->limit;
    return true;
}

/* The first run: levels[0 ... ], the last of them the limit; false where it is not reached. The flock is left in the tail. */
static bool find_levels(struct flock *f, struct fc_tail *tail, struct moves *moves, double *sorted)
{
    struct gains gains;
    f->gains = &gains;
    begin(f);
    for (tail->levels = 0; tail->levels < FC_TAIL_LEVELS;) {
        double level;
        int64_t out = 0;
        for (int64_t i = 0; i < f->count; i++)
            out += f->score[i] > f->model->limit;
        if (out >= f->count / KEEP)
            level = f->model->limit;
        else if (!next_level(f, sorted, &level))
            return false;
        tail->level[tail->levels++] = level;
        if (select_above(f, level, tail->levels) == 0)
            return false;
        struct moves *of = &moves[tail->levels - 1];
        any_move(of, f->model->words); /* half of the moves try all, the others what was good */
        memset(&gains, 0, sizeof gains);
        for (int s = 0; s < SWEEPS; s++) {
            sweep(f, of, level, tail->levels, s);
            if (s >= SWEEPS / 2 - 1)
                best_moves(of, &gains, f->model->words);
        }
        if (level >= f->model->limit)
            return true;
    }
    return false;
}

static int cell_of(uint32_t x);

/* One repetition with levels fixed: its estimate, how many worlds of the first day have heirs in the tail, and the shares of the
 * cells of each word there, after some moves more. */
static double split(struct flock *f, const struct fc_tail *tail, const struct moves *moves, int *ancestors,
                    float *shares)
{
    double p = 1;
    begin(f);
    for (int k = 0; k < tail->levels; k++) {
        int64_t above = 0;
        memset(f->above, 0, (size_t)f->count * sizeof *f->above);
        for (int64_t i = 0; i < f->count && k == tail->levels - 1; i++)
            if (f->score[i] > tail->level[k])
                *ancestors += f->above[f->ancestor[i]]++ == 0;
        above = select_above(f, tail->level[k], k + 1);
        p *= (double)above / (double)f->count;
        if (above == 0)
            return 0;
        for (int s = 0; s < SWEEPS; s++)
            sweep(f, &moves[k], tail->level[k], k + 1, s);
    }
    stir(f, f->model->limit, tail->levels + 1);
    for (int w = 0; w < f->model->words; w++)
        for (int64_t i = 0; i < f->count; i++)
            shares[w * CELLS + cell_of(f->words[w * f->stride + i])] += 1.0f;
    for (int c = 0; c < f->model->words * CELLS; c++)
        shares[c] /= (float)f->count;
    return p;
}

static struct fc_tail_estimate mean_of(const double *p, int n)
{
    struct fc_tail_estimate e = {0, 0};
    for (int i = 0; i < n; i++)
        e.p += p[i] / n;
    for (int i = 0; i < n; i++)
        e.error += (p[i] - e.p) * (p[i] - e.p);
    e.error = sqrt(e.error / (n - 1) / n);
    return e;
}

/* shares[repetition × words × CELLS]: zero where nothing reached the tail. */
static int repeat(struct fc_tail *tail, const struct fc_tail_model *model, const struct fc_tail_options *o,
                  const struct moves *moves, int64_t count, float *shares)
{
    double p[FC_TAIL_REPEATS];
    int ancestors[FC_TAIL_REPEATS] = {0}, failed = 0;
    uint64_t simulated = 0;
#pragma omp parallel for schedule(dynamic) num_threads(o->threads) reduction(+ : simulated, failed)
    for (int r = 0; r < FC_TAIL_REPEATS; r++) {
        struct flock f;
        if (flock_make(&f, model, o->seed, (uint32_t)r, omp_get_thread_num(), count))
            p[r] = split(&f, tail, moves, &ancestors[r], shares + (size_t)r * (size_t)model->words * CELLS);
        else
            failed++;
        simulated += f.simulated;
        flock_free(&f);
    }
    if (failed)
        return -1;
    tail->splitting = mean_of(p, FC_TAIL_REPEATS);
    tail->worlds += simulated;
    for (int r = 0; r < FC_TAIL_REPEATS; r++)
        tail->ancestors += ancestors[r];
    return 0;
}

/* --- the tilted worlds --- */

/* Cells 0 ... 23 of the lower half from the middle outwards, 24 ... 47 of the upper. */
static int cell_of(uint32_t x)
{
    uint32_t out = x >> 31 ? ~x : x; /* distance from its end, below 2^31 */
    int c = 0;
    while (c < CELLS / 2 - 1 && !(out >> (30 - c) & 1u))
        c++;
    return c + (x >> 31 ? CELLS / 2 : 0);
}

/* Its width: that of cell c over 2^32. */
static double width_of(int c)
{
    c %= CELLS / 2;
    double w = 0.25;
    for (int i = 0; i < c && i < CELLS / 2 - 2; i++)
        w /= 2;
    return w;
}

static uint32_t in_cell(int c, uint32_t word)
{
    int of = c % (CELLS / 2), bits = of == CELLS / 2 - 1 ? 31 - of : 30 - of;
    uint32_t out = (bits > 0 ? word >> (32 - bits) : 0) + (of == CELLS / 2 - 1 ? 0 : 1u << bits);
    return c >= CELLS / 2 ? ~out : out;
}

struct tilt {
    int count, word[TILTED_MOST];
    double moved[TILTED_MOST];          /* how far: chi-square over the worlds */
    double ratio[TILTED_MOST][CELLS];   /* how much more often a cell is drawn */
    uint32_t bound[TILTED_MOST][CELLS]; /* of the cells' cumulated shares */
};

/* share[CELLS] of word w, the mean of the repetitions that reached the tail, and how far they have moved from those of chance, in
 * chi-square a world; `noise` receives how far they would seem to by the differences of the repetitions alone, at most a third of it where one cell alone is beyond doubt. */
static double mean_shares(const float *shares, int words, int w, double *share, double *noise)
{
    double moved = 0;
    int n = 0;
    bool sure = false;
    memset(share, 0, CELLS * sizeof *share);
    *noise = 0;
    for (int r = 0; r < FC_TAIL_REPEATS; r++) {
        const float *of = shares + ((size_t)r * (size_t)words + (size_t)w) * CELLS;
        double all = 0;
        for (int c = 0; c < CELLS; c++)
            all += of[c];
        n += all > 0;
        for (int c = 0; c < CELLS; c++)
            share[c] += of[c];
    }
    for (int c = 0; c < CELLS && n > 1; c++) {
        double width = width_of(c), squares = 0;
        share[c] /= n;
        for (int r = 0; r < FC_TAIL_REPEATS; r++) {
            double d = shares[((size_t)r * (size_t)words + (size_t)w) * CELLS + (size_t)c] - share[c];
            squares += d * d;
        }
        double shift = (share[c] - width) * (share[c] - width), error = squares / (n - 1) / n;
        moved += shift / (share[c] + width);
        *noise += error / (share[c] + width);
        sure |= share[c] > 2 * width && shift > 16 * error && shift / (share[c] + width) > 0.005;
    }
    *noise = sure && 3 * *noise > moved ? moved / 3 : *noise;
    return n > 1 ? moved : 0;
}

/* The outermost cells of each side, together a thousandth of the worlds or less, are drawn more often than by chance by one ratio:
 * alone they were seen too seldom, and a world with a word from one that was never seen would weigh fifty times too much. */
static void pool_ends(double *share)
{
    for (int side = 0; side < CELLS; side += CELLS / 2) {
        double seen = 0, width = 0;
        int c = CELLS / 2;
        while (c > 0 && seen < 1e-3) {
            c--;
            seen += share[side + c];
            width += width_of(side + c);
        }
        for (; c < CELLS / 2; c++)
            share[side + c] = seen / width * width_of(side + c);
    }
}

static void learn(const float *shares, int words, struct tilt *t)
{
    double share[CELLS], noise;
    t->count = 0;
    for (int w = 0; w < words; w++) {
        double moved = mean_shares(shares, words, w, share, &noise);
        if (moved < 3 * noise || moved < 0.005)
            continue;
        int at = t->count < TILTED_MOST ? t->count++ : TILTED_MOST;
        while (at > 0 && t->moved[at - 1] < moved) {
            if (at < TILTED_MOST) {
                t->moved[at] = t->moved[at - 1];
                t->word[at] = t->word[at - 1];
            }
            at--;
        }
        if (at < TILTED_MOST) {
            t->moved[at] = moved;
            t->word[at] = w;
        }
    }
    for (int k = 0; k < t->count; k++) {
        double sum = 0, moved = mean_shares(shares, words, t->word[k], share, &noise),
               real = 1 - noise / moved;
        pool_ends(share);
        for (int c = 0; c < CELLS; c++) {
            double width = width_of(c);
            sum += 0.02 * width + 0.98 * (width + real * (share[c] - width));
            t->bound[k][c] = c == CELLS - 1 || sum >= 1 ? UINT32_MAX : (uint32_t)(sum * 4294967296.0);
        }
        for (int c = 0; c < CELLS; c++) {
            double low = c ? t->bound[k][c - 1] : 0, high = c == CELLS - 1 ? 4294967296.0 : t->bound[k][c];
            t->ratio[k][c] = (high - low) / 4294967296.0 / width_of(c);
        }
    }
}

/* Draws tilted word k of world i, and multiplies *ratio by how much more often it is drawn so. */
static uint32_t draw_tilted(const struct tilt *t, int k, uint32_t cell_word, uint32_t word, double *ratio)
{
    int c = 0;
    while (c < CELLS - 1 && cell_word >= t->bound[k][c])
        c++;
    *ratio *= t->ratio[k][c];
    return in_cell(c, word);
}

/* A block of worlds; ratio[i] is how much more often such a world is drawn than by chance alone. */
static void draw_block(struct flock *f, const struct tilt *t, int64_t first, double *ratio)
{
    for (int64_t i = 0; i < FC_TAIL_BLOCK; i++) {
        uint32_t four[4], world = (uint32_t)(first + i);
        for (int w = 0; w < f->model->words; w += 4) {
            random_words(f->seed, TILTED, world, (uint32_t)w / 4, four);
            for (int k = 0; k < 4 && w + k < f->model->words; k++)
                f->words[(w + k) * f->stride + i] = four[k];
        }
        random_words(f->seed, TILTED, world, 1u << 30, four);
        bool plain = four[0] < UINT32_MAX / 10;
        double much = 1;
        for (int k = 0; k < t->count; k++) {
            uint32_t *at = &f->words[t->word[k] * f->stride + i];
            random_words(f->seed, TILTED, world, (1u << 30) + 1 + (uint32_t)k, four);
            if (plain)
                much *= t->ratio[k][cell_of(*at)];
            else
                *at = draw_tilted(t, k, four[0], four[1], &much);
        }
        ratio[i] = 0.1 + 0.9 * much;
    }
}

static int tilted_worlds(struct fc_tail *tail, const struct fc_tail_model *model,
                         const struct fc_tail_options *o, const struct tilt *t, int64_t count)
{
    int64_t blocks = (count + FC_TAIL_BLOCK - 1) / FC_TAIL_BLOCK;
    double *sums = calloc((size_t)blocks * 3, sizeof *sums), sum[3] = {0};
    int failed = sums == NULL;
#pragma omp parallel num_threads(o->threads) reduction(+ : failed)
    {
        struct flock f;
        double ratio[FC_TAIL_BLOCK];
        bool made = flock_make(&f, model, o->seed, TILTED, omp_get_thread_num(), FC_TAIL_BLOCK);
        failed += !made;
#pragma omp for schedule(static)
        for (int64_t b = 0; b < blocks; b++) {
            if (!made || !sums)
                continue;
            draw_block(&f, t, b * FC_TAIL_BLOCK, ratio);
            score_of(&f, f.words, f.stride, FC_TAIL_BLOCK, f.score);
            for (int i = 0; i < FC_TAIL_BLOCK; i++)
                if (f.score[i] > model->limit) {
                    sums[3 * b] += 1 / ratio[i];
                    sums[3 * b + 1] += 1 / (ratio[i] * ratio[i]);
                    sums[3 * b + 2] += 1;
                }
        }
        flock_free(&f);
    }
    for (int64_t b = 0; b < blocks && !failed; b++)
        for (int k = 0; k < 3; k++)
            sum[k] += sums[3 * b + k];
    free(sums);
    if (failed)
        return -1;
    double n = (double)(blocks * FC_TAIL_BLOCK), mean = sum[0] / n;
    tail->tilted = (struct fc_tail_estimate){mean, sqrt((sum[1] / n - mean * mean) / (n - 1))};
    tail->hits = sum[2] / n;
    tail->tilted_words = t->count;
    tail->counted = (uint64_t)(blocks * FC_TAIL_BLOCK);
    tail->worlds += tail->counted;
    return 0;
}

/* --- the whole --- */

/* Counts worlds as they come. With k hits the interval is k - 2 sqrt(k) to k + 2 sqrt(k + 1) + 2, which holds the exact one of the
 * Poisson distribution for 95 %. */
static int count_worlds(struct fc_tail *tail, const struct fc_tail_model *model,
                        const struct fc_tail_options *o, int64_t count)
{
    static const struct tilt none = {0};
    if (tilted_worlds(tail, model, o, &none, count))
        return -1;
    double n = (double)tail->counted, k = tail->hits * n;
    tail->splitting = tail->tilted;
    tail->p = tail->splitting.p;
    tail->low = fmax(k - 2 * sqrt(k), 0) / n;
    tail->high = (k + 2 * sqrt(k + 1) + 2) / n;
    return 0;
}

static void judge(struct fc_tail *tail)
{
    const struct fc_tail_estimate *s = &tail->splitting, *t = &tail->tilted;
    double apart = fabs(s->p - t->p), both = sqrt(s->error * s->error + t->error * t->error);
    bool rough = !(s->p > 0) || !(t->p > 0) || s->error > s->p / 3 || t->error > t->p / 3;
    bool few = tail->ancestors < 3 * FC_TAIL_REPEATS;
    tail->verdict = !rough && !few && apart <= 3 * both ? FC_TAIL_GOOD : FC_TAIL_APART;
    tail->p = s->p;
    tail->low = fmax(s->p - 2 * s->error, 0);
    tail->high = s->p + 2 * s->error;
    if (tail->verdict == FC_TAIL_GOOD) {
        double weight = t->error * t->error / (both * both), error = s->error * t->error / both;
        tail->p = weight * s->p + (1 - weight) * t->p;
        tail->low = fmin(tail->low, tail->p - 2 * error);
        tail->high = fmax(tail->high, tail->p + 2 * error);
    } else {
        tail->low = fmax(fmin(tail->low, t->p - 2 * t->error), 0);
        tail->high = fmax(tail->high, t->p + 2 * t->error);
    }
}

int fc_tail(struct fc_tail *tail, const struct fc_tail_model *model, const struct fc_tail_options *options,
            struct fc_error *error)
{
    struct flock first;
    struct tilt *tilt = malloc(sizeof *tilt);
    double *sorted = malloc(SECOND * sizeof *sorted);
    struct moves *moves = malloc(FC_TAIL_LEVELS * sizeof *moves);
    float *shares = calloc((size_t)model->words * CELLS * FC_TAIL_REPEATS, sizeof *shares);
    int status = -1;
    *tail = (struct fc_tail){.verdict = FC_TAIL_STUCK, .p = NAN, .low = 0, .high = NAN};
    if (!flock_make(&first, model, options->seed, PILOT, 0, FIRST) || !tilt || !sorted || !moves || !shares)
        goto out;
    status = 0;
    bool reached = find_levels(&first, tail, moves, sorted);
    tail->reached = first.best;
    tail->worlds = first.simulated;
    if (!reached && tail->levels < FC_TAIL_LEVELS) { /* else it is beyond 1e-21 */
        flock_free(&first);
        if (!flock_make(&first, model, options->seed, PILOT + 1, 0, SECOND)) {
            status = -1;
            goto out;
        }
        reached = find_levels(&first, tail, moves, sorted);
        tail->reached = fmax(tail->reached, first.best);
        tail->worlds += first.simulated;
    }
    bool counted =
        !reached || tail->levels <= 2; /* where levels lead nowhere, or it may be frequent enough */
    int64_t count = reached ? (int64_t)(options->worlds / 4) : (int64_t)options->worlds;
    if (counted) {
        status = count_worlds(tail, model, options, count);
        if (status || tail->hits * RARE >= 1 || !reached) {
            bool enough = tail->hits * (double)count >= ENOUGH;
            tail->verdict = enough ? FC_TAIL_NOT_RARE : FC_TAIL_STUCK;
            goto out;
        }
    }
    int64_t each = (int64_t)(options->worlds * 3 / 4) / FC_TAIL_REPEATS / (1 + tail->levels * SWEEPS);
    each = each < 256 ? 256 : each > 16384 ? 16384 : each;
    status = repeat(tail, model, options, moves, each, shares);
    if (status == 0) {
        learn(shares, model->words, tilt);
        status = tilted_worlds(tail, model, options, tilt, (int64_t)(options->worlds / 4));
        judge(tail);
    }
out:
    flock_free(&first);
    free(tilt);
    free(sorted);
    free(moves);
    free(shares);
    return status ? fc_fail(error, FC_FAULT, "no memory for worlds in the tail") : 0;
}

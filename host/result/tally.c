/* tally.c: see tally.h. */
#include "tally.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "cuda/model/program.h"

/* Room for a metric and its shifts; false without memory. */
static bool make_metric(struct fc_tally_metric *m, int metric, int shifts)
{
    m->metric = metric;
    m->shifts = shifts;
    /* calloc: pages of bins that no value reaches are never touched and take no memory */
    m->bins = calloc(FC_TALLY_BINS, sizeof(uint64_t));
    m->shift = shifts ? calloc((size_t)shifts, sizeof *m->shift) : NULL;
    bool made = m->bins && (!shifts || m->shift);
    for (int s = 0; made && s < shifts; s++)
        made = make_metric(&m->shift[s], metric, 0);
    return made;
}

static void free_metric(struct fc_tally_metric *m)
{
    for (int s = 0; m->shift && s < m->shifts; s++)
        free(m->shift[s].bins);
    free(m->shift);
    free(m->bins);
}

int fc_tally_create_shifts(struct fc_tally *tally, const int32_t *metrics, int metric_count, int shifts,
                           struct fc_error *error)
{
    *tally = (struct fc_tally){.shifts = shifts};
    tally->metrics = calloc((size_t)metric_count + 1, sizeof *tally->metrics);
    if (!tally->metrics)
        return fc_fail(error, FC_FAULT, "out of memory for the tally of %d metrics", metric_count);
    tally->metric_count = metric_count;
    for (int r = 0; r < metric_count; r++) {
        if (make_metric(&tally->metrics[r], metrics[r], shifts))
            continue;
        fc_tally_free(tally);
        return fc_fail(error, FC_FAULT, "out of memory for the tally of %d metrics", metric_count);
    }
    return 0;
}

int fc_tally_create(struct fc_tally *tally, const int32_t *metrics, int metric_count, struct fc_error *error)
{
    return fc_tally_create_shifts(tally, metrics, metric_count, 0, error);
}

void fc_tally_free(struct fc_tally *tally)
{
    for (int r = 0; tally->metrics && r < tally->metric_count; r++)
        free_metric(&tally->metrics[r]);
    free(tally->metrics);
    free(tally->ranges);
    *tally = (struct fc_tally){0};
}

static void note_extreme(struct fc_tally_metric *m, uint32_t min_key, uint64_t min_trial, uint32_t max_key,
                         uint64_t max_trial)
{
    if (m->count == 0 || min_key < m->min_key || (min_key == m->min_key && min_trial < m->min_trial)) {
        m->min_key = min_key;
        m->min_trial = min_trial;
    }
    if (m->count == 0 || max_key > m->max_key || (max_key == m->max_key && max_trial < m->max_trial)) {
        m->max_key = max_key;
        m->max_trial = max_trial;
    }
}

static uint64_t first_of(const uint32_t *keys, uint32_t key)
{
    uint64_t i = 0;
    while (keys[i] != key)
        i++;
    return i;
}

/* Adds one value that is no extreme and has a key. */
static inline void add_value(struct fc_tally_metric *m, float x, uint32_t key)
{
    uint64_t mantissa = fc_tally_mantissa(x);
    uint64_t square = mantissa * mantissa;
    uint32_t exponent = key >> 23;
    fc_tally_count(m, fc_tally_bin(key), 1);
    m->sum[exponent] += mantissa;
    m->square_low[exponent] += square & 0xffffffu;
    m->square_high[exponent] += square >> 24;
}

/* Values are added by pieces: most have none that is invalid, none that is an extreme, and one exponent or two. Sums of a
 * piece's mantissas, and of the lower 24 bits of their squares, stay below 2^31. */
enum { PIECE = 128 };

struct piece {
    uint32_t key[PIECE], mantissa[PIECE];
    uint32_t chosen[PIECE]; /* mantissas of the exponent at hand, or 0 */
    uint32_t least, most;   /* keys */
};

/* Of some values: the sums of their mantissas, of these squared, and of the lower 24 bits of each square. What is above those
 * bits adds up to the rest. */
struct sums {
    uint32_t mantissas, low;
    uint64_t squares;
};

/* The sum of the squares of PIECE mantissas. */
typedef uint64_t sum_of_squares(const uint32_t *mantissa);

/* One body for every instruction set: it is compiled below for those that have wider registers, and the bits are the same. */
#define ALWAYS static inline __attribute__((always_inline))

ALWAYS uint64_t squares(const uint32_t *mantissa)
{
    uint64_t sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < PIECE; i++)
        sum += (uint64_t)mantissa[i] * mantissa[i];
    return sum;
}

#ifdef __x86_64__
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))
/* With gcc 12 the above is three instructions for a product, which the 32 bits that are there do not need. */
AVX512 static inline uint64_t squares_avx512(const uint32_t *mantissa)
{
    __m512i sum = _mm512_setzero_si512();
    for (int i = 0; i < PIECE; i += 16) {
        __m512i even = _mm512_loadu_si512(mantissa + i), odd = _mm512_srli_epi64(even, 32);
        sum =
            _mm512_add_epi64(sum, _mm512_add_epi64(_mm512_mul_epu32(even, even), _mm512_mul_epu32(odd, odd)));
    }
    return (uint64_t)_mm512_reduce_add_epi64(sum);
}
#endif

/* Whether all values are valid; fills keys, extremes and the sums of all. */
ALWAYS bool look_through(const float *values, struct piece *p, struct sums *all, sum_of_squares *squared)
{
    uint32_t invalid = 0, least = UINT32_MAX, most = 0, mantissas = 0, low = 0;
#pragma omp simd reduction(| : invalid) reduction(min : least) reduction(max : most) reduction(+ : mantissas, low)
    for (int i = 0; i < PIECE; i++) {
        uint32_t key = fc_tally_key(values[i]), mantissa = fc_tally_mantissa(values[i]);
        p->key[i] = key;
        p->mantissa[i] = mantissa;
        mantissas += mantissa;
        low += mantissa * mantissa & 0xffffffu;
        invalid |= (uint32_t)!fc_tally_is_valid(values[i]);
        least = key < least ? key : least;
        most = key > most ? key : most;
    }
    p->least = least;
    p->most = most;
    *all = (struct sums){mantissas, low, squared(p->mantissa)};
    return !invalid;
}

/* The sums of the values with this exponent, and which blocks of its bins they lie in: 1 the lower half, 2 the upper. Returns
 * the least key of a greater exponent; UINT32_MAX: there is none. */
ALWAYS uint32_t of_exponent(struct piece *p, uint32_t exponent, struct sums *sums, uint32_t *blocks,
                            sum_of_squares *squared)
{
    uint32_t mantissas = 0, in = 0, next = UINT32_MAX, low = 0;
#pragma omp simd reduction(+ : mantissas, low) reduction(| : in) reduction(min : next)
    for (int i = 0; i < PIECE; i++) {
        uint32_t key = p->key[i], of = key >> 23, mask = of == exponent ? UINT32_MAX : 0;
        uint32_t above = of > exponent ? key : UINT32_MAX, mantissa = p->mantissa[i] & mask;
        p->chosen[i] = mantissa;
        mantissas += mantissa;
        low += mantissa * mantissa & 0xffffffu;
        in |= (1u + ((key >> 22) & 1u)) & mask;
        next = above < next ? above : next;
    }
    *sums = (struct sums){mantissas, low, squared(p->chosen)};
    *blocks = in;
    return next;
}

_Static_assert(FC_TALLY_BLOCK << FC_TALLY_SHIFT == 1 << 22, "an exponent has two blocks of bins");

static inline void add_sums(struct fc_tally_metric *m, uint32_t exponent, const struct sums *sums,
                            uint32_t blocks)
{
    m->sum[exponent] += sums->mantissas;
    m->square_low[exponent] += sums->low;
    m->square_high[exponent] += (sums->squares - sums->low) >> 24;
    m->used[exponent / 32] |= (uint64_t)blocks << (exponent % 32 * 2);
}

/* Adds the sums of a piece, exponent after exponent from the least; the greatest has what is left of all. */
ALWAYS void add_exponents(struct fc_tally_metric *m, struct piece *p, struct sums left,
                          sum_of_squares *squared)
{
    uint32_t least = p->least;
    while (least >> 23 != p->most >> 23) {
        struct sums here;
        uint32_t blocks, exponent = least >> 23;
        least = of_exponent(p, exponent, &here, &blocks, squared);
        add_sums(m, exponent, &here, blocks);
        left.mantissas -= here.mantissas;
        left.squares -= here.squares;
        left.low -= here.low;
    }
    uint32_t blocks = (least >> 22 & 1u ? 0u : 1u) | (p->most >> 22 & 1u ? 2u : 0u);
    add_sums(m, p->most >> 23, &left, blocks);
}

enum { FEW = 12 }; /* bins that count_few takes on */

/* What an instruction set has of its own: look_through, and the counting of a piece with few bins (NULL: as any other). */
struct ways {
    bool (*look)(const float *values, struct piece *p, struct sums *all, sum_of_squares *squared);
    void (*few)(struct fc_tally_metric *m, const struct piece *p);
    sum_of_squares *squared;
};

/* Adds the pieces that the values begin with, up to one with an invalid value; returns how many values that were. */
ALWAYS size_t add_pieces(struct fc_tally_metric *m, const float *values, size_t count, uint64_t first,
                         const struct ways way)
{
    struct piece p;
    struct sums all;
    size_t done = 0;
    for (; count - done >= PIECE && way.look(values + done, &p, &all, way.squared); done += PIECE) {
        if (m->count == 0 || p.least <= m->min_key || p.most >= m->max_key)
            note_extreme(m, p.least, first + done + first_of(p.key, p.least), p.most,
                         first + done + first_of(p.key, p.most));
        m->count += PIECE;
        add_exponents(m, &p, all, way.squared);
        if (p.least >> FC_TALLY_SHIFT == p.most >> FC_TALLY_SHIFT) { /* each would wait for the one before */
            m->bins[fc_tally_bin(p.least)] += PIECE;
            continue;
        }
        if (way.few && (p.most >> FC_TALLY_SHIFT) - (p.least >> FC_TALLY_SHIFT) < FEW) {
            way.few(m, &p);
            continue;
        }
        for (int i = 0; i < PIECE; i++)
            m->bins[fc_tally_bin(p.key[i])]++;
    }
    return done;
}

#ifdef __x86_64__
/* look_through in fewer instructions. */
AVX512 static inline bool look_through_avx512(const float *values, struct piece *p, struct sums *all,
                                              sum_of_squares *squared)
{
    const __m512i sign = _mm512_set1_epi32((int)0x80000000u), exponent = _mm512_set1_epi32(0x7f800000);
    const __m512i fraction = _mm512_set1_epi32(0x007fffff), one = _mm512_set1_epi32(0x00800000);
    const __m512i lower = _mm512_set1_epi32(0x00ffffff);
    __m512i least = _mm512_set1_epi32(-1), most = _mm512_setzero_si512(), mantissas = most, sum = most,
            low = most;
    __mmask16 strange = 0; /* invalid, or -0 */
    for (int i = 0; i < PIECE; i += 16) {
        __m512i x = _mm512_loadu_si512(values + i);
        __m512i key = _mm512_xor_si512(x, _mm512_or_si512(_mm512_srai_epi32(x, 31), sign));
        strange |= _mm512_cmpeq_epi32_mask(x, sign);
        strange |= _mm512_cmpeq_epi32_mask(_mm512_and_si512(x, exponent), exponent);
        __m512i mantissa = _mm512_and_si512(x, fraction);
        mantissa = _mm512_mask_or_epi32(mantissa, _mm512_test_epi32_mask(x, exponent), mantissa, one);
        __m512i other = _mm512_srli_epi64(mantissa, 32);
        __m512i even = _mm512_mul_epu32(mantissa, mantissa), odd = _mm512_mul_epu32(other, other);
        __m512i both = _mm512_mask_shuffle_epi32(even, (__mmask16)0xaaaau, odd, _MM_PERM_CCAA);
        _mm512_storeu_si512(p->key + i, key);
        _mm512_storeu_si512(p->mantissa + i, mantissa);
        least = _mm512_min_epu32(least, key);
        most = _mm512_max_epu32(most, key);
        mantissas = _mm512_add_epi32(mantissas, mantissa);
        sum = _mm512_add_epi64(sum, _mm512_add_epi64(even, odd));
        low = _mm512_add_epi32(low, _mm512_and_si512(both, lower));
    }
    if (strange)
        return look_through(values, p, all, squared);
    p->least = _mm512_reduce_min_epu32(least);
    p->most = _mm512_reduce_max_epu32(most);
    *all = (struct sums){(uint32_t)_mm512_reduce_add_epi32(mantissas), (uint32_t)_mm512_reduce_add_epi32(low),
                         (uint64_t)_mm512_reduce_add_epi64(sum)};
    return true;
}

/* Counts a piece bin by bin: where there are few, each count would wait for the one before it. */
AVX512 static inline void count_few_avx512(struct fc_tally_metric *m, const struct piece *p)
{
    __m512i bin[PIECE / 16];
    for (int i = 0; i < PIECE / 16; i++)
        bin[i] = _mm512_srli_epi32(_mm512_loadu_si512(p->key + 16 * i), FC_TALLY_SHIFT);
    for (uint32_t b = fc_tally_bin(p->least), last = fc_tally_bin(p->most); b <= last; b++) {
        const __m512i here = _mm512_set1_epi32((int)b);
        int count = 0;
        for (int i = 0; i < PIECE / 16; i += 2)
            count += __builtin_popcount((uint32_t)_mm512_cmpeq_epi32_mask(bin[i], here) |
                                        (uint32_t)_mm512_cmpeq_epi32_mask(bin[i + 1], here) << 16);
        m->bins[b] += (uint64_t)count;
    }
}

AVX512 static size_t add_pieces_avx512(struct fc_tally_metric *m, const float *values, size_t count,
                                       uint64_t first)
{
    return add_pieces(m, values, count, first,
                      (struct ways){look_through_avx512, count_few_avx512, squares_avx512});
}
__attribute__((target("avx2"))) static size_t add_pieces_avx2(struct fc_tally_metric *m, const float *values,
                                                              size_t count, uint64_t first)
{
    return add_pieces(m, values, count, first, (struct ways){look_through, NULL, squares});
}
#endif

/* add_pieces with the registers that this machine has. */
static size_t add_pieces_here(struct fc_tally_metric *m, const float *values, size_t count, uint64_t first)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq"))
        return add_pieces_avx512(m, values, count, first);
    if (__builtin_cpu_supports("avx2"))
        return add_pieces_avx2(m, values, count, first);
#endif
    return add_pieces(m, values, count, first, (struct ways){look_through, NULL, squares});
}

static void add_one(struct fc_tally_metric *m, float x, uint64_t trial)
{
    uint32_t key = fc_tally_key(x);
    if (!fc_tally_is_valid(x)) {
        m->invalid++;
        return;
    }
    note_extreme(m, key, trial, key, trial);
    m->count++;
    add_value(m, x, key);
}

void fc_tally_add(struct fc_tally *tally, int row, const float *values, size_t count, uint64_t first)
{
    struct fc_tally_metric *m = &tally->metrics[row];
    for (size_t at = 0; at < count;) {
        at += add_pieces_here(m, values + at, count - at, first + at);
        size_t end =
            count - at < PIECE ? count : at + PIECE; /* a piece with an invalid value, or what is left */
        for (; at < end; at++)
            add_one(m, values[at], first + at);
    }
}

/* Where a range that begins at `first` belongs in the sorted list. */
static size_t place_of(const struct fc_tally *tally, uint64_t first)
{
    size_t at = 0;
    while (at < tally->range_count && tally->ranges[at].first < first)
        at++;
    return at;
}

static int refuse_overlap(const struct fc_tally *tally, uint64_t first, uint64_t count,
                          struct fc_error *error)
{
    size_t at = place_of(tally, first);
    if ((at > 0 && tally->ranges[at - 1].first + tally->ranges[at - 1].count > first) ||
        (at < tally->range_count && first + count > tally->ranges[at].first))
        return fc_fail(error, FC_BAD_INPUT, "trials %llu to %llu are counted twice (the parts overlap)",
                       (unsigned long long)first, (unsigned long long)(first + count - 1));
    return 0;
}

/* Puts [first, first + count), which overlaps nothing, into the sorted list; -1 without memory. */
static int insert_range(struct fc_tally *tally, uint64_t first, uint64_t count)
{
    size_t at = place_of(tally, first);
    struct fc_trial_range *grown = realloc(tally->ranges, (tally->range_count + 1) * sizeof *grown);
    if (!grown)
        return -1;
    tally->ranges = grown;
    memmove(&grown[at + 1], &grown[at], (tally->range_count - at) * sizeof *grown);
    grown[at] = (struct fc_trial_range){first, count};
    tally->range_count++;
    size_t kept = 0; /* join neighbours that touch */
    for (size_t i = 1; i < tally->range_count; i++) {
        if (grown[kept].first + grown[kept].count == grown[i].first)
            grown[kept].count += grown[i].count;
        else
            grown[++kept] = grown[i];
    }
    tally->range_count = kept + 1;
    return 0;
}

int fc_tally_cover(struct fc_tally *tally, uint64_t first, uint64_t count, struct fc_error *error)
{
    if (count == 0)
        return 0;
    if (refuse_overlap(tally, first, count, error))
        return -1;
    if (insert_range(tally, first, count))
        return fc_fail(error, FC_FAULT, "out of memory for the list of trials");
    return 0;
}

/* Which shift all trials of a plain tally belong to; -1 where there is none. */
static int shift_of(const struct fc_tally *tally, int shifts)
{
    uint64_t shift = tally->range_count ? tally->ranges[0].first >> FC_SHIFT_BIT : 0;
    for (size_t i = 0; i < tally->range_count; i++) {
        uint64_t last = tally->ranges[i].first + tally->ranges[i].count - 1;
        if (tally->ranges[i].first >> FC_SHIFT_BIT != shift || last >> FC_SHIFT_BIT != shift)
            return -1;
    }
    return shift < (uint64_t)shifts ? (int)shift : -1;
}

/* Whether `from` can be added to `into`; *shift receives the shift that a plain one belongs to where `into` has them. */
static int fits(const struct fc_tally *into, const struct fc_tally *from, int *shift, struct fc_error *error)
{
    if (into->metric_count != from->metric_count)
        return fc_fail(error, FC_BAD_INPUT, "results hold %d and %d metrics and cannot be merged",
                       into->metric_count, from->metric_count);
    for (int r = 0; r < into->metric_count; r++)
        if (into->metrics[r].metric != from->metrics[r].metric)
            return fc_fail(error, FC_BAD_INPUT, "results hold different metrics and cannot be merged");
    *shift = into->shifts && !from->shifts ? shift_of(from, into->shifts) : 0;
    if (*shift < 0 || (from->shifts && from->shifts != into->shifts))
        return fc_fail(error, FC_BAD_INPUT,
                       "plain worlds and quasi-Monte Carlo, or other numbers of shifts, cannot be merged");
    for (size_t i = 0; i < from->range_count; i++)
        if (refuse_overlap(into, from->ranges[i].first, from->ranges[i].count, error))
            return -1;
    return 0;
}

static void merge_metric(struct fc_tally_metric *a, const struct fc_tally_metric *b)
{
    a->invalid += b->invalid;
    if (b->count == 0)
        return;
    note_extreme(a, b->min_key, b->min_trial, b->max_key, b->max_trial);
    a->count += b->count;
    for (uint32_t at = fc_tally_next(b, 0); at < FC_TALLY_BINS; at = fc_tally_next(b, at + FC_TALLY_BLOCK)) {
        const uint64_t *from = b->bins + at;
        uint64_t *into = a->bins + at;
#pragma omp simd
        for (int bin = 0; bin < FC_TALLY_BLOCK; bin++)
            into[bin] += from[bin];
    }
    for (int word = 0; word < FC_TALLY_MARKS; word++)
        a->used[word] |= b->used[word];
    for (uint32_t e = b->min_key >> 23; e <= b->max_key >> 23; e++) {
        a->sum[e] += b->sum[e];
        a->square_low[e] += b->square_low[e];
        a->square_high[e] += b->square_high[e];
    }
}

int fc_tally_merge(struct fc_tally *into, const struct fc_tally *from, struct fc_error *error)
{
    int shift = 0;
    if (fits(into, from, &shift, error)) /* all is checked before the first is added: all or none */
        return -1;
    for (size_t i = 0; i < from->range_count; i++)
        if (fc_tally_cover(into, from->ranges[i].first, from->ranges[i].count, error))
            return -1;
    for (int r = 0; r < into->metric_count; r++) {
        struct fc_tally_metric *a = &into->metrics[r];
        const struct fc_tally_metric *b = &from->metrics[r];
        merge_metric(a, b);
        for (int s = 0; s < b->shifts; s++)
            merge_metric(&a->shift[s], &b->shift[s]);
        if (a->shifts && !b->shifts)
            merge_metric(&a->shift[shift], b);
    }
    return 0;
}

static void clear_metric(struct fc_tally_metric *m)
{
    for (int s = 0; s < m->shifts; s++)
        clear_metric(&m->shift[s]);
    m->invalid = 0;
    for (uint32_t at = fc_tally_next(m, 0); at < FC_TALLY_BINS; at = fc_tally_next(m, at + FC_TALLY_BLOCK))
        memset(m->bins + at, 0, FC_TALLY_BLOCK * sizeof *m->bins);
    memset(m->used, 0, sizeof m->used);
    if (m->count == 0)
        return;
    uint32_t low = m->min_key >> 23, high = m->max_key >> 23;
    memset(m->sum + low, 0, (high - low + 1) * sizeof *m->sum);
    memset(m->square_low + low, 0, (high - low + 1) * sizeof *m->square_low);
    memset(m->square_high + low, 0, (high - low + 1) * sizeof *m->square_high);
    m->count = 0;
}

void fc_tally_clear(struct fc_tally *tally)
{
    tally->range_count = 0;
    for (int r = 0; r < tally->metric_count; r++)
        clear_metric(&tally->metrics[r]);
}

/* Bounds of the sums of one exponent. */
struct bounds {
    uint64_t count;
    unsigned __int128 sum[2], square[2]; /* lowest, highest */
};

static void add_bin(struct bounds *b, const struct fc_tally_metric *m, uint32_t bin)
{
    uint32_t first = fc_tally_bin_first(bin), last = fc_tally_bin_last(bin);
    uint64_t x = fc_tally_mantissa(fc_tally_value(first < m->min_key ? m->min_key : first));
    uint64_t y = fc_tally_mantissa(fc_tally_value(last > m->max_key ? m->max_key : last));
    uint64_t ends[2] = {x < y ? x : y, x < y ? y : x}; /* below zero the mantissa falls as the value rises */
    b->count += m->bins[bin];
    for (int i = 0; i < 2; i++) {
        b->sum[i] += (unsigned __int128)m->bins[bin] * ends[i];
        b->square[i] += (unsigned __int128)m->bins[bin] * ends[i] * ends[i];
    }
}

const char *fc_tally_unfit(const struct fc_tally_metric *m)
{
    if (m->count == 0)
        return NULL;
    if (m->min_key > m->max_key)
        return "the extremes";
    uint32_t low = fc_tally_bin(m->min_key), high = fc_tally_bin(m->max_key);
    uint64_t count = 0;
    if (m->bins[low] == 0 || m->bins[high] == 0)
        return "the extremes";
    for (uint32_t e = m->min_key >> 23; e <= m->max_key >> 23; e++) {
        struct bounds b = {0};
        uint32_t from = e << (23 - FC_TALLY_SHIFT), to = ((e + 1) << (23 - FC_TALLY_SHIFT)) - 1;
        uint32_t end = to > high ? high : to;
        for (uint32_t bin = fc_tally_from(m, from < low ? low : from); bin <= end;
             bin = fc_tally_from(m, bin + 1))
            if (m->bins[bin])
                add_bin(&b, m, bin);
        unsigned __int128 square = (unsigned __int128)m->square_high[e] * 0x1000000u + m->square_low[e];
        if (m->sum[e] < b.sum[0] || m->sum[e] > b.sum[1])
            return "a sum";
        if (square < b.square[0] || square > b.square[1] ||
            m->square_low[e] > (unsigned __int128)b.count * 0xffffffu)
            return "a sum of squares";
        count += b.count;
    }
    return count == m->count ? NULL : "the counts";
}

uint64_t fc_tally_trials(const struct fc_tally *tally)
{
    uint64_t trials = 0;
    for (size_t i = 0; i < tally->range_count; i++)
        trials += tally->ranges[i].count;
    return trials;
}

/* One step of the hash: the finaliser of SplitMix64 (Steele, Lea, Flood 2014) over state and word. */
static uint64_t stir(uint64_t state, uint64_t word)
{
    uint64_t z = (state ^ word) + 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t stir_metric(uint64_t h, const struct fc_tally_metric *m)
{
    h = stir(stir(stir(h, (uint64_t)m->metric), m->invalid), m->count);
    if (m->count > 0) {
        h = stir(stir(h, m->min_key), m->min_trial);
        h = stir(stir(h, m->max_key), m->max_trial);
        for (uint32_t at = fc_tally_next(m, 0); at < FC_TALLY_BINS;
             at = fc_tally_next(m, at + FC_TALLY_BLOCK))
            for (uint32_t bin = at; bin < at + FC_TALLY_BLOCK; bin++)
                if (m->bins[bin])
                    h = stir(stir(h, bin), m->bins[bin]);
        for (uint32_t e = m->min_key >> 23; e <= m->max_key >> 23; e++)
            if (m->sum[e] | m->square_low[e] | m->square_high[e])
                h = stir(stir(stir(stir(h, e), m->sum[e]), m->square_low[e]), m->square_high[e]);
    }
    for (int s = 0; s < m->shifts; s++)
        h = stir_metric(h, &m->shift[s]);
    return h;
}

uint64_t fc_tally_digest(const struct fc_tally *tally, uint64_t seed)
{
    uint64_t h = stir(FC_MODEL_VERSION, seed);
    for (size_t i = 0; i < tally->range_count; i++)
        h = stir(stir(h, tally->ranges[i].first), tally->ranges[i].count);
    for (int r = 0; r < tally->metric_count; r++)
        h = stir_metric(h, &tally->metrics[r]);
    return h;
}

int fc_tally_model_version(void)
{
    return FC_MODEL_VERSION;
}

const struct fc_tally_metric *fc_tally_find(const struct fc_tally *tally, int metric)
{
    for (int r = 0; r < tally->metric_count; r++)
        if (tally->metrics[r].metric == metric)
            return &tally->metrics[r];
    return NULL;
}

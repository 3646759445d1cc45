/* random.h: counter-based random numbers, Philox4x32-10, for a block of lanes.
 *
 * One call turns (seed, trial, event, stream) into four 32-bit words per lane; there is no state, so a draw
 * depends on nothing but its name. Constants and round function: Salmon et al., "Parallel random numbers: as
 * easy as 1, 2, 3", SC'11; the words equal Random123's philox4x32 with ten rounds, key = {seed low, seed
 * high} and counter = {trial low, trial high, event, stream} (a test holds them to it). Written over lanes
 * because the library's one-counter functions vectorise three to nine times worse (docs/decisions/0002). */
#ifndef FC_MODEL_RANDOM_H
#define FC_MODEL_RANDOM_H

#include "lang.h"

/* Streams: one per purpose, so that a change in one part never shifts the numbers of another. Values are
 * permanent. */
#define FC_STREAM_INPUTS 0u   /* event = input number / 4, word = input number % 4 */
#define FC_STREAM_TIMELINE 1u /* event = number of the timeline event in the trial */
#define FC_STREAM_DETAIL 2u   /* the same event: repair, place, burst, lemon */
#define FC_STREAM_AGES 3u     /* the same event: ages of units, loss of copies in memory */
#define FC_STREAM_START 4u    /* event 0: what a run begins with */
#define FC_STREAM_LEMONS 5u   /* the same event as the timeline's */
#define FC_STREAM_SHIFTS 6u   /* event and word as those of the inputs; trial: number of the shift (draw.h) */
#define FC_STREAM_SUMS                                                                                       \
    7u /* events 0 and 1: counts and sums of a run (sums.h); 2: failures in its last piece */

#define FC_STREAM_MARKET 16u /* event = month */
#define FC_STREAM_DELIVERY 17u /* event = provider FC_TRANCHES + tranche */
#define FC_STREAM_EVENTS 18u   /* event = enum fc_event; FC_EVENTS: what their days have in common */
#define FC_STREAM_OUTAGES                                                                                    \
    19u /* event = provider FC_MONTHS / 4 + month / 4, word = month % 4; provider FC_PROVIDERS: common to all */

/* On the host: the paths by which a right to stop is valued (host/analysis/lsm.c); event = date. */
#define FC_STREAM_STOP_FIT 64u
#define FC_STREAM_STOP_FOLLOW 65u
#define FC_STREAM_STOP_DUAL 66u
#define FC_STREAM_STOP_INNER 67u
#define FC_STREAM_TAIL 68u /* worlds in a tail (host/analysis/tail.h) */
#define FC_STREAM_SITES 69u /* outages one by one (host/analysis/outages.c) */

#define FC_PHILOX_M0 0xD2511F53u
#define FC_PHILOX_M1 0xCD9E8D57u
#define FC_PHILOX_W0 0x9E3779B9u
#define FC_PHILOX_W1 0xBB67AE85u

/* words[4][FC_W] for lanes with their own trial and event numbers. */
#if defined(FC_WORDS_GIVEN) /* the host has words of its own (host/backends/given_kernel.c) */
static void fc_random_words(fc_u64 seed, const fc_u32 *trial_low, const fc_u32 *trial_high,
                            const fc_u32 *event, fc_u32 stream, fc_u32 words[4][FC_W]);
#elif FC_BLOCK > 0
/* The rounds from `round` on, of four halves of lanes. */
FC_INLINE void fc_random_rounds(int round, fc_u32 key0, fc_u32 key1, fc_half *FC_RESTRICT a, fc_half *FC_RESTRICT b,
                                fc_half *FC_RESTRICT c, fc_half *FC_RESTRICT d)
{
    const fc_half m0 = fc_half_all(FC_PHILOX_M0), m1 = fc_half_all(FC_PHILOX_M1);
    FC_UNROLL_10
    for (; round < 10; round++) {
        FC_UNROLL
        for (int k = 0; k < 4; k++) {
            fc_half p0 = fc_half_multiply(a[k], m0), p1 = fc_half_multiply(c[k], m1);
            a[k] = fc_half_xor(fc_half_upper(p1), b[k], fc_half_all(key0));
            c[k] = fc_half_xor(fc_half_upper(p0), d[k], fc_half_all(key1));
            b[k] = p1;
            d[k] = p0;
        }
        key0 += FC_PHILOX_W0;
        key1 += FC_PHILOX_W1;
    }
}

FC_INLINE void fc_random_store(int base, const fc_half *a, const fc_half *b, const fc_half *c, const fc_half *d,
                               fc_u32 (*words)[FC_W])
{
    FC_UNROLL
    for (int k = 0; k < 4; k += 2) {
        int at = base + k * FC_BLOCK / 2;
        fc_half_store(words[0] + at, a[k], a[k + 1]);
        fc_half_store(words[1] + at, b[k], b[k + 1]);
        fc_half_store(words[2] + at, c[k], c[k + 1]);
        fc_half_store(words[3] + at, d[k], d[k + 1]);
    }
}

FC_FN void fc_random_words(fc_u64 seed, const fc_u32 *trial_low, const fc_u32 *trial_high,
                           const fc_u32 *event, fc_u32 stream, fc_u32 words[4][FC_W])
{
    for (int base = 0; base < FC_W;
         base += 2 * FC_BLOCK) { /* four halves at a time: one waits for its products */
        fc_half a[4], b[4], c[4], d[4];
        fc_u32 key0 = (fc_u32)seed, key1 = (fc_u32)(seed >> 32);
        FC_UNROLL
        for (int k = 0; k < 4; k += 2) {
            int at = base + k * FC_BLOCK / 2;
            fc_half_load(trial_low + at, &a[k], &a[k + 1]);
            fc_half_load(trial_high + at, &b[k], &b[k + 1]);
            fc_half_load(event + at, &c[k], &c[k + 1]);
            d[k] = d[k + 1] = fc_half_all(stream);
        }
        fc_random_rounds(0, key0, key1, a, b, c, d);
        fc_random_store(base, a, b, c, d, words);
    }
}
#else
FC_FN void fc_random_words(fc_u64 seed, const fc_u32 *trial_low, const fc_u32 *trial_high,
                           const fc_u32 *event, fc_u32 stream, fc_u32 words[4][FC_W])
{
    fc_u32 a[FC_W], b[FC_W], c[FC_W], d[FC_W];
    fc_u32 key0 = (fc_u32)seed;
    fc_u32 key1 = (fc_u32)(seed >> 32);
    FC_LANES (l) {
        a[l] = trial_low[l];
        b[l] = trial_high[l];
        c[l] = event[l];
        d[l] = stream;
    }
    FC_UNROLL_10
    for (int round = 0; round < 10; round++) {
        FC_LANES (l) {
            fc_u64 p0 = (fc_u64)a[l] * FC_PHILOX_M0;
            fc_u64 p1 = (fc_u64)c[l] * FC_PHILOX_M1;
            fc_u32 next_a = (fc_u32)(p1 >> 32) ^ b[l] ^ key0;
            fc_u32 next_c = (fc_u32)(p0 >> 32) ^ d[l] ^ key1;
            b[l] = (fc_u32)p1;
            d[l] = (fc_u32)p0;
            a[l] = next_a;
            c[l] = next_c;
        }
        key0 += FC_PHILOX_W0;
        key1 += FC_PHILOX_W1;
    }
    FC_LANES (l) {
        words[0][l] = a[l];
        words[1][l] = b[l];
        words[2][l] = c[l];
        words[3][l] = d[l];
    }
}
#endif

/* What the first two rounds make of trial and stream alone, for fc_random_event. */
struct fc_started {
    fc_u32 upper[FC_W], lower[FC_W], other[FC_W];
};

#if FC_BLOCK > 0 && !defined(FC_WORDS_GIVEN)
FC_FN void fc_random_start(fc_u64 seed, const fc_u32 *trial_low, fc_u32 stream, struct fc_started *started)
{
    fc_u32 key0 = (fc_u32)seed + FC_PHILOX_W0, key1 = (fc_u32)(seed >> 32);
    FC_LANES (l) {
        fc_u64 first = (fc_u64)trial_low[l] * FC_PHILOX_M0;
        fc_u64 second = (fc_u64)((fc_u32)(first >> 32) ^ stream ^ key1) * FC_PHILOX_M1;
        started->upper[l] = (fc_u32)(second >> 32) ^ key0;
        started->lower[l] = (fc_u32)second;
        started->other[l] = (fc_u32)first ^ (key1 + FC_PHILOX_W1);
    }
}

/* The words of fc_random_words where all lanes have one event: a tenth of the generator is done before. */
FC_FN void fc_random_event(const struct fc_started *started, fc_u64 seed, const fc_u32 *trial_low,
                           const fc_u32 *trial_high, fc_u32 event, fc_u32 stream, fc_u32 (*words)[FC_W])
{
    const fc_half m0 = fc_half_all(FC_PHILOX_M0), none = fc_half_all(0);
    const fc_u64 product = (fc_u64)event * FC_PHILOX_M1;
    const fc_half upper = fc_half_all((fc_u32)(product >> 32) ^ (fc_u32)seed),
                  lower = fc_half_all((fc_u32)product);
    (void)trial_low;
    (void)stream;
    for (int base = 0; base < FC_W; base += 2 * FC_BLOCK) {
        fc_half a[4], b[4], c[4], d[4];
        fc_u32 key0 = (fc_u32)seed + 2 * FC_PHILOX_W0, key1 = (fc_u32)(seed >> 32) + 2 * FC_PHILOX_W1;
        FC_UNROLL
        for (int k = 0; k < 4; k += 2) {
            int at = base + k * FC_BLOCK / 2;
            fc_half_load(trial_high + at, &d[k], &d[k + 1]);
            fc_half_load(started->upper + at, &a[k], &a[k + 1]);
            fc_half_load(started->lower + at, &b[k], &b[k + 1]);
            fc_half_load(started->other + at, &c[k], &c[k + 1]);
        }
        FC_UNROLL
        for (int k = 0; k < 4; k++) {
            d[k] = fc_half_multiply(fc_half_xor(upper, d[k], none), m0);
            a[k] = fc_half_xor(a[k], lower, none);
            c[k] = fc_half_xor(fc_half_upper(d[k]), c[k], none);
        }
        fc_random_rounds(2, key0, key1, a, b, c, d);
        fc_random_store(base, a, b, c, d, words);
    }
}
#else
FC_FN void fc_random_start(fc_u64 seed, const fc_u32 *trial_low, fc_u32 stream, struct fc_started *started)
{
    (void)seed;
    (void)trial_low;
    (void)stream;
    (void)started;
}

FC_FN void fc_random_event(const struct fc_started *started, fc_u64 seed, const fc_u32 *trial_low,
                           const fc_u32 *trial_high, fc_u32 event, fc_u32 stream, fc_u32 (*words)[FC_W])
{
    fc_u32 events[FC_W];
    (void)started;
    FC_LANES (l)
        events[l] = event;
    fc_random_words(seed, trial_low, trial_high, events, stream, words);
}
#endif

/* The same four words for one counter: for what happens in few lanes at a time. */
FC_FN void fc_random_one(fc_u64 seed, fc_u32 trial_low, fc_u32 trial_high, fc_u32 event, fc_u32 stream,
                         fc_u32 words[4])
{
    fc_u32 a = trial_low, b = trial_high, c = event, d = stream;
    fc_u32 key0 = (fc_u32)seed;
    fc_u32 key1 = (fc_u32)(seed >> 32);
    FC_UNROLL_10
    for (int round = 0; round < 10; round++) {
        fc_u64 p0 = (fc_u64)a * FC_PHILOX_M0;
        fc_u64 p1 = (fc_u64)c * FC_PHILOX_M1;
        fc_u32 next_a = (fc_u32)(p1 >> 32) ^ b ^ key0;
        c = (fc_u32)(p0 >> 32) ^ d ^ key1;
        b = (fc_u32)p1;
        d = (fc_u32)p0;
        a = next_a;
        key0 += FC_PHILOX_W0;
        key1 += FC_PHILOX_W1;
    }
    /* every caller passes an array of four; cppcheck takes one that is not yet set for an empty one */
    // cppcheck-suppress ctuArrayIndex
    words[0] = a;
    words[1] = b;
    words[2] = c;
    words[3] = d;
}

/* A word to a number strictly inside (0, 1): (x / 2 + 1/2) / 2^31, at most 1 - 2^-24, which float would round
 * to 1. */
FC_INLINE fc_real fc_uniform(fc_u32 word)
{
    fc_real halved = (fc_real)(fc_i32)(word >> 1);
    fc_real u = fc_fma(halved, 4.656612873077393e-10f, 2.328306436538696e-10f);
    return fc_min(u, 0.99999994f);
}

/* Two numbers in [0, 1) from one word, of 16 bits each. */
FC_INLINE fc_real fc_high_half(fc_u32 word)
{
    return (fc_real)(fc_i32)(word >> 16) * 1.52587890625e-5f;
}
FC_INLINE fc_real fc_low_half(fc_u32 word)
{
    return (fc_real)(fc_i32)(word & 0xffffu) * 1.52587890625e-5f;
}

/* A whole number in [0, n) from a word; n at most 2^31 - 1. */
FC_INLINE fc_i32 fc_below(fc_u32 word, fc_i32 n)
{
    return (fc_i32)(((fc_u64)word * (fc_u64)(fc_u32)n) >> 32);
}

#endif

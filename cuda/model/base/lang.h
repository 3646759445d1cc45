/* lang.h: the only file of the model that names a compiler.
 *
 * The model is one source for gcc, clang, nvcc and OpenCL C. It works on a block of FC_W lanes (a lane is one
 * trial): FC_W is 1 in a GPU thread, 8 or 16 on a CPU, where the innermost loops over the lanes become vector
 * instructions. fc_real is float; with FC_DOUBLE (host only) it is double, which makes the accuracy oracle of
 * the float model.
 *
 * The bit contract: + - * / sqrt and explicit fma round alike on every device; nothing else may round. Build
 * with -ffp-contract=off (gcc, clang), -fmad=false -ftz=false -prec-div=true -prec-sqrt=true (nvcc); OpenCL C
 * gets the pragma below and -cl-fp32-correctly-rounded-divide-sqrt where the device offers it. */
#ifndef FC_MODEL_LANG_H
#define FC_MODEL_LANG_H

#if defined(__OPENCL_VERSION__)
#pragma OPENCL FP_CONTRACT OFF
#if defined(__clang__) && defined(FC_W) && FC_W > 1
/* CPUs with 512-bit registers that prefer shorter ones: so many lanes are worth the long ones */
#define FC_WIDE __min_vector_width__(512)
#define FC_FN static inline __attribute__((FC_WIDE))
#define FC_INLINE static inline __attribute__((always_inline, FC_WIDE))
#else
#define FC_FN static inline
#define FC_INLINE static inline __attribute__((always_inline))
#endif
#define FC_GLOBAL __global
#define FC_RESTRICT restrict
typedef int fc_i32;
typedef ushort fc_u16;
typedef uint fc_u32;
typedef long fc_i64;
typedef ulong fc_u64;
typedef float fc_real;
FC_INLINE fc_real fc_fma(fc_real a, fc_real b, fc_real c)
{
    return fma(a, b, c);
}
FC_INLINE fc_real fc_sqrt(fc_real x)
{
    return sqrt(x);
}
FC_INLINE fc_real fc_floor(fc_real x)
{
    return floor(x);
}
FC_INLINE fc_u32 fc_bits_of(float x)
{
    return as_uint(x);
}
FC_INLINE float fc_float_of(fc_u32 x)
{
    return as_float(x);
}
#ifndef FC_ATOMICS_PLAIN
FC_FN fc_u32 fc_atomic_add(FC_GLOBAL fc_u32 *at, fc_u32 x)
{
    return atomic_add(at, x);
}
FC_FN void fc_atomic_min(FC_GLOBAL fc_u32 *at, fc_u32 x)
{
    atomic_min(at, x);
}
FC_FN void fc_atomic_max(FC_GLOBAL fc_u32 *at, fc_u32 x)
{
    atomic_max(at, x);
}
#endif

#elif defined(__CUDACC__)
#define FC_FN static __device__ __forceinline__
#define FC_INLINE static __device__ __forceinline__
#define FC_GLOBAL
#define FC_RESTRICT __restrict__
typedef int fc_i32;
typedef unsigned short fc_u16;
typedef unsigned int fc_u32;
typedef long long fc_i64;
typedef unsigned long long fc_u64;
typedef float fc_real;
FC_INLINE fc_real fc_fma(fc_real a, fc_real b, fc_real c)
{
    return __fmaf_rn(a, b, c);
}
FC_INLINE fc_real fc_sqrt(fc_real x)
{
    return __fsqrt_rn(x);
}
FC_INLINE fc_real fc_floor(fc_real x)
{
    return floorf(x);
}
FC_INLINE fc_u32 fc_bits_of(float x)
{
    return __float_as_uint(x);
}
FC_INLINE float fc_float_of(fc_u32 x)
{
    return __uint_as_float(x);
}
FC_FN fc_u32 fc_atomic_add(fc_u32 *at, fc_u32 x)
{
    return atomicAdd(at, x);
}
FC_FN void fc_atomic_min(fc_u32 *at, fc_u32 x)
{
    atomicMin(at, x);
}
FC_FN void fc_atomic_max(fc_u32 *at, fc_u32 x)
{
    atomicMax(at, x);
}

#else
#include <stdint.h>
#define FC_FN static inline __attribute__((unused))
#define FC_INLINE static inline __attribute__((unused, always_inline))
#define FC_GLOBAL
#define FC_RESTRICT restrict
typedef int32_t fc_i32;
typedef uint16_t fc_u16;
typedef uint32_t fc_u32;
typedef int64_t fc_i64;
typedef uint64_t fc_u64;
#ifdef FC_DOUBLE
typedef double fc_real;
FC_INLINE fc_real fc_fma(fc_real a, fc_real b, fc_real c)
{
    return __builtin_fma(a, b, c);
}
FC_INLINE fc_real fc_sqrt(fc_real x)
{
    return __builtin_sqrt(x);
}
FC_INLINE fc_real fc_floor(fc_real x)
{
    return __builtin_floor(x);
}
#else
typedef float fc_real;
FC_INLINE fc_real fc_fma(fc_real a, fc_real b, fc_real c)
{
    return __builtin_fmaf(a, b, c);
}
FC_INLINE fc_real fc_sqrt(fc_real x)
{
    return __builtin_sqrtf(x);
}
FC_INLINE fc_real fc_floor(fc_real x)
{
    return __builtin_floorf(x);
}
#endif
FC_INLINE fc_u32 fc_bits_of(float x)
{
    fc_u32 bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    return bits;
}
FC_INLINE float fc_float_of(fc_u32 bits)
{
    float x;
    __builtin_memcpy(&x, &bits, sizeof x);
    return x;
}
#define FC_ATOMICS_PLAIN
#endif

/* On the host, and where FC_ATOMICS_PLAIN says that no two work items share a word, plain memory will do. */
#ifdef FC_ATOMICS_PLAIN
FC_FN fc_u32 fc_atomic_add(FC_GLOBAL fc_u32 *at, fc_u32 x)
{
    fc_u32 old = *at;
    *at = old + x;
    return old;
}
FC_FN void fc_atomic_min(FC_GLOBAL fc_u32 *at, fc_u32 x)
{
    *at = x < *at ? x : *at;
}
FC_FN void fc_atomic_max(FC_GLOBAL fc_u32 *at, fc_u32 x)
{
    *at = x > *at ? x : *at;
}
#endif

#ifndef FC_W
#define FC_W 1
#endif

/* The loop over the lanes of a block: always the innermost loop, always FC_W long, so that compilers
 * vectorise it. Lanes never touch each other's elements; OpenCL compilers made from clang must be told so,
 * and do best on a CPU with two vectors of 16 at a time (docs/decisions/0005). */
#if defined(__OPENCL_VERSION__) && defined(__clang__) && FC_W >= 32
#define FC_LANES(l)                                                                                          \
    _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) interleave_count(2)") for (int l = 0;   \
                                                                                                l < FC_W;    \
                                                                                                l++)
#else
#define FC_LANES(l) for (int l = 0; l < FC_W; l++)
#endif

/* Lanes in registers, where compilers do not find the way themselves: gcc multiplies 32 bits to 64 with four times the
 * instructions that AVX2 needs (docs/decisions/0002). FC_BLOCK lanes a block; 0: there is none. A half holds every second
 * lane of a block in the lower 32 bits of a 64-bit element; what stands in the upper ones is of no use, so that a
 * product's low word is the product itself. */
#if !defined(__OPENCL_VERSION__) && !defined(__CUDACC__) && defined(__AVX512F__) && FC_W % 32 == 0
#include <immintrin.h>
#define FC_BLOCK 16
typedef __m512i fc_half;
FC_INLINE fc_half fc_half_all(fc_u32 x)
{
    return _mm512_set1_epi32((int)x);
}
FC_INLINE void fc_half_load(const fc_u32 *from, fc_half *even, fc_half *odd)
{
    *even = _mm512_loadu_si512(from);
    *odd = _mm512_srli_epi64(*even, 32);
}
FC_INLINE void fc_half_store(fc_u32 *to, fc_half even, fc_half odd)
{
    _mm512_storeu_si512(to, _mm512_mask_blend_epi32((__mmask16)0xaaaa, even, _mm512_slli_epi64(odd, 32)));
}
FC_INLINE fc_half fc_half_multiply(fc_half a, fc_half m)
{
    return _mm512_mul_epu32(a, m);
}
FC_INLINE fc_half fc_half_upper(fc_half product)
{
    return _mm512_srli_epi64(product, 32);
}
FC_INLINE fc_half fc_half_xor(fc_half a, fc_half b, fc_half c)
{
    return _mm512_ternarylogic_epi64(a, b, c, 0x96);
}
#elif !defined(__OPENCL_VERSION__) && !defined(__CUDACC__) && defined(__AVX2__) && FC_W % 16 == 0
#include <immintrin.h>
#define FC_BLOCK 8
typedef __m256i fc_half;
FC_INLINE fc_half fc_half_all(fc_u32 x)
{
    return _mm256_set1_epi32((int)x);
}
FC_INLINE void fc_half_load(const fc_u32 *from, fc_half *even, fc_half *odd)
{
    *even = _mm256_loadu_si256((const __m256i *)(const void *)from);
    *odd = _mm256_srli_epi64(*even, 32);
}
FC_INLINE void fc_half_store(fc_u32 *to, fc_half even, fc_half odd)
{
    _mm256_storeu_si256((__m256i *)(void *)to, _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa));
}
FC_INLINE fc_half fc_half_multiply(fc_half a, fc_half m)
{
    return _mm256_mul_epu32(a, m);
}
FC_INLINE fc_half fc_half_upper(fc_half product)
{
    return _mm256_srli_epi64(product, 32);
}
FC_INLINE fc_half fc_half_xor(fc_half a, fc_half b, fc_half c)
{
    return _mm256_xor_si256(_mm256_xor_si256(a, b), c);
}
#elif defined(__OPENCL_VERSION__) && defined(__clang__) && FC_W % 32 == 0
#define FC_BLOCK 16
typedef ulong8 fc_half;
FC_INLINE fc_half fc_half_all(fc_u32 x)
{
    return (ulong8)((ulong)x);
}
FC_INLINE void fc_half_load(const fc_u32 *from, fc_half *even, fc_half *odd)
{
    *even = as_ulong8(vload16(0, from));
    *odd = *even >> 32;
}
FC_INLINE void fc_half_store(fc_u32 *to, fc_half even, fc_half odd)
{
    vstore16(as_uint16((even & 0xffffffffUL) | (odd << 32)), 0, to);
}
FC_INLINE fc_half fc_half_multiply(fc_half a, fc_half m)
{
    return (a & 0xffffffffUL) * (m & 0xffffffffUL);
}
FC_INLINE fc_half fc_half_upper(fc_half product)
{
    return product >> 32;
}
FC_INLINE fc_half fc_half_xor(fc_half a, fc_half b, fc_half c)
{
    return a ^ b ^ c;
}
#else
#define FC_BLOCK 0
#endif

/* list receives the lanes whose flag is not 0, in order; returns how many those are. It has room for FC_LIST; to the end of a
 * block, lane 0 follows. */
#define FC_LIST (FC_W + FC_BLOCK)
#if FC_BLOCK == 16 && !defined(__OPENCL_VERSION__)
FC_INLINE fc_i32 fc_lanes_set(const fc_i32 *flag, fc_i32 *list)
{
    fc_i32 count = 0;
    for (int base = 0; base < FC_W; base += FC_BLOCK) {
        __m512i lane =
                    _mm512_add_epi32(_mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
                                     _mm512_set1_epi32(base)),
                flags = _mm512_loadu_si512(flag + base);
        __mmask16 set = _mm512_test_epi32_mask(flags, flags);
        _mm512_storeu_si512(list + count, _mm512_maskz_compress_epi32(set, lane));
        count += __builtin_popcount(set);
    }
    _mm512_storeu_si512(list + count, _mm512_setzero_si512());
    return count;
}
#else
FC_INLINE fc_i32 fc_lanes_set(const fc_i32 *flag, fc_i32 *list)
{
    fc_i32 count = 0;
    for (fc_i32 l = 0; l < FC_W; l++) {
        list[count] = l;
        count += flag[l] != 0;
    }
    for (fc_i32 k = 0; k < FC_BLOCK; k++)
        list[count + k] = 0;
    return count;
}
#endif

/* The loop over the first `count` of what stands on such a list, in whole blocks: what is computed for those that follow is of
 * no use and does no harm. One lane is always computed. */
#if FC_W == 1
#define FC_LISTED(s, count) for (int s = ((void)(count), 0); s < 1; s++)
#elif FC_BLOCK > 0 && defined(__OPENCL_VERSION__)
#define FC_LISTED(s, count)                                                                                  \
    _Pragma("clang loop vectorize(assume_safety) vectorize_width(16)") for (int s = 0,                       \
                                                                            fc_end_##s =                     \
                                                                                ((count) + FC_BLOCK - 1) /   \
                                                                                FC_BLOCK * FC_BLOCK;         \
                                                                            s < fc_end_##s; s++)
#elif FC_BLOCK > 0
#define FC_LISTED(s, count)                                                                                  \
    for (int s = 0, fc_end_##s = ((count) + FC_BLOCK - 1) / FC_BLOCK * FC_BLOCK; s < fc_end_##s; s++)
#else
#define FC_LISTED(s, count) for (int s = 0; s < (count); s++)
#endif

#if FC_BLOCK == 16 && !defined(__OPENCL_VERSION__) && !defined(FC_DOUBLE)
#define FC_PICKS_FLOAT 1
#endif

/* to[s] = from[at[s]] for what is listed: the lanes on a list side by side, or elements anywhere. */
FC_INLINE void fc_pick_i32(const fc_i32 *from, const fc_i32 *at, fc_i32 count, fc_i32 *to)
{
#if FC_BLOCK == 16 && !defined(__OPENCL_VERSION__)
    for (fc_i32 s = 0; s < count; s += FC_BLOCK)
        _mm512_storeu_si512(to + s, _mm512_i32gather_epi32(_mm512_loadu_si512(at + s), from, 4));
#else
    FC_LISTED (s, count)
        to[s] = from[at[s]];
#endif
}
FC_INLINE void fc_pick_u32(const fc_u32 *from, const fc_i32 *at, fc_i32 count, fc_u32 *to)
{
    fc_pick_i32((const fc_i32 *)from, at, count, (fc_i32 *)to);
}
FC_INLINE void fc_pick_real(const fc_real *from, const fc_i32 *at, fc_i32 count, fc_real *to)
{
#ifdef FC_PICKS_FLOAT
    for (fc_i32 s = 0; s < count; s += FC_BLOCK)
        _mm512_storeu_ps(to + s, _mm512_i32gather_ps(_mm512_loadu_si512(at + s), from, 4));
#else
    FC_LISTED (s, count)
        to[s] = from[at[s]];
#endif
}

#ifdef FC_PICKS_FLOAT
/* low[s] = from[at[s]], high[s] = from[at[s] + 1]: each pair by one load. */
FC_INLINE void fc_pick_pairs(const float *from, const fc_i32 *at, fc_i32 count, float *low, float *high)
{
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30),
                  odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    for (fc_i32 s = 0; s < count; s += FC_BLOCK) {
        __m512i place = _mm512_loadu_si512(at + s);
        __m512i a = _mm512_i32gather_epi64(_mm512_castsi512_si256(place), from, 4);
        __m512i b = _mm512_i32gather_epi64(_mm512_extracti64x4_epi64(place, 1), from, 4);
        _mm512_storeu_si512(low + s, _mm512_permutex2var_epi32(a, even, b));
        _mm512_storeu_si512(high + s, _mm512_permutex2var_epi32(a, odd, b));
    }
}
#endif

/* to[at[s]] = from[s] where the flag is not 0; no two that are set have the same place. */
FC_INLINE void fc_put_i32(const fc_i32 *from, const fc_i32 *at, const fc_i32 *flag, fc_i32 count, fc_i32 *to)
{
#if FC_BLOCK == 16 && !defined(__OPENCL_VERSION__)
    for (fc_i32 s = 0; s < count; s += FC_BLOCK) {
        __m512i flags = _mm512_loadu_si512(flag + s);
        _mm512_mask_i32scatter_epi32(to, _mm512_test_epi32_mask(flags, flags), _mm512_loadu_si512(at + s),
                                     _mm512_loadu_si512(from + s), 4);
    }
#else
    for (fc_i32 s = 0; s < count; s++)
        if (flag[s])
            to[at[s]] = from[s];
#endif
}

/* Of ready[0 ... count - 1], count at most 63: the place of the first that is at most `now`, looked for from behind `after` on and
 * around the end; of none, -1 - that of the least, found in the same order. For this machine's registers alone: the list must
 * have room to the end of a block. */
#if FC_BLOCK == 16 && !defined(__OPENCL_VERSION__)
#define FC_POOL_BY_LANE 1
FC_INLINE fc_i32 fc_first_ready(const fc_i32 *ready, fc_i32 count, fc_i32 after, fc_i32 now)
{
    const fc_u64 all = ((fc_u64)1 << count) - 1, behind = ~(fc_u64)0 << after << 1;
    fc_u64 set = 0;
    for (fc_i32 k = 0; k < count; k += FC_BLOCK)
        set |= (fc_u64)_mm512_cmple_epi32_mask(_mm512_loadu_si512(ready + k), _mm512_set1_epi32(now)) << k;
    set &= all;
    if (set)
        return (fc_i32)__builtin_ctzll(set & behind ? set & behind : set);
    __m512i least = _mm512_set1_epi32(0x7fffffff);
    for (fc_i32 k = 0; k < count; k += FC_BLOCK)
        least = _mm512_mask_min_epi32(least, (__mmask16)(all >> k), least, _mm512_loadu_si512(ready + k));
    least = _mm512_set1_epi32(_mm512_reduce_min_epi32(least));
    for (fc_i32 k = 0; k < count; k += FC_BLOCK)
        set |= (fc_u64)_mm512_cmpeq_epi32_mask(_mm512_loadu_si512(ready + k), least) << k;
    set &= all;
    return set ? -1 - (fc_i32)__builtin_ctzll(set & behind ? set & behind : set) : -1;
}
#else
#define FC_POOL_BY_LANE 0
#endif

/* Unrolling before vectorisation matters for the ten rounds of the generator. */
#if defined(__OPENCL_VERSION__) || defined(__clang__) || defined(__CUDACC__)
#define FC_UNROLL_10 _Pragma("unroll 10")
#else
#define FC_UNROLL_10 _Pragma("GCC unroll 10")
#endif

/* A short loop within one over the lanes: clang vectorises the outer one only when nothing is left of the inner. */
#if defined(__clang__) && !defined(__CUDACC__)
#define FC_UNROLL _Pragma("unroll")
#else
#define FC_UNROLL
#endif

/* Written with a comparison: fmin and fmax differ between devices for NaN and signed zero. */
FC_INLINE fc_real fc_min(fc_real a, fc_real b)
{
    return a < b ? a : b;
}
FC_INLINE fc_real fc_max(fc_real a, fc_real b)
{
    return a > b ? a : b;
}
FC_INLINE fc_i32 fc_min_i32(fc_i32 a, fc_i32 b)
{
    return a < b ? a : b;
}
FC_INLINE fc_i32 fc_max_i32(fc_i32 a, fc_i32 b)
{
    return a > b ? a : b;
}

/* A real to the nearest integer, halves up, clamped to [0, 2^31 - 128]: out-of-range conversions differ by
 * device. */
FC_INLINE fc_i32 fc_to_ticks(fc_real x)
{
    fc_real clamped = fc_min(fc_max(x, (fc_real)0.0f), (fc_real)2147483520.0f);
    fc_real whole = fc_floor(clamped);
    fc_i32 up = clamped - whole >= (fc_real)0.5f ? 1 : 0;
    return (fc_i32)whole + up;
}

#endif

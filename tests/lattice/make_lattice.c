/* make_lattice.c: finds the generating vector in host/compile/lattice.def and prints it.
 *
 * Points: x_k = rev(k) z / 2^32 mod 1, rev(k) being k with its 32 bits in reverse order, so that for every m the first
 * 2^m points are the lattice { i z / 2^m }. What its integral of a function misses are the Fourier coefficients at the
 * h with h z = 0 mod 2^m, the dual lattice (Sloan, Joe 1994), and those fall with the product r(h) of the max(1, |h_j|).
 * Any two inputs may be the two that matter, so the vector is built component by component for all pairs alike: of
 * CANDIDATES odd numbers that one is taken with the least sum, over the components before it (the last BEFORE of them)
 * and m = FIRST ... LAST, of (2^m / r)^2, r being the least product of the pair's dual lattice, looked for among the short
 * combinations of its shortest basis (Gauss).
 *
 *   cc -O2 -o make_lattice tests/lattice/make_lattice.c && ./make_lattice > host/compile/lattice.def */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { COMPONENTS = 256, CANDIDATES = 600, BEFORE = 48, FIRST = 7, LAST = 18, REACH = 2 };

static uint32_t next_odd(void) /* SplitMix64 */
{
    static uint64_t state = 20261127;
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 32) | 1u;
}

/* The inverse of an odd number modulo 2^32: Newton's iteration. */
static uint32_t inverse(uint32_t a)
{
    uint32_t x = a;
    for (int i = 0; i < 5; i++)
        x *= 2u - a * x;
    return x;
}

struct vector {
    int64_t a, b;
};

static int64_t square(struct vector v)
{
    return v.a * v.a + v.b * v.b;
}

/* The least r of { (h, k): h + k q = 0 mod 2^m }. */
static double least_product(uint32_t q, int m)
{
    int64_t n = (int64_t)1 << m, best = n;
    struct vector u = {n, 0}, v = {-(int64_t)(q & (uint32_t)(n - 1)), 1};
    for (;;) { /* v is the shorter one; u less its multiple of v, until that makes it no shorter than v */
        int64_t dot = u.a * v.a + u.b * v.b, length = square(v);
        int64_t times = (2 * dot + (dot < 0 ? -length : length)) / (2 * length);
        u.a -= times * v.a;
        u.b -= times * v.b;
        if (square(u) >= length)
            break;
        struct vector t = u;
        u = v;
        v = t;
    }
    for (int i = 0; i <= REACH; i++)
        for (int k = -REACH; k <= REACH; k++) {
            int64_t a = llabs(i * u.a + k * v.a), b = llabs(i * u.b + k * v.b);
            int64_t product = (a > 1 ? a : 1) * (b > 1 ? b : 1);
            if ((a || b) && product < best)
                best = product;
        }
    return (double)best;
}

int main(void)
{
    static uint32_t z[COMPONENTS], inverse_of[COMPONENTS];
    for (int j = 0; j < COMPONENTS; j++) {
        double least = 1e300;
        for (int c = 0; c < (j ? CANDIDATES : 1); c++) {
            uint32_t candidate = j ? next_odd() : 1u;
            double sum = 0;
            for (int i = j > BEFORE ? j - BEFORE : 0; i < j && sum < least; i++)
                for (int m = FIRST; m <= LAST; m++) {
                    double share = (double)(1u << m) / least_product(candidate * inverse_of[i], m);
                    sum += share * share;
                }
            if (sum < least) {
                least = sum;
                z[j] = candidate;
            }
        }
        inverse_of[j] = inverse(z[j]);
        printf("%10uu,%s", z[j], j % 8 == 7 ? "\n" : " ");
    }
    return 0;
}

/* elementary.h: log and exp from explicit fma, equal on every device (a device's own log is not).
 *
 * The polynomials are minimax-like fits on the reduced interval; tests/test_elementary.c bounds their error
 * against the C library in double. The double build takes the C library: it is the oracle, and it never runs
 * on a device. */
#ifndef FC_MODEL_ELEMENTARY_H
#define FC_MODEL_ELEMENTARY_H

#include "lang.h"

/* x / by for a constant `by`: the division's own bits by a product and two fma (P. Markstein, IBM Journal of Research and
 * Development 34, 1990), for x zero, infinite or above 1e-25. tests/test_elementary.c tries every mantissa with every
 * constant in use. */
FC_INLINE fc_real fc_over(fc_real x, fc_real by)
{
    fc_real inverse = 1.0f / by;
    fc_real near = x * inverse;
    fc_real quotient = fc_fma(fc_fma(-near, by, x), inverse, near);
    return quotient == quotient ? quotient : near;
}

#ifdef FC_DOUBLE
FC_INLINE fc_real fc_log(fc_real x)
{
    return __builtin_log(x);
}
FC_INLINE fc_real fc_exp(fc_real x)
{
    return __builtin_exp(x);
}
#else
/* Natural logarithm of a normal, positive float; error below 2 ulp. x = m 2^e with m in [1/sqrt 2, sqrt 2).
 */
FC_INLINE fc_real fc_log(fc_real x)
{
    fc_u32 bits = fc_bits_of(x) - 0x3f3504f3u; /* 1/sqrt 2 */
    fc_i32 exponent = (fc_i32)bits >> 23;
    fc_real m = fc_float_of((bits & 0x007fffffu) + 0x3f3504f3u);
    fc_real f = m - 1.0f;
    fc_real e = (fc_real)exponent;
    /* log(1+f) = f - f^2/2 + f^3 p(f); coefficients fitted on [1/sqrt 2 - 1, sqrt 2 - 1] */
    fc_real p = 0.0733252913f;
    p = fc_fma(p, f, -0.116599292f);
    p = fc_fma(p, f, 0.116346627f);
    p = fc_fma(p, f, -0.123967007f);
    p = fc_fma(p, f, 0.142511562f);
    p = fc_fma(p, f, -0.166691512f);
    p = fc_fma(p, f, 0.200006887f);
    p = fc_fma(p, f, -0.249999806f);
    p = fc_fma(p, f, 0.333333313f);
    fc_real f2 = f * f;
    fc_real r = fc_fma(f2 * f, p, fc_fma(f2, -0.5f, e * -2.12194440e-4f)); /* ln 2 in two parts */
    return fc_fma(e, 0.693359375f, f + r);
}

/* e^x, clamped to [-87, 88]; error below 2 ulp. x = n ln 2 + r with |r| <= ln 2 / 2. */
FC_INLINE fc_real fc_exp(fc_real x)
{
    fc_real clamped = fc_min(fc_max(x, -87.0f), 88.0f);
    fc_real n = fc_floor(fc_fma(clamped, 1.44269504f, 0.5f));
    fc_real r = fc_fma(n, -0.693359375f, clamped);
    r = fc_fma(n, 2.12194440e-4f, r);
    fc_real p = 0.000199089089f;
    p = fc_fma(p, r, 0.00139345438f);
    p = fc_fma(p, r, 0.00833328441f);
    p = fc_fma(p, r, 0.0416664556f);
    p = fc_fma(p, r, 0.166666672f);
    p = fc_fma(p, r, 0.5f);
    fc_real y = fc_fma(r * r, p, r) + 1.0f;
    return y * fc_float_of((fc_u32)((fc_i32)n + 127) << 23);
}
#endif

#endif

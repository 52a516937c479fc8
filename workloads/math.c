/* SPDX-License-Identifier: GPL-3.0-or-later */
/* workloads/math.c - elementary functions by argument reduction and Taylor series. */
#include "workloads/math.h"

#include <stdint.h>

/* ln 2 and pi/2 in parts whose upper ones leave room for an exact product with an integer. */
#define LN2_HI 0x1.62e42feep-1 /* 32 bits */
#define LN2_LO 0x1.a39ef35793c76p-33
#define LOG2_E 0x1.71547652b82fep+0
#define PI_2_A 0x1.921fb544p+0 /* 33 bits */
#define PI_2_B 0x1.0b4611a6p-34
#define PI_2_C 0x1.3198a2e037p-69
#define PI_2_HI 0x1.921fb54442d18p+0 /* nearest double */
#define PI_2_LO 0x1.1a62633145c07p-54
#define TWO_OVER_PI 0x1.45f306dc9c883p-1
#define SQRT_2 0x1.6a09e667f3bcdp+0

union bits {
    double d;
    uint64_t u;
};

/* Nearest integer, ties to even, by the processor's rounding mode; |x| < 2^62. */
static int64_t nearest(double x)
{
    int64_t n;

    __asm__("cvtsd2si %1, %0" : "=r"(n) : "x"(x));
    return n;
}

double math_sqrt(double x)
{
    double r;

    __asm__("sqrtsd %1, %0" : "=x"(r) : "x"(x));
    return r;
}

/* sum of c[i] z^i, i = 0 .. n-1 (Horner) */
static double polynomial(const double *c, int n, double z)
{
    double sum = c[n - 1];

    for (int i = n - 2; i >= 0; i--)
        sum = sum * z + c[i];
    return sum;
}

/* e^x = 2^k e^r, |r| <= ln 2 / 2; the first term left out is r^14/14! < 5e-18. */
double math_exp(double x)
{
    static const double c[] = {1.0 / 2,         1.0 / 6,         1.0 / 24,
                               1.0 / 120,       1.0 / 720,       1.0 / 5040,
                               1.0 / 40320,     1.0 / 362880,    1.0 / 3628800.,
                               1.0 / 39916800., 1.0 / 479001600, 1.0 / 6227020800.};
    int64_t k = nearest(x * LOG2_E);
    double r = (x - (double)k * LN2_HI) - (double)k * LN2_LO;
    union bits scale = {.u = (uint64_t)(k + 1023) << 52};

    return scale.d * (1.0 + (r + r * r * polynomial(c, sizeof c / sizeof c[0], r)));
}

/* ln x = k ln 2 + 2 atanh s with x = 2^k m, s = (m-1)/(m+1), m in [1/sqrt 2, sqrt 2]. */
double math_log(double x)
{
    static const double c[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11,
                               2.0 / 13, 2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21};
    union bits b = {.d = x};
    int64_t k = (int64_t)(b.u >> 52) - 1023;
    double m, s, z;

    b.u = (b.u & 0x000fffffffffffffu) | 0x3ff0000000000000u;
    m = b.d;
    if (m > SQRT_2) {
        m *= 0.5;
        k++;
    }
    s = (m - 1.0) / (m + 1.0);
    z = s * s;
    return (double)k * LN2_HI +
           (2.0 * s + (s * z * polynomial(c, sizeof c / sizeof c[0], z) + (double)k * LN2_LO));
}

/* x = k pi/2 + r, |r| <= pi/4; returns k. Exact products while k < 2^20. */
static int64_t reduce(double x, double *r)
{
    int64_t k = nearest(x * TWO_OVER_PI);
    double n = (double)k;

    *r = ((x - n * PI_2_A) - n * PI_2_B) - n * PI_2_C;
    return k;
}

static double sine_series(double r)
{
    static const double c[] = {
        -1.0 / 6,        1.0 / 120,         -1.0 / 5040,         1.0 / 362880,
        -1.0 / 39916800, 1.0 / 6227020800., -1.0 / 1307674368e3, 1.0 / 355687428096e3};
    double z = r * r;

    return r + r * z * polynomial(c, sizeof c / sizeof c[0], z);
}

static double cosine_series(double r)
{
    static const double c[] = {
        1.0 / 24,        -1.0 / 720,          1.0 / 40320,         -1.0 / 3628800,
        1.0 / 479001600, -1.0 / 87178291200., 1.0 / 20922789888e3, -1.0 / 6402373705728e3};
    double z = r * r;

    return 1.0 + (z * z * polynomial(c, sizeof c / sizeof c[0], z) - 0.5 * z);
}

double math_sin(double x)
{
    double r;
    int64_t k = reduce(x, &r);
    double y = k & 1 ? cosine_series(r) : sine_series(r);

    return k & 2 ? -y : y;
}

double math_cos(double x)
{
    double r;
    int64_t k = reduce(x, &r);
    double y = k & 1 ? sine_series(r) : cosine_series(r);

    return (k + 1) & 2 ? -y : y;
}

/* 0 <= x <= 1: atan x = atan(j/8) + atan s with s = (x - j/8)/(1 + x j/8), |s| <= 1/16. */
static double atan_unit(double x)
{
    static const double eighths[] = {0x0p+0,
                                     0x1.fd5ba9aac2f6ep-4,
                                     0x1.f5b75f92c80ddp-3,
                                     0x1.6f61941e4def1p-2,
                                     0x1.dac670561bb4fp-2,
                                     0x1.1e00babdefeb4p-1,
                                     0x1.4978fa3269ee1p-1,
                                     0x1.700a7c5784634p-1,
                                     0x1.921fb54442d18p-1};
    static const double c[] = {-1.0 / 3, 1.0 / 5, -1.0 / 7, 1.0 / 9, -1.0 / 11, 1.0 / 13};
    int64_t j = nearest(x * 8.0);
    double base = (double)j * 0.125;
    double s = (x - base) / (1.0 + x * base);
    double z = s * s;

    return eighths[j] + (s + s * z * polynomial(c, sizeof c / sizeof c[0], z));
}

double math_atan(double x)
{
    union bits b = {.d = x};
    uint64_t sign = b.u & 0x8000000000000000u;

    b.u ^= sign;
    if (b.d <= 1.0)
        b.d = atan_unit(b.d);
    else
        b.d = PI_2_HI - (atan_unit(1.0 / b.d) - PI_2_LO);
    b.u |= sign;
    return b.d;
}

double math_pow(double x, double y)
{
    return math_exp(y * math_log(x));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * workloads/math.h - elementary functions without libm, so that a workload's floating-point
 * work is the same instructions on every platform.
 *
 * Method: argument reduction and a Taylor series long enough for the reduced range; nothing
 * is tuned for speed. Default rounding and SSE2 are assumed. Errors below are checked against
 * the C library's long double functions (tests/unit/test_workload_math.c); 1 ulp is the step
 * between doubles at the true result.
 *
 *   function   domain                          error
 *   sqrt       x >= 0                          correctly rounded (SQRTSD)
 *   exp        |x| <= 700                      <= 3 ulp
 *   log        normal x > 0                    <= 3 ulp
 *   sin, cos   |x| <= 100000                   <= 3 ulp
 *   atan       any finite x                    <= 3 ulp
 *   pow        normal x > 0, |y ln x| <= 700   <= 3 + 3 |y ln x| ulp
 *
 * Not handled: NaN, infinities, subnormal arguments, anything outside the domain (the result
 * is then meaningless, though nothing traps). errno and exception flags are not kept.
 */
#ifndef ETALON_WORKLOADS_MATH_H
#define ETALON_WORKLOADS_MATH_H

double math_sqrt(double x);
double math_exp(double x);
double math_log(double x);
double math_sin(double x);
double math_cos(double x);
double math_atan(double x);
double math_pow(double x, double y);

#endif

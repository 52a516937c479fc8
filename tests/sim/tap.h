/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/sim/tap.h - the little of TAP that the test programs of the timer need.
 *
 * tap_ok() prints one test point. tap_done() prints the plan and returns the exit status.
 * tap_case() begins a case: failures of tap_check() inside it are printed with their place and
 * make the one test point of the case, printed by tap_case_end(), fail.
 */
#ifndef ETALON_TESTS_SIM_TAP_H
#define ETALON_TESTS_SIM_TAP_H

void tap_ok(int ok, const char *format, ...) __attribute__((format(printf, 2, 3)));
int tap_done(void);

void tap_case(const char *name);
void tap_case_end(void);
int tap_check_at(int ok, const char *file, int line, const char *what);
#define tap_check(x) tap_check_at(!!(x), __FILE__, __LINE__, #x)

#endif

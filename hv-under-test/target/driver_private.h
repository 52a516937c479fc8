/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hv-under-test/target/driver_private.h - private to hv-under-test/target/driver*.c. */
#ifndef ETALON_HV_UNDER_TEST_TARGET_DRIVER_PRIVATE_H
#define ETALON_HV_UNDER_TEST_TARGET_DRIVER_PRIVATE_H

#include "hv-under-test/target/driver.h"

/* --- driver_records.c --- */

/* What waits leaves the machine. */
void driver_flush(struct target *t);
/* A record begins, and ends; those that are full enough leave in between. */
struct record_writer *driver_begin(struct target *t, const char *type);
void driver_end(struct target *t);
/* What the boot is, and which collectors read in it. */
void driver_write_boot(struct target *t);
/* The last record, and out. */
void driver_write_end(struct target *t, const char *status);

/* --- driver_audit.c --- */

/* "No exit between markers", shown by differences: records `audit`, or traces for whoever counts. */
void driver_audit(struct target *t);

#endif

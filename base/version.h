/* SPDX-License-Identifier: GPL-3.0-or-later */
/* base/version.h - the version of the instrument, as stored with every campaign. */
#ifndef ETALON_BASE_VERSION_H
#define ETALON_BASE_VERSION_H

#define ETALON_VERSION "0.1.0"

#endif

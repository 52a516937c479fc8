/* SPDX-License-Identifier: GPL-3.0-or-later */
/* scale_database FILE SAMPLES: the database of tests/bench/scale_database.h, for tests. */
#include "tests/bench/scale_database.h"

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: scale_database FILE SAMPLES\n");
        return 2;
    }
    scale_make_database(argv[1], strtoull(argv[2], NULL, 10));
    return 0;
}

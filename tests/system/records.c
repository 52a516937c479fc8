/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/records.c - print the records of a console log: type and key=value fields, one
 * record a line, separated by tabs. The sums go to standard error; status 1 if anything was
 * damaged, missing or repeated, or if there was no record at all.
 */
#include <stdio.h>
#include <stdlib.h>

#include "collector/record.h"

int main(int argc, char **argv)
{
    struct record_stats stats = {0};
    static struct record record;
    uint64_t next_seq = 0;
    size_t pos = 0, size;
    char *log;
    FILE *f;

    if (argc != 2 || !(f = fopen(argv[1], "rb"))) {
        fprintf(stderr, "usage: records CONSOLE-LOG\n");
        return 2;
    }
    log = malloc(16 << 20);
    if (!log)
        return 2;
    size = fread(log, 1, 16 << 20, f);
    fclose(f);
    while (record_next(log, size, &pos, &record, &next_seq, &stats)) {
        fputs(record.type, stdout);
        for (unsigned i = 0; i < record.fields; i++)
            printf("\t%s=%s", record.field[i].key, record.field[i].value);
        printf("\n");
    }
    free(log);
    fprintf(stderr, "records %llu damaged %llu missing %llu repeated %llu\n",
            (unsigned long long)stats.records, (unsigned long long)stats.damaged,
            (unsigned long long)stats.missing, (unsigned long long)stats.repeated);
    return stats.records == 0 || stats.damaged || stats.missing || stats.repeated;
}

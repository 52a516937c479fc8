/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/fuzz_lines.c - which lines of a program ran.
 *
 *   objdump --dwarf=decodedline PROGRAM | fuzz_lines SEEN FILE…
 *
 * SEEN: addresses of instructions that ran, one a line in hexadecimal (vmm_fuzz/watch.c). For
 * each FILE (without its folder) a line "FILE lines-that-ran lines missing…", and at last
 * "all …". A line is one that has machine code; it ran if any instruction of it did.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESSES 0x200000u /* below 2 MiB + 1 MiB: the program lies at 1 MiB */
#define ROWS 65536u
#define LINES 4096u

static struct row {
    char file[40];
    unsigned line;
    uint64_t at;
} rows[ROWS];
static uint8_t seen[ADDRESSES];
static unsigned row_count;

static int read_seen(const char *path)
{
    FILE *f = fopen(path, "r");
    char text[32];

    if (!f)
        return -1;
    while (fgets(text, sizeof(text), f)) {
        const uint64_t at = strtoull(text, NULL, 16);

        if (at < ADDRESSES)
            seen[at] = 1;
    }
    fclose(f);
    return 0;
}

static void read_rows(void)
{
    char text[512], file[40], line[16], at[32];

    while (fgets(text, sizeof(text), stdin) && row_count < ROWS) {
        if (sscanf(text, "%39s %15s %31s", file, line, at) != 3 || strncmp(at, "0x", 2) != 0)
            continue;
        snprintf(rows[row_count].file, sizeof(rows[row_count].file), "%s", file);
        rows[row_count].line = (unsigned)strtoul(line, NULL, 10); /* "-": the end of a piece */
        rows[row_count++].at = strtoull(at, NULL, 16);
    }
}

static int ran(const struct row *r)
{
    for (uint64_t at = r->at; at < r[1].at && at < ADDRESSES; at++)
        if (seen[at])
            return 1;
    return 0;
}

static void tell(const char *file, unsigned *all_ran, unsigned *all)
{
    static uint8_t state[LINES]; /* 1: has code, 2: ran */
    unsigned count = 0, count_ran = 0;

    memset(state, 0, sizeof(state));
    for (unsigned i = 0; i + 1 < row_count; i++)
        if (strcmp(rows[i].file, file) == 0 && rows[i].line && rows[i].line < LINES &&
            rows[i + 1].at > rows[i].at)
            state[rows[i].line] |= ran(&rows[i]) ? 3 : 1;
    for (unsigned i = 0; i < LINES; i++) {
        count += state[i] != 0;
        count_ran += state[i] == 3;
    }
    printf("%s %u %u", file, count_ran, count);
    for (unsigned i = 0; i < LINES; i++)
        if (state[i] == 1)
            printf(" %u", i);
    printf("\n");
    *all_ran += count_ran;
    *all += count;
}

int main(int argc, char **argv)
{
    unsigned all_ran = 0, all = 0;

    if (argc < 3 || read_seen(argv[1])) {
        fprintf(stderr,
                "usage: objdump --dwarf=decodedline PROGRAM | fuzz_lines SEEN FILE…\n");
        return 2;
    }
    read_rows();
    for (int i = 2; i < argc; i++)
        tell(argv[i], &all_ran, &all);
    printf("all %u %u\n", all_ran, all);
    return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tests/system/fuzz_lines.c - which lines of a program ran.
 *
 *   objdump --dwarf=decodedline PROGRAM | fuzz_lines SEEN NAMED MODE FOLDER FILE…
 *
 * SEEN: addresses of instructions that ran, one a line in hexadecimal (vmm_fuzz/watch.c). NAMED:
 * what no guest of a mode can reach, one a line, "#" begins a comment:
 *
 *   MODES|FILE|NAME|REASON
 *
 * MODES: "all", or modes by comma. NAME: "function()" for all of a function; "label:" in assembly
 * for what follows up to an empty line; or one line of FILE, without the space around it, as it
 * stands there once: a statement goes on to its end. MODE: whose names count; "-" for none.
 *
 * For each FILE of FOLDER a line "FILE lines-that-ran lines named missing…", and at last "all
 * …"; the lines named are not among the others. A line is one that has machine code; it ran if
 * any instruction of it did. A name that is not found, or ambiguous, and a named line that ran
 * are errors: status 1.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT 256u
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

static const char *folder, *mode;
static uint8_t named[LINES];
static int wrong;

/* Debug information has no folder; no two files here are of one name. */
static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static void complain(const char *file, const char *name, const char *what)
{
    printf("wrong: %s|%s: %s\n", file, name, what);
    wrong = 1;
}

/* --- what is named --- */

static char source[LINES][TEXT];

static unsigned read_source(const char *file)
{
    char path[512];
    unsigned n = 0;
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", folder, file);
    f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(2);
    }
    for (; n + 1 < LINES && fgets(source[n + 1], TEXT, f); n++)
        source[n + 1][strcspn(source[n + 1], "\n")] = '\0';
    fclose(f);
    return n;
}

/* From the line of its name to its closing brace, but for what only returns a value, which the
 * compiler may have in common with another function. 0: there is none. */
static unsigned name_function(const char *name, unsigned n)
{
    const size_t length = strlen(name) - 1; /* with the parenthesis */
    unsigned found = 0;

    for (unsigned i = 1; i <= n; i++) {
        const char *at = strchr(source[i], '(');
        const int is_begin = at && (size_t)(at - source[i]) + 1 >= length &&
                             strncmp(at + 1 - length, name, length) == 0 &&
                             source[i][0] != ' ' &&
                             (at + 1 - length == source[i] || strchr(" *", *(at - length)));
        unsigned end = i;

        while (is_begin && end <= n && source[end][0] != '}' && !strchr(source[end], ';'))
            end++;
        if (!is_begin || (end <= n && source[end][0] != '}' && source[end][0] != ' '))
            continue; /* a declaration */
        for (; end <= n && source[end][0] != '}'; end++)
            ;
        for (unsigned k = i; k <= end; k++)
            named[k] = !strstr(source[k], " return ") || strchr(source[k], '(');
        found++;
    }
    return found;
}

static unsigned name_line(const char *name, unsigned n)
{
    unsigned found = 0;

    for (unsigned i = 1; i <= n; i++) {
        const char *text = source[i] + strspn(source[i], " ");

        if (strcmp(text, name) != 0)
            continue;
        found++;
        for (unsigned end = i; end <= n; end++) {
            named[end] = 1;
            if (source[end][0] && strchr(";{}:", source[end][strlen(source[end]) - 1]))
                break;
        }
    }
    return found;
}

/* In assembly: from a label to the next empty line. */
static unsigned name_label(const char *name, unsigned n)
{
    unsigned found = 0;

    for (unsigned i = 1; i <= n; i++) {
        if (strncmp(source[i], name, strlen(name)) != 0)
            continue;
        found++;
        for (unsigned end = i; end <= n && source[end][0]; end++)
            named[end] = 1;
    }
    return found;
}

static int is_mode(const char *modes)
{
    const size_t n = strlen(mode);

    if (strcmp(modes, "all") == 0)
        return strcmp(mode, "-") != 0;
    for (; modes; modes = strchr(modes, ',') ? strchr(modes, ',') + 1 : NULL)
        if (strncmp(modes, mode, n) == 0 && (modes[n] == ',' || !modes[n]))
            return 1;
    return 0;
}

static int is_end(const char *of, const char *end)
{
    return strlen(of) > strlen(end) && strcmp(of + strlen(of) - strlen(end), end) == 0;
}

/* Fills named[] for one file. */
static void read_named(const char *path, const char *file)
{
    const unsigned n = read_source(file);
    char text[2 * TEXT];
    FILE *f = fopen(path, "r");

    if (!f) {
        perror(path);
        exit(2);
    }
    memset(named, 0, sizeof(named));
    while (fgets(text, sizeof(text), f)) {
        char *modes = text, *of = strchr(text, '|'), *name, *reason;
        unsigned found;

        if (text[0] == '#' || !of)
            continue;
        *of++ = '\0';
        name = strchr(of, '|');
        reason = name ? strrchr(name + 1, '|') : NULL;
        if (!reason || strlen(reason) < 4) {
            complain(of, "", "a line of the list without a reason");
            continue;
        }
        *name++ = *reason = '\0';
        if (strcmp(of, file) != 0 || !is_mode(modes))
            continue;
        found = is_end(name, "()")   ? name_function(name, n)
                : is_end(file, ".S") ? name_label(name, n)
                                     : name_line(name, n);
        if (found != 1)
            complain(file, name, found ? "named, and there are several" : "named, not there");
    }
    fclose(f);
}

/* --- what ran --- */

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

static void tell(const char *file, unsigned *all_ran, unsigned *all, unsigned *all_named)
{
    static uint8_t state[LINES]; /* 1: has code, 2: ran */
    unsigned count = 0, count_ran = 0, count_named = 0;

    memset(state, 0, sizeof(state));
    for (unsigned i = 0; i + 1 < row_count; i++)
        if (strcmp(rows[i].file, last_part(file)) == 0 && rows[i].line &&
            rows[i].line < LINES && rows[i + 1].at > rows[i].at)
            state[rows[i].line] |= ran(&rows[i]) ? 3 : 1;
    for (unsigned i = 0; i < LINES; i++) {
        if (state[i] == 3 && named[i])
            complain(file, source[i] + strspn(source[i], " "),
                     "named as not reached, and ran");
        count += state[i] && !named[i];
        count_ran += state[i] == 3 && !named[i];
        count_named += state[i] && named[i];
    }
    printf("%s %u %u %u", file, count_ran, count, count_named);
    for (unsigned i = 0; i < LINES; i++)
        if (state[i] == 1 && !named[i])
            printf(" %u", i);
    printf("\n");
    *all_ran += count_ran;
    *all += count;
    *all_named += count_named;
}

int main(int argc, char **argv)
{
    unsigned all_ran = 0, all = 0, all_named = 0;

    if (argc < 6 || read_seen(argv[1])) {
        fprintf(stderr, "usage: objdump --dwarf=decodedline PROGRAM | fuzz_lines SEEN NAMED "
                        "MODE FOLDER FILE…\n");
        return 2;
    }
    mode = argv[3];
    folder = argv[4];
    read_rows();
    for (int i = 5; i < argc; i++) {
        read_named(argv[2], argv[i]);
        tell(argv[i], &all_ran, &all, &all_named);
    }
    printf("all %u %u %u\n", all_ran, all, all_named);
    return wrong;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm.c - the platform vmm-bare: the payload under the in-tree hypervisor.
 *
 * The machine boots the hypervisor by multiboot with its configuration as command line; the
 * payload is its first module, with the plan as the module's words. The guest sees the card's
 * own page, and ends the machine by hypercall so that the hypervisor can report.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/paths.h"
#include "base/seal.h"
#include "bench/bench.h"
#include "hv-under-test/own_build.h"
#include "hv-under-test/platform.h"
#include "hv-under-test/platform_words.h"
#include "hv-under-test/rules.h"
#include "hv-under-test/vmm/config.h"
#include "hv-under-test/vmm/text.h"

#define HYPERVISOR_PART "vmm/vmm.elf"
#define PAYLOAD_PART "payload/payload.elf"
#define DEFAULT_MEMORY_MB 256u
#define NO_LIE "none"
#define MAX_ALTERNATIVES 64
#define HYPERVISOR_LINE_BYTES 1000u /* its own buffer is 1024, with the file's name */

extern const struct platform platform_vmm_bare;

static const char *const variants[] = {"svm+nested", NULL};

static int check_tsc(const char *value)
{
    const char *ticks = value + 7;
    size_t sign, digits;
    int64_t ppb;

    if (!strcmp(value, "pass") || !strcmp(value, "trap"))
        return 0;
    if (!strncmp(value, "scale:", 6))
        return vmm_text_parse_ppb(value + 6, strlen(value + 6), &ppb);
    if (strncmp(value, "offset:", 7))
        return -1;
    sign = ticks[0] == '-';
    digits = strspn(ticks + sign, "0123456789");
    return digits && digits <= 18 && !ticks[sign + digits] ? 0 : -1;
}

/* The next of the words that `separator` joins, from *at on; its length. *at NULL: none left. */
static size_t next_part(const char **at, const char *separator, const char **word)
{
    const size_t n = strcspn(*at, separator);

    *word = *at;
    *at = (*at)[n] ? *at + n + 1 : NULL;
    return n;
}

/* One of the alternatives: lies joined by '+', or none. */
static const char *wrong_alternative(const char *text, size_t size)
{
    const char *wrong = NULL;
    char lies[HYPERVISOR_LINE_BYTES];

    if (size >= sizeof(lies))
        return "too long";
    snprintf(lies, sizeof(lies), "%.*s", (int)size, text);
    if (!strcmp(lies, NO_LIE))
        return NULL;
    for (const char *at = lies, *word; !wrong && at;) {
        const size_t n = next_part(&at, "+", &word);
        struct lie lie;

        wrong = lie_parse(word, n, &lie);
    }
    return wrong;
}

static const char *wrong_lies(const char *value)
{
    const char *wrong = NULL;

    for (const char *at = value, *text; !wrong && at;) {
        const size_t n = next_part(&at, "|", &text);

        wrong = wrong_alternative(text, n);
    }
    return wrong;
}

static int check_key(const char *value)
{
    struct seal_key key;

    return value[0] == '/' && !seal_read_key(value, &key, NULL) ? 0 : -1;
}

static const struct platform_rule rules[] = {
    {.key = "hypercall",
     .form = "full|fast",
     .help = "exit path of the hypercall: everything saved, dispatched and stamped, or only "
             "counted and skipped",
     .kind = RULE_CHOICE},
    {.key = "pmu",
     .form = "none|guest",
     .help =
         "performance counters: hidden from the guest, or its own and counting nothing else",
     .kind = RULE_CHOICE},
    {.key = "tsc",
     .form = "pass|trap|offset:TICKS|scale:PPM",
     .help = "the guest's TSC: passed through, intercepted, shifted, or running fast",
     .kind = RULE_TEXT,
     .check = check_tsc,
     .allowed = "pass, trap, offset:TICKS with TICKS a decimal number of at most 18 digits, "
                "negative or not, or scale:PPM with up to three decimals"},
    {.key = "lie",
     .form = "LIE+LIE…|…",
     .help = "what the hypervisor does to the guest's time on purpose (docs/lies.md)",
     .kind = RULE_TEXT,
     .wrong = wrong_lies},
    {.key = "seal",
     .form = "KEYFILE",
     .help =
         "draw one of the alternatives of `lie` for each boot and seal what the hypervisor "
         "says, until `etalon open`",
     .kind = RULE_TEXT,
     .check = check_key,
     .allowed = "the absolute path of a key (make one with `etalon open --new-key FILE`)"},
    {.key = "vmm",
     .form = "PATH",
     .help = "a build of your own of this hypervisor (vmm.elf)",
     .kind = RULE_BUILD,
     .build = OWN_BUILD_MULTIBOOT},
    {.key = NULL},
};

static const char *unavailable(const struct bench *bench)
{
    char path[PLATFORM_PATH_BYTES];

    /* The lab's emulated processor has SVM; the other benches find out when they describe
     * themselves, which none does yet. */
    if (!bench || strcmp(bench->name, "lab") != 0)
        return "vmm-bare needs a bench with AMD SVM; today that is the lab";
    if (paths_find(HYPERVISOR_PART, path, sizeof(path), NULL))
        return "the hypervisor is not built: run `make build/vmm/vmm.elf`";
    if (paths_find(PAYLOAD_PART, path, sizeof(path), NULL))
        return "the payload is not built: run `make build/payload/payload.elf`";
    return NULL;
}

/* Everything the hypervisor is told but for one alternative of its lies, checked by its own
 * reader: what it would refuse is refused before a machine is started. */
static int write_command_line(const struct platform_boot *boot, const char *lies, size_t size,
                              char *out, size_t out_size, struct err *e)
{
    static const struct {
        const char *key, *value;
    } defaults[] = {{"hypercall", "full"}, {"tsc", "pass"}, {"pmu", "none"}};
    size_t used = (size_t)snprintf(out, out_size, "cpu=svm paging=nested");
    char reason[CONFIG_REASON_BYTES], text[HYPERVISOR_LINE_BYTES];
    struct vmm_config config;

    for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
        used += (size_t)snprintf(out + used, out_size - used, " %s=%s", defaults[i].key,
                                 platform_option_value(boot->options, boot->option_count,
                                                       defaults[i].key, defaults[i].value));
    used +=
        (size_t)snprintf(out + used, out_size - used, " boot=%05" PRIu32, boot->plan_index);
    snprintf(text, sizeof(text), "%.*s", (int)size, lies);
    /* Whatever is drawn, or the report would tell. */
    if (platform_option_value(boot->options, boot->option_count, "lie", NULL))
        used += (size_t)snprintf(out + used, out_size - used, " seed=%" PRIu64, boot->seed);
    for (const char *at = strcmp(text, NO_LIE) ? text : NULL, *word; at;) {
        const size_t n = next_part(&at, "+", &word);

        used += (size_t)snprintf(out + used, out_size - used, " lie=%.*s", (int)n, word);
        if (used >= HYPERVISOR_LINE_BYTES)
            return err_set(e, ERR_USAGE, "vmm-bare: lie=%s: too long", text);
    }
    if (config_parse(out, &config, reason))
        return err_set(e, ERR_USAGE, "vmm-bare: %s", reason);
    return 0;
}

/* Which of the alternatives this boot has. All are checked: a refusal tells nothing of the draw. */
static int draw_lies(const struct platform_boot *boot, char *out, size_t out_size,
                     struct err *e)
{
    const char *lies = platform_option_value(boot->options, boot->option_count, "lie", NO_LIE);
    const char *seal = platform_option_value(boot->options, boot->option_count, "seal", NULL);
    const char *drawn[MAX_ALTERNATIVES];
    size_t size[MAX_ALTERNATIVES];
    struct seal_key key;
    uint32_t n = 0;
    int rc = seal ? seal_read_key(seal, &key, e) : 0;

    for (const char *at = lies; !rc && at; n++) {
        if (n == MAX_ALTERNATIVES)
            return err_set(e, ERR_USAGE, "vmm-bare: lie: more than %d alternatives",
                           MAX_ALTERNATIVES);
        size[n] = next_part(&at, "|", &drawn[n]);
        rc = write_command_line(boot, drawn[n], size[n], out, out_size, e);
    }
    if (rc || n == 1)
        return rc;
    if (!seal)
        return err_set(e, ERR_USAGE,
                       "vmm-bare: lie=%s: alternatives are drawn with a key: seal=KEYFILE is "
                       "missing",
                       lies);
    n = seal_draw(&key, boot->plan_index, n);
    return write_command_line(boot, drawn[n], size[n], out, out_size, e);
}

static int prepare(const struct platform_boot *boot, const char *variant,
                   struct machine_spec *out, struct err *e)
{
    const char *own = platform_option_value(boot->options, boot->option_count, "vmm", NULL);
    int rc = platform_check(&platform_vmm_bare, variant, boot->options, boot->option_count, e);

    if (rc)
        return rc;
    memset(out, 0, sizeof(*out));
    if (own)
        snprintf(out->kernel, sizeof(out->kernel), "%s", own);
    else
        rc = paths_find(HYPERVISOR_PART, out->kernel, sizeof(out->kernel), e);
    if (!rc)
        rc = paths_find(PAYLOAD_PART, out->module[0].path, sizeof(out->module[0].path), e);
    if (!rc)
        rc = platform_write_plan_words(boot, "hypercall", out->module[0].arguments,
                                       sizeof(out->module[0].arguments), e);
    if (rc)
        return rc;
    rc = draw_lies(boot, out->command_line, sizeof(out->command_line), e);
    if (rc)
        return rc;
    out->modules = 1;
    out->memory_mb = boot->memory_mb ? boot->memory_mb : DEFAULT_MEMORY_MB;
    out->svm = 1;
    out->second_console = 1;
    return 0;
}

/* A campaign is sealed with one key. */
static int describe_key(const struct platform_boot *boot,
                        const struct platform_fact_sink *sink, struct err *e)
{
    const char *seal = platform_option_value(boot->options, boot->option_count, "seal", NULL);
    char id[HASH_HEX_BYTES];
    struct seal_key key;

    if (!seal)
        return 0;
    if (seal_read_key(seal, &key, e))
        return ERR_USAGE;
    seal_key_id(&key, id);
    sink->put(sink->opaque, "seal.key", id);
    return 0;
}

static int describe(const struct platform_boot *boot, const char *variant,
                    const struct platform_fact_sink *sink, struct err *e)
{
    static const char *const own[] = {"vmm", NULL};
    int rc = platform_option_value(boot->options, boot->option_count, own[0], NULL)
                 ? own_build_describe(boot, own, sink, e)
                 : platform_describe_part(HYPERVISOR_PART, "vmm.sha256", sink, e);

    (void)variant;
    platform_describe_number("memory_mb",
                             boot->memory_mb ? boot->memory_mb : DEFAULT_MEMORY_MB, sink);
    if (!rc)
        rc = platform_describe_part(PAYLOAD_PART, "payload.sha256", sink, e);
    return rc ? rc : describe_key(boot, sink, e);
}

const struct platform platform_vmm_bare = {
    .name = "vmm-bare",
    .summary = "payload without an OS under the in-tree hypervisor (SVM, nested paging)",
    .rank = 10,
    .variants = variants,
    .rules = rules,
    .unavailable = unavailable,
    .prepare = prepare,
    .describe = describe,
};

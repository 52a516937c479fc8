/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm.c - the platforms vmm-bare and vmm: the payload, and Linux with the agent,
 * under the in-tree hypervisor.
 *
 * The machine boots the hypervisor by multiboot with its configuration as command line; the
 * guest is its first module, with the guest's words as the module's, and Linux's initramfs the
 * second. The guest sees the card's own page. The payload ends the machine by hypercall, Linux
 * by halting, so that the hypervisor can report.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/paths.h"
#include "bench/bench.h"
#include "bench/lab/image.h"
#include "collector/tolerance.h"
#include "hv-under-test/linux_image.h"
#include "hv-under-test/linux_words.h"
#include "hv-under-test/own_build.h"
#include "hv-under-test/platform.h"
#include "hv-under-test/platform_words.h"
#include "hv-under-test/rules.h"
#include "hv-under-test/vmm/guest.h"
#include "hv-under-test/vmm/text.h"
#include "hv-under-test/vmm_guests.h"
#include "hv-under-test/vmm_lies.h"

#define HYPERVISOR_PART "vmm/vmm.elf"
#define PAYLOAD_PART "payload/payload.elf"
#define AGENT_PART "agent/etalon-agent"
#define DEFAULT_MEMORY_MB 256u
/* Beside a Linux guest's memory: firmware, hypervisor, and a 2 MiB border on either side. The
 * modules come on top. */
#define LINUX_OVERHEAD_BYTES (8u << 20)
#define SHADOW_BYTES (8u << 20) /* beside that, for the tables of shadow paging */

extern const struct platform platform_vmm_bare, platform_vmm;

static const struct guest_form {
    const struct platform *platform;
    int bare;
} guest_forms[] = {
    {&platform_vmm_bare, 1},
    {&platform_vmm, 0},
};

/* Of the payload. The variant is the backend and how it maps memory: a line of backends[]. */
static const char *const variants[] = {
    "svm+nested", "svm+shadow-lazy", "svm+shadow-eager", "soft", "pv", "vmx+nested", NULL};
static const char *const linux_variants[] = {"svm+nested", "svm+shadow-lazy",
                                             "svm+shadow-eager", NULL};
static const struct backend {
    const char *words; /* for the hypervisor */
    int svm;
    uint64_t table_bytes; /* beside the guest's memory */
    int vtx;              /* wants Intel's VT-x, which the lab's processor has not */
} backends[] = {
    {"cpu=svm paging=nested", 1, 0, 0},
    {"cpu=svm paging=shadow-lazy", 1, SHADOW_BYTES, 0},
    {"cpu=svm paging=shadow-eager", 1, SHADOW_BYTES, 0},
    {"cpu=soft paging=shadow-lazy", 0, 0, 0}, /* its tables are in its image */
    {"cpu=pv paging=shadow-lazy", 0, 0, 0},
    {"cpu=vmx paging=nested", 0, 0, 1},
};

_Static_assert(sizeof(variants) / sizeof(variants[0]) ==
                   sizeof(backends) / sizeof(backends[0]) + 1,
               "a line for each variant");

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

#define RULES_HYPERVISOR                                                                      \
    {.key = "hypercall",                                                                      \
     .form = "full|fast",                                                                     \
     .help = "exit path of the hypercall: everything saved, dispatched and stamped, or only " \
             "counted and skipped",                                                           \
     .kind = RULE_CHOICE},                                                                    \
        {.key = "asid",                                                                       \
         .form = "on|off",                                                                    \
         .help = "variants of svm: the TLB tagged, or flushed at each entry of the guest",    \
         .kind = RULE_CHOICE},                                                                \
        {.key = "pmu",                                                                        \
         .form = "none|guest",                                                                \
         .help = "performance counters: hidden from the guest, or its own and counting "      \
                 "nothing else",                                                              \
         .kind = RULE_CHOICE},                                                                \
        {.key = "tsc",                                                                        \
         .form = "pass|trap|offset:TICKS|scale:PPM",                                          \
         .help = "the guest's TSC: passed through, intercepted, shifted, or running fast",    \
         .kind = RULE_TEXT,                                                                   \
         .check = check_tsc,                                                                  \
         .allowed = "pass, trap, offset:TICKS with TICKS a decimal number of at most 18 "     \
                    "digits, negative or not, or scale:PPM with up to three decimals"},       \
        VMM_GUESTS_RULES, VMM_LIES_RULES,                                                     \
    {                                                                                         \
        .key = "vmm", .form = "PATH",                                                         \
        .help = "a build of your own of this hypervisor (vmm.elf)", .kind = RULE_BUILD,       \
        .build = OWN_BUILD_MULTIBOOT                                                          \
    }

static const struct platform_rule bare_rules[] = {
    RULES_HYPERVISOR,
    {.key = "io",
     .form = "pass|trap|ring",
     .help =
         "the payload's console: the serial port without an exit, each access an exit, or a "
         "ring in shared memory",
     .kind = RULE_CHOICE},
    {.key = "popf",
     .form = "closed|open",
     .help = "variant soft: PUSHF and POPF replaced, or left to lose the interrupt flag",
     .kind = RULE_CHOICE},
    {.key = NULL},
};
static const struct platform_rule linux_rules[] = {
    RULES_HYPERVISOR,
    {.key = "clocksource",
     .form = "tsc|jiffies",
     .help = "what Linux keeps time by: the TSC, as it chooses itself, or its timer's ticks",
     .kind = RULE_CHOICE},
    {.key = "image",
     .form = "vmlinux|bzimage",
     .help = "Debian's kernel as the ELF cut out of its package, or packed as it is in there",
     .kind = RULE_CHOICE},
    {.key = "kernel",
     .form = "PATH",
     .help = "an ELF kernel of your own (vmlinux with a PVH entry)",
     .kind = RULE_BUILD,
     .build = OWN_BUILD_KERNEL},
    {.key = NULL},
};

static const char *unavailable(const struct guest_form *f, const struct bench *bench)
{
    char path[PLATFORM_PATH_BYTES];

    /* The lab's emulated processor has SVM; the other benches find out when they describe
     * themselves, which none does yet. */
    if (!bench || strcmp(bench->name, "lab") != 0)
        return "it needs a bench with AMD SVM; today that is the lab";
    if (paths_find(HYPERVISOR_PART, path, sizeof(path), NULL))
        return "the hypervisor is not built: run `make build/vmm/vmm.elf`";
    if (f->bare && paths_find(PAYLOAD_PART, path, sizeof(path), NULL))
        return "the payload is not built: run `make build/payload/payload.elf`";
    if (!f->bare && paths_find(AGENT_PART, path, sizeof(path), NULL))
        return "the agent is not built: run `make build/agent/etalon-agent`";
    return NULL;
}

static const char *value_of(const struct platform_boot *boot, const char *key,
                            const char *fallback)
{
    return platform_option_value(boot->options, boot->option_count, key, fallback);
}

/* Of a variant that platform_check() has seen; NULL: the first. */
static const struct backend *backend_of(const char *variant)
{
    for (size_t i = 0; variant && variants[i]; i++)
        if (strcmp(variant, variants[i]) == 0)
            return &backends[i];
    return &backends[0];
}

/* No bench has VT-x today. */
static const char *variant_unavailable(const struct bench *bench, const char *variant)
{
    (void)bench;
    return backend_of(variant)->vtx
               ? "it needs a processor with VT-x, and the lab's emulator (QEMU) has none; it "
                 "is "
                 "tested under Bochs, which is no bench (docs/techniques/vmx.md)"
               : NULL;
}

static unsigned guest_mb(const struct platform_boot *boot)
{
    return boot->memory_mb ? boot->memory_mb : DEFAULT_MEMORY_MB;
}

/* --- what the guest is made of --- */

/* By its TSC is how Linux keeps time without being told. */
static const char *linux_words(const struct platform_boot *boot)
{
    return strcmp(value_of(boot, "clocksource", "tsc"), "jiffies") == 0 ? LINUX_WORDS
               " clocksource=jiffies"
                                                                        : LINUX_WORDS;
}

static int find_kernel(const struct platform_boot *boot, char *path, size_t size,
                       struct err *e)
{
    const char *own = value_of(boot, "kernel", NULL);
    const int packed = strcmp(value_of(boot, "image", "vmlinux"), "bzimage") == 0;
    struct image_kernel kernel;
    int rc;

    if (own && packed)
        return err_set(e, ERR_USAGE,
                       "vmm: image=bzimage is Debian's kernel, kernel= is yours");
    if (packed)
        return image_get_packed_kernel(NULL, path, size, e);
    rc = own ? 0 : image_get_kernel(NULL, &kernel, e);
    if (rc == 0 && snprintf(path, size, "%s", own ? own : kernel.path) >= (int)size)
        rc = err_set(e, ERR_USAGE, "vmm: the kernel's path is too long");
    return rc;
}

static int find_initramfs(const struct platform_boot *boot, char *path, size_t size,
                          char sha256[HASH_HEX_BYTES], struct err *e)
{
    char agent[PLATFORM_PATH_BYTES];
    int rc = paths_find(AGENT_PART, agent, sizeof(agent), e);

    return rc ? rc : linux_image_get(boot, agent, NET_KIND_NONE, path, size, sha256, e);
}

static int add_size(const char *path, uint64_t *bytes, struct err *e)
{
    struct stat st;

    if (stat(path, &st))
        return err_set(e, ERR_UNAVAILABLE, "%s cannot be read", path);
    *bytes += (uint64_t)st.st_size;
    return 0;
}

static int prepare_payload(const struct platform_boot *boot, struct machine_spec *out,
                           struct err *e)
{
    int rc = paths_find(PAYLOAD_PART, out->module[0].path, sizeof(out->module[0].path), e);

    if (rc)
        return rc;
    out->modules = 1;
    out->memory_mb = guest_mb(boot);
    return platform_write_plan_words(boot, "hypercall", out->module[0].arguments,
                                     sizeof(out->module[0].arguments), e);
}

static int prepare_linux(const struct platform_boot *boot, const struct backend *backend,
                         struct machine_spec *out, struct err *e)
{
    char *line = out->module[0].arguments, sha256[HASH_HEX_BYTES];
    uint64_t bytes = LINUX_OVERHEAD_BYTES + backend->table_bytes;
    int rc = find_kernel(boot, out->module[0].path, sizeof(out->module[0].path), e);

    if (!rc)
        rc = find_initramfs(boot, out->module[1].path, sizeof(out->module[1].path), sha256, e);
    for (unsigned i = 0; !rc && i < 2; i++)
        rc = add_size(out->module[i].path, &bytes, e);
    if (rc)
        return rc;
    /* A program cannot ask where the emulated register is, as the payload does. */
    snprintf(line, sizeof(out->module[0].arguments), "%s etl.mmio=%x", linux_words(boot),
             GUEST_REGISTER_PAGE);
    rc = platform_write_plan_words(boot, NULL, line, sizeof(out->module[0].arguments), e);
    /* The loader puts the name of the module in front. */
    if (!rc && strlen(line) + sizeof("module0") >= LINUX_COMMAND_LINE_BYTES)
        rc = err_set(
            e, ERR_USAGE,
            "boot %u: Linux takes %u bytes of command line and the plan makes %zu; use "
            "fewer runs in a boot",
            (unsigned)boot->plan_index, LINUX_COMMAND_LINE_BYTES - 1,
            strlen(line) + sizeof("module0"));
    out->modules = 2;
    out->memory_mb = guest_mb(boot) + (unsigned)((bytes + (1u << 20) - 1) >> 20);
    return rc;
}

static int prepare(const struct guest_form *f, const struct platform_boot *boot,
                   const char *variant, struct machine_spec *out, struct err *e)
{
    const char *own = value_of(boot, "vmm", NULL), *popf = value_of(boot, "popf", NULL);
    const char *asid = value_of(boot, "asid", NULL), *io = value_of(boot, "io", NULL);
    const struct backend *backend = backend_of(variant);
    char linux_words[64] = "";
    int rc = platform_check(f->platform, variant, boot->options, boot->option_count, e);

    if (rc)
        return rc;
    if (variant_unavailable(NULL, variant))
        return err_set(e, ERR_UNAVAILABLE, "%s, variant %s: %s", f->platform->name, variant,
                       variant_unavailable(NULL, variant));
    memset(out, 0, sizeof(*out));
    if (own)
        snprintf(out->kernel, sizeof(out->kernel), "%s", own);
    else
        rc = paths_find(HYPERVISOR_PART, out->kernel, sizeof(out->kernel), e);
    if (!rc)
        rc = f->bare ? prepare_payload(boot, out, e) : prepare_linux(boot, backend, out, e);
    if (rc)
        return rc;
    if (!f->bare)
        snprintf(linux_words, sizeof(linux_words), " end=halt ram_mb=%u tsc_hz=%" PRIu64,
                 guest_mb(boot), boot->tsc_hz);
    snprintf(out->command_line, sizeof(out->command_line),
             "%s hypercall=%s tsc=%s pmu=%s%s%s%s%s%s%s%s boot=%05" PRIu32, backend->words,
             value_of(boot, "hypercall", "full"), value_of(boot, "tsc", "pass"),
             value_of(boot, "pmu", "none"), popf ? " popf=" : "", popf ? popf : "",
             asid ? " asid=" : "", asid ? asid : "", io ? " io=" : "", io ? io : "",
             linux_words, boot->plan_index);
    vmm_guests_write(boot, f->bare, out->command_line, sizeof(out->command_line));
    rc = vmm_lies_write(boot, !f->bare, out->command_line, sizeof(out->command_line), e);
    if (rc)
        return rc;
    out->svm = backend->svm;
    out->without_svm = !out->svm;
    out->second_console = 1;
    return 0;
}

/* --- provenance --- */

static int describe_linux(const struct platform_boot *boot,
                          const struct platform_fact_sink *sink, struct err *e)
{
    char path[PLATFORM_PATH_BYTES], sha256[HASH_HEX_BYTES];
    int rc = platform_describe_part(AGENT_PART, "agent.sha256", sink, e);

    if (!rc)
        rc = find_initramfs(boot, path, sizeof(path), sha256, e);
    if (rc)
        return rc;
    sink->put(sink->opaque, "vmm.initramfs.sha256", sha256);
    sink->put(sink->opaque, "vmm.command_line", linux_words(boot));
    rc = find_kernel(boot, path, sizeof(path), e);
    if (!rc)
        rc = hash_file(path, sha256, e);
    if (!rc)
        sink->put(sink->opaque, "vmm.kernel.sha256", sha256);
    return rc;
}

static int describe(const struct guest_form *f, const struct platform_boot *boot,
                    const char *variant, const struct platform_fact_sink *sink, struct err *e)
{
    static const char *const own[] = {"vmm", "kernel", NULL};
    int rc = own_build_describe(boot, own, sink, e);

    if (!rc && !value_of(boot, "vmm", NULL))
        rc = platform_describe_part(HYPERVISOR_PART, "vmm.sha256", sink, e);
    if (!backend_of(variant)->svm)
        sink->put(sink->opaque, "processor_without", "svm");
    platform_describe_number("memory_mb", guest_mb(boot), sink);
    if (!rc)
        rc = vmm_lies_describe(boot, sink, e);
    if (rc)
        return rc;
    return f->bare ? platform_describe_part(PAYLOAD_PART, "payload.sha256", sink, e)
                   : describe_linux(boot, sink, e);
}

/* --- two platforms --- */

#define VMM_PLATFORM(id, index)                                                               \
    static const char *id##_unavailable(const struct bench *bench)                            \
    {                                                                                         \
        return unavailable(&guest_forms[index], bench);                                       \
    }                                                                                         \
    static int id##_prepare(const struct platform_boot *boot, const char *variant,            \
                            struct machine_spec *out, struct err *e)                          \
    {                                                                                         \
        return prepare(&guest_forms[index], boot, variant, out, e);                           \
    }                                                                                         \
    static int id##_describe(const struct platform_boot *boot, const char *variant,           \
                             const struct platform_fact_sink *sink, struct err *e)            \
    {                                                                                         \
        return describe(&guest_forms[index], boot, variant, sink, e);                         \
    }

VMM_PLATFORM(bare, 0)
VMM_PLATFORM(linux_guest, 1)

const struct platform platform_vmm_bare = {
    .name = "vmm-bare",
    .summary = "payload without an OS under the in-tree hypervisor (SVM; ring 3; paravirtual; "
               "VT-x, not in the lab)",
    .rank = 10,
    .variants = variants,
    .rules = bare_rules,
    .tolerance = &pmu_tolerance_metal,
    .unavailable = bare_unavailable,
    .variant_unavailable = variant_unavailable,
    .prepare = bare_prepare,
    .describe = bare_describe,
};

const struct platform platform_vmm = {
    .name = "vmm",
    .summary = "Linux under the in-tree hypervisor (SVM; nested or shadow paging)",
    .rank = 11,
    .variants = linux_variants,
    .rules = linux_rules,
    .tolerance = &pmu_tolerance_metal,
    .unavailable = linux_guest_unavailable,
    .prepare = linux_guest_prepare,
    .describe = linux_guest_describe,
};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen.c - the platforms xen-dom0, xen-pvh-bare, xen-pv, xen-pvh and xen-hvm:
 * Debian's Xen on the machine, Debian's kernel as its dom0, and there the agent itself or,
 * started by hv-under-test/xen/, a guest with payload or Linux. What is loaded: xen_parts.c.
 *
 * Xen and dom0's kernel log on the second serial port, where the outer system's records stand
 * between; the first belongs to the guest alone, by way of dom0.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/paths.h"
#include "bench/bench.h"
#include "bench/lab/image.h"
#include "collector/tolerance.h"
#include "hv-under-test/linux_words.h"
#include "hv-under-test/own_build.h"
#include "hv-under-test/platform.h"
#include "hv-under-test/platform_words.h"
#include "hv-under-test/rules.h"
#include "hv-under-test/xen_parts.h"

#define GUEST_MEMORY_MB 256u
#define DOM0_MEMORY_MB 384u
#define DOM0_QEMU_MEMORY_MB 640u /* its image is four times as large */
/* Xen itself, and what the loader puts beside it: dom0's kernel and image, freed later. */
#define XEN_MEMORY_MB 256u
#define VCPUS_MAX 8
#define PIN_MAX 4095 /* which processors there are, Xen knows */
#define BUSY_MAX 16

/* Of the boot's bound, what the guest may use: Xen and dom0 start before it. */
#define GUEST_SHARE_PERCENT 75
#define NO_LIMIT_MS 600000u

/* The first word stands where a boot loader puts the file's name. */
#define XEN_WORDS                                                                             \
    "xen com2=115200,8n1 console=com2 loglvl=warning guest_loglvl=none dom0_max_vcpus=1"

/* Xen keeps no more of its command line (xen_commandline_t in its public version.h). */
#define XEN_LINE_BYTES 1024

/* rodata=off: dom0 is not what is measured there, and Linux would look through all its page
 * tables for pages both writable and executable, for 0.8 s of the machine's time. */
#define DOM0_WORDS "console=hvc0 rodata=off " LINUX_COMMON_WORDS
/* The last console is /dev/console, where the agent writes. */
#define DOM0_AGENT_WORDS "console=hvc0 " LINUX_WORDS

extern const struct platform platform_xen_dom0, platform_xen_pvh_bare, platform_xen_pv,
    platform_xen_pvh, platform_xen_hvm;

static const struct xen_form forms[] = {
    {&platform_xen_dom0, XEN_GUEST_NONE, 0}, {&platform_xen_pvh_bare, XEN_GUEST_PAYLOAD, 0},
    {&platform_xen_pv, XEN_GUEST_LINUX, 0},  {&platform_xen_pvh, XEN_GUEST_LINUX, 0},
    {&platform_xen_hvm, XEN_GUEST_LINUX, 1},
};

/* credit2: Xen's default scheduler, nothing traced but the guest's audits. trace: Xen's trace
 * buffers count exits by cause, which lengthens every exit: counts and costs come from different
 * boots. */
#define VARIANT_TRACE "trace"
static const char *const variants[] = {"credit2", VARIANT_TRACE, NULL};

/* %XX to the byte it stands for, which must be printable. -1: not such a text, or too long. */
static int decode_words(const char *value, char *out, size_t size)
{
    size_t n = 0;

    for (; *value && n + 1 < size; value++) {
        unsigned byte = (unsigned char)*value;

        if (byte == '%') {
            if (!isxdigit((unsigned char)value[1]) || sscanf(value + 1, "%2x", &byte) != 1 ||
                !isxdigit((unsigned char)value[2]))
                return -1;
            value += 2;
        }
        if (byte < ' ' || byte > '~')
            return -1;
        out[n++] = (char)byte;
    }
    out[n] = '\0';
    return *value ? -1 : 0;
}

static int check_words(const char *value)
{
    char words[XEN_LINE_BYTES];

    return decode_words(value, words, sizeof(words));
}

#define RULES_XEN                                                                             \
    {.key = "xen",                                                                            \
     .form = "PATH",                                                                          \
     .help = "a Xen of your own (multiboot ELF, may be gzip'ed)",                             \
     .kind = RULE_BUILD,                                                                      \
     .build = OWN_BUILD_XEN},                                                                 \
        {.key = "xen_append",                                                                 \
         .form = "WORDS",                                                                     \
         .help = "further words for Xen's command line; %2C is a comma",                      \
         .kind = RULE_TEXT,                                                                   \
         .check = check_words,                                                                \
         .allowed = "words, with %XX for a byte that a campaign file does not take"},         \
    {                                                                                         \
        .key = "dom0", .form = "PATH", .help = "an ELF kernel of your own for dom0",          \
        .kind = RULE_BUILD, .build = OWN_BUILD_PV_KERNEL                                      \
    }
#define RULES_GUEST                                                                           \
    {.key = "tsc",                                                                            \
     .form = "default|native|emulate",                                                        \
     .help = "Xen's tsc_mode of the guest; default is Xen's own choice",                      \
     .kind = RULE_CHOICE},                                                                    \
        {.key = "vcpus",                                                                      \
         .form = "N",                                                                         \
         .help = "processors of the guest",                                                   \
         .kind = RULE_NUMBER,                                                                 \
         .least = 1,                                                                          \
         .most = VCPUS_MAX},                                                                  \
        {.key = "busy",                                                                       \
         .form = "N",                                                                         \
         .help = "processes that keep dom0 busy while the guest runs: known steal",           \
         .kind = RULE_NUMBER,                                                                 \
         .most = BUSY_MAX},                                                                   \
    {                                                                                         \
        .key = "pin", .form = "N", .help = "the machine's processor that they run on",        \
        .kind = RULE_NUMBER, .most = PIN_MAX                                                  \
    }
#define RULE_KERNEL(kind_, help_)                                                             \
    {                                                                                         \
        .key = "kernel", .form = "PATH", .help = help_, .kind = RULE_BUILD, .build = kind_    \
    }

static const struct platform_rule dom0_rules[] = {RULES_XEN, {.key = NULL}};
static const struct platform_rule bare_rules[] = {RULES_XEN, RULES_GUEST, {.key = NULL}};
static const struct platform_rule pv_rules[] = {
    RULES_XEN,
    RULES_GUEST,
    RULE_KERNEL(OWN_BUILD_PV_KERNEL, "an ELF kernel of your own for the guest"),
    {.key = NULL},
};
static const struct platform_rule pvh_rules[] = {
    RULES_XEN,
    RULES_GUEST,
    RULE_KERNEL(OWN_BUILD_KERNEL, "an ELF kernel of your own for the guest"),
    {.key = NULL},
};
static const struct platform_rule hvm_rules[] = {
    RULES_XEN,
    RULES_GUEST,
    RULE_KERNEL(OWN_BUILD_BZIMAGE, "a bzImage of your own for the guest"),
    {.key = NULL},
};

static const char *unavailable(const struct xen_form *f, const struct bench *bench)
{
    char path[PLATFORM_PATH_BYTES];

    if (!bench || strcmp(bench->name, "lab") != 0)
        return "it needs a bench that boots images; today that is the lab";
    if (f->guest != XEN_GUEST_NONE &&
        paths_find(XEN_OUTER_PART, path, sizeof(path), NULL) != 0)
        return "dom0's program is not built: install libxen-dev and run `make`";
    if (f->guest == XEN_GUEST_PAYLOAD &&
        paths_find(XEN_PAYLOAD_PART, path, sizeof(path), NULL) != 0)
        return "the payload is not built: run `make`";
    if (f->guest != XEN_GUEST_PAYLOAD &&
        paths_find(XEN_AGENT_PART, path, sizeof(path), NULL) != 0)
        return "the agent is not built: run `make`";
    return NULL;
}

static int is_traced(const char *variant)
{
    return variant && strcmp(variant, VARIANT_TRACE) == 0;
}

/* Is there a launcher, or is the agent PID 1 of dom0? */
static int has_launcher(const struct xen_form *f, const char *variant)
{
    return f->guest != XEN_GUEST_NONE || is_traced(variant);
}

/* --- the machine --- */

/* Dom0's command line: its own words, the launcher's settings, the plan (the guest's). */
static int write_words(const struct xen_form *f, const struct platform_boot *boot,
                       const char *variant, unsigned guest_mb, const struct xen_parts *p,
                       char *out, size_t size, struct err *e)
{
    const struct platform_option *o = boot->options;
    const size_t n = boot->option_count;
    const uint64_t limit_ms = boot->limit_ns / 1000000 * GUEST_SHARE_PERCENT / 100;
    const char *pin = platform_option_value(o, n, "pin", NULL);
    const char *busy = platform_option_value(o, n, "busy", NULL);
    int rc;

    if (f->guest == XEN_GUEST_NONE)
        snprintf(out, size, DOM0_AGENT_WORDS "%s",
                 is_traced(variant) ? " etl.launch=xen-dom0,records=hvc0" : "");
    else
        snprintf(out, size,
                 DOM0_WORDS " etl.launch=%s,records=hvc0,memory=%u,limit=%" PRIu64
                            ",vcpus=%s,tsc=%s%s%s%s%s,exits=%s,"
                            "xen=%.16s,dom0=%.16s",
                 f->platform->name, guest_mb, limit_ms ? limit_ms : NO_LIMIT_MS,
                 platform_option_value(o, n, "vcpus", "1"),
                 platform_option_value(o, n, "tsc", "default"), pin ? ",pin=" : "",
                 pin ? pin : "", busy ? ",busy=" : "", busy ? busy : "",
                 is_traced(variant) ? "trace" : "audit", p->xen.sha256, p->dom0.sha256);
    if (xen_parts_net(f, boot))
        snprintf(out + strlen(out), size - strlen(out), ",net=on,image=%.16s",
                 p->image_sha256);
    rc = platform_write_plan_words(boot, f->guest == XEN_GUEST_PAYLOAD ? "hypercall" : NULL,
                                   out, size, e);
    if (rc == 0 && strlen(out) >= LINUX_COMMAND_LINE_BYTES)
        rc = err_set(e, ERR_USAGE,
                     "boot %u: dom0's Linux takes %u bytes of command line and the plan makes "
                     "%zu; use fewer runs in a boot",
                     (unsigned)boot->plan_index, LINUX_COMMAND_LINE_BYTES - 1, strlen(out));
    return rc;
}

static int prepare(const struct xen_form *f, const struct platform_boot *boot,
                   const char *variant, struct machine_spec *out, struct err *e)
{
    const unsigned measured_mb = boot->memory_mb ? boot->memory_mb : GUEST_MEMORY_MB;
    /* dom0 is measured itself, or is there besides the guest. */
    const unsigned dom0_mb = f->guest == XEN_GUEST_NONE && boot->memory_mb ? boot->memory_mb
                             : f->device_model ? DOM0_QEMU_MEMORY_MB
                                               : DOM0_MEMORY_MB;
    const unsigned guest_mb = f->guest == XEN_GUEST_NONE ? 0 : measured_mb;
    char append[XEN_LINE_BYTES];
    struct xen_parts parts;
    int rc = platform_check(f->platform, variant, boot->options, boot->option_count, e);

    if (rc == 0)
        rc = xen_parts_get(f, boot, has_launcher(f, variant), &parts, e);
    if (rc != 0)
        return rc;
    memset(out, 0, sizeof(*out));
    memcpy(out->kernel, parts.xen.path, sizeof(out->kernel));
    decode_words(platform_option_value(boot->options, boot->option_count, "xen_append", ""),
                 append, sizeof(append));
    if (snprintf(out->command_line, sizeof(out->command_line),
                 XEN_WORDS " dom0_mem=%uM,max:%uM%s%s", dom0_mb, dom0_mb, append[0] ? " " : "",
                 append) >= XEN_LINE_BYTES)
        return err_set(e, ERR_USAGE, "%s: xen_append= is too long: Xen takes %d bytes",
                       f->platform->name, XEN_LINE_BYTES - 1);
    memcpy(out->module[0].path, parts.dom0.path, sizeof(out->module[0].path));
    memcpy(out->module[1].path, parts.image, sizeof(out->module[1].path));
    out->modules = 2;
    out->memory_mb = guest_mb + dom0_mb + XEN_MEMORY_MB;
    out->svm = f->guest != XEN_GUEST_NONE;
    out->second_console = has_launcher(f, variant);
    out->second_log = !out->second_console;
    return write_words(f, boot, variant, guest_mb, &parts, out->module[0].arguments,
                       sizeof(out->module[0].arguments), e);
}

static void put_package(const struct platform_fact_sink *sink, const char *what,
                        const struct image_kernel *k)
{
    const char *const facts[][2] = {{"package", k->package},
                                    {"version", k->version},
                                    {"package_sha256", k->package_sha256},
                                    {"sha256", k->sha256}};

    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        char key[64];

        if (!facts[i][1][0])
            continue; /* a build of the user's own is of no package */
        snprintf(key, sizeof(key), "%s.%s", what, facts[i][0]);
        sink->put(sink->opaque, key, facts[i][1]);
    }
}

/* "package NAME VERSION SHA256" lines of the image's manifest: the tools that came from packages. */
static int put_manifest(const struct platform_fact_sink *sink, const char *path, struct err *e)
{
    char *text, name[128], version[128], sha256[HASH_HEX_BYTES], key[192], value[256];
    size_t size;
    int rc = file_read(path, &text, &size, e);

    if (rc != 0)
        return rc;
    for (const char *p = text; p; p = strchr(p, '\n') ? strchr(p, '\n') + 1 : NULL) {
        if (sscanf(p, "package %127s %127s %64s", name, version, sha256) != 3)
            continue;
        snprintf(key, sizeof(key), "xen.image.package.%s", name);
        snprintf(value, sizeof(value), "%s %s", version, sha256);
        sink->put(sink->opaque, key, value);
    }
    free(text);
    return 0;
}

static int describe(const struct xen_form *f, const struct platform_boot *boot,
                    const char *variant, const struct platform_fact_sink *sink, struct err *e)
{
    static const char *const own[] = {"xen", "dom0", "kernel", NULL};
    const unsigned usual_mb = f->guest == XEN_GUEST_NONE ? DOM0_MEMORY_MB : GUEST_MEMORY_MB;
    struct xen_parts parts;
    int rc = xen_parts_get(f, boot, has_launcher(f, variant), &parts, e);

    platform_describe_number("memory_mb", boot->memory_mb ? boot->memory_mb : usual_mb, sink);
    if (rc == 0)
        rc = own_build_describe(boot, own, sink, e);
    if (rc == 0 && has_launcher(f, variant))
        rc = platform_describe_part(XEN_OUTER_PART, "xen.outer.sha256", sink, e);
    if (rc == 0)
        rc = platform_describe_part(
            f->guest == XEN_GUEST_PAYLOAD ? XEN_PAYLOAD_PART : XEN_AGENT_PART,
            f->guest == XEN_GUEST_PAYLOAD ? "payload.sha256" : "agent.sha256", sink, e);
    if (rc != 0)
        return rc;
    if (parts.manifest[0])
        rc = put_manifest(sink, parts.manifest, e);
    if (rc != 0)
        return rc;
    put_package(sink, "xen", &parts.xen);
    put_package(sink, "xen.dom0", &parts.dom0);
    sink->put(sink->opaque, "xen.image.sha256", parts.image_sha256);
    sink->put(sink->opaque, "xen.command_line", XEN_WORDS);
    sink->put(sink->opaque, "xen.dom0.command_line",
              f->guest == XEN_GUEST_NONE ? DOM0_AGENT_WORDS : DOM0_WORDS);
    return 0;
}

/* --- the platforms --- */

#define XEN_PLATFORM(id, index)                                                               \
    static const char *id##_unavailable(const struct bench *bench)                            \
    {                                                                                         \
        return unavailable(&forms[index], bench);                                             \
    }                                                                                         \
    static int id##_prepare(const struct platform_boot *boot, const char *variant,            \
                            struct machine_spec *out, struct err *e)                          \
    {                                                                                         \
        return prepare(&forms[index], boot, variant, out, e);                                 \
    }                                                                                         \
    static int id##_describe(const struct platform_boot *boot, const char *variant,           \
                             const struct platform_fact_sink *sink, struct err *e)            \
    {                                                                                         \
        return describe(&forms[index], boot, variant, sink, e);                               \
    }

XEN_PLATFORM(dom0, 0)
XEN_PLATFORM(bare, 1)
XEN_PLATFORM(pv, 2)
XEN_PLATFORM(pvh, 3)
XEN_PLATFORM(hvm, 4)

const struct platform platform_xen_dom0 = {
    .name = "xen-dom0",
    .summary = "Linux as Xen's control domain",
    .rank = 5,
    .variants = variants,
    .rules = dom0_rules,
    .tolerance = &pmu_tolerance_metal,
    .unavailable = dom0_unavailable,
    .prepare = dom0_prepare,
    .describe = dom0_describe,
};

const struct platform platform_xen_pvh_bare = {
    .name = "xen-pvh-bare",
    .summary = "payload without an OS as a PVH guest of Xen",
    .rank = 6,
    .variants = variants,
    .rules = bare_rules,
    .tolerance = &pmu_tolerance_metal,
    .unavailable = bare_unavailable,
    .prepare = bare_prepare,
    .describe = bare_describe,
};

const struct platform platform_xen_pv = {
    .name = "xen-pv",
    .summary = "Linux as a paravirtual guest of Xen",
    .rank = 7,
    .variants = variants,
    .rules = pv_rules,
    .tolerance = &pmu_tolerance_metal,
    .unavailable = pv_unavailable,
    .prepare = pv_prepare,
    .describe = pv_describe,
};

const struct platform platform_xen_pvh = {
    .name = "xen-pvh",
    .summary = "Linux as a PVH guest of Xen",
    .rank = 8,
    .variants = variants,
    .rules = pvh_rules,
    .tolerance = &pmu_tolerance_metal,
    .unavailable = pvh_unavailable,
    .prepare = pvh_prepare,
    .describe = pvh_describe,
};

const struct platform platform_xen_hvm = {
    .name = "xen-hvm",
    .summary = "Linux in a PC of Xen's with firmware and QEMU's devices; starts slowly",
    .rank = 9,
    .variants = variants,
    .rules = hvm_rules,
    .tolerance = &pmu_tolerance_metal,
    .unavailable = hvm_unavailable,
    .prepare = hvm_prepare,
    .describe = hvm_describe,
};

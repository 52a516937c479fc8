/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/xen.c - the platforms xen-dom0, xen-pvh-bare, xen-pv, xen-pvh and xen-hvm: Debian's Xen
 * on the machine, Debian's kernel as its dom0, and there the agent itself or, started by
 * hv-under-test/xen/, a guest with payload or Linux.
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
#include "bench/lab/recipe.h"
#include "bench/lab/xen_image.h"
#include "hv-under-test/linux_image.h"
#include "hv-under-test/linux_words.h"
#include "hv-under-test/own_build.h"
#include "hv-under-test/platform.h"
#include "hv-under-test/platform_words.h"
#include "hv-under-test/xen/guest_files.h"

#define OUTER_PART "xen/etalon-outer"
#define PAYLOAD_PART "payload/payload.elf"
#define AGENT_PART "agent/etalon-agent"

#define DOM0_KERNEL_PACKAGE "linux-image-amd64" /* the cloud kernel cannot be dom0 */
#define TOOLS "/usr/lib/xen-4.17/bin/"

#define GUEST_MEMORY_MB 256u
#define DOM0_MEMORY_MB 384u
#define DOM0_QEMU_MEMORY_MB 640u /* its image is four times as large */
/* Xen itself, and what the loader puts beside it: dom0's kernel and image, freed later. */
#define XEN_MEMORY_MB 256u
#define VCPUS_MAX 8

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

enum guest { GUEST_NONE, GUEST_PAYLOAD, GUEST_LINUX };

static const struct form {
    const struct platform *platform;
    enum guest guest;
    enum own_build kernel; /* what the option kernel= takes */
    int device_model;      /* QEMU in dom0 is the rest of the guest's PC */
} forms[] = {
    {&platform_xen_dom0, GUEST_NONE, OWN_BUILD_PV_KERNEL, 0},
    {&platform_xen_pvh_bare, GUEST_PAYLOAD, OWN_BUILD_KERNEL, 0},
    {&platform_xen_pv, GUEST_LINUX, OWN_BUILD_PV_KERNEL, 0},
    {&platform_xen_pvh, GUEST_LINUX, OWN_BUILD_KERNEL, 0},
    {&platform_xen_hvm, GUEST_LINUX, OWN_BUILD_BZIMAGE, 1},
};

/* credit2: Xen's default scheduler, nothing traced but the guest's audits. trace: Xen's trace
 * buffers count exits by cause, which lengthens every exit: counts and costs come from different
 * boots. */
#define VARIANT_TRACE "trace"
static const char *const variants[] = {"credit2", VARIANT_TRACE, NULL};

#define HELP_XEN "xen=PATH     a Xen of your own (multiboot ELF, may be gzip'ed)"
#define HELP_DOM0 "dom0=PATH    an ELF kernel of your own for dom0"
#define HELP_XEN_APPEND                                                                       \
    "xen_append=WORDS  further words for Xen's command line; %20 is a blank, %3D an =, %2C "  \
    "a comma"
#define HELP_TSC                                                                              \
    "tsc=default|native|emulate  Xen's tsc_mode of the guest; default is Xen's own choice"
#define HELP_VCPUS "vcpus=N      processors of the guest, 1 to 8"
#define HELP_PIN "pin=N        the machine's processor that they run on, from 0"

static const char *const dom0_option_help[] = {HELP_XEN, HELP_XEN_APPEND, HELP_DOM0, NULL};
static const char *const bare_option_help[] = {
    HELP_XEN, HELP_XEN_APPEND, HELP_DOM0, HELP_TSC, HELP_VCPUS, HELP_PIN, NULL};
static const char *const linux_option_help[] = {
    HELP_XEN,
    HELP_XEN_APPEND,
    HELP_DOM0,
    HELP_TSC,
    HELP_VCPUS,
    HELP_PIN,
    "kernel=PATH  an ELF kernel of your own for the guest",
    NULL,
};

static const char *const pc_option_help[] = {
    HELP_XEN,
    HELP_XEN_APPEND,
    HELP_DOM0,
    HELP_TSC,
    HELP_VCPUS,
    HELP_PIN,
    "kernel=PATH  a bzImage of your own for the guest",
    NULL,
};

/* --- what is asked for --- */

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

static int check_tsc(const char *value)
{
    return strcmp(value, "default") && strcmp(value, "native") && strcmp(value, "emulate") ? -1
                                                                                           : 0;
}

static int check_number(const char *value, long min, long max)
{
    char *end;
    long n = strtol(value, &end, 10);

    return value[0] < '0' || value[0] > '9' || *end || n < min || n > max ? -1 : 0;
}

static int check_vcpus(const char *value)
{
    return check_number(value, 1, VCPUS_MAX);
}

/* Which processors there are, Xen knows. */
static int check_pin(const char *value)
{
    return check_number(value, 0, 4095);
}

static const struct option {
    const char *key;
    enum guest least;                /* makes sense from this kind of guest on */
    int (*check)(const char *value); /* NULL: it is a build of the user's own */
    const char *allowed;
    enum own_build build;
} known_options[] = {
    {"xen", GUEST_NONE, NULL, NULL, OWN_BUILD_XEN},
    {"xen_append", GUEST_NONE, check_words,
     "words, with %XX for a byte that a campaign file does not take", 0},
    {"dom0", GUEST_NONE, NULL, NULL, OWN_BUILD_PV_KERNEL},
    {"tsc", GUEST_PAYLOAD, check_tsc, "default, native or emulate", 0},
    {"vcpus", GUEST_PAYLOAD, check_vcpus, "a number from 1 to 8", 0},
    {"pin", GUEST_PAYLOAD, check_pin, "a number from 0 to 4095", 0},
    {"kernel", GUEST_LINUX, NULL, NULL, 0},
};

#define OPTIONS (sizeof(known_options) / sizeof(known_options[0]))

static int check_option(const struct form *f, const struct platform_option *o, struct err *e)
{
    char names[64] = "";
    size_t used = 0;

    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option *k = &known_options[i];

        if (k->least > f->guest)
            continue;
        used += (size_t)snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
                                 k->key);
        if (strcmp(k->key, o->key) != 0)
            continue;
        if (!k->check)
            return own_build_check(f->platform->name, o,
                                   k->least == GUEST_LINUX ? f->kernel : k->build, e);
        if (k->check(o->value) == 0)
            return 0;
        return err_set(e, ERR_USAGE, "%s: %s=%s: must be %s", f->platform->name, o->key,
                       o->value, k->allowed);
    }
    return err_set(e, ERR_USAGE, "%s has no option '%s'; it has: %s", f->platform->name,
                   o->key, names);
}

static int check(const struct form *f, const char *variant,
                 const struct platform_option *options, size_t count, struct err *e)
{
    unsigned v = 0;
    int rc = 0;

    while (variant && variants[v] && strcmp(variant, variants[v]) != 0)
        v++;
    if (!variants[v])
        return err_set(e, ERR_USAGE, "%s has no variant '%s'; it has: %s, %s",
                       f->platform->name, variant, variants[0], variants[1]);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = check_option(f, &options[i], e);
    return rc;
}

static const char *unavailable(const struct form *f, const struct bench *bench)
{
    char path[PLATFORM_PATH_BYTES];

    if (!bench || strcmp(bench->name, "lab") != 0)
        return "it needs a bench that boots images; today that is the lab";
    if (f->guest != GUEST_NONE && paths_find(OUTER_PART, path, sizeof(path), NULL) != 0)
        return "dom0's program is not built: install libxen-dev and run `make`";
    if (f->guest == GUEST_PAYLOAD && paths_find(PAYLOAD_PART, path, sizeof(path), NULL) != 0)
        return "the payload is not built: run `make`";
    if (f->guest != GUEST_PAYLOAD && paths_find(AGENT_PART, path, sizeof(path), NULL) != 0)
        return "the agent is not built: run `make`";
    return NULL;
}

/* --- what is loaded --- */

struct parts {
    struct image_kernel xen, dom0; /* dom0: only path, if it is the user's own */
    char image[PLATFORM_PATH_BYTES], image_sha256[HASH_HEX_BYTES];
    char manifest[PLATFORM_PATH_BYTES]; /* of the image; "" for the agent's */
};

static int get_dom0_kernel(const char *own, struct image_kernel *out, struct err *e)
{
    int rc;

    if (!own)
        return image_get_kernel_of(DOM0_KERNEL_PACKAGE, NULL, out, e);
    memset(out, 0, sizeof(*out));
    rc = snprintf(out->path, sizeof(out->path), "%s", own);
    if (rc >= (int)sizeof(out->path))
        return err_set(e, ERR_USAGE, "dom0=%s is too long", own);
    return hash_file(own, out->sha256, e);
}

/* Dom0 is the measured system: the agent's own initramfs. */
static int get_agent_image(const struct platform_boot *boot, struct parts *p, struct err *e)
{
    char agent[PLATFORM_PATH_BYTES];
    int rc = paths_find(AGENT_PART, agent, sizeof(agent), e);

    p->manifest[0] = '\0';
    if (rc != 0)
        return rc;
    return linux_image_get(boot, agent, NET_KIND_NONE, p->image, sizeof(p->image),
                           p->image_sha256, e);
}

/* A PC with a vif beside its device model was seen to stop in its firmware: xen-hvm has no
 * network, and runs that need one are skipped there with that reason. */
static int needs_net(const struct form *f, const struct platform_boot *boot)
{
    return f->guest == GUEST_LINUX && !f->device_model && platform_needs_net(boot);
}

/* What stands in the launcher's image for it to start. */
static int get_guest(const struct form *f, const struct platform_boot *boot, const char *part,
                     struct image_own own[2], struct err *e)
{
    const char *own_kernel =
        platform_option_value(boot->options, boot->option_count, "kernel", NULL);
    static char initramfs[PLATFORM_PATH_BYTES], path[PLATFORM_PATH_BYTES];
    struct image_kernel kernel;
    char sha256[HASH_HEX_BYTES];
    int rc;

    own[0] = (struct image_own){.source = part, .target = GUEST_KERNEL, .mode = 0644};
    if (f->guest == GUEST_NONE)
        own[0] = (struct image_own){.source = part, .target = GUEST_AGENT, .mode = 0755};
    if (f->guest != GUEST_LINUX)
        return 0;
    rc = linux_image_get(boot, part, needs_net(f, boot) ? NET_KIND_XEN : NET_KIND_NONE,
                         initramfs, sizeof(initramfs), sha256, e);
    if (rc == 0 && f->device_model) {
        rc = image_get_packed_kernel(NULL, path, sizeof(path), e);
    } else if (rc == 0) {
        rc = image_get_kernel(NULL, &kernel, e);
        snprintf(path, sizeof(path), "%s", kernel.path);
    }
    own[0].source = own_kernel ? own_kernel : path;
    own[1] = (struct image_own){.source = initramfs, .target = GUEST_INITRAMFS, .mode = 0644};
    return rc;
}

static int get_launcher_image(const struct form *f, const struct platform_boot *boot,
                              struct parts *p, struct err *e)
{
    const int net = needs_net(f, boot);
    static const char *const packages[] = {"xen-utils-4.17", NULL};
    static const char *const pc_packages[] = {"xen-utils-4.17", "qemu-system-xen", NULL};
    const char *const modules[] = {
        "xen-privcmd", "xen-evtchn", "xen-gntdev", "xenfs", net ? "xen-netback" : NULL, NULL};
    const char *const files[] = {TOOLS "xenstored", TOOLS "xen-init-dom0",
                                 /* glibc opens it when a thread ends. */
                                 "/lib/x86_64-linux-gnu/libgcc_s.so.1",
                                 net ? GUEST_NET_SCRIPT : NULL, NULL};
    const char *const pc_files[] = {TOOLS "xenstored",
                                    TOOLS "xen-init-dom0",
                                    "/lib/x86_64-linux-gnu/libgcc_s.so.1",
                                    "/usr/lib/xen-4.17/boot/hvmloader",
                                    "/usr/libexec/xen-qemu-system-i386",
                                    "/usr/share/seabios/bios-256k.bin",
                                    "/usr/share/qemu/kvmvapic.bin",
                                    "/usr/share/qemu/keymaps/en-us",
                                    "/usr/share/qemu/linuxboot_dma.bin",
                                    "/usr/share/qemu/linuxboot.bin",
                                    NULL};
    static const char *const folders[] = {"/run", NULL};
    char outer[PLATFORM_PATH_BYTES], part[PLATFORM_PATH_BYTES];
    const char *guest = f->guest == GUEST_PAYLOAD ? PAYLOAD_PART : AGENT_PART;
    struct image_own own[4] = {{.source = outer, .target = "/init", .mode = 0755}};
    const struct image_recipe recipe = {
        .name = f->platform->name,
        .packages = f->device_model ? pc_packages : packages,
        .files = f->device_model ? pc_files : files,
        .folders = folders,
        .modules = modules,
        .kernel = DOM0_KERNEL_PACKAGE,
        .own = own,
    };
    struct image_result image;
    int rc = paths_find(OUTER_PART, outer, sizeof(outer), e);

    if (rc == 0)
        rc = paths_find(guest, part, sizeof(part), e);
    if (rc == 0)
        rc = get_guest(f, boot, part, own + 1, e);
    if (rc == 0)
        rc = recipe_get(&recipe, NULL, &image, e);
    if (rc != 0)
        return rc;
    snprintf(p->image, sizeof(p->image), "%s", image.path);
    snprintf(p->manifest, sizeof(p->manifest), "%s", image.manifest);
    memcpy(p->image_sha256, image.sha256, sizeof(p->image_sha256));
    return 0;
}

static int is_traced(const char *variant)
{
    return variant && strcmp(variant, VARIANT_TRACE) == 0;
}

/* Is there a launcher, or is the agent PID 1 of dom0? */
static int has_launcher(const struct form *f, const char *variant)
{
    return f->guest != GUEST_NONE || is_traced(variant);
}

static int get_parts(const struct form *f, const char *variant,
                     const struct platform_boot *boot, struct parts *p, struct err *e)
{
    const struct platform_option *options = boot->options;
    const size_t count = boot->option_count;
    int rc =
        xen_image_get(platform_option_value(options, count, "xen", NULL), NULL, &p->xen, e);

    if (rc == 0)
        rc = get_dom0_kernel(platform_option_value(options, count, "dom0", NULL), &p->dom0, e);
    if (rc != 0)
        return rc;
    if (!has_launcher(f, variant))
        return get_agent_image(boot, p, e);
    return get_launcher_image(f, boot, p, e);
}

/* --- the machine --- */

/* Dom0's command line: its own words, the launcher's settings, the plan (the guest's). */
static int write_words(const struct form *f, const struct platform_boot *boot,
                       const char *variant, unsigned guest_mb, const struct parts *p,
                       char *out, size_t size, struct err *e)
{
    const struct platform_option *o = boot->options;
    const size_t n = boot->option_count;
    const uint64_t limit_ms = boot->limit_ns / 1000000 * GUEST_SHARE_PERCENT / 100;
    const char *pin = platform_option_value(o, n, "pin", NULL);
    int rc;

    if (f->guest == GUEST_NONE)
        snprintf(out, size, DOM0_AGENT_WORDS "%s",
                 is_traced(variant) ? " etl.launch=xen-dom0,records=hvc0" : "");
    else
        snprintf(out, size,
                 DOM0_WORDS " etl.launch=%s,records=hvc0,memory=%u,limit=%" PRIu64
                            ",vcpus=%s,tsc=%s%s%s,exits=%s,"
                            "xen=%.16s,dom0=%.16s",
                 f->platform->name, guest_mb, limit_ms ? limit_ms : NO_LIMIT_MS,
                 platform_option_value(o, n, "vcpus", "1"),
                 platform_option_value(o, n, "tsc", "default"), pin ? ",pin=" : "",
                 pin ? pin : "", is_traced(variant) ? "trace" : "audit", p->xen.sha256,
                 p->dom0.sha256);
    if (needs_net(f, boot))
        snprintf(out + strlen(out), size - strlen(out), ",net=on,image=%.16s",
                 p->image_sha256);
    rc = platform_write_plan_words(boot, f->guest == GUEST_PAYLOAD ? "hypercall" : NULL, out,
                                   size, e);
    if (rc == 0 && strlen(out) >= LINUX_COMMAND_LINE_BYTES)
        rc = err_set(e, ERR_USAGE,
                     "boot %u: dom0's Linux takes %u bytes of command line and the plan makes "
                     "%zu; use fewer runs in a boot",
                     (unsigned)boot->plan_index, LINUX_COMMAND_LINE_BYTES - 1, strlen(out));
    return rc;
}

static int prepare(const struct form *f, const struct platform_boot *boot, const char *variant,
                   struct machine_spec *out, struct err *e)
{
    const unsigned measured_mb = boot->memory_mb ? boot->memory_mb : GUEST_MEMORY_MB;
    /* dom0 is measured itself, or is there besides the guest. */
    const unsigned dom0_mb = f->guest == GUEST_NONE && boot->memory_mb ? boot->memory_mb
                             : f->device_model                         ? DOM0_QEMU_MEMORY_MB
                                                                       : DOM0_MEMORY_MB;
    const unsigned guest_mb = f->guest == GUEST_NONE ? 0 : measured_mb;
    char append[XEN_LINE_BYTES];
    struct parts parts;
    int rc = check(f, variant, boot->options, boot->option_count, e);

    if (rc == 0)
        rc = get_parts(f, variant, boot, &parts, e);
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
    out->svm = f->guest != GUEST_NONE;
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

static int describe(const struct form *f, const struct platform_boot *boot,
                    const char *variant, const struct platform_fact_sink *sink, struct err *e)
{
    static const char *const own[] = {"xen", "dom0", "kernel", NULL};
    const unsigned usual_mb = f->guest == GUEST_NONE ? DOM0_MEMORY_MB : GUEST_MEMORY_MB;
    struct parts parts;
    int rc = get_parts(f, variant, boot, &parts, e);

    platform_describe_number("memory_mb", boot->memory_mb ? boot->memory_mb : usual_mb, sink);
    if (rc == 0)
        rc = own_build_describe(boot, own, sink, e);
    if (rc == 0 && has_launcher(f, variant))
        rc = platform_describe_part(OUTER_PART, "xen.outer.sha256", sink, e);
    if (rc == 0)
        rc = platform_describe_part(
            f->guest == GUEST_PAYLOAD ? PAYLOAD_PART : AGENT_PART,
            f->guest == GUEST_PAYLOAD ? "payload.sha256" : "agent.sha256", sink, e);
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
              f->guest == GUEST_NONE ? DOM0_AGENT_WORDS : DOM0_WORDS);
    return 0;
}

/* --- the platforms --- */

#define XEN_PLATFORM(id, index)                                                               \
    static const char *id##_unavailable(const struct bench *bench)                            \
    {                                                                                         \
        return unavailable(&forms[index], bench);                                             \
    }                                                                                         \
    static int id##_check(const char *variant, const struct platform_option *options,         \
                          size_t count, struct err *e)                                        \
    {                                                                                         \
        return check(&forms[index], variant, options, count, e);                              \
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
    .option_help = dom0_option_help,
    .unavailable = dom0_unavailable,
    .check = dom0_check,
    .prepare = dom0_prepare,
    .describe = dom0_describe,
};

const struct platform platform_xen_pvh_bare = {
    .name = "xen-pvh-bare",
    .summary = "payload without an OS as a PVH guest of Xen",
    .rank = 6,
    .variants = variants,
    .option_help = bare_option_help,
    .unavailable = bare_unavailable,
    .check = bare_check,
    .prepare = bare_prepare,
    .describe = bare_describe,
};

const struct platform platform_xen_pv = {
    .name = "xen-pv",
    .summary = "Linux as a paravirtual guest of Xen",
    .rank = 7,
    .variants = variants,
    .option_help = linux_option_help,
    .unavailable = pv_unavailable,
    .check = pv_check,
    .prepare = pv_prepare,
    .describe = pv_describe,
};

const struct platform platform_xen_pvh = {
    .name = "xen-pvh",
    .summary = "Linux as a PVH guest of Xen",
    .rank = 8,
    .variants = variants,
    .option_help = linux_option_help,
    .unavailable = pvh_unavailable,
    .check = pvh_check,
    .prepare = pvh_prepare,
    .describe = pvh_describe,
};

const struct platform platform_xen_hvm = {
    .name = "xen-hvm",
    .summary = "Linux in a PC of Xen's with firmware and QEMU's devices; starts slowly",
    .rank = 9,
    .variants = variants,
    .option_help = pc_option_help,
    .unavailable = hvm_unavailable,
    .check = hvm_check,
    .prepare = hvm_prepare,
    .describe = hvm_describe,
};

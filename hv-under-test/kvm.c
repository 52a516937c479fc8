/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/kvm.c - the platforms kvm-bare, kvm and tcg: a guest under QEMU in an outer
 * Debian Linux, which the machine boots. Started there by hv-under-test/outer/kvm.c.
 *
 * The three differ in what the guest is and in QEMU's accelerator; one table says so.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/paths.h"
#include "bench/bench.h"
#include "bench/lab/image.h"
#include "bench/lab/recipe.h"
#include "collector/tolerance.h"
#include "hv-under-test/linux_image.h"
#include "hv-under-test/linux_words.h"
#include "hv-under-test/outer/kvm.h"
#include "hv-under-test/own_build.h"
#include "hv-under-test/platform.h"
#include "hv-under-test/platform_words.h"
#include "hv-under-test/rules.h"

#define OUTER_PART "outer/etalon-outer"
#define PAYLOAD_PART "payload/payload.elf"
#define AGENT_PART "agent/etalon-agent"

#define GUEST_MEMORY_MB 256u
/* The outer system: its image twice (as loaded, as unpacked), QEMU, Linux. */
#define OUTER_MEMORY_MB 512u
/* The IOMMU is what lets VFIO hand the card to the guest. */
#define OUTER_WORDS LINUX_WORDS " intel_iommu=on iommu=pt"

#define PIN_MAX 1023

/* A page of the guest's machine that no device answers: every access exits to QEMU. */
#define EMULATED_REGISTER "fed40000"

extern const struct platform platform_kvm_bare, platform_kvm, platform_tcg;

static const struct form {
    const struct platform *platform;
    int kvm, bare;
} forms[] = {
    {&platform_kvm_bare, 1, 1},
    {&platform_kvm, 1, 0},
    {&platform_tcg, 0, 0},
};

static const char *const kvm_variants[] = {"stats", "trace", NULL};
static const char *const tcg_variants[] = {"q35", NULL};

#define RULES_QEMU                                                                            \
    {.key = "qemu",                                                                           \
     .form = "PATH",                                                                          \
     .help = "a QEMU of your own instead of the distribution's",                              \
     .kind = RULE_BUILD,                                                                      \
     .build = OWN_BUILD_PROGRAM},                                                             \
        {.key = "card",                                                                       \
         .form = "auto|vfio|mapped",                                                          \
         .help = "how the guest gets the card; auto: VFIO where there is an IOMMU",           \
         .kind = RULE_CHOICE},                                                                \
        {.key = "iommu",                                                                      \
         .form = "on|off",                                                                    \
         .help = "off: the lab's machine has no IOMMU",                                       \
         .kind = RULE_CHOICE},                                                                \
        {.key = "pin",                                                                        \
         .form = "N",                                                                         \
         .help = "the guest's processors run on processor N of the outer system",             \
         .kind = RULE_NUMBER,                                                                 \
         .most = PIN_MAX},                                                                    \
    {                                                                                         \
        .key = "vcpus", .form = "N", .help = "processors of the guest", .kind = RULE_NUMBER,  \
        .least = 1, .most = KVM_VCPUS_MAX                                                     \
    }

static const struct platform_rule bare_rules[] = {RULES_QEMU, {.key = NULL}};
static const struct platform_rule linux_rules[] = {
    RULES_QEMU,
    {.key = "kernel",
     .form = "PATH",
     .help = "an ELF kernel of your own for the guest",
     .kind = RULE_BUILD,
     .build = OWN_BUILD_KERNEL},
    {.key = NULL},
};

static const char *unavailable(const struct form *f, const struct bench *bench)
{
    char path[PLATFORM_PATH_BYTES];

    if (!bench || strcmp(bench->name, "lab") != 0)
        return "it needs a bench that boots images; today that is the lab";
    if (paths_find(OUTER_PART, path, sizeof(path), NULL) != 0)
        return "the outer system's program is not built: run `make`";
    if (paths_find(f->bare ? PAYLOAD_PART : AGENT_PART, path, sizeof(path), NULL) != 0)
        return f->bare ? "the payload is not built: run `make`"
                       : "the agent is not built: run `make`";
    return NULL;
}

/* --- the outer system's image --- */

struct parts { /* paths of what is put into the image */
    char outer[PLATFORM_PATH_BYTES], guest[PLATFORM_PATH_BYTES];
    char initramfs[PLATFORM_PATH_BYTES];
    struct image_kernel kernel; /* of the outer system, and of a Linux guest */
    const char *guest_kernel;
    const char *qemu; /* NULL: the distribution's */
    int net;          /* the guest gets a network */
};

static int find_parts(const struct form *f, const struct platform_boot *boot, struct parts *p,
                      struct err *e)
{
    const struct platform_option *options = boot->options;
    const size_t count = boot->option_count;
    const char *own_kernel = platform_option_value(options, count, "kernel", NULL);
    const int net = !f->bare && platform_needs_net(boot);
    char sha256[HASH_HEX_BYTES];
    int rc;

    memset(p, 0, sizeof(*p));
    p->net = net;
    rc = image_get_kernel(NULL, &p->kernel, e);
    if (rc == 0)
        rc = paths_find(OUTER_PART, p->outer, sizeof(p->outer), e);
    if (rc == 0)
        rc = paths_find(f->bare ? PAYLOAD_PART : AGENT_PART, p->guest, sizeof(p->guest), e);
    if (rc == 0 && !f->bare)
        rc = linux_image_get(boot, p->guest, net ? NET_KIND_VIRTIO : NET_KIND_NONE,
                             p->initramfs, sizeof(p->initramfs), sha256, e);
    p->qemu = platform_option_value(options, count, "qemu", NULL);
    p->guest_kernel = own_kernel ? own_kernel : p->kernel.path;
    return rc;
}

static int get_image(const struct form *f, const struct parts *p, struct image_result *image,
                     struct err *e)
{
    /* The last two are for a network; without one the list ends before them. */
    const char *const tun = p->net ? "tun" : NULL;
    const char *const kvm_modules[] = {"kvm-amd", "vfio_iommu_type1", "vfio-pci",
                                       tun,       "vhost_net",        NULL};
    const char *const tcg_modules[] = {"vfio_iommu_type1", "vfio-pci", tun, NULL};
    static const char *const firmware[] = {
        "/usr/share/seabios/bios-256k.bin",
        "/usr/share/qemu/kvmvapic.bin",
        "/usr/share/qemu/linuxboot_dma.bin",
        "/usr/share/qemu/multiboot_dma.bin",
        "/usr/share/qemu/pvh.bin",
        "/usr/lib/x86_64-linux-gnu/qemu/accel-tcg-x86_64.so",
        KVM_QEMU,
        NULL,
    };
    const char *const *files = firmware;
    struct image_own own[8] = {{.source = p->outer, .target = "/init", .mode = 0755}};
    unsigned n = 1;
    struct image_recipe recipe = {
        .name = f->platform->name,
        .folders = (const char *const[]){"/run", NULL},
        .modules = f->kvm ? kvm_modules : tcg_modules,
        .own = own,
    };
    const char *without_qemu[sizeof(firmware) / sizeof(firmware[0])] = {NULL};

    if (p->qemu) {
        for (unsigned i = 0; strcmp(firmware[i], KVM_QEMU) != 0; i++)
            without_qemu[i] = firmware[i];
        files = without_qemu;
        own[n++] = (struct image_own){.source = p->qemu, .target = KVM_QEMU, .mode = 0755};
    }
    recipe.files = files;
    if (f->bare) {
        own[n++] = (struct image_own){.source = p->guest, .target = KVM_PAYLOAD, .mode = 0644};
    } else {
        own[n++] =
            (struct image_own){.source = p->guest_kernel, .target = KVM_KERNEL, .mode = 0644};
        own[n++] =
            (struct image_own){.source = p->initramfs, .target = KVM_INITRAMFS, .mode = 0644};
    }
    return recipe_get(&recipe, NULL, image, e);
}

/* --- the machine --- */

static int write_words(const struct form *f, const struct platform_boot *boot,
                       const char *variant, unsigned guest_mb,
                       const struct image_result *net_image, struct machine_spec *out,
                       struct err *e)
{
    const uint64_t limit_ms = boot->limit_ns / 1000000 * KVM_GUEST_SHARE_PERCENT / 100;
    static const char *const passed_on[] = {"card", "pin", "vcpus"};
    const size_t size = sizeof(out->command_line);
    char *line = out->command_line;
    size_t used;
    int rc;

    used = (size_t)snprintf(line, size, OUTER_WORDS " etl.launch=%s,memory=%u%s",
                            f->platform->name, guest_mb,
                            variant && strcmp(variant, "trace") == 0 ? ",trace=1" : "");
    if (limit_ms)
        used += (size_t)snprintf(line + used, size - used, ",limit=%" PRIu64, limit_ms);
    if (net_image)
        used += (size_t)snprintf(line + used, size - used, ",net=on,image=%.16s",
                                 net_image->sha256);
    for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++) {
        const char *value =
            platform_option_value(boot->options, boot->option_count, passed_on[i], NULL);

        if (value)
            used += (size_t)snprintf(line + used, size - used, ",%s=%s", passed_on[i], value);
    }
    snprintf(line + used, size - used, " etl.mmio=" EMULATED_REGISTER);
    rc = platform_write_plan_words(boot, f->bare ? "debug" : NULL, line,
                                   sizeof(out->command_line), e);
    if (rc == 0 && strlen(line) >= LINUX_COMMAND_LINE_BYTES)
        rc = err_set(e, ERR_USAGE,
                     "boot %u: the outer Linux takes %u bytes of command line and the plan "
                     "makes %zu; use fewer runs in a boot",
                     (unsigned)boot->plan_index, LINUX_COMMAND_LINE_BYTES - 1, strlen(line));
    return rc;
}

static int prepare(const struct form *f, const struct platform_boot *boot, const char *variant,
                   struct machine_spec *out, struct err *e)
{
    const unsigned guest_mb = boot->memory_mb ? boot->memory_mb : GUEST_MEMORY_MB;
    struct image_result image;
    struct parts parts;
    int rc = platform_check(f->platform, variant, boot->options, boot->option_count, e);

    if (rc != 0)
        return rc;
    memset(out, 0, sizeof(*out));
    rc = find_parts(f, boot, &parts, e);
    if (rc == 0)
        rc = get_image(f, &parts, &image, e);
    if (rc == 0)
        rc = write_words(f, boot, variant, guest_mb, parts.net ? &image : NULL, out, e);
    if (rc != 0)
        return rc;
    memcpy(out->kernel, parts.kernel.path, sizeof(out->kernel));
    memcpy(out->module[0].path, image.path, sizeof(out->module[0].path));
    out->modules = 1;
    out->memory_mb = guest_mb + OUTER_MEMORY_MB;
    out->svm = f->kvm;
    out->no_iommu =
        strcmp(platform_option_value(boot->options, boot->option_count, "iommu", "on"),
               "off") == 0;
    out->second_console = 1;
    return 0;
}

static int describe(const struct form *f, const struct platform_boot *boot,
                    const struct platform_fact_sink *sink, struct err *e)
{
    static const char *const own[] = {"qemu", "kernel", NULL};
    struct image_result image;
    struct parts parts;
    int rc = find_parts(f, boot, &parts, e);

    platform_describe_number("memory_mb", boot->memory_mb ? boot->memory_mb : GUEST_MEMORY_MB,
                             sink);
    if (rc == 0)
        rc = own_build_describe(boot, own, sink, e);
    if (rc == 0)
        rc = get_image(f, &parts, &image, e);
    if (rc == 0)
        rc = platform_describe_part(OUTER_PART, "outer.sha256", sink, e);
    if (rc == 0)
        rc = platform_describe_part(f->bare ? PAYLOAD_PART : AGENT_PART,
                                    f->bare ? "payload.sha256" : "agent.sha256", sink, e);
    if (rc != 0)
        return rc;
    sink->put(sink->opaque, "outer.image.sha256", image.sha256);
    sink->put(sink->opaque, "outer.command_line", OUTER_WORDS);
    if (!f->bare)
        sink->put(sink->opaque, "guest.command_line", LINUX_WORDS);
    return 0;
}

/* --- three platforms --- */

#define KVM_PLATFORM(id, index)                                                               \
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
        (void)variant;                                                                        \
        return describe(&forms[index], boot, sink, e);                                        \
    }

KVM_PLATFORM(bare, 0)
KVM_PLATFORM(linux, 1)
KVM_PLATFORM(tcg, 2)

const struct platform platform_kvm_bare = {
    .name = "kvm-bare",
    .summary = "payload without an OS under KVM, in an outer Linux",
    .rank = 3,
    .variants = kvm_variants,
    .rules = bare_rules,
    .tolerance = &pmu_tolerance_metal,
    .unavailable = bare_unavailable,
    .prepare = bare_prepare,
    .describe = bare_describe,
};

const struct platform platform_kvm = {
    .name = "kvm",
    .summary = "Linux under KVM, in an outer Linux",
    .rank = 4,
    .variants = kvm_variants,
    .rules = linux_rules,
    .tolerance = &pmu_tolerance_metal,
    .unavailable = linux_unavailable,
    .prepare = linux_prepare,
    .describe = linux_describe,
};

const struct platform platform_tcg = {
    .name = "tcg",
    .summary = "Linux under QEMU's translator, in an outer Linux: pure emulation",
    .rank = 12,
    .variants = tcg_variants,
    .rules = linux_rules,
    .tolerance = &pmu_tolerance_metal,
    .unavailable = tcg_unavailable,
    .prepare = tcg_prepare,
    .describe = tcg_describe,
};

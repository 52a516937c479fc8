/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench/lab/card_qemu.c - the card, inside stock QEMU 7.2, loaded as a TCG plugin.
 *
 *   -plugin file=etalon-card.so,socket=PATH[,limit=NS][,end=PATH][,boot=N][,plan=PATH]
 *           [,cure=on|off][,nrip=on|off]
 *
 *   socket  Unix stream socket of the timer simulation; messages of bench/lab/card.h
 *   boot    plan index, for the target to read (CARD_REG_BOOT): on a command line it would make
 *           boots of one seed differ, because Linux stirs its command line into its random pool
 *   plan    file with the plan's text, for the target to read (CARD_REG_PLAN): command lines are
 *           too short for it, a PV guest's holds 1024 bytes
 *   limit   end the machine at this virtual time (END.reason = 1)
 *   end     file that receives one line when the machine starts and ends:
 *           "end cause=CAUSE t_ns=T value=V"
 *           running     none of the following: QEMU is at it, or was killed (T is 0)
 *           power-off   ACPI soft-off                    (T exact)
 *           debug-exit  value V written to port 0xf4     (T exact)
 *           limit       the bound                        (T exact)
 *           reset, panic  the guest reset or gave up: triple fault, reboot, kernel panic
 *           host        QEMU was told to quit (signal)
 *           error       QEMU itself gave up, or the socket broke; T is the last known time
 *
 * What it does: puts a memory region of its own over pci-testdev's BAR 0 and stamps each write
 * to the pins with QEMU_CLOCK_VIRTUAL, which under -icount is the exact number of instructions
 * executed times 2^shift, plus the jumps over idle time. It *watches* the two registers that
 * end the machine (ACPI PM1a control, isa-debug-exit) and hands the access on: QEMU acts on a
 * soft-off only when its main loop comes round, the guest runs on until then, and a time taken
 * there would depend on the host. Nothing flows from here into the machine.
 *
 * It also mends a fault of this QEMU that makes nested guests hang (injection_qemu.h); cure=off
 * leaves it in, to show what it does. nrip=on gives its SVM next-RIP saving (nrip_qemu.h).
 *
 * What it relies on: bench/lab/qemu72.h, QEMU's own functions and layouts of that version, hence
 * the version check at load.
 *
 * Not handled: migration, reset (the machine runs with -no-reboot), several cards.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/lab/card.h"
#include "bench/lab/injection_qemu.h"
#include "bench/lab/nrip_qemu.h"
#include "bench/lab/qemu72.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT extern int qemu_plugin_version;
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_plugin_info *info, int argc,
                               char **argv);

/* --- the card --- */

#define CARD_BAR_BYTES 4096u
#define DEBUG_EXIT_PORT 0xf4u
#define DEBUG_EXIT_BYTES 4u
#define ACPI_PM1_CONTROL 4u /* offset in the ICH9's PM block, ACPI 6.4 section 4.8.3.2 */
#define ACPI_SLEEP_ENABLE 0x2000u
#define ACPI_SLEEP_TYPE(v) (((v) >> 10) & 7u) /* QEMU's q35: 0 = soft-off */

/* Opaque to us; larger than QEMU's structure, and only QEMU touches it. */
struct region {
    _Alignas(64) uint8_t bytes[4096];
};

struct watch { /* a register that ends the machine: looked at, then handed on */
    struct qemu_memory_region *under;
    struct region over;
};

static struct {
    int fd;
    int end_fd;
    uint64_t limit_ns;
    uint32_t boot; /* CARD_REG_BOOT */
    uint32_t plan_bytes, plan_at;
    uint8_t plan[CARD_PLAN_MAX_BYTES + 4]; /* zeros behind its end */
    bool uncured, nrip;
    uint32_t pins, scratch;
    bool ended;
    uint64_t last_ns; /* time of the last message */
    int64_t next_tick_ns;
    struct card_message buffer[256];
    unsigned buffered;
    struct region bar;
    struct watch debug_exit, pm1_control;
    struct qemu_timer tick, limit;
    struct qemu_notifier ready, shutdown, exit;
} card = {.fd = -1, .end_fd = -1};

static struct qemu_memory_region *region_of(struct region *r)
{
    return (struct qemu_memory_region *)(void *)r->bytes;
}

/* One line of a fixed length over the last one: whole, however abruptly QEMU is killed. */
static void card_write_end_file(const char *cause, uint64_t t_ns, uint64_t value)
{
    char text[96], line[98];
    int n;

    if (card.end_fd < 0)
        return;
    snprintf(text, sizeof(text), "end cause=%s t_ns=%" PRIu64 " value=%" PRIu64, cause, t_ns,
             value);
    n = snprintf(line, sizeof(line), "%-96s\n", text);
    if (pwrite(card.end_fd, line, (size_t)n, 0) != n)
        fprintf(stderr, "etalon-card: cannot write how it ended: %s\n", strerror(errno));
}

/* Without the timer nothing the machine does can be measured: end at once, and say why. */
static void __attribute__((noreturn)) card_link_broken(int why)
{
    fprintf(stderr, "etalon-card: the timer's socket broke: %s\n", strerror(why));
    card_write_end_file("error", card.last_ns, 0);
    _exit(3);
}

static void card_flush(void)
{
    const uint8_t *p = (const uint8_t *)card.buffer;
    size_t left = card.buffered * sizeof(card.buffer[0]);
    ssize_t n;

    while (left > 0) {
        n = send(card.fd, p, left, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            card_link_broken(errno);
        p += n;
        left -= (size_t)n;
    }
    card.buffered = 0;
}

static void card_send(enum card_message_kind kind, uint64_t t_ns, uint8_t reason)
{
    if (card.ended)
        return;
    card.last_ns = t_ns;
    card.buffer[card.buffered++] = (struct card_message){
        .t_ns = t_ns, .kind = (uint8_t)kind, .pins = (uint8_t)card.pins, .reason = reason};
    /* Pin changes wait for company; a tick comes at least every CARD_TIME_PERIOD_NS. */
    if (kind != CARD_PINS || card.buffered == sizeof(card.buffer) / sizeof(card.buffer[0]))
        card_flush();
}

static uint64_t card_now_ns(void)
{
    return (uint64_t)qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

/* The machine ends in order, now. What the guest still does until QEMU stops it is ignored. */
static void card_end(const char *cause, uint8_t reason, uint64_t value)
{
    uint64_t t_ns = card_now_ns();

    if (card.ended)
        return;
    card_send(CARD_END, t_ns, reason);
    card.ended = true;
    card_write_end_file(cause, t_ns, value);
    shutdown(card.fd, SHUT_WR);
}

/* The machine ends out of order: no END message. */
static void card_die(const char *cause)
{
    if (card.ended)
        return;
    card_flush();
    card.ended = true;
    card_write_end_file(cause, card.last_ns, 0);
    shutdown(card.fd, SHUT_WR);
}

static uint32_t card_next_of_plan(void)
{
    uint32_t word = 0;
    const uint32_t at = card.plan_at * 4;

    if (at >= card.plan_bytes)
        return 0;
    memcpy(&word, card.plan + at, sizeof(word));
    card.plan_at++;
    return word;
}

static uint64_t card_read(void *opaque, uint64_t addr, unsigned size)
{
    (void)opaque;
    (void)size;
    switch (addr) {
    case CARD_REG_PINS:
        return card.pins;
    case CARD_REG_SCRATCH:
        return card.scratch;
    case CARD_REG_PLAN_BYTES:
        return card.plan_bytes;
    case CARD_REG_PLAN_AT:
        return card.plan_at;
    case CARD_REG_PLAN:
        return card_next_of_plan();
    case CARD_REG_BOOT:
        return card.boot;
    case CARD_REG_ID:
        return CARD_ID_VALUE;
    default:
        return 0;
    }
}

static void card_write(void *opaque, uint64_t addr, uint64_t data, unsigned size)
{
    (void)opaque;
    (void)size;
    if (addr == CARD_REG_PINS) {
        card.pins = (uint32_t)data;
        card_send(CARD_PINS, card_now_ns(), 0);
    } else if (addr == CARD_REG_SCRATCH) {
        card.scratch = (uint32_t)data;
    } else if (addr == CARD_REG_PLAN_AT && data <= CARD_PLAN_MAX_BYTES / 4) {
        card.plan_at = (uint32_t)data;
    }
}

/*
 * Registers are 32 bits wide and aligned. A 64-bit access is two of them, lower address first;
 * narrower and misaligned ones are not the card's: writes are dropped, reads return 0.
 */
static const struct qemu_memory_region_ops card_ops = {
    .read = card_read,
    .write = card_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min = 4, .max = 8},
    .impl = {.min = 4, .max = 4},
};

/* --- the registers that end the machine --- */

static int watch_size_log2(unsigned size)
{
    return size == 1 ? 0 : size == 2 ? 1 : 2;
}

static uint64_t watch_read(void *opaque, uint64_t addr, unsigned size)
{
    struct watch *w = opaque;
    uint64_t data = 0;

    memory_region_dispatch_read(w->under, addr, &data, watch_size_log2(size),
                                MEMTXATTRS_UNSPECIFIED);
    return data;
}

static void watch_hand_on(struct watch *w, uint64_t addr, uint64_t data, unsigned size)
{
    memory_region_dispatch_write(w->under, addr, data, watch_size_log2(size),
                                 MEMTXATTRS_UNSPECIFIED);
}

static void watch_debug_exit(void *opaque, uint64_t addr, uint64_t data, unsigned size)
{
    card_end("debug-exit", 0, data);
    watch_hand_on(opaque, addr, data, size);
}

static void watch_pm1_control(void *opaque, uint64_t addr, uint64_t data, unsigned size)
{
    if (addr == 0 && size >= 2 && (data & ACPI_SLEEP_ENABLE) && ACPI_SLEEP_TYPE(data) == 0)
        card_end("power-off", 0, 0);
    watch_hand_on(opaque, addr, data, size);
}

static const struct qemu_memory_region_ops debug_exit_ops = {
    .read = watch_read,
    .write = watch_debug_exit,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min = 1, .max = 4},
    .impl = {.min = 1, .max = 4},
};

static const struct qemu_memory_region_ops pm1_control_ops = {
    .read = watch_read,
    .write = watch_pm1_control,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {.min = 1, .max = 2},
    .impl = {.min = 1, .max = 2},
};

static void __attribute__((noreturn)) card_refuse(const char *why)
{
    fprintf(stderr, "etalon-card: %s\n", why);
    card_write_end_file("error", 0, 0);
    _exit(3);
}

static struct qemu_memory_region *card_find_region(const char *type, const char *name)
{
    struct qemu_object *device = object_resolve_path_type("", type, NULL), *region;
    char text[160];

    region = device ? object_resolve_path_component(device, name) : NULL;
    if (!region) {
        snprintf(text, sizeof(text), "this machine has no %s with region %s", type, name);
        card_refuse(text);
    }
    return (struct qemu_memory_region *)region;
}

static void card_lay_over(struct qemu_memory_region *where, uint64_t offset, struct region *r,
                          const struct qemu_memory_region_ops *ops, void *opaque,
                          const char *name, uint64_t size)
{
    memory_region_init_io(region_of(r), NULL, ops, opaque, name, size);
    memory_region_add_subregion_overlap(where, offset, region_of(r), 100);
}

/* --- time --- */

static void card_tick(void *opaque)
{
    (void)opaque;
    if (card.ended)
        return;
    card_send(CARD_TIME, card_now_ns(), 0);
    card.next_tick_ns += CARD_TIME_PERIOD_NS; /* QEMU forgets expire_time before the call */
    timer_mod(&card.tick, card.next_tick_ns);
}

static int card_cause_by_name(const char *name)
{
    for (int i = 0; i < ShutdownCause_lookup.size; i++)
        if (strcmp(ShutdownCause_lookup.array[i], name) == 0)
            return i;
    card_refuse("QEMU's causes of a shutdown are not those of 7.2");
}

static void card_limit(void *opaque)
{
    (void)opaque;
    card_end("limit", 1, 0);
    qemu_system_shutdown_request(card_cause_by_name("host-qmp-quit"));
}

static void card_machine_ready(struct qemu_notifier *n, void *data)
{
    const char *reason;

    (void)n;
    (void)data;
    if (use_icount != 1)
        card_refuse("needs -icount with a fixed shift: without it virtual time is noise");
    if (object_type_get_instance_size("memory-region") > sizeof(struct region))
        card_refuse("QEMU's MemoryRegion is larger than that of 7.2");
    reason = card.uncured ? NULL : injection_mend();
    if (reason)
        card_refuse(reason);
    reason = card.nrip ? nrip_start() : NULL;
    if (reason)
        card_refuse(reason);
    card_lay_over(card_find_region("pci-testdev", "pci-testdev-mmio[0]"), 0, &card.bar,
                  &card_ops, NULL, "etalon-card", CARD_BAR_BYTES);
    card.debug_exit.under = card_find_region("isa-debug-exit", "isa-debug-exit[0]");
    card_lay_over(get_system_io(), DEBUG_EXIT_PORT, &card.debug_exit.over, &debug_exit_ops,
                  &card.debug_exit, "etalon-watch-debug-exit", DEBUG_EXIT_BYTES);
    card.pm1_control.under = card_find_region("ICH9-LPC", "acpi-cnt[0]");
    card_lay_over(card_find_region("ICH9-LPC", "ich9-pm[0]"), ACPI_PM1_CONTROL,
                  &card.pm1_control.over, &pm1_control_ops, &card.pm1_control,
                  "etalon-watch-pm1", 2);
    card_write_end_file("running", 0, 0);
    card_send(CARD_START, 0, 0);
    timer_init_full(&card.tick, NULL, QEMU_CLOCK_VIRTUAL, SCALE_NS, 0, card_tick, NULL);
    card.next_tick_ns = CARD_TIME_PERIOD_NS;
    timer_mod(&card.tick, card.next_tick_ns);
    if (card.limit_ns) {
        timer_init_full(&card.limit, NULL, QEMU_CLOCK_VIRTUAL, SCALE_NS, 0, card_limit, NULL);
        timer_mod(&card.limit, (int64_t)card.limit_ns);
    }
}

static void card_machine_shutdown(struct qemu_notifier *n, void *data)
{
    const int *cause = data;
    const char *name = "unknown";

    (void)n;
    if (*cause >= 0 && *cause < ShutdownCause_lookup.size)
        name = ShutdownCause_lookup.array[*cause];
    if (strcmp(name, "guest-reset") == 0)
        card_die("reset");
    else if (strcmp(name, "guest-panic") == 0)
        card_die("panic");
    else if (strncmp(name, "host-", 5) == 0 && strcmp(name, "host-error") != 0)
        card_end("host", 0, 0);
    else if (strcmp(name, "guest-shutdown") == 0)
        card_end("power-off", 0, 0); /* a way to soft-off that is not watched */
    else
        card_die("error");
}

static void card_qemu_exits(struct qemu_notifier *n, void *data)
{
    if (injection_dropped())
        fprintf(stderr,
                "etalon-card: %" PRIu64 " interrupts that QEMU would have delivered twice\n",
                injection_dropped());
    if (nrip_unknown())
        fprintf(stderr, "etalon-card: %" PRIu64 " exits without a known instruction\n",
                nrip_unknown());
    (void)n;
    (void)data;
    card_die("error"); /* ordered ends have been through card_end() by now */
}

static int card_connect(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path)) {
        fprintf(stderr, "etalon-card: socket path longer than %zu bytes: %s\n",
                sizeof(address.sun_path) - 1, path);
        return -1;
    }
    strcpy(address.sun_path, path);
    card.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (card.fd < 0 ||
        connect(card.fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        fprintf(stderr, "etalon-card: cannot connect to %s: %s\n", path, strerror(errno));
        return -1;
    }
    return 0;
}

static int card_take_plan(const char *path)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, card.plan, sizeof(card.plan));

    if (n < 0 || n > (ssize_t)CARD_PLAN_MAX_BYTES) {
        fprintf(stderr, "etalon-card: cannot take the plan %s: %s\n", path,
                n < 0 ? strerror(errno) : "it is longer than the card holds");
        return -1;
    }
    close(fd);
    card.plan_bytes = (uint32_t)n;
    return 0;
}

int qemu_plugin_install(uint64_t id, const struct qemu_plugin_info *info, int argc,
                        char **argv)
{
    const struct qemu_version_info *version = qmp_query_version(NULL);
    const char *path = NULL, *end = NULL, *plan = NULL;

    (void)id;
    (void)info;
    if (version->qemu->major != QEMU_MAJOR || version->qemu->minor != QEMU_MINOR) {
        fprintf(stderr,
                "etalon-card: made for QEMU %d.%d, this is %" PRId64 ".%" PRId64 ".%" PRId64
                "%s; install Debian 12's qemu-system-x86\n",
                QEMU_MAJOR, QEMU_MINOR, version->qemu->major, version->qemu->minor,
                version->qemu->micro, version->package);
        return -1;
    }
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "socket=", 7) == 0)
            path = argv[i] + 7;
        else if (strncmp(argv[i], "end=", 4) == 0)
            end = argv[i] + 4;
        else if (strncmp(argv[i], "plan=", 5) == 0)
            plan = argv[i] + 5;
        else if (strncmp(argv[i], "boot=", 5) == 0)
            card.boot = CARD_BOOT_VALID | ((uint32_t)strtoul(argv[i] + 5, NULL, 10) & 0xFFFFu);
        else if (strncmp(argv[i], "limit=", 6) == 0)
            card.limit_ns = strtoull(argv[i] + 6, NULL, 10);
        else if (strcmp(argv[i], "cure=off") == 0 || strcmp(argv[i], "cure=on") == 0)
            card.uncured = strcmp(argv[i], "cure=off") == 0;
        else if (strcmp(argv[i], "nrip=off") == 0 || strcmp(argv[i], "nrip=on") == 0)
            card.nrip = strcmp(argv[i], "nrip=on") == 0;
        else {
            fprintf(stderr, "etalon-card: unknown option %s\n", argv[i]);
            return -1;
        }
    }
    if (!path) {
        fprintf(stderr, "etalon-card: socket=PATH is missing\n");
        return -1;
    }
    if (end) {
        card.end_fd = open(end, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (card.end_fd < 0) {
            fprintf(stderr, "etalon-card: cannot create %s: %s\n", end, strerror(errno));
            return -1;
        }
    }
    if ((plan && card_take_plan(plan) != 0) || card_connect(path) != 0)
        return -1;
    card.ready.notify = card_machine_ready;
    card.shutdown.notify = card_machine_shutdown;
    card.exit.notify = card_qemu_exits;
    qemu_add_machine_init_done_notifier(&card.ready);
    qemu_register_shutdown_notifier(&card.shutdown);
    qemu_add_exit_notifier(&card.exit);
    return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tests/system/vmm_fuzz/engine.c - chance, the accounts, what is said, and the loop (fuzz.h). */
#include "tests/system/vmm_fuzz/fuzz.h"

#define MAX_OPERATIONS 40u
#define CAUSES VMM_CAUSE_COUNT
#define CARD 0xfebfe000ull    /* QEMU's */
#define FIRST_INTERRUPT 0x20u /* vectors of the machine's, start.S */
#define LAST_INTERRUPT 0x3fu
#define LINE_STATUS 0x3fd
#define CAN_TAKE_A_BYTE 0x20u

enum mode mode;
volatile struct vmm_accounts *const accounts = (void *)0xfef00000ull;
uint64_t ram_end, words_end;
const char *operation = "start";
int clock_goes_back, by_vmx;
uint64_t card_page;

static uint64_t state, seed, steps, step, last, has_last;
static uint8_t weight[MAX_OPERATIONS];
static uint64_t expected[CAUSES];
static int loose;

/* --- chance --- */

uint64_t random64(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15ull; /* splitmix64 */

    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ z >> 27) * 0x94D049BB133111EBull;
    return z ^ z >> 31;
}

uint64_t below(uint64_t n)
{
    return random64() % n;
}

uint64_t odd_value(void)
{
    const uint64_t r = random64();

    switch (r & 7) {
    case 0:
        return below(256);
    case 1:
        return 1ull << (r >> 8 & 63);
    case 2:
        return UINT64_MAX << (r >> 8 & 63);
    case 3:
        return (1ull << (r >> 8 & 63)) - 1;
    case 4:
        return (uint32_t)random64();
    default:
        return random64();
    }
}

void randomize(void)
{
    for (unsigned i = 0; i < 16; i++)
        exec_in[i] = odd_value();
    exec_flags_in = random64() & 0xd500u;
}

/* --- what is said --- */

/* 115200 8n1: Bochs' port keeps to it and to what it costs in time; QEMU's does not care. */
static void start_console(void)
{
    out8(0x3fb, 0x83);
    out8(0x3f8, 1);
    out8(0x3f9, 0);
    out8(0x3fb, 0x03);
}

void say(const char *text)
{
    while (*text) {
        for (unsigned i = 0; by_vmx && i < 10000000 && !(in8(LINE_STATUS) & CAN_TAKE_A_BYTE);
             i++)
            ;
        out8(0x3f8, (uint8_t)*text++);
    }
}

void say_hex(uint64_t value)
{
    char digits[17];
    char *p = digits + 16;

    *p = '\0';
    do {
        *--p = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    say(p);
}

const uint8_t *hypercall_code(void)
{
    return mode == PV ? s_pv_call : by_vmx ? s_vmcall : s_vmmcall;
}

uint64_t call(uint64_t number)
{
    for (unsigned i = 0; i < 16; i++)
        exec_in[i] = 0;
    exec_in[RAX] = number;
    run(hypercall_code());
    return exec_out[RAX];
}

_Noreturn void shut_down(void)
{
    call(VMM_HYPERCALL_SHUTDOWN);
    say("bug shutdown came back\n");
    for (;;)
        ;
}

_Noreturn void bug(const char *what, uint64_t got, uint64_t wanted)
{
    say("bug ");
    say(operation);
    say(" step ");
    say_hex(step);
    say(": ");
    say(what);
    say(" got ");
    say_hex(got);
    say(" wanted ");
    say_hex(wanted);
    say("\n");
    shut_down();
}

void must(const char *what, uint64_t got, uint64_t wanted)
{
    if (got != wanted)
        bug(what, got, wanted);
}

static const char *const names[16] = {"RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI",
                                      "R8",  "R9",  "R10", "R11", "R12", "R13", "R14", "R15"};

static void must_be_same(unsigned results)
{
    for (unsigned i = 0; i < 16; i++)
        if (i != RSP && !(results & BIT(i)))
            must(names[i], exec_out[i], exec_in[i]);
}

void must_keep(unsigned results)
{
    if (exec_vector != NO_FAULT)
        bug("a fault", exec_vector << 32 | exec_error, NO_FAULT);
    must_be_same(results);
}

void must_fault(unsigned vector, uint64_t error)
{
    must("vector", exec_vector, vector);
    must("error code", exec_error, error);
    must_be_same(0);
}

void must_fault_injected(unsigned vector, uint64_t error)
{
    must_fault(vector, error);
    must("RF of an injected fault", exec_rflags & FLAG_RF, FLAG_RF);
}

/* QEMU 7.2 counts gates of 16 bytes in places, where the processor counts to 8 (APM vol. 2
 * section 8.4.1). */
void must_fault_at_gate(unsigned vector, unsigned gate)
{
    must_fault(vector, exec_error == gate * 16 + 2 ? gate * 16 + 2 : gate * 8 + 2);
}

/* --- the accounts --- */

void expect_exits(enum vmm_cause cause, uint64_t n)
{
    expected[cause] += n;
}

void expect_loose(void)
{
    loose = 1;
}

/* An interrupt of the machine may come at any time; the shadow fills when it pleases. */
static int is_free(unsigned cause)
{
    return loose || cause == VMM_CAUSE_INTERRUPT ||
           (cause == VMM_CAUSE_PAGE_FAULT && mode != NESTED);
}

struct book {
    uint64_t count[CAUSES], ticks[CAUSES], total, interrupts;
};

static void take_book(struct book *b)
{
    b->interrupts = 0;
    for (unsigned i = FIRST_INTERRUPT; i <= LAST_INTERRUPT; i++)
        b->interrupts += ticks[i];
    /* Page faults of the shadow while it is read: read until it stands still. */
    do {
        b->total = accounts->exits_total;
        for (unsigned i = 0; i < CAUSES; i++) {
            b->count[i] = accounts->count[i];
            b->ticks[i] = accounts->tsc_in_vmm[i];
        }
    } while (b->total != accounts->exits_total);
}

static void check_book(const struct book *before, const struct book *now)
{
    uint64_t sum = 0;

    must("ABI version", accounts->abi_version, VMM_ABI_VERSION);
    must("number of causes", accounts->causes, CAUSES);
    for (unsigned i = 0; i < CAUSES; i++) {
        const uint64_t n = now->count[i] - before->count[i];
        const uint64_t least = accounts->tsc_min[i], most = accounts->tsc_max[i];

        sum += now->count[i];
        if (!is_free(i) && n != expected[i])
            bug("exits by cause", (uint64_t)i << 32 | n, (uint64_t)i << 32 | expected[i]);
        if (now->ticks[i] < before->ticks[i] || (!n && now->ticks[i] != before->ticks[i]))
            bug("ticks by cause", now->ticks[i], before->ticks[i]);
        if (now->ticks[i] && (least > most || now->ticks[i] > most * now->count[i]))
            bug("extremes by cause", now->ticks[i], most);
        if (!now->ticks[i] && least != UINT64_MAX)
            bug("an extreme of nothing", least, UINT64_MAX);
    }
    must("sum of all causes", sum, now->total);
    for (unsigned i = CAUSES; i < 32; i++)
        must("an account of no cause", accounts->count[i] | accounts->tsc_in_vmm[i], 0);
    for (uint64_t at = (uint64_t)(accounts + 1); step % 64 == 0 && at < 0xfef01000ull; at += 8)
        must("the rest of the accounts page", *(const volatile uint64_t *)at, 0);
}

/* --- memory nobody may touch --- */

static uint64_t stamp(uint64_t at)
{
    return (at ^ seed << 32) * 0x9E3779B97F4A7C15ull;
}

static void stamp_memory(void)
{
    for (uint64_t at = STAMPED; at < words_end; at += 8)
        *(volatile uint64_t *)at = stamp(at);
}

static void check_memory(void)
{
    for (uint64_t at = STAMPED; at < words_end; at += 8)
        if (*(volatile uint64_t *)at != stamp(at))
            bug("a word of RAM changed", at, *(volatile uint64_t *)at);
}

/* --- start --- */

static uint64_t parse(const char *line, const char *key, uint64_t otherwise)
{
    for (; *line; line++) {
        uint64_t value = 0;
        size_t i = 0;

        while (key[i] && line[i] == key[i])
            i++;
        if (key[i])
            continue;
        for (line += i; *line && *line != ' '; line++)
            value = value << 4 | (uint64_t)(*line <= '9' ? *line - '0' : *line - 'a' + 10);
        return value;
    }
    return otherwise;
}

static void parse_mix(const char *line)
{
    static const char key[] = "mix=";

    for (unsigned i = 0; i < MAX_OPERATIONS; i++)
        weight[i] = 4;
    for (; *line; line++) {
        size_t i = 0;

        while (key[i] && line[i] == key[i])
            i++;
        if (key[i])
            continue;
        line += i;
        for (unsigned n = 0; n < MAX_OPERATIONS && *line && *line != ' '; n++, line++)
            weight[n] = (uint8_t)(*line <= '9' ? *line - '0' : *line - 'a' + 10);
        return;
    }
}

static void start(const struct start_info *info)
{
    const char *line = (const char *)info->command_line;
    const struct map_entry *map = (const struct map_entry *)info->memory_map;

    ram_end = map[2].address + map[2].bytes;
    words_end = ram_end < 0x1000000 ? ram_end : 0x1000000;
    state = seed = parse(line, "seed=", 1);
    steps = parse(line, "steps=", 100);
    last = parse(line, "last=", 0);
    has_last = parse(line, "last=", UINT64_MAX) != UINT64_MAX;
    mode = (enum mode)parse(line, "mode=", 0);
    by_vmx = parse(line, "vmx=", 0) != 0;
    card_page = parse(line, "card=", CARD);
    clock_goes_back = parse(line, "clock=", 0) != 0;
    parse_mix(line);
    if (by_vmx)
        start_console();
    stamp_memory();
}

static unsigned choose(unsigned count)
{
    uint64_t sum = 0, at;
    unsigned i;

    for (i = 0; i < count; i++)
        sum += weight[i];
    at = below(sum ? sum : 1);
    for (i = 0; i + 1 < count && at >= weight[i]; i++)
        at -= weight[i];
    return i;
}

static _Noreturn void drive(const struct operation *table, unsigned count)
{
    struct book before, now;

    take_book(&before);
    for (step = 0; step < steps; step++) {
        const struct operation *o = &table[choose(count)];

        operation = o->name;
        for (unsigned i = 0; i < CAUSES; i++)
            expected[i] = 0;
        loose = 0;
        take_book(&before);
        o->run();
        take_book(&now);
        /* VT-x hands an interrupt on by an exit, each by one (docs/techniques/vmx.md). */
        if (by_vmx)
            expect_exits(VMM_CAUSE_INTERRUPT_WINDOW, now.interrupts - before.interrupts);
        check_book(&before, &now);
    }
    operation = "end";
    check_memory();
    say("exits ");
    say_hex(accounts->exits_total);
    say("\ndone\n");
    if (has_last) {
        operation = "last";
        fuzz_end((unsigned)last);
        bug("it went on behind what must end it", last, 0);
    }
    shut_down();
}

_Noreturn void fuzz_main(const struct start_info *info)
{
    unsigned count;
    const struct operation *table;

    start(info);
    guest_prepare();
    table = guest_operations(&count);
    drive(table, count);
}

_Noreturn void fuzz_pv_main(const struct start_info *info)
{
    unsigned count;
    const struct operation *table;

    start(info);
    mode = PV;
    guest_prepare();
    table = guest_operations(&count);
    drive(table, count);
}

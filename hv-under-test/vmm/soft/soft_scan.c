/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hv-under-test/vmm/soft/soft_scan.c - replacing what would not trap (vmm/soft/soft_scan.h).
 */
#include "hv-under-test/vmm/soft/soft_scan.h"

#include <elf.h>

#include "hv-under-test/vmm/guest/guest.h"
#include "hv-under-test/vmm/soft/soft_decode.h"

#define PAGE_SHIFT 12u
#define INT3 0xccu
#define INT_N 0xcdu
#define PREFIX_DS 0x3eu /* before INT n: makes it three bytes and changes nothing */
#define PENDING_BRANCHES 256u

/* One bit a byte of guest memory below the limit. */
static uint8_t begins[SOFT_SCAN_CODE_LIMIT / 8];  /* a symbol says: an instruction begins */
static uint8_t covered[SOFT_SCAN_CODE_LIMIT / 8]; /* 32-bit code, read already */
static uint8_t code_pages[(SOFT_SCAN_CODE_LIMIT >> PAGE_SHIFT) / 8];

static int test_bit(const uint8_t *map, uint64_t bit)
{
    return map[bit / 8] >> (bit % 8) & 1;
}

static void set_bit(uint8_t *map, uint64_t bit)
{
    map[bit / 8] |= (uint8_t)(1u << (bit % 8));
}

int soft_scan_is_code(uint64_t guest_physical)
{
    return guest_physical < SOFT_SCAN_CODE_LIMIT &&
           test_bit(code_pages, guest_physical >> PAGE_SHIFT);
}

/* Three bytes of hypercall become INT n behind a prefix, two of CPUID INT n; an instruction
 * of any other form takes one byte, INT3. */
static void replace(uint8_t *code, const struct soft_insn *i, struct soft_patch *p)
{
    for (unsigned k = 0; k < 3 && k < i->length; k++)
        p->original[k] = code[k];
    if (p->kind == SOFT_HYPERCALL && i->length == 3) {
        code[0] = PREFIX_DS;
        code[1] = INT_N;
        code[2] = SOFT_VECTOR_HYPERCALL;
        p->replaced = 3;
    } else if (p->kind == SOFT_CPUID && i->length == 2) {
        code[0] = INT_N;
        code[1] = SOFT_VECTOR_CPUID;
        p->replaced = 2;
    } else {
        code[0] = INT3;
        p->replaced = 1;
    }
}

/* Ascending order: the sweep appends, only what the 32-bit code adds moves. */
static const char *add_patch(struct soft_scan *s, uint64_t address, uint8_t *code,
                             const struct soft_insn *i, enum soft_kind kind)
{
    unsigned at = s->patches;

    if (s->patches == SOFT_SCAN_PATCHES)
        return "cpu=soft: more than 1024 instructions of the guest would have to be replaced";
    for (; at && s->patch[at - 1].address > address; at--)
        s->patch[at] = s->patch[at - 1];
    s->patch[at] = (struct soft_patch){
        .address = (uint32_t)address, .length = (uint8_t)i->length, .kind = (uint8_t)kind};
    s->patches++;
    replace(code, i, &s->patch[at]);
    return NULL;
}

/* Decode at `address`, at most up to `end`; replace if needed. */
static const char *read_one(struct soft_scan *s, uint64_t address, uint64_t end, unsigned bits,
                            int keep_flags, struct soft_insn *i)
{
    uint8_t *code = guest_pointer(address, end - address);
    enum soft_kind kind;

    s->place = address;
    if (!code || soft_decode(code, end - address, bits, i))
        return "cpu=soft: the guest's code cannot be decoded";
    s->instructions++;
    kind = soft_kind_of(i);
    if (kind == SOFT_PLAIN || (kind == SOFT_FLAGS && keep_flags))
        return NULL;
    return add_patch(s, address, code, i, kind);
}

/* Where a direct branch goes; 0: it is none. */
static uint64_t branch_target(const struct soft_insn *i, uint64_t next)
{
    if (i->map == SOFT_MAP_0F && (i->opcode & 0xf0u) == 0x80)
        return (uint32_t)(next + i->immediate);
    if (i->map != SOFT_MAP_ONE)
        return 0;
    if (i->opcode == 0xe8 || i->opcode == 0xe9)
        return (uint32_t)(next + i->immediate);
    if ((i->opcode & 0xf0u) == 0x70 || (i->opcode >= 0xe0 && i->opcode <= 0xe3) ||
        i->opcode == 0xeb)
        return (uint32_t)(next + (uint64_t)(int8_t)i->immediate);
    return 0;
}

static int ends_flow(const struct soft_insn *i)
{
    unsigned reg = (i->modrm >> 3) & 7u;

    if (i->map != SOFT_MAP_ONE)
        return 0;
    switch (i->opcode) {
    case 0xc2:
    case 0xc3:
    case 0xca:
    case 0xcb:
    case 0xcf:
    case 0xe9:
    case 0xea:
    case 0xeb:
        return 1;
    case 0xff:
        return reg == 4 || reg == 5;
    default:
        return 0;
    }
}

/* The 32-bit code that direct branches reach from the entry. */
static const char *follow(struct soft_scan *s, uint32_t entry, int keep_flags)
{
    static uint64_t pending[PENDING_BRANCHES];
    unsigned count = 0;

    pending[count++] = entry;
    while (count) {
        uint64_t at = pending[--count];
        struct soft_insn i;

        while (at < SOFT_SCAN_CODE_LIMIT && soft_scan_is_code(at) && !test_bit(covered, at)) {
            uint64_t target;
            const char *reason = read_one(s, at, at + 16, 32, keep_flags, &i);

            if (reason)
                return reason;
            for (unsigned k = 0; k < i.length; k++)
                set_bit(covered, at + k);
            at += i.length;
            target = branch_target(&i, at);
            if (target && count == PENDING_BRANCHES)
                return "cpu=soft: the guest's 32-bit code has too many branches";
            if (target)
                pending[count++] = target;
            if (ends_flow(&i))
                break;
        }
    }
    return NULL;
}

static uint64_t next_begin(uint64_t from, uint64_t end)
{
    while (from < end && !test_bit(begins, from) && !test_bit(covered, from))
        from++;
    return from;
}

/* 64-bit code, one instruction behind the other. */
static const char *sweep(struct soft_scan *s, uint64_t at, uint64_t end, int keep_flags)
{
    while (at < end) {
        struct soft_insn i;
        const char *reason;
        uint64_t border;

        if (test_bit(covered, at)) {
            at++;
            continue;
        }
        border = next_begin(at + 1, at + 16 < end ? at + 16 : end);
        reason = read_one(s, at, border, 64, keep_flags, &i);
        /* What ends at a border without being an instruction is filling, if 32-bit code lies
         * around it. */
        if (reason && !test_bit(covered, border))
            return reason;
        at = reason ? border : at + i.length;
    }
    return NULL;
}

static int in_file(uint64_t offset, uint64_t bytes, uint64_t size)
{
    return offset <= size && bytes <= size - offset;
}

static void note_symbols(const uint8_t *image, const Elf32_Shdr *h)
{
    for (uint64_t at = 0; at + sizeof(Elf32_Sym) <= h->sh_size; at += sizeof(Elf32_Sym)) {
        Elf32_Sym symbol;
        unsigned type;

        __builtin_memcpy(&symbol, image + h->sh_offset + at, sizeof(symbol));
        type = ELF32_ST_TYPE(symbol.st_info);
        if ((type == STT_NOTYPE || type == STT_FUNC) && symbol.st_shndx != SHN_ABS &&
            symbol.st_value < SOFT_SCAN_CODE_LIMIT)
            set_bit(begins, symbol.st_value);
    }
}

static const char *note_sections(const uint8_t *image, uint64_t image_bytes,
                                 const Elf32_Ehdr *e, Elf32_Shdr *first, unsigned room,
                                 unsigned *count)
{
    *count = 0;
    if (!e->e_shnum || e->e_shentsize != sizeof(Elf32_Shdr) ||
        !in_file(e->e_shoff, (uint64_t)e->e_shnum * sizeof(Elf32_Shdr), image_bytes))
        return "cpu=soft: the guest's image has no sections that tell its code from its data";
    for (unsigned n = 0; n < e->e_shnum; n++) {
        Elf32_Shdr h;

        __builtin_memcpy(&h, image + e->e_shoff + n * sizeof(h), sizeof(h));
        if (h.sh_type == SHT_SYMTAB && in_file(h.sh_offset, h.sh_size, image_bytes))
            note_symbols(image, &h);
        if (!(h.sh_flags & SHF_EXECINSTR) || !h.sh_size)
            continue;
        if (*count == room)
            return "cpu=soft: the guest's image has more than 8 sections of code";
        if (h.sh_addr > SOFT_SCAN_CODE_LIMIT || h.sh_size > SOFT_SCAN_CODE_LIMIT - h.sh_addr ||
            !guest_pointer(h.sh_addr, h.sh_size))
            return "cpu=soft: the guest's code reaches above 4 MiB or outside its memory";
        first[(*count)++] = h;
        for (uint64_t page = h.sh_addr >> PAGE_SHIFT;
             page <= (h.sh_addr + h.sh_size - 1) >> PAGE_SHIFT; page++)
            set_bit(code_pages, page);
    }
    return *count ? NULL : "cpu=soft: the guest's image has no section of code";
}

const char *soft_scan_image(struct soft_scan *s, const uint8_t *image, uint64_t image_bytes,
                            uint32_t entry, int keep_flags)
{
    Elf32_Shdr sections[8];
    const char *reason;
    unsigned count;
    Elf32_Ehdr e;

    __builtin_memset(begins, 0, sizeof(begins));
    __builtin_memset(covered, 0, sizeof(covered));
    __builtin_memset(code_pages, 0, sizeof(code_pages));
    s->instructions = s->place = 0;
    s->patches = 0;
    if (image_bytes < sizeof(e))
        return "cpu=soft: the guest's image is too short";
    __builtin_memcpy(&e, image, sizeof(e));
    reason = note_sections(image, image_bytes, &e, sections, 8, &count);
    if (!reason)
        reason = follow(s, entry, keep_flags);
    for (unsigned n = 0; !reason && n < count; n++)
        reason = sweep(s, sections[n].sh_addr, sections[n].sh_addr + sections[n].sh_size,
                       keep_flags);
    return reason;
}

/* The first patch at or behind an address; s->patches if there is none. */
static unsigned first_from(const struct soft_scan *s, uint64_t guest_physical)
{
    unsigned low = 0, high = s->patches;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (s->patch[middle].address < guest_physical)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct soft_patch *soft_scan_find(const struct soft_scan *s, uint64_t guest_physical)
{
    unsigned n = first_from(s, guest_physical);

    return n < s->patches && s->patch[n].address == guest_physical ? &s->patch[n] : NULL;
}

void soft_scan_restore(const struct soft_scan *s, uint64_t guest_physical, uint8_t *copy,
                       size_t n)
{
    for (unsigned i = first_from(s, guest_physical);
         i < s->patches && s->patch[i].address < guest_physical + n; i++)
        for (unsigned k = 0; k < s->patch[i].replaced; k++)
            if (s->patch[i].address + k < guest_physical + n)
                copy[s->patch[i].address + k - guest_physical] = s->patch[i].original[k];
}

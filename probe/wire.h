/* SPDX-License-Identifier: MIT */
/*
 * probe/wire.h - wire v1: the bytes between the FPGA timer and its observer.
 *
 * ABI. Shared by the RTL (fpga-timer/rtl/etl_wire.vh repeats the constants; a test compares
 * the two), the decoder (probe/wire.c), the drivers of the timer and every stored frame.
 * The same bytes travel over a serial port, a pseudo-terminal and a file.
 *
 * Framing: SLIP (RFC 1055), END before and after each frame. All integers little-endian.
 *
 *   device to host:  type u8 | seq u32 | epoch u8 | t u64 | payload | crc32c u32
 *   host to device:  type u8 | addr u8 | value u64 | crc32c u32      (always 14 bytes)
 *
 * crc32c covers all unescaped bytes before it (base/crc32c.h).
 * seq counts every frame of the device since reset, from 0, modulo 2^32.
 * epoch is bumped by reset and by a loss of clock lock: times of two epochs do not compare.
 * t is in ticks: half periods of fclk (1 / (2 fclk)), also where one sample a clock is taken.
 *   EVENT: time of samples[0]; samples[i] was taken at t + i * (2 / phases) ticks.
 *   other frames: the time at which the framer began the frame.
 *
 * Not handled here: flow control (the device never waits for the host), retransmission (a
 * damaged frame shows as a hole in seq and invalidates what spans it).
 */
#ifndef ETALON_PROBE_WIRE_H
#define ETALON_PROBE_WIRE_H

#include <stdint.h>

#define WIRE_PROTOCOL 1u

#define WIRE_SLIP_END 0xC0u
#define WIRE_SLIP_ESC 0xDBu
#define WIRE_SLIP_ESC_END 0xDCu
#define WIRE_SLIP_ESC_ESC 0xDDu

enum wire_type {
    /* device to host */
    WIRE_HELLO = 0x01,     /* after reset and in answer to WIRE_HELLO_REQUEST */
    WIRE_EVENT = 0x02,     /* an enabled channel changed in this clock */
    WIRE_LOST = 0x03,      /* comes before the first EVENT after a loss */
    WIRE_HEARTBEAT = 0x04, /* every heartbeat period, armed or not */
    WIRE_REPLY = 0x05,     /* answer to READ, WRITE, ARM, DISARM, SELFTEST */
    WIRE_PONG = 0x06,      /* answer to PING */
    /* host to device */
    WIRE_HELLO_REQUEST = 0x80,
    WIRE_READ = 0x81,     /* addr */
    WIRE_WRITE = 0x82,    /* addr, value; refused while armed */
    WIRE_ARM = 0x83,      /* value = nonce; clears lost and high-water, locks configuration */
    WIRE_DISARM = 0x84,   /* value = nonce, must match */
    WIRE_PING = 0x85,     /* value = cookie, comes back in PONG */
    WIRE_SELFTEST = 0x86, /* value: bits 0-7 channels looped to the generator, 8-31 its half
                             period in fclk clocks (0 switches it off); refused while armed */
};

/* In REPLY. */
enum wire_status {
    WIRE_STATUS_OK = 0,
    WIRE_STATUS_LOCKED = 1, /* refused: armed */
    WIRE_STATUS_NO_REGISTER = 2,
    WIRE_STATUS_READ_ONLY = 3,
    WIRE_STATUS_BAD_NONCE = 4,
};

enum wire_register {
    WIRE_REG_ID = 0x00,       /* r  0x4E4C5445 "ETLN" */
    WIRE_REG_ENABLE = 0x01,   /* rw channel mask, reset 0xFF */
    WIRE_REG_WATCHDOG = 0x02, /* rw ticks a strobe may stay silent after an odd number of
                                  strobes while armed; 0 = off (reset).
                                  Multiples of 32: the low five bits read back as 0 */
    /* rw period in ticks, reset = 100 ms; 0 = off; multiples of 32 */
    WIRE_REG_HEARTBEAT = 0x03,
    WIRE_REG_NONCE = 0x04,   /* r  of the last ARM */
    WIRE_REG_STATUS = 0x05,  /* r  bits as in the HEARTBEAT's status */
    WIRE_REG_LOST = 0x06,    /* r  records lost since ARM */
    WIRE_REG_REFUSED = 0x07, /* r  changes refused since reset */
    WIRE_REG_IGNORED = 0x08, /* r  commands not carried out since reset: damaged, of unknown
                                  type, or sent before the last one was answered */
};

#define WIRE_ID_VALUE 0x4E4C5445u

/* Bits of HEARTBEAT.status and WIRE_REG_STATUS. */
#define WIRE_STATUS_BIT_LOCK 0x01u /* clock locked */
#define WIRE_STATUS_BIT_ARMED 0x02u
#define WIRE_STATUS_BIT_WATCHDOG 0x04u /* a STOP did not come by the deadline; sticky to ARM */

/* Channels. */
#define WIRE_CHANNELS 8u
#define WIRE_CHANNEL_STROBE 0u
#define WIRE_CHANNEL_CODE 1u /* channels 1-4: marker code, bit 0 first */
#define WIRE_CHANNEL_SPARE 5u
#define WIRE_CHANNEL_REFERENCE 6u /* 1 Hz divided from 10 MHz */
#define WIRE_CHANNEL_PPS 7u

/* Packed as sent; sizes are ABI. The decoder never overlays these on the byte stream. */
#define WIRE_HEADER_BYTES 14u
#define WIRE_CRC_BYTES 4u
#define WIRE_COMMAND_BYTES 14u   /* with crc */
#define WIRE_MAX_FRAME_BYTES 64u /* unescaped, with crc; longer is damage */

struct wire_hello {     /* payload 28 bytes, in this order */
    uint8_t protocol;   /* WIRE_PROTOCOL */
    uint8_t channels;   /* WIRE_CHANNELS */
    uint8_t phases;     /* samples a clock: 1, 2 or 4 */
    uint8_t reserved;   /* 0 */
    uint32_t fclk_hz;   /* capture clock, nominal */
    uint32_t baud;      /* nominal */
    uint64_t source_id; /* first 8 bytes (little-endian) of SHA-256 over the RTL sources */
    uint64_t build_id;  /* bitstream, or 0 where the RTL is simulated */
};
#define WIRE_HELLO_BYTES 28u

struct wire_event {        /* payload 2 + n bytes; n = phases */
    uint8_t levels_before; /* all channels just before samples[0], disabled ones too */
    uint8_t n;
    uint8_t samples[4];
};
#define WIRE_EVENT_FIXED_BYTES 2u

struct wire_lost {    /* payload 20 bytes */
    uint32_t count;   /* EVENT records lost since the last LOST, exact */
    uint64_t t_first; /* t of the first and the last record lost */
    uint64_t t_last;
};
#define WIRE_LOST_BYTES 20u

struct wire_heartbeat {  /* payload 10 bytes */
    uint32_t lost_total; /* since ARM */
    uint16_t high_water; /* FIFO records, since ARM */
    uint8_t levels;      /* pins now */
    uint8_t status;      /* WIRE_STATUS_BIT_* */
    uint16_t refused;
};
#define WIRE_HEARTBEAT_BYTES 10u

struct wire_reply {  /* payload 11 bytes */
    uint8_t request; /* type of the command answered */
    uint8_t addr;
    uint8_t status; /* enum wire_status */
    uint64_t value; /* register value after the command; ARM, DISARM: the nonce */
};
#define WIRE_REPLY_BYTES 11u

#define WIRE_PONG_BYTES 8u /* cookie u64 */

#endif

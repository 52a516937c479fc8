// SPDX-License-Identifier: MIT
//
// etl_wire.vh - wire v1 as the RTL sees it: the constants of probe/wire.h, name by name.
//
// probe/wire.h is the contract; this file repeats it and adds nothing. tests/sim/wire_const.sh
// parses both and fails on a name or a value that differs in either direction.
// Not handled here: the meaning of the values, see probe/wire.h.

`define WIRE_PROTOCOL           8'd1

`define WIRE_SLIP_END           8'hC0
`define WIRE_SLIP_ESC           8'hDB
`define WIRE_SLIP_ESC_END       8'hDC
`define WIRE_SLIP_ESC_ESC       8'hDD

`define WIRE_HELLO              8'h01
`define WIRE_EVENT              8'h02
`define WIRE_LOST               8'h03
`define WIRE_HEARTBEAT          8'h04
`define WIRE_REPLY              8'h05
`define WIRE_PONG               8'h06
`define WIRE_HELLO_REQUEST      8'h80
`define WIRE_READ               8'h81
`define WIRE_WRITE              8'h82
`define WIRE_ARM                8'h83
`define WIRE_DISARM             8'h84
`define WIRE_PING               8'h85
`define WIRE_SELFTEST           8'h86

`define WIRE_STATUS_OK          8'd0
`define WIRE_STATUS_LOCKED      8'd1
`define WIRE_STATUS_NO_REGISTER 8'd2
`define WIRE_STATUS_READ_ONLY   8'd3
`define WIRE_STATUS_BAD_NONCE   8'd4

`define WIRE_REG_ID             8'h00
`define WIRE_REG_ENABLE         8'h01
`define WIRE_REG_WATCHDOG       8'h02
`define WIRE_REG_HEARTBEAT      8'h03
`define WIRE_REG_NONCE          8'h04
`define WIRE_REG_STATUS         8'h05
`define WIRE_REG_LOST           8'h06
`define WIRE_REG_REFUSED        8'h07
`define WIRE_REG_IGNORED        8'h08

`define WIRE_ID_VALUE           32'h4E4C5445

`define WIRE_STATUS_BIT_LOCK     8'h01
`define WIRE_STATUS_BIT_ARMED    8'h02
`define WIRE_STATUS_BIT_WATCHDOG 8'h04

`define WIRE_CHANNELS           8'd8
`define WIRE_CHANNEL_STROBE     0
`define WIRE_CHANNEL_CODE       1
`define WIRE_CHANNEL_SPARE      5
`define WIRE_CHANNEL_REFERENCE  6
`define WIRE_CHANNEL_PPS        7

`define WIRE_HEADER_BYTES       6'd14
`define WIRE_CRC_BYTES          6'd4
`define WIRE_COMMAND_BYTES      4'd14
`define WIRE_MAX_FRAME_BYTES    7'd64
`define WIRE_HELLO_BYTES        6'd28
`define WIRE_EVENT_FIXED_BYTES  6'd2
`define WIRE_LOST_BYTES         6'd20
`define WIRE_HEARTBEAT_BYTES    6'd10
`define WIRE_REPLY_BYTES        6'd11
`define WIRE_PONG_BYTES         6'd8

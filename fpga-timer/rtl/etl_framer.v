// SPDX-License-Identifier: GPL-3.0-or-later
//
// etl_framer.v - one frame after the other onto the line (probe/wire.h, device to host). sclk.
//
// Sources, in order: an answer of etl_control, a heartbeat that is due, the FIFO. After a frame
// that did not come from the FIFO, the FIFO goes first, so that no flood of commands or
// heartbeats starves the records. A FIFO word is taken only when its frame is complete.
// An EVENT carries its own time and epoch. Every other frame first asks etl_snapshot for time,
// lost counter and levels: t is the time at which the frame was begun. The fields of a frame
// are frozen before its first byte.
// LOST is made of the two loss words of etl_lost; its count is B's total minus the total of the
// LOST before.
//
// Not handled here: more than 2^32 - 1 records lost between two LOST frames.
`default_nettype none
`include "etl_wire.vh"

module etl_framer #(
    parameter [31:0] FCLK_HZ = 32'd250_000_000,
    parameter [31:0] BAUD = 32'd12_500_000,
    parameter [63:0] SOURCE_ID = 64'd0,
    parameter [63:0] BUILD_ID = 64'd0
) (
    input  wire        i_clk,
    input  wire        i_rst,
    // answers
    input  wire        i_answer,
    input  wire [ 7:0] i_type,
    input  wire [ 7:0] i_request,
    input  wire [ 7:0] i_addr,
    input  wire [ 7:0] i_code,
    input  wire [63:0] i_value,
    input  wire        i_lost_wanted,
    input  wire        i_armed_now,
    output reg         o_answered,
    // heartbeat
    input  wire        i_heartbeat,
    input  wire [ 7:0] i_status,
    input  wire [15:0] i_refused,
    // FIFO
    input  wire        i_valid,
    input  wire [95:0] i_word,
    input  wire [11:0] i_level,
    output reg         o_pop,
    // snapshot
    output reg         o_snapshot,
    input  wire        i_snapped,
    input  wire [62:0] i_now,
    input  wire [31:0] i_lost,
    input  wire [ 7:0] i_levels,
    input  wire [ 7:0] i_epoch,
    // SLIP encoder
    output wire        o_valid,
    output wire        o_end,
    output wire [ 7:0] o_byte,
    input  wire        i_ready
);
    localparam [2:0] IDLE = 3'd0, LOSS_B = 3'd1, SNAP = 3'd2, OPEN = 3'd3, LOAD = 3'd4,
        BYTE = 3'd5, CLOSE = 3'd6;

    reg [2:0] state;
    reg [7:0] kind;
    reg fifo_turn;
    reg heartbeat_due;

    wire word_ready = i_valid && !o_pop; // o_pop takes a clock to show in i_valid
    wire word_loss = i_word[95];
    wire others = !(fifo_turn && word_ready);
    wire start_answer = state == IDLE && i_answer && !o_answered && others;
    wire start_heartbeat = state == IDLE && heartbeat_due && others && !start_answer;
    wire start_fifo = state == IDLE && word_ready && !start_answer && !start_heartbeat;
    wire start_event = start_fifo && !word_loss;
    wire start_loss = start_fifo && word_loss;
    wire got_b = state == LOSS_B && word_ready;
    wire got_snapshot = state == SNAP && i_snapped;

    wire [5:0] length = `WIRE_HEADER_BYTES + payload_bytes;
    reg [5:0] index;
    wire crc_busy;
    wire accepted = o_valid && i_ready;
    wire last = index == length + `WIRE_CRC_BYTES - 6'd1;
    wire finish = state == CLOSE && accepted;

    always @(posedge i_clk)
        if (i_rst)
            state <= IDLE;
        else
            case (state)
                IDLE: state <= start_answer || start_heartbeat ? SNAP
                    : start_event ? OPEN
                    : start_loss ? LOSS_B
                    : IDLE;
                LOSS_B: if (got_b) state <= SNAP;
                SNAP: if (got_snapshot) state <= OPEN;
                OPEN: if (accepted) state <= LOAD;
                LOAD: if (!crc_busy) state <= BYTE;
                BYTE: if (accepted) state <= last ? CLOSE : LOAD;
                CLOSE: if (accepted) state <= IDLE;
                default: state <= IDLE;
            endcase

    always @(posedge i_clk)
        if (start_answer)
            kind <= i_type;
        else if (start_heartbeat)
            kind <= `WIRE_HEARTBEAT;
        else if (start_fifo)
            kind <= word_loss ? `WIRE_LOST : `WIRE_EVENT;

    always @(posedge i_clk)
        if (i_rst)
            fifo_turn <= 1'b0;
        else if (start_fifo)
            fifo_turn <= 1'b0;
        else if (start_answer || start_heartbeat)
            fifo_turn <= 1'b1;

    always @(posedge i_clk)
        if (i_rst)
            heartbeat_due <= 1'b0;
        else if (i_heartbeat)
            heartbeat_due <= 1'b1;
        else if (start_heartbeat)
            heartbeat_due <= 1'b0;

    always @(posedge i_clk) begin
        o_answered <= !i_rst && finish && (kind == `WIRE_HELLO || kind == `WIRE_REPLY
            || kind == `WIRE_PONG);
        o_pop <= !i_rst && (start_loss || got_b || (finish && kind == `WIRE_EVENT));
        o_snapshot <= !i_rst && (start_answer || start_heartbeat || got_b);
    end

    // Fields.
    reg [31:0] seq;
    always @(posedge i_clk)
        if (i_rst)
            seq <= 32'd0;
        else if (finish)
            seq <= seq + 32'd1;

    function [7:0] from_gray(input [7:0] gray);
        integer k;
        begin
            from_gray[7] = gray[7];
            for (k = 6; k >= 0; k = k - 1)
                from_gray[k] = from_gray[k+1] ^ gray[k];
        end
    endfunction

    reg [62:0] when;
    reg [7:0] epoch;
    always @(posedge i_clk)
        if (start_event) begin
            when <= i_word[62:0];
            epoch <= from_gray(i_word[94:87]);
        end else if (got_snapshot) begin
            when <= i_now;
            epoch <= i_epoch;
        end

    // Starting points: of the lost counter at ARM, and at the last LOST.
    reg [31:0] lost_at_arm, lost_before, lost_count;
    reg [62:0] lost_first, lost_last;
    wire arm_point = got_snapshot && kind == `WIRE_REPLY && i_armed_now;
    always @(posedge i_clk)
        if (i_rst)
            lost_at_arm <= 32'd0;
        else if (arm_point)
            lost_at_arm <= i_lost;

    always @(posedge i_clk)
        if (i_rst)
            lost_before <= 32'd0;
        else if (got_b)
            lost_before <= i_word[94:63];

    always @(posedge i_clk)
        if (got_b)
            lost_count <= i_word[94:63] - lost_before;

    always @(posedge i_clk)
        if (start_loss)
            lost_first <= i_word[62:0];

    always @(posedge i_clk)
        if (got_b)
            lost_last <= i_word[62:0];

    reg [11:0] high_water;
    always @(posedge i_clk)
        if (i_rst || arm_point)
            high_water <= 12'd0;
        else if (i_level > high_water)
            high_water <= i_level;

    reg [31:0] lost_total;
    reg [11:0] high_water_then;
    reg [7:0] levels, status;
    reg [15:0] refused;
    always @(posedge i_clk)
        if (got_snapshot) begin
            lost_total <= i_lost - lost_at_arm;
            high_water_then <= high_water;
            levels <= i_levels;
            status <= i_status;
            refused <= i_refused;
        end

    // Bytes: a lane of eight, the first one lowest, and one of the eight.
    wire [63:0] t = {when, 1'b0};
    wire [63:0] reply_value = i_lost_wanted ? {32'd0, lost_total} : i_value;
    wire in_header = index < `WIRE_HEADER_BYTES;
    wire in_crc = index >= length;
    wire [4:0] at = index[4:0] - (in_header ? 5'd0 : 5'd14); // in the header or payload
    wire [1:0] crc_at = index[1:0] - length[1:0];

    reg [5:0] payload_bytes;
    always @(*)
        case (kind)
            `WIRE_HELLO: payload_bytes = `WIRE_HELLO_BYTES;
            `WIRE_EVENT: payload_bytes = `WIRE_EVENT_FIXED_BYTES + 6'd2;
            `WIRE_LOST: payload_bytes = `WIRE_LOST_BYTES;
            `WIRE_HEARTBEAT: payload_bytes = `WIRE_HEARTBEAT_BYTES;
            `WIRE_REPLY: payload_bytes = `WIRE_REPLY_BYTES;
            default: payload_bytes = `WIRE_PONG_BYTES;
        endcase

    localparam [7:0] HEADER = 8'd0; // no frame is of this kind
    wire [7:0] part = in_header ? HEADER : kind;

    // Only looked at in LOAD, so a function: the simulation then evaluates it only there.
    function [63:0] lane(input [9:0] which);
        case (which)
            {HEADER, 2'd0}: lane = {t[15:0], epoch, seq, kind};
            {HEADER, 2'd1}: lane = {16'd0, t[63:16]};
            {`WIRE_HELLO, 2'd0}: lane = {FCLK_HZ, 8'd0, 8'd2, `WIRE_CHANNELS, `WIRE_PROTOCOL};
            {`WIRE_HELLO, 2'd1}: lane = {SOURCE_ID[31:0], BAUD};
            {`WIRE_HELLO, 2'd2}: lane = {BUILD_ID[31:0], SOURCE_ID[63:32]};
            {`WIRE_HELLO, 2'd3}: lane = {32'd0, BUILD_ID[63:32]};
            {`WIRE_EVENT, 2'd0}: lane = {32'd0, i_word[78:63], 8'd2, i_word[86:79]};
            {`WIRE_LOST, 2'd0}: lane = {lost_first[30:0], 1'b0, lost_count};
            {`WIRE_LOST, 2'd1}: lane = {lost_last[30:0], 1'b0, lost_first[62:31]};
            {`WIRE_LOST, 2'd2}: lane = {32'd0, lost_last[62:31]};
            {`WIRE_HEARTBEAT, 2'd0}: lane = {status, levels, 4'd0, high_water_then, lost_total};
            {`WIRE_HEARTBEAT, 2'd1}: lane = {48'd0, refused};
            {`WIRE_REPLY, 2'd0}: lane = {reply_value[39:0], i_code, i_addr, i_request};
            {`WIRE_REPLY, 2'd1}: lane = {40'd0, reply_value[63:40]};
            default: lane = i_value; // PONG
        endcase
    endfunction

    function [7:0] byte_of(input [63:0] eight, input [2:0] n);
        byte_of = eight[8*n+:8];
    endfunction

    wire [31:0] crc;
    reg [7:0] current;
    always @(posedge i_clk)
        if (state == LOAD && !crc_busy)
            current <= in_crc ? ~crc[8*crc_at+:8] : byte_of(lane({part, at[4:3]}), at[2:0]);

    always @(posedge i_clk)
        if (state == OPEN)
            index <= 6'd0;
        else if (state == BYTE && accepted)
            index <= index + 6'd1;

    etl_crc32c u_crc (.i_clk(i_clk), .i_clear(state == OPEN),
                      .i_valid(state == BYTE && accepted && !in_crc), .i_byte(current),
                      .o_busy(crc_busy), .o_crc(crc));

    assign o_valid = state == OPEN || state == BYTE || state == CLOSE;
    assign o_end = state != BYTE;
    assign o_byte = current;
endmodule
`default_nettype wire

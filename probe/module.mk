# SPDX-License-Identifier: GPL-3.0-or-later
LIB_SRCS += probe/wire_decode.c probe/wire_encode.c probe/fpga_uart.c probe/replay.c probe/table.c

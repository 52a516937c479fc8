# SPDX-License-Identifier: GPL-3.0-or-later
LIB_SRCS += probe/wire_decode.c probe/wire_encode.c probe/fpga_uart.c probe/replay.c probe/table.c

# Any bytes, guided by coverage (libFuzzer comes with clang); the seeded run in `make check` is
# tests/unit/test_wire_fuzz.c. FUZZ_SECONDS says how long.
FUZZ_SECONDS ?= 60
WIRE_FUZZ_SRCS := tests/fuzz/wire_fuzz.c probe/wire_decode.c probe/wire_encode.c base/crc32c.c \
                  base/verdict.c analysis/interval.c analysis/interval_text.c \
                  runner/ingest_frames.c runner/ingest_fault.c
$(BUILD)/fuzz/wire: $(WIRE_FUZZ_SRCS) Makefile
	@mkdir -p $(@D)
	clang -std=gnu11 -g -O1 -I. -D_GNU_SOURCE -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all $(WIRE_FUZZ_SRCS) -o $@

.PHONY: fuzz-wire
fuzz-wire: $(BUILD)/fuzz/wire
	@mkdir -p $(BUILD)/fuzz/wire-corpus
	$(BUILD)/fuzz/wire -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -artifact_prefix=$(BUILD)/fuzz/ \
	    $(BUILD)/fuzz/wire-corpus

// SPDX-License-Identifier: GPL-3.0-or-later
//
// tb_check.vh - for benches: `CHECK(condition, text) prints a TAP comment on failure and counts;
// `DONE prints PASS or FAIL as the last line, which tests/sim/rtl_bench.sh looks for.

integer failures = 0;
`define CHECK(condition, text) \
    if (!(condition)) begin \
        failures = failures + 1; \
        if (failures < 10) $display("# %m at %0t: %s", $time, text); \
    end
`define DONE \
    begin \
        $display("%s", failures == 0 ? "PASS" : "FAIL"); \
        $finish; \
    end

# The timer's RTL. The source_id in HELLO is computed over RTL_SRCS (source-id.sh).
RTL_DIR := fpga-timer/rtl
RTL_HEADERS := $(sort $(wildcard $(RTL_DIR)/*.vh))
RTL_MODULES := $(sort $(wildcard $(RTL_DIR)/*.v))
RTL_SRCS := $(RTL_HEADERS) $(RTL_MODULES)

# Verilated with the lab's parameters (the defaults of etl_timer.v). TIMER_V is the generated
# C++, compiled by Verilator's own makefile; the second one is its run-time library.
TIMER_V := $(BUILD)/timer/verilated
TIMER_V_LIB := $(TIMER_V)/Vetl_timer__ALL.a
TIMER_V_OBJS := $(TIMER_V)/verilated.o $(TIMER_V)/verilated_threads.o

$(TIMER_V)/Vetl_timer.mk: $(RTL_SRCS) bench/lab/timer_rtl.vlt fpga-timer/source-id.sh \
                          fpga-timer/module.mk
	@rm -rf $(TIMER_V)
	@mkdir -p $(TIMER_V)
	verilator --cc -O3 --x-assign fast --x-initial fast --noassert -Wall -I$(RTL_DIR) \
	    --Mdir $(TIMER_V) --top-module etl_timer \
	    -DETL_SOURCE_ID="$$(fpga-timer/source-id.sh $(RTL_SRCS))" \
	    bench/lab/timer_rtl.vlt $(RTL_MODULES)
	@touch $@

$(TIMER_V_LIB): $(TIMER_V)/Vetl_timer.mk
	$(MAKE) -s -C $(TIMER_V) -f Vetl_timer.mk OPT_FAST=-O3 OPT_GLOBAL=-O3 Vetl_timer__ALL.a \
	    verilated.o verilated_threads.o >/dev/null
	@touch $(TIMER_V_OBJS)
	@touch $@
$(TIMER_V_OBJS): $(TIMER_V_LIB) ;

# Test programs of tests/sim (the .sh files there run them): frames by a decoder of their own,
# the engine of the lab's timer linked in.
SIM_TEST_PROGRAMS := $(BUILD)/tests/sim/timer_check $(BUILD)/tests/sim/timer_edges \
                     $(BUILD)/tests/sim/timer_process
SIM_TEST_OBJS := $(addprefix $(BUILD)/host/tests/sim/,tap.o frames.o model.o)
SIM_TEST_DEPS := $(SIM_TEST_OBJS:.o=.d) $(SIM_TEST_PROGRAMS:$(BUILD)/tests/%=$(BUILD)/host/tests/%.d)

$(SIM_TEST_PROGRAMS): $(BUILD)/tests/sim/%: $(BUILD)/host/tests/sim/%.o $(SIM_TEST_OBJS) \
        $$(TIMER_OBJS) $(TIMER_V_LIB) $(TIMER_V_OBJS) $(BUILD)/target/base/crc32c.o
	@mkdir -p $(@D)
	$(CXX) $(LDFLAGS_HOST) $< $(SIM_TEST_OBJS) $(TIMER_OBJS) $(TIMER_V_LIB) $(TIMER_V_OBJS) \
	    $(BUILD)/target/base/crc32c.o -lpthread -o $@

.SECONDARY: $(SIM_TEST_PROGRAMS:$(BUILD)/tests/%=$(BUILD)/host/tests/%.o)
-include $(SIM_TEST_DEPS)

.PHONY: sim-tests
sim-tests: $(SIM_TEST_PROGRAMS)
test-helpers: sim-tests

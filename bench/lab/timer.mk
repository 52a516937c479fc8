# The lab's timer as a process: Verilated RTL, a C++ shim, the rest C.
TIMER_SIM := $(BUILD)/etalon-timer-sim
ALL_EXTRA += $(TIMER_SIM)

VERILATOR_INCLUDE = $(shell verilator --getenv VERILATOR_ROOT)/include
TIMER_OBJS := $(BUILD)/host/bench/lab/timer_run.o $(BUILD)/host/bench/lab/timer_rtl.o
TIMER_MAIN := $(BUILD)/host/bench/lab/timer_sim.o

$(BUILD)/host/bench/lab/timer_rtl.o: bench/lab/timer_rtl.cpp $$(TIMER_V)/Vetl_timer.mk Makefile
	@mkdir -p $(@D)
	$(CXX) -std=gnu++17 -O2 -g -Wall -Wextra -Werror -MMD -MP -I. -I$(TIMER_V) \
	    -isystem $(VERILATOR_INCLUDE) -isystem $(VERILATOR_INCLUDE)/vltstd -fno-pie -c $< -o $@

$(TIMER_SIM): $(TIMER_MAIN) $(TIMER_OBJS) $$(TIMER_V_LIB) $$(TIMER_V_OBJS)
	$(CXX) $(LDFLAGS_HOST) $(TIMER_MAIN) $(TIMER_OBJS) $(TIMER_V_LIB) $(TIMER_V_OBJS) \
	    -lpthread -o $@

$(TIMER_MAIN) $(TIMER_OBJS): Makefile bench/lab/timer.mk
-include $(TIMER_MAIN:.o=.d) $(TIMER_OBJS:.o=.d)

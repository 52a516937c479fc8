# The outer program of the Xen rungs: build/xen/etalon-outer, PID 1 of the lab's dom0. Linked
# with libxl, which exists as shared libraries only: the image recipe ships them. Without
# libxen-dev it is not built, and `etalon doctor` says so.

# The controller does not need it, its tests do.
LIB_SRCS += hv-under-test/xen/exits.c

OUTER_XEN_SRCS := $(addprefix hv-under-test/xen/,launch.c guest.c ring.c dom0.c net.c trace.c \
                                                exits.c counts.c self.c probe.c busy.c)
OUTER_XEN_OBJS := $(addprefix $(BUILD)/agent/,$(OUTER_XEN_SRCS:.c=.o))
OUTER_XEN_LIBS := -lxenlight -lxentoollog -lxenstore -lxenevtchn -lxenforeignmemory -lxenctrl

ifneq ($(wildcard /usr/include/libxl.h),)
ALL_EXTRA += $(BUILD)/xen/etalon-outer
endif

$(BUILD)/xen/etalon-outer: $$(OUTER_OBJS) $(OUTER_XEN_OBJS)
	@mkdir -p $(@D)
	$(TARGET_CC) -no-pie -Wl,--build-id=none $^ $(OUTER_XEN_LIBS) -o $@

$(OUTER_XEN_OBJS): Makefile hv-under-test/xen/module.mk
-include $(patsubst %.o,%.d,$(OUTER_XEN_OBJS))

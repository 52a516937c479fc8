# An example for users' own programs: build/examples/marker-example. It needs the header alone.

MARKER_EXAMPLE := $(BUILD)/examples/marker-example
ALL_EXTRA += $(MARKER_EXAMPLE)

$(MARKER_EXAMPLE): probe/marker/example.c probe/marker/marker.h Makefile
	@mkdir -p $(@D)
	$(HOST_CC) $(CFLAGS_BASE) -D_GNU_SOURCE -MF $@.d $(LDFLAGS_HOST) $< -o $@

-include $(MARKER_EXAMPLE).d

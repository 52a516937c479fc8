# The collector's part on the target; the controller's part (store) is in module.mk. Included
# once, by whichever of the two folders comes first.

ifndef COLLECTOR_TARGET_MK
COLLECTOR_TARGET_MK := 1
TARGET_SRCS += collector/record_write.c collector/table.c
AGENT_SRCS += collector/clocks_linux.c collector/accounting_linux.c
PAYLOAD_SRCS += collector/clocks_payload.c collector/accounting_none.c
LIB_SRCS += collector/clocks_none.c collector/accounting_none.c
include collector/pmu/module.mk
endif

# What agent and payload have in common, and the example of a program that marks by itself.

TARGET_SRCS += $(addprefix hv-under-test/target/,plan.c collection.c \
                 driver.c driver_audit.c driver_records.c) \
               hv-under-test/target/interval.S hv-under-test/target/sentinel.S

include probe/marker/module.mk

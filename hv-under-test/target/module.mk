# What agent and payload have in common.

TARGET_SRCS += hv-under-test/target/plan.c hv-under-test/target/driver.c \
               hv-under-test/target/interval.S

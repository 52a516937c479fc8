# What agent and payload have in common, and the example of a program that marks by itself.

TARGET_SRCS += hv-under-test/target/plan.c hv-under-test/target/driver.c \
               hv-under-test/target/collection.c \
               hv-under-test/target/interval.S hv-under-test/target/sentinel.S

include probe/marker/module.mk

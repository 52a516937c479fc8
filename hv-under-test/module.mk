# What is under test and what runs on the machine under test.

LIB_SRCS += hv-under-test/platform.c hv-under-test/bare.c hv-under-test/native.c hv-under-test/kvm.c \
            hv-under-test/xen.c hv-under-test/own_build.c hv-under-test/linux_image.c \
            hv-under-test/host.c

include $(wildcard hv-under-test/*/module.mk)
include collector/target.mk

# What is under test and what runs on the machine under test.

LIB_SRCS += $(addprefix hv-under-test/,platform.c rules.c platform_words.c own_build.c \
              linux_image.c host.c observing.c bare.c native.c kvm.c xen.c xen_parts.c \
              vmm.c vmm_guests.c vmm_lies.c vmm/config.c vmm/config_guests.c vmm/lie.c vmm/text.c)

include $(wildcard hv-under-test/*/module.mk)
include collector/target.mk

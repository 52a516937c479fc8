# What is under test and what runs on the machine under test.

include $(wildcard hv-under-test/*/module.mk)
include collector/target.mk
